//! Turns rule files into commands, and finds all the mistakes in them.

use std::fmt::{self, Display, Formatter};
use std::io::{self, BufRead};

use super::lines::Lines;
use super::unseen::shown;
use crate::cli::{List, Mistake, RuleCommand, Selection, Usage};
use ipvs::model::{Change, VirtualId};
use ipvs::plan::scope::Scope;
use ipvs::plan::wanted::{Applied, Refusal, Table};
use ipvs::rules::{Numeric, Selector};

/// The command of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedRule {
    /// The line's number, from 1.
    pub line: u64,
    /// The command that it gives.
    pub command: RuleCommand,
}

/// A message about a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The line's number, from 1.
    pub line: u64,
    /// The message, which may name a word.
    pub message: String,
}

impl Display for Remark {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// An input that was read to its end.
#[derive(Debug, Default)]
pub struct Checked<T> {
    /// The content of the right lines.
    pub rules: T,
    /// Every line that is wrong, in order.
    pub wrong: Vec<Remark>,
    /// Every line that is passed over because the lines around it leave it
    /// nothing to do, in order.
    pub idle: Vec<Remark>,
}

/// A table that rules describe.
#[derive(Debug, Default)]
pub struct DescribedTable {
    /// Services and servers.
    pub table: Table,
    /// The commands about other things, in order.
    pub others: Vec<NumberedRule>,
}

/// Makes commands of the words of lines.
pub trait Parse {
    /// Returns the command of a line.
    ///
    /// # Errors
    /// The first mistake in it.
    fn parse(&self, words: &[String]) -> Result<RuleCommand, Mistake>;

    /// Returns whether the line parsed last names hosts that were not looked up
    /// yet. Its outcome then means nothing: it is to be parsed again after
    /// [`look_up`].
    ///
    /// [`look_up`]: Self::look_up
    fn waits(&self) -> bool {
        false
    }

    /// Looks up every host that lines wait for.
    fn look_up(&self) {}

    /// Returns whether the mistake found last comes from a name server that did
    /// not answer.
    fn is_unanswered(&self) -> bool {
        false
    }
}

impl<F: Fn(&[String]) -> Result<RuleCommand, Mistake>> Parse for F {
    fn parse(&self, words: &[String]) -> Result<RuleCommand, Mistake> {
        self(words)
    }
}

/// Reads every rule of `input`.
///
/// # Errors
/// Where the input can't be read.
pub fn read_rules(
    input: impl BufRead,
    parser: &impl Parse,
) -> io::Result<Checked<Vec<NumberedRule>>> {
    let mut rules = Vec::new();
    let wrong = read(input, parser, |line, command| {
        rules.push(NumberedRule { line, command });
        Ok(())
    })?;
    Ok(Checked {
        rules,
        wrong,
        idle: Vec::new(),
    })
}

/// Reads every rule of `input` and carries it out on an empty table. A rule is also
/// wrong if it contradicts the ones before: a server for a service that is not
/// defined, or a service twice with different settings. A rule about a service
/// outside the scope is wrong too.
///
/// # Errors
/// Where the input can't be read.
pub fn read_table(
    input: impl BufRead,
    parser: &impl Parse,
    scope: Scope,
) -> io::Result<Checked<DescribedTable>> {
    let mut rules = DescribedTable {
        table: Table::within(scope),
        others: Vec::new(),
    };
    let mut idle = Vec::new();
    let wrong = read(input, parser, |line, command| {
        rules.take(line, command, &mut idle)
    })?;
    // Some lines are found to be idle only by a line further down.
    idle.sort_by_key(|remark: &Remark| remark.line);
    Ok(Checked { rules, wrong, idle })
}

impl DescribedTable {
    fn take(
        &mut self,
        line: u64,
        command: RuleCommand,
        idle: &mut Vec<Remark>,
    ) -> Result<(), String> {
        let command = match command {
            RuleCommand::Change(change) => {
                match change {
                    Change::DeleteService(id) => self.deletes(line, Some(&id), idle),
                    Change::Clear => self.deletes(line, None, idle),
                    _ => {}
                }
                match self.table.apply(line, change) {
                    Ok(Applied::Done) => return Ok(()),
                    Ok(Applied::Repeats(first)) => {
                        let message = format!("repeats line {first}, and is passed over");
                        idle.push(Remark { line, message });
                        return Ok(());
                    }
                    Ok(Applied::Other(change)) => RuleCommand::Change(change),
                    Err(refusal) => return Err(sentence(&refusal)),
                }
            }
            RuleCommand::List(List {
                services: Selection::One(id),
                ..
            }) if self.table.get(&id).is_none() => {
                return Err(format!("No such service: {}", Selector::new(&id, &Numeric)));
            }
            RuleCommand::Sysctl(_) if !self.table.scope().is_whole() => {
                return Err(sentence(&Refusal::BeyondScope));
            }
            other => other,
        };
        self.others.push(NumberedRule { line, command });
        Ok(())
    }

    /// Takes out the commands about the service that this line deletes, or about all
    /// services if `id` is none. They would be carried out after the table is made,
    /// in which the service has never been.
    fn deletes(&mut self, line: u64, id: Option<&VirtualId>, idle: &mut Vec<Remark>) {
        let is_meant = |service: Option<&VirtualId>| match (service, id) {
            (Some(service), Some(id)) => service == id,
            (Some(_), None) => true,
            (None, _) => false,
        };
        self.others.retain(|rule| match &rule.command {
            // Counters that go with their service need no reset.
            RuleCommand::Change(Change::Zero(service)) => !is_meant(service.as_ref()),
            RuleCommand::List(list) if is_meant(list.services.one()) => {
                let message = format!("not listed: line {line} deletes the service");
                idle.push(Remark {
                    line: rule.line,
                    message,
                });
                false
            }
            _ => true,
        });
    }
}

/// Returns why a rule is refused, with the option that sets the scope.
fn sentence(refusal: &Refusal) -> String {
    match refusal {
        Refusal::OutOfScope(service) => format!("{service} is not one of the services of --only"),
        Refusal::BeyondScope => "this has an effect beyond the services of --only".to_owned(),
        Refusal::ServiceExists { .. }
        | Refusal::NoService(_)
        | Refusal::NotDefined(_)
        | Refusal::ServerExists { .. }
        | Refusal::NoServer { .. }
        | Refusal::Thresholds { .. } => refusal.to_string(),
    }
}

/// A line that waits for a host's address, or comes after one that waits.
enum Later {
    Words(Vec<String>),
    Known(Result<RuleCommand, String>),
}

/// Gives the command of every right line to `take`, in order, and returns a remark on
/// every wrong one.
fn read(
    input: impl BufRead,
    parser: &impl Parse,
    mut take: impl FnMut(u64, RuleCommand) -> Result<(), String>,
) -> io::Result<Vec<Remark>> {
    let mut lines = Lines::new(input);
    let mut wrong = Vec::new();
    let mut settle = |line: u64, outcome: Result<RuleCommand, String>| {
        if let Err(message) = outcome.and_then(|command| take(line, command)) {
            let message = shown(&message);
            wrong.push(Remark { line, message });
        }
    };
    let mut later: Vec<(u64, Later)> = Vec::new();
    while let Some(line) = lines.next_line()? {
        let known = match line.words {
            Ok([]) => continue,
            Ok(words) => match understand(words, parser) {
                Some(outcome) => outcome,
                None => {
                    later.push((line.number, Later::Words(words.to_vec())));
                    continue;
                }
            },
            Err(malformed) => Err(malformed.to_string()),
        };
        match later.is_empty() {
            true => settle(line.number, known),
            // Its meaning may depend on the lines that wait.
            false => later.push((line.number, Later::Known(known))),
        }
    }
    // Once is enough, unless a line asks for a name only when another one is known.
    let mut waiting = !later.is_empty();
    while waiting {
        parser.look_up();
        waiting = false;
        for (_, later) in &mut later {
            if let Later::Words(words) = later {
                match understand(words, parser) {
                    Some(outcome) => *later = Later::Known(outcome),
                    None => waiting = true,
                }
            }
        }
    }
    for (line, later) in later {
        if let Later::Known(outcome) = later {
            settle(line, outcome);
        }
    }
    Ok(wrong)
}

/// Returns the command of a line or what is wrong with it, or none while it waits.
fn understand(words: &[String], parser: &impl Parse) -> Option<Result<RuleCommand, String>> {
    let outcome = parser.parse(words);
    if parser.waits() {
        return None;
    }
    Some(outcome.map_err(|mistake| {
        let mut text = complaint(words, &mistake);
        if parser.is_unanswered() {
            text += ": the name server did not answer";
        }
        text
    }))
}

/// Returns what is wrong with the words, and with which of them.
fn complaint(words: &[String], mistake: &Mistake) -> String {
    let text = mistake.usage.to_string();
    let text = text.trim_end();
    match (&mistake.usage, &mistake.word) {
        // The sentence of this mistake is about the program's help.
        (Usage::NoCommand(_), _) => match words.first() {
            Some(word) => format!("no command, -A or -a say, but `{word}'"),
            None => text.to_owned(),
        },
        // Many sentences about values don't say what the value is.
        (Usage::Value(_), Some(word)) if !text.contains(word.as_str()) => format!("{text}: {word}"),
        _ => text.to_owned(),
    }
}
