//! Rule files into commands, or into all the errors that they hold.

use std::fmt::{self, Display, Formatter};
use std::io::{self, BufRead};

use super::lines::Lines;
use crate::cli::{Command, Usage};
use ipvs::plan::wanted::Table;

/// The command of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The line's number, from 1.
    pub line: u64,
    /// What it asks for.
    pub command: Command,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// The line's number, from 1.
    pub line: u64,
    /// What is wrong, with the word that is.
    pub message: String,
}

impl Display for LineError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// Why rules can't be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input can't be read.
    #[error(transparent)]
    Input(#[from] io::Error),
    /// Every line that is wrong, in order.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Lines(Vec<LineError>),
}

/// What rules describe.
#[derive(Debug, Default)]
pub struct Description {
    /// Services and servers.
    pub table: Table,
    /// The commands about other things, in order.
    pub others: Vec<Rule>,
}

/// Reads every rule of `input`; `parse` is given the words of a line.
///
/// # Errors
/// Every line that `parse` refuses.
pub fn read_rules(
    input: impl BufRead,
    parse: impl FnMut(&[String]) -> Result<Command, Usage>,
) -> Result<Vec<Rule>, ReadError> {
    let mut rules = Vec::new();
    read(input, parse, |line, command| {
        rules.push(Rule { line, command });
        Ok(())
    })?;
    Ok(rules)
}

/// Reads every rule of `input` and carries it out on an empty table.
///
/// # Errors
/// Every line that `parse` refuses, and every rule that contradicts the ones
/// before: a server for a service that is not defined, a service twice.
pub fn read_table(
    input: impl BufRead,
    parse: impl FnMut(&[String]) -> Result<Command, Usage>,
) -> Result<Description, ReadError> {
    let mut description = Description::default();
    let Description { table, others } = &mut description;
    read(input, parse, |line, command| {
        let command = match command {
            Command::Change(change) => match table.apply(line, change) {
                Ok(None) => return Ok(()),
                Ok(Some(change)) => Command::Change(change),
                Err(refusal) => return Err(refusal.to_string()),
            },
            other => other,
        };
        others.push(Rule { line, command });
        Ok(())
    })?;
    Ok(description)
}

fn read(
    input: impl BufRead,
    mut parse: impl FnMut(&[String]) -> Result<Command, Usage>,
    mut take: impl FnMut(u64, Command) -> Result<(), String>,
) -> Result<(), ReadError> {
    let mut lines = Lines::new(input);
    let mut errors = Vec::new();
    while let Some(line) = lines.next_line()? {
        let number = line.number;
        let taken = match line.words {
            Ok([]) => Ok(()),
            Ok(words) => match parse(words) {
                Ok(command) => take(number, command),
                Err(usage) => Err(complaint(words, &usage, &mut parse)),
            },
            Err(malformed) => Err(malformed.to_string()),
        };
        if let Err(message) = taken {
            errors.push(LineError {
                line: number,
                message: shown(message),
            });
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(ReadError::Lines(errors))
    }
}

/// What is wrong with the words, and with which of them.
fn complaint(
    words: &[String],
    usage: &Usage,
    parse: &mut impl FnMut(&[String]) -> Result<Command, Usage>,
) -> String {
    let text = usage.to_string();
    let text = text.trim_end();
    match usage {
        // Its sentence is about the program's help.
        Usage::NoCommand(_) => match words.first() {
            Some(word) => format!("no command, -A or -a say, but `{word}'"),
            None => text.to_owned(),
        },
        // Many of its sentences don't say what the value is. Words are read in
        // order, so it is the one with which the error comes up.
        Usage::Value(_) => {
            let mut parts = (1..=words.len()).filter_map(|count| words.get(..count));
            let wrong = parts.find(|part| parse(part).as_ref() == Err(usage));
            match wrong.and_then(<[String]>::last) {
                Some(word) if !text.contains(word.as_str()) => format!("{text}: {word}"),
                _ => text.to_owned(),
            }
        }
        _ => text.to_owned(),
    }
}

/// A message names a word; a word may be long, and may hold what a terminal
/// would obey.
fn shown(message: String) -> String {
    const MOST: usize = 300;
    let mut text = String::with_capacity(message.len().min(MOST));
    let mut characters = message.chars();
    for c in characters.by_ref().take(MOST) {
        match c.is_control() {
            true => text.extend(c.escape_default()),
            false => text.push(c),
        }
    }
    if characters.next().is_some() {
        text.push_str("...");
    }
    text
}
