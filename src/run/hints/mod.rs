//! Hints for people at a terminal: a way out of an error, or a consequence of a
//! change.
//!
//! Hints change nothing: they look at the words, the table, the interfaces and the modules.

mod brackets;
mod interfaces;
mod masks;
mod modules;
mod ramps;
mod remarks;
mod selecting;
mod table;

use std::io::{IsTerminal, stderr};

use super::{Failure, Program, ProgramKind};
use crate::cli::{self, Command, Ensure, Leaving, Ramped, RuleCommand, Usage, ValueError};
use crate::rules::unseen;
use ipvs::client::Client;
use ipvs::error::{Error, ErrorKind};
use ipvs::model::{Change, Daemon, Destination, Service, VirtualId};

pub(super) use ramps::before;
pub(super) use remarks::remark;

/// Returns whether a person may read hints: standard error is a terminal.
pub(super) fn are_read() -> bool {
    stderr().is_terminal()
}

/// Returns a way out of a failure that is not the kernel's.
pub(super) fn of_words(program: &Program, words: &[String], failure: &Failure) -> Option<String> {
    match failure {
        Failure::Usage(usage) => of_usage(program, words, usage),
        Failure::NoIpvs(error) => match error.kind() {
            ErrorKind::PermissionDenied => Some(modules::privilege()),
            _ => modules::no_ipvs(),
        },
        _ => None,
    }
}

fn of_usage(program: &Program, words: &[String], usage: &Usage) -> Option<String> {
    if let Some(word) = words.iter().find_map(|word| typed(word)) {
        return Some(word);
    }
    if let Some(way) = selecting::way(program, words, usage) {
        return Some(way.to_owned());
    }
    match usage {
        Usage::UnknownOption(word) => meant(program, word),
        // A misspelt command counts as no command.
        Usage::NoCommand(_) => words.iter().find_map(|word| meant(program, word)),
        Usage::Ipv6BeforeFwmark => Some(
            "-6 is for firewall marks, as in -f MARK -6; an IPv6 service is -t [ADDRESS]:PORT"
                .to_owned(),
        ),
        Usage::Value(ValueError::ServiceAddress | ValueError::ServerAddress) | Usage::ZeroPort => {
            brackets::missing(words)
        }
        Usage::Value(ValueError::Netmask) => masks::slashed(words),
        Usage::Value(ValueError::PrefixLength) => {
            Some("with IPv6, -M takes the length of a prefix, from 1 to 128".to_owned())
        }
        _ => None,
    }
}

/// Returns how to type a word that has characters which only look right.
fn typed(word: &str) -> Option<String> {
    let plain = unseen::plain(word, cli::is_long_option)?;
    let advice = match plain.trim().is_empty() {
        true => "leave it out".to_owned(),
        false => format!("type {}", unseen::shown(&plain)),
    };
    Some(format!("that is {}: {advice}", unseen::shown(word)))
}

/// Returns the option that a misspelt one was meant to be.
fn meant(program: &Program, word: &str) -> Option<String> {
    let option = match program.kind {
        ProgramKind::Restore => cli::nearest_restore_option(word),
        ProgramKind::Ipvsadm | ProgramKind::Save => cli::nearest_option(word),
    };
    option.map(|option| format!("did you mean {option}?"))
}

/// The things that a command is about.
#[derive(Default)]
pub(super) struct Asked {
    service: Option<Service>,
    id: Option<VirtualId>,
    server: Option<Destination>,
    daemon: Option<Daemon>,
    /// True for `-e` without `--keep`, which resets the settings that are not given.
    is_whole_edit: bool,
}

impl Asked {
    pub(super) fn of(command: &Command) -> Self {
        match command {
            Command::Rule(RuleCommand::Change(change)) => Self::to(change),
            Command::Ensure(wanted) => match wanted {
                Ensure::Service(service) => Self::to_set(service),
                Ensure::EditedService(edit) => Self::about(edit.id, None),
                Ensure::NoService(id) => Self::about(*id, None),
                Ensure::Server(id, server) | Ensure::NoServer(id, server) => {
                    Self::about(*id, Some(*server))
                }
                Ensure::EditedServer(edit) => Self::about(edit.service, Some(edit.server)),
            },
            Command::Drain(drain) => match drain.leaving {
                Leaving::Service(id) => Self::about(id, None),
                Leaving::Server(id, server) => Self::about(id, Some(server)),
                Leaving::Anywhere(_) => Self::default(),
            },
            Command::Ramp(ramp) => match &ramp.ramped {
                Ramped::New(id, server) | Ramped::NewOrThere(id, server) => {
                    Self::about(*id, Some(*server))
                }
                Ramped::Edited(edit) => Self::about(edit.service, Some(edit.server)),
                Ramped::Anywhere(..) => Self::default(),
            },
            Command::Rule(RuleCommand::List(list)) => Self {
                id: list.services.one().copied(),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    fn to(change: &Change) -> Self {
        match change {
            Change::AddService(service) | Change::EditService(service) => Self::to_set(service),
            Change::DeleteService(id) | Change::Zero(Some(id)) => Self::about(*id, None),
            Change::AddServer(id, server) | Change::DeleteServer(id, server) => {
                Self::about(*id, Some(*server))
            }
            Change::EditServer(id, server) => Self {
                is_whole_edit: true,
                ..Self::about(*id, Some(*server))
            },
            Change::StartDaemon(daemon) => Self {
                daemon: Some(daemon.clone()),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    fn to_set(service: &Service) -> Self {
        Self {
            service: Some(service.clone()),
            ..Self::about(service.id, None)
        }
    }

    fn about(id: VirtualId, server: Option<Destination>) -> Self {
        Self {
            id: Some(id),
            server,
            ..Self::default()
        }
    }

    /// Returns a way out of a refusal by the kernel.
    pub(super) fn refused(
        self,
        client: &mut Client,
        words: &[String],
        failure: &Failure,
    ) -> Option<String> {
        let (Failure::Refused(error) | Failure::Unlisted(error)) = failure else {
            return None;
        };
        let Error::Kernel { .. } = error else {
            return None;
        };
        match error.kind() {
            ErrorKind::PermissionDenied => Some(modules::privilege()),
            ErrorKind::NoSuchScheduler => {
                let service = self.service?;
                let names = [&service.scheduler, &service.engine].into_iter().flatten();
                let typed = names.filter_map(|name| typed(name.as_str())).next();
                typed.or_else(|| modules::no_scheduler(&service))
            }
            ErrorKind::NoSuchService => {
                let id = self.id?;
                table::near_services(client, &id).or_else(|| brackets::of_service(words, &id))
            }
            ErrorKind::NoSuchServer => {
                let (id, server) = (self.id?, self.server?);
                table::near_servers(client, &id, &server, self.is_whole_edit)
                    .or_else(|| brackets::of_server(words, server.address, |_| true))
            }
            ErrorKind::NoSuchDevice => interfaces::missing(&self.daemon?, words),
            ErrorKind::Invalid if self.daemon.is_some() => table::mixed_service(client),
            ErrorKind::Invalid => table::mixed_server(client, &self.id?, &self.server?),
            // A weight out of range is refused with the same error.
            ErrorKind::OutOfRange if self.server?.weight <= i32::MAX.unsigned_abs() => Some(
                "the lower threshold, -y, may not be above the upper one, -x, which is 0 where \
                 it is not given"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}
