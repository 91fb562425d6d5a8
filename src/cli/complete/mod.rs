//! Completion: the words that may stand where one is being typed.
//!
//! The words typed so far are read as in a command. The last one is the word under
//! the cursor, and may be empty. If only the kernel knows the words to offer, this
//! module names their kind, and they are looked up elsewhere.

mod tool;

pub(super) use tool::tool;

use std::net::{IpAddr, Ipv4Addr};

use super::additions;
use super::choice::Words;
use super::command::{Candidates, Completion};
use super::flags::{Flags, Reading};
use super::legality;
use super::lexer::{self, Token};
use super::options::{Offers, Row, by_letter, by_name, options};
use super::read::{self, Source};
use super::types::{Given, Label, Role, Takes, Verb};
use super::usage::Usage;
use super::values::sched_flag_names;
use crate::names::Resolve;
use crate::sysctls::SYSCTLS;
use ipvs::model::{Family, Forwarding, Protocol, VirtualId};

/// The first word of a command line that asks for the words that may follow.
/// Only the scripts of the shells type it.
const REQUEST: &str = "--complete";

/// Returns the words typed so far, if a shell asks what may follow them.
pub(super) fn typed(words: &[String]) -> Option<&[String]> {
    let (first, typed) = words.split_first()?;
    (first == REQUEST).then_some(typed)
}

/// Completes the words of `ipvsadm`. Names of ports are looked up, but names of hosts
/// are not.
pub(super) fn ipvsadm(typed: &[String], names: &dyn Resolve) -> Completion {
    let Some((word, before)) = typed.split_last() else {
        return nothing("");
    };
    let names = &PortsOnly(names);
    let (tokens, end) = lexer::read(before);
    let (whole, _) = lexer::read(typed);
    let with_value = match (end, whole.last()) {
        // The word is the value of the option before it.
        (Err(Usage::MissingArgument(_)), Some(&Token::Option { row, .. })) => {
            Some((row, word.as_str()))
        }
        (Err(_), _) => return nothing(word),
        (Ok(()), _) if before.iter().any(|word| word == "--") => return nothing(word),
        (Ok(()), _) => attached(word),
    };
    match with_value {
        Some((row, value)) => {
            let context = TypedWords::of(&whole, names);
            context.value(row, word, value)
        }
        None => TypedWords::of(&tokens, names).options(word),
    }
}

/// Returns the option in a word, and the value that is attached to it.
fn attached(word: &str) -> Option<(&'static Row, &str)> {
    if let Some((name, value)) = word
        .strip_prefix("--")
        .and_then(|long| long.split_once('='))
    {
        let row = by_name(name).filter(|row| row.takes != Takes::Nothing)?;
        return Some((row, value));
    }
    let alone = [word.to_owned()];
    let (tokens, end) = lexer::read(&alone);
    match (end, tokens.last()) {
        (Ok(()), Some(&Token::Option { row, value, .. })) => {
            let length = value?.len();
            Some((row, word.get(word.len().checked_sub(length)?..)?))
        }
        _ => None,
    }
}

fn completion(prefix: &str, stem: &str, candidates: Candidates) -> Completion {
    Completion {
        prefix: prefix.to_owned(),
        stem: stem.to_owned(),
        candidates,
    }
}

fn nothing(word: &str) -> Completion {
    completion("", word, Candidates::Words(Vec::new()))
}

/// Gives every host the same address: to ask the network would keep the user
/// waiting.
struct PortsOnly<'a>(&'a dyn Resolve);

impl Resolve for PortsOnly<'_> {
    fn addresses(&self, _: &str) -> Vec<IpAddr> {
        vec![Ipv4Addr::UNSPECIFIED.into()]
    }

    fn port(&self, service: &str, protocol: Protocol) -> Option<u16> {
        self.0.port(service, protocol)
    }
}

/// The words typed so far.
struct TypedWords<'a> {
    tokens: &'a [Token<'a>],
    verb: Option<Verb>,
    flags: Flags<'a>,
}

impl<'a> TypedWords<'a> {
    fn of(tokens: &'a [Token<'a>], names: &'a dyn Resolve) -> TypedWords<'a> {
        let verb = tokens.iter().find_map(Token::verb);
        let mut reading = Reading::new(names);
        // Mistakes are reported when the command is given.
        let _ = read::read(&mut reading, "ipvsadm", Source::CommandLine, tokens, Ok(()));
        TypedWords {
            tokens,
            verb,
            flags: reading.flags,
        }
    }

    /// Returns what may stand where an option is expected.
    fn options(&self, word: &str) -> Completion {
        if !word.is_empty() && !word.starts_with('-') {
            return nothing(word);
        }
        let fitting = options().filter(|row| self.may_follow(row));
        let mut words: Vec<_> = match word.starts_with("--") {
            true => fitting
                .map(|row| (format!("--{}", row.long), row.help))
                .collect(),
            false => fitting.map(|row| (row.typed(), row.help)).collect(),
        };
        if self.is_bundle(word) {
            words.push((word.to_owned(), ""));
        }
        completion("", word, Candidates::Words(words))
    }

    /// Returns whether the word is two or more letters that go together.
    fn is_bundle(&self, word: &str) -> bool {
        let letters = word.strip_prefix('-').unwrap_or_default();
        let rows: Vec<_> = letters.chars().map(by_letter).collect();
        let verbs = rows.iter().flatten().filter_map(|row| row.role.verb());
        let verbs: Vec<_> = verbs.chain(self.verb).collect();
        let &[verb] = verbs.as_slice() else {
            return false;
        };
        let fits = |row: &Option<&Row>| match row.map(|row| row.role) {
            Some(Role::Command(_)) => true,
            Some(Role::Option(label) | Role::Modifier(label)) => legality::goes_with(verb, label),
            None => false,
        };
        rows.len() > 1 && rows.iter().all(fits)
    }

    fn may_follow(&self, row: &Row) -> bool {
        let flags = &self.flags;
        let is_given = |token: &Token<'_>| matches!(token, Token::Option { row: of, .. } if of.long == row.long);
        let Some(verb) = self.verb else {
            return row.role.verb().is_some();
        };
        if self.tokens.iter().any(is_given) {
            return false;
        }
        match row.role {
            Role::Command(_) => verb == Verb::Help && flags.topic.is_none(),
            Role::Modifier(Label::Service) => matches!(
                flags.service,
                Some(VirtualId::Fwmark {
                    family: Family::V4,
                    ..
                })
            ),
            Role::Option(label) | Role::Modifier(label) => {
                let is_tunneled = flags.forwarding == Some(Forwarding::Tunnel);
                (is_tunneled || !Label::OF_TUNNELS.contains(&label))
                    && legality::may_follow(
                        verb,
                        flags.tunnel_kind.unwrap_or_default(),
                        flags.given,
                        label,
                    )
            }
        }
    }

    /// Returns what an option's value may be; it is the end of the word.
    fn value(&self, row: &Row, word: &str, value: &str) -> Completion {
        let prefix = word.strip_suffix(value).unwrap_or_default();
        let candidates = match row.offers {
            Offers::Nothing => plain([]),
            Offers::Words(words) => plain(words.all()),
            Offers::Services(protocol) => Candidates::Services(protocol),
            Offers::Marks => Candidates::Marks,
            Offers::Servers => self.servers(),
            Offers::Schedulers => Candidates::Schedulers,
            Offers::Pair(words) => return pair(words, prefix, value),
            Offers::SchedFlags => return self.sched_flags(prefix, value),
            Offers::Engines => Candidates::Engines,
            Offers::Files => Candidates::Files,
            Offers::Namespaces => namespaces(self.verb, value),
            Offers::Settings => settings(),
        };
        completion(prefix, value, candidates)
    }

    /// Returns the servers that are there; for a new server there is nothing to
    /// offer.
    fn servers(&self) -> Candidates {
        match (self.verb, self.flags.service) {
            (Some(Verb::AddServer), _) => plain([]),
            (_, Some(id)) => Candidates::ServersOf(id),
            (Some(Verb::List), None) => Candidates::Servers,
            (_, None) if self.flags.given.has(Label::AllServices) => Candidates::Servers,
            (_, None) => plain([]),
        }
    }

    /// Returns the flags of the scheduler that are not yet in the value.
    fn sched_flags(&self, prefix: &str, value: &str) -> Completion {
        let scheduler = self
            .flags
            .scheduler
            .as_ref()
            .map_or("", |name| name.as_str());
        let (given, stem) = match value.rsplit_once(',') {
            Some((given, stem)) => (format!("{given},"), stem),
            None => (String::new(), value),
        };
        let left = sched_flag_names(scheduler).filter(|name| !given.split(',').any(|g| g == *name));
        completion(&format!("{prefix}{given}"), stem, plain(left))
    }
}

/// Returns the names of namespaces, with the word for all of them if the command
/// takes it, or files if the value has a slash.
fn namespaces(verb: Option<Verb>, value: &str) -> Candidates {
    if value.contains('/') {
        return Candidates::Files;
    }
    let may_be_all =
        verb.is_some_and(|verb| legality::in_each_namespace(verb, Given::default()).is_ok());
    let all = may_be_all.then(|| (additions::ALL.to_owned(), "each in turn"));
    Candidates::Namespaces(all.into_iter().collect())
}

/// Returns the beginning of each setting, `NAME=`, and what the setting is.
fn settings() -> Candidates {
    let words = SYSCTLS.iter();
    let words = words.map(|known| (format!("{}=", known.name), known.meaning));
    Candidates::Words(words.collect())
}

/// Returns the words, or after a comma the words that are not before it.
fn pair(words: &dyn Words, prefix: &str, value: &str) -> Completion {
    let words = words.all();
    match value.split_once(',') {
        None => completion(prefix, value, plain(words)),
        Some((first, stem)) => {
            let left = words.into_iter().filter(|word| *word != first);
            completion(&format!("{prefix}{first},"), stem, plain(left))
        }
    }
}

fn plain(words: impl IntoIterator<Item = &'static str>) -> Candidates {
    let words = words.into_iter().map(|word| (word.to_owned(), ""));
    Candidates::Words(words.collect())
}
