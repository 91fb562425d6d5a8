//! Turns flags into a command, with the checks that take more than one option.

mod changes;
mod diagnosis;
mod listing;
mod rules;
mod servers;

use super::command::{Command, Ensure, Format, Netns, RuleCommand};
use super::flags::{Flags, TypedServer};
use super::legality;
use super::types::{Label, Verb};
use super::usage::{Context, Usage};
use super::value_error::ValueError;
use super::values;
use ipvs::model::{Change, Name, ServiceFlags, Setting, Timeouts, VirtualId};

impl Flags<'_> {
    /// Returns the command that these flags are for.
    pub(crate) fn command(self, verb: Verb) -> Result<Command, Usage> {
        let timeouts = self.timeouts(verb)?;
        let sched_flags = match self.sched_flags {
            // With `--keep` they are read later, when the service's scheduler is
            // known.
            Some(word) if !self.given.has(Label::Keep) => {
                values::sched_flags(word, self.scheduler.as_ref().map_or("", Name::as_str))?
            }
            _ => ServiceFlags::default(),
        };
        let narrowing = legality::narrowing(verb, self.given);
        self.finish(verb, timeouts, sched_flags)
            .map_err(|mistake| narrowing.unwrap_or(mistake))
    }

    fn finish(
        self,
        verb: Verb,
        timeouts: Timeouts,
        sched_flags: ServiceFlags,
    ) -> Result<Command, Usage> {
        legality::command(verb, self.given)?;
        if self.netns == Some(Netns::All) {
            legality::in_each_namespace(verb, self.given)?;
        }
        if let Some((label, verbs)) = self.again
            && !verbs.contains(&verb)
        {
            return Err(Usage::Repeated(label));
        }
        if let Some(time) = self.ramp_time {
            return self.into_ramp(verb, time);
        }
        match verb {
            Verb::DeleteService | Verb::DeleteServer if self.given.has(Label::Drain) => {
                return self.into_drain(verb);
            }
            Verb::EditServer if self.given.has(Label::Undrain) => return self.into_undrain(verb),
            _ if self.given.has(Label::AllServices) => return self.into_everywhere(verb),
            _ => {}
        }
        let is_ensured = self.given.has(Label::OrEdit) || self.given.has(Label::IfExists);
        let change = match verb {
            Verb::AddService => Change::AddService(self.into_service(verb, sched_flags)?),
            Verb::EditService | Verb::EditServer if self.given.has(Label::Keep) => {
                return self.into_edit(verb).map(Command::Ensure);
            }
            Verb::EditService => Change::EditService(self.into_service(verb, sched_flags)?),
            Verb::DeleteService => Change::DeleteService(self.id(verb)?),
            Verb::AddServer => Change::AddServer(self.id(verb)?, self.destination(verb)?),
            Verb::EditServer => Change::EditServer(self.id(verb)?, self.destination(verb)?),
            Verb::DeleteServer => {
                Change::DeleteServer(self.id(verb)?, self.server(verb)?.as_written())
            }
            Verb::Clear => Change::Clear,
            // ipvsadm 1.31 takes a service without an address and a port for none,
            // and zeroes all services.
            Verb::Zero => Change::Zero(self.service.filter(|service| !service.is_blank())),
            Verb::Set => Change::SetTimeouts(timeouts),
            Verb::StartDaemon => Change::StartDaemon(self.daemon.0),
            Verb::StopDaemon => Change::StopDaemon(self.daemon.0.state),
            Verb::List => return self.into_listing(),
            Verb::Save => return Ok(RuleCommand::Save(self.into_save()).into()),
            Verb::Restore => return Ok(Command::Restore(self.into_restore())),
            Verb::Help => return Ok(RuleCommand::Help(self.topic).into()),
            Verb::Version => return Ok(RuleCommand::Version.into()),
            Verb::Completions => return self.into_completions(),
            Verb::Diagnose => return self.into_diagnosis(),
            Verb::Explain => return self.into_explanation(verb),
            Verb::Sysctl => return Ok(RuleCommand::Sysctl(self.setting()?).into()),
        };
        Ok(match change {
            Change::AddService(service) if is_ensured => Command::Ensure(Ensure::Service(service)),
            Change::AddServer(id, server) if is_ensured => {
                Command::Ensure(Ensure::Server(id, server))
            }
            Change::DeleteService(id) if is_ensured => Command::Ensure(Ensure::NoService(id)),
            Change::DeleteServer(id, server) if is_ensured => {
                Command::Ensure(Ensure::NoServer(id, server))
            }
            change => RuleCommand::Change(change).into(),
        })
    }

    /// Returns the timeouts of `--set`, and refuses words that no command takes.
    /// The words of `--set` are its timeouts, and the words of `--sysctl` belong to
    /// its value.
    #[inline(never)]
    fn timeouts(&self, verb: Verb) -> Result<Timeouts, Usage> {
        let (timeouts, left) = match (verb, self.words.as_slice()) {
            (Verb::Set, &[tcp, tcp_fin, udp, ref left @ ..]) => {
                let [tcp, tcp_fin, udp] = [tcp, tcp_fin, udp].map(values::timeout);
                (Timeouts::new(tcp?, tcp_fin?, udp?), left)
            }
            (Verb::Set, _) => return Err(Usage::SetValues),
            (Verb::Sysctl, _) => (Timeouts::new(0, 0, 0), [].as_slice()),
            (_, words) => (Timeouts::new(0, 0, 0), words),
        };
        match left.first() {
            Some(&word) => Err(Usage::UnexpectedWord(word.to_owned())),
            None => Ok(timeouts),
        }
    }

    /// Returns the setting of `--sysctl`. Rules have no quotes, so a value of
    /// several numbers comes as several words.
    fn setting(&self) -> Result<Setting, Usage> {
        let words: Vec<_> = self.sysctl.iter().chain(&self.words).copied().collect();
        let text = words.join(" ");
        let setting = text.parse();
        setting.map_err(|error| ValueError::Setting(text, error).into())
    }

    fn into_completions(self) -> Result<Command, Usage> {
        let shell = self.shell.ok_or_else(|| ValueError::Shell(String::new()))?;
        Ok(Command::Completions(shell))
    }

    /// Returns how the command's output is written.
    fn format(&self) -> Format {
        self.chosen(&[
            // Each line has an option, and its format.
            (Label::Json, Format::Json),
        ])
    }

    /// Returns the meaning of the first of these options that was given, or the
    /// default.
    fn chosen<T: Copy + Default>(&self, options: &[(Label, T)]) -> T {
        self.given.chosen(options).unwrap_or_default()
    }

    fn id(&self, verb: Verb) -> Result<VirtualId, Usage> {
        self.service_for(Context::Command(verb))
    }

    fn service_for(&self, context: Context) -> Result<VirtualId, Usage> {
        self.service.ok_or(Usage::Missing {
            label: Label::Service,
            context,
        })
    }

    fn server(&self, verb: Verb) -> Result<TypedServer, Usage> {
        self.server.ok_or(Usage::Missing {
            label: Label::Server,
            context: Context::Command(verb),
        })
    }
}
