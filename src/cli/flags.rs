//! Options, from left to right, into typed flags: every value is read where it
//! stands, and the first that is wrong ends it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use super::additions;
use super::address::{self, Endpoint, Resolved, Spelling};
use super::command::{Color, Shell};
use super::matrix::{Given, Label, Verb};
use super::options::Opt;
use super::usage::Usage;
use super::values::{self, ValueError};
use super::words::Token;
use crate::names::Resolve;
use ipvs::connections::By;
use ipvs::model::{
    Daemon, DaemonState, Family, Forwarding, Name, Netmask, Prefix, Protocol, TunnelKind, VirtualId,
};

/// What was typed, with nothing checked that takes more than one option.
#[derive(Debug)]
pub(crate) struct Flags<'a> {
    pub(crate) given: Given,
    pub(crate) service: Option<VirtualId>,
    pub(crate) server: Option<Server>,
    pub(crate) scheduler: Option<Name>,
    pub(crate) persistence: Option<u32>,
    pub(crate) netmask: Option<Netmask>,
    pub(crate) engine: Option<Name>,
    /// Its meaning depends on the scheduler, which may come later.
    pub(crate) sched_flags: Option<&'a str>,
    pub(crate) forwarding: Forwarding,
    pub(crate) weight: u32,
    pub(crate) upper_threshold: u32,
    pub(crate) lower_threshold: u32,
    pub(crate) tunnel_kind: TunnelKind,
    pub(crate) tunnel_port: u16,
    /// Its state is meant only with `--start-daemon` and `--stop-daemon`.
    pub(crate) daemon: Daemon,
    pub(crate) output: Option<PathBuf>,
    pub(crate) clients: Vec<Prefix>,
    /// As the kernel spells it.
    pub(crate) state: Option<&'static str>,
    pub(crate) by: Option<By>,
    pub(crate) color: Color,
    /// From one look to the next.
    pub(crate) interval: Duration,
    pub(crate) count: Option<u64>,
    /// From the first look of a diagnosis to the second.
    pub(crate) sample: Duration,
    /// Checks that are left out.
    pub(crate) ignored: BTreeSet<String>,
    pub(crate) facts: Option<PathBuf>,
    /// The first option that was given again and that only some commands take
    /// more than once.
    pub(crate) again: Option<Label>,
    pub(crate) drain_limit: Option<Duration>,
    pub(crate) shell: Option<Shell>,
    /// The command that help is wanted for.
    pub(crate) topic: Option<Verb>,
    /// Words that belong to no option.
    pub(crate) words: Vec<&'a str>,
}

/// A real server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) endpoint: Resolved,
    /// The port it gets if none was written: its service's, if that came first.
    pub(crate) default_port: u16,
}

/// How long a client stays with its server when `-p` names no time.
const DEFAULT_PERSISTENCE: u32 = 360;

/// The network interface of a daemon for which none is named.
const DEFAULT_INTERFACE: &str = "eth0";

impl Flags<'_> {
    fn new() -> Self {
        Self {
            given: Given::default(),
            service: None,
            server: None,
            scheduler: None,
            persistence: None,
            netmask: None,
            engine: None,
            sched_flags: None,
            forwarding: Forwarding::DirectRoute,
            weight: 1,
            upper_threshold: 0,
            lower_threshold: 0,
            tunnel_kind: TunnelKind::default(),
            tunnel_port: 0,
            daemon: Daemon::new(DaemonState::Master, DEFAULT_INTERFACE, 0),
            output: None,
            clients: Vec::new(),
            state: None,
            by: None,
            color: Color::default(),
            interval: additions::DEFAULT_INTERVAL,
            count: None,
            sample: additions::DEFAULT_SAMPLE,
            ignored: BTreeSet::new(),
            facts: None,
            again: None,
            drain_limit: None,
            shell: None,
            topic: None,
            words: Vec::new(),
        }
    }
}

/// Reads options one after another.
pub(crate) struct Reading<'a> {
    program: &'a str,
    /// `-R` is no command inside of its own input.
    in_rules: bool,
    names: &'a dyn Resolve,
    pub(crate) flags: Flags<'a>,
    /// `-6` came before `-f`.
    early_ipv6: bool,
    /// What ipvsadm 1.31 would have refused already. If in the end the command
    /// line is refused for whatever reason, it is with these words.
    pub(crate) overlooked: Option<Usage>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(program: &'a str, in_rules: bool, names: &'a dyn Resolve) -> Self {
        Self {
            program,
            in_rules,
            names,
            flags: Flags::new(),
            early_ipv6: false,
            overlooked: None,
        }
    }

    fn overlook(&mut self, refusal: Usage) {
        self.overlooked.get_or_insert(refusal);
    }

    /// Reads what could be read of the words, then says what could not.
    /// `-h` and `-v` end it, whatever there was before.
    pub(crate) fn run(
        &mut self,
        tokens: &[Token<'a>],
        end: Result<(), Usage>,
    ) -> Result<Verb, Usage> {
        let mut verb = None;
        for (at, token) in tokens.iter().enumerate() {
            let &Token::Option { opt, value, word } = token else {
                let &Token::Word(word) = token else { continue };
                self.flags.words.push(word);
                continue;
            };
            match opt {
                Opt::Verb(_) if verb.is_some() => {
                    return Err(Usage::SecondCommand(word.to_owned()));
                }
                Opt::Verb(found @ (Verb::Help | Verb::Version)) => {
                    self.flags = Flags::new();
                    self.flags.topic = tokens.get(at + 1).and_then(Token::verb);
                    return Ok(found);
                }
                Opt::Verb(Verb::Restore | Verb::Completions | Verb::Diagnose) if self.in_rules => {
                    return Err(self.no_command());
                }
                Opt::Verb(found) => {
                    self.verb(found, value.unwrap_or_default())?;
                    verb = Some(found);
                }
                _ => {
                    if verb.is_none() {
                        self.overlook(self.no_command());
                    }
                    self.option(opt, value, tokens.get(at + 1..).unwrap_or_default())?;
                }
            }
        }
        let verb = verb.ok_or_else(|| self.no_command())?;
        end?;
        Ok(verb)
    }

    fn no_command(&self) -> Usage {
        Usage::NoCommand(self.program.to_owned())
    }

    fn verb(&mut self, verb: Verb, value: &str) -> Result<(), Usage> {
        let refusal = match verb {
            Verb::StartDaemon => ValueError::StartState,
            Verb::StopDaemon => ValueError::StopState,
            Verb::Completions => {
                self.flags.shell = Some(additions::shell(value)?);
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.flags.daemon.state = values::daemon_state(value).ok_or(refusal)?;
        Ok(())
    }

    #[inline(never)]
    fn option(
        &mut self,
        opt: Opt,
        value: Option<&'a str>,
        later: &[Token<'_>],
    ) -> Result<(), Usage> {
        let word = value.unwrap_or_default();
        match opt {
            Opt::Verb(_) | Opt::Sort => Ok(()),
            Opt::Endpoint(protocol) => self.service(protocol, word),
            Opt::Fwmark => self.fwmark(word),
            Opt::Ipv6 => self.ipv6(later),
            Opt::Forward(forwarding) => {
                self.once(Label::Forwarding)?;
                self.flags.forwarding = forwarding;
                Ok(())
            }
            Opt::Is(label) => {
                self.once(label)?;
                self.label(label, value, word)
            }
        }
    }

    fn once(&mut self, label: Label) -> Result<(), Usage> {
        if self.flags.given.insert(label) {
            Ok(())
        } else if matches!(label, Label::Client | Label::Ignore) {
            self.flags.again.get_or_insert(label);
            Ok(())
        } else {
            Err(Usage::Repeated(label))
        }
    }

    fn label(&mut self, label: Label, value: Option<&str>, word: &'a str) -> Result<(), Usage> {
        let flags = &mut self.flags;
        match label {
            Label::Watch | Label::Drain if self.in_rules => return Err(Usage::NotInRules(label)),
            Label::Server => self.server(word)?,
            Label::Netmask => self.netmask(word)?,
            Label::Scheduler => flags.scheduler = values::name(word),
            Label::Engine => flags.engine = values::name(word),
            Label::SchedFlags => flags.sched_flags = Some(word),
            Label::Persistent => {
                flags.persistence = Some(match value {
                    Some(word) => values::persistence(word)?,
                    None => DEFAULT_PERSISTENCE,
                });
            }
            Label::Weight => flags.weight = values::weight(word)?,
            Label::UpperThreshold => flags.upper_threshold = values::upper_threshold(word)?,
            Label::LowerThreshold => flags.lower_threshold = values::lower_threshold(word)?,
            Label::TunType => flags.tunnel_kind = values::tunnel_kind(word)?,
            Label::TunPort => flags.tunnel_port = values::tunnel_port(word)?,
            Label::McastInterface => {
                let name = Some(values::interface(word)).filter(|name| !name.is_empty());
                flags.daemon.interface = name.unwrap_or(DEFAULT_INTERFACE).to_owned();
            }
            Label::SyncId => flags.daemon.sync_id = values::sync_id(word)?,
            Label::SyncMaxLen => flags.daemon.max_len = Some(values::sync_max_len(word)?),
            Label::McastGroup => flags.daemon.group = Some(values::mcast_group(word)?),
            Label::McastPort => flags.daemon.port = Some(values::mcast_port(word)?),
            Label::McastTtl => flags.daemon.ttl = Some(values::mcast_ttl(word)?),
            Label::Output => flags.output = Some(word.into()),
            Label::Client => flags.clients.push(additions::client(word)?),
            Label::Sample => flags.sample = additions::sample(word)?,
            Label::Ignore => {
                flags.ignored.insert(additions::check(word)?);
            }
            Label::Facts => flags.facts = Some(word.into()),
            Label::State => flags.state = Some(additions::state(word)?),
            Label::By => flags.by = Some(additions::by(word)?),
            Label::Color => flags.color = additions::color(word)?,
            Label::Count => flags.count = Some(additions::count(word)?),
            Label::Watch => {
                if let Some(word) = value {
                    flags.interval = additions::interval(word)?;
                }
            }
            Label::Drain => flags.drain_limit = value.map(additions::drain_time).transpose()?,
            // These have options of their own kind.
            Label::Service | Label::Forwarding => {}
            // That they were given is all there is to them.
            Label::Numeric
            | Label::Connection
            | Label::Timeout
            | Label::Daemon
            | Label::Stats
            | Label::Rate
            | Label::Thresholds
            | Label::PersistentConn
            | Label::NoSort
            | Label::Exact
            | Label::OnePacket
            | Label::TunInfo
            | Label::TunNoCsum
            | Label::TunCsum
            | Label::TunRemCsum
            | Label::Replace
            | Label::Check
            | Label::DryRun
            | Label::Probe
            | Label::Json => {}
        }
        Ok(())
    }

    fn endpoint(
        &mut self,
        word: &str,
        protocol: Option<Protocol>,
        refusal: ValueError,
    ) -> Result<Resolved, Usage> {
        let endpoint = Endpoint::read(word)
            .and_then(|endpoint| endpoint.resolve(self.names, protocol))
            .ok_or_else(|| Usage::from(refusal.clone()))?;
        if endpoint.spelling == Spelling::Ours {
            self.overlook(refusal.into());
        }
        Ok(endpoint)
    }

    fn service(&mut self, protocol: Protocol, word: &str) -> Result<(), Usage> {
        self.once(Label::Service)?;
        let endpoint = self.endpoint(word, Some(protocol), ValueError::ServiceAddress)?;
        self.set_service(VirtualId::Endpoint {
            protocol,
            address: endpoint.address,
            port: endpoint.port.unwrap_or(0),
        });
        Ok(())
    }

    fn fwmark(&mut self, word: &str) -> Result<(), Usage> {
        self.once(Label::Service)?;
        let family = if self.early_ipv6 {
            Family::V6
        } else {
            Family::V4
        };
        let mark = values::fwmark(word)?;
        self.flags.service = Some(VirtualId::Fwmark { mark, family });
        Ok(())
    }

    fn ipv6(&mut self, later: &[Token<'_>]) -> Result<(), Usage> {
        match self.flags.service {
            Some(VirtualId::Fwmark { mark, .. }) => {
                let family = Family::V6;
                self.set_service(VirtualId::Fwmark { mark, family });
            }
            None if later.iter().any(Token::is_fwmark) => {
                self.overlook(Usage::Ipv6BeforeFwmark);
                self.early_ipv6 = true;
                self.flags.netmask = None;
            }
            _ => return Err(Usage::Ipv6BeforeFwmark),
        }
        Ok(())
    }

    /// A mask that was read before the service was known to be IPv6 is an IPv4
    /// mask, and lost.
    fn set_service(&mut self, id: VirtualId) {
        if id.family() == Family::V6 {
            self.flags.netmask = None;
        }
        self.flags.service = Some(id);
    }

    fn netmask(&mut self, word: &str) -> Result<(), Usage> {
        let family = self.flags.service.map(|id| id.family());
        let is_ipv6 = family.map_or(self.early_ipv6, |family| family == Family::V6);
        self.flags.netmask = Some(if is_ipv6 {
            Netmask::V6(values::prefix_length(word)?)
        } else {
            let mask: Option<Ipv4Addr> = address::netmask(word, self.names);
            Netmask::V4(mask.ok_or(ValueError::Netmask)?)
        });
        Ok(())
    }

    fn server(&mut self, word: &str) -> Result<(), Usage> {
        let protocol = self.flags.service.map(|id| match id {
            VirtualId::Endpoint { protocol, .. } => protocol,
            VirtualId::Fwmark { .. } => Protocol::Tcp,
        });
        let default_port = self.flags.service.and_then(|id| id.port());
        self.flags.server = Some(Server {
            endpoint: self.endpoint(word, protocol, ValueError::ServerAddress)?,
            default_port: default_port.unwrap_or(0),
        });
        Ok(())
    }
}
