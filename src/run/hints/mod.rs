//! What may help after an error, for who reads it on a terminal.
//!
//! Nothing here changes anything: it looks at the words, the table and the
//! modules.

mod brackets;
mod modules;
mod table;

use super::{Failure, Kind, Program};
use crate::cli::{self, Command, Usage, ValueError};
use crate::names::System;
use crate::rules::unseen;
use ipvs::error::{Error, ErrorKind, Verb};
use ipvs::model::{Change, Destination, Service, VirtualId};

/// What may help after this failure of a run with these words.
pub fn hint(program: &Program, words: &[String], failure: &Failure) -> Option<String> {
    match failure {
        Failure::Usage(usage) => of_usage(program, words, usage),
        Failure::NoIpvs(error) => match error.kind() {
            ErrorKind::PermissionDenied => Some(modules::privilege()),
            _ => modules::no_ipvs(),
        },
        Failure::Refused(error) | Failure::Unlisted(error) => {
            let Error::Kernel { verb, .. } = error else {
                return None;
            };
            refused(program, words, *verb, error.kind())
        }
        _ => None,
    }
}

fn of_usage(program: &Program, words: &[String], usage: &Usage) -> Option<String> {
    if let Some(word) = words.iter().find_map(|word| typed(word)) {
        return Some(word);
    }
    match usage {
        Usage::UnknownOption(word) => meant(program, word),
        // A misspelt command is none.
        Usage::NoCommand(_) => words.iter().find_map(|word| meant(program, word)),
        Usage::Ipv6BeforeFwmark => Some(
            "-6 is for firewall marks, as in -f MARK -6; an IPv6 service is -t [ADDRESS]:PORT"
                .to_owned(),
        ),
        Usage::Value(ValueError::ServiceAddress | ValueError::ServerAddress) | Usage::ZeroPort => {
            brackets::missing(words)
        }
        _ => None,
    }
}

/// How a word is to be typed that has characters which only look right.
fn typed(word: &str) -> Option<String> {
    let plain = unseen::plain(word, cli::is_long_option)?;
    let advice = match plain.trim().is_empty() {
        true => "leave it out".to_owned(),
        false => format!("type {}", unseen::shown(&plain)),
    };
    Some(format!("that is {}: {advice}", unseen::shown(word)))
}

/// The option that was meant by a misspelt one.
fn meant(program: &Program, word: &str) -> Option<String> {
    let option = match program.kind {
        Kind::Restore => cli::nearest_restore_option(word),
        Kind::Ipvsadm | Kind::Save => cli::nearest_option(word),
    };
    option.map(|option| format!("did you mean {option}?"))
}

fn refused(program: &Program, words: &[String], verb: Verb, kind: ErrorKind) -> Option<String> {
    match kind {
        ErrorKind::PermissionDenied => return Some(modules::privilege()),
        ErrorKind::Invalid if verb == Verb::StartDaemon => return table::mixed_service(),
        _ => {}
    }
    let asked = Asked::read(program, words)?;
    match (verb, kind) {
        (_, ErrorKind::NoSuchScheduler) => {
            let service = asked.service?;
            let names = [&service.scheduler, &service.engine].into_iter().flatten();
            let typed = names.filter_map(|name| typed(name.as_str())).next();
            typed.or_else(|| modules::no_scheduler(&service))
        }
        (_, ErrorKind::NoSuchService) => table::near_services(&asked.id?),
        (_, ErrorKind::NoSuchServer) => table::near_servers(&asked.id?, &asked.server?),
        (Verb::AddServer | Verb::EditServer, ErrorKind::Invalid) => {
            table::mixed_server(&asked.id?, &asked.server?)
        }
        _ => None,
    }
}

/// What the kernel was asked about.
#[derive(Default)]
struct Asked {
    service: Option<Service>,
    id: Option<VirtualId>,
    server: Option<Destination>,
}

impl Asked {
    fn read(program: &Program, words: &[String]) -> Option<Self> {
        let Kind::Ipvsadm = program.kind else {
            return None;
        };
        let command = cli::parse(&program.name, words).resolve(&System::default());
        let of = |id, server| Self {
            service: None,
            id: Some(id),
            server,
        };
        Some(match command.ok()? {
            Command::Change(Change::AddService(service) | Change::EditService(service)) => Self {
                service: Some(service.clone()),
                ..of(service.id, None)
            },
            Command::Change(
                Change::AddServer(id, server)
                | Change::EditServer(id, server)
                | Change::DeleteServer(id, server),
            ) => of(id, Some(server)),
            Command::Change(Change::DeleteService(id) | Change::Zero(Some(id))) => of(id, None),
            Command::Drain(drain) => of(drain.service, drain.server),
            Command::List(list) => of(list.service?, None),
            _ => return None,
        })
    }
}
