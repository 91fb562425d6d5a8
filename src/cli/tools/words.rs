//! Turns the words of `ipvsadm-save` and `ipvsadm-restore` into commands.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::cli::command::{Command, RestoreMode, RuleCommand, ToolCommand};
use crate::cli::flags::Reading;
use crate::cli::options::Row;
use crate::cli::read;
use crate::cli::types::{Given, Label, Role, Takes, Tool, Verb};
use crate::cli::usage::Usage;
use crate::names::Resolve;
use ipvs::model::Protocol;

/// A word, with the value that follows it.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum ToolWord<'a> {
    /// An option of the program.
    Option {
        row: &'static Row,
        value: Option<&'a str>,
    },
    /// Something else.
    Other(&'a str),
}

/// The words of a program that saves or restores.
pub(in crate::cli) struct ToolWords<'a> {
    tool: Tool,
    left: std::slice::Iter<'a, String>,
}

impl<'a> ToolWords<'a> {
    pub(in crate::cli) fn new(tool: Tool, words: &'a [String]) -> Self {
        let left = words.iter();
        Self { tool, left }
    }

    /// Returns the option that the word is, and the value behind its `=`.
    pub(in crate::cli) fn option(tool: Tool, word: &str) -> Option<(&'static Row, Option<&str>)> {
        tool.options().find_map(|(option, row)| {
            if option.words.contains(&word) {
                return Some((row, None));
            }
            let (name, value) = word.strip_prefix("--")?.split_once('=')?;
            let has_value = row.takes != Takes::Nothing && option.name() == Some(name);
            has_value.then_some((row, Some(value)))
        })
    }
}

/// # Errors
/// An item is [`Usage::MissingArgument`] where the value of an option is missing.
impl<'a> Iterator for ToolWords<'a> {
    type Item = Result<ToolWord<'a>, Usage>;

    fn next(&mut self) -> Option<Self::Item> {
        let word = self.left.next()?;
        let Some((row, attached)) = Self::option(self.tool, word) else {
            return Some(Ok(ToolWord::Other(word)));
        };
        let value = match (row.takes, attached) {
            (Takes::Nothing, _) | (_, Some(_)) => attached,
            (_, None) => match self.left.next() {
                Some(value) => Some(value.as_str()),
                None => return Some(Err(Usage::MissingArgument(word.clone()))),
            },
        };
        Some(Ok(ToolWord::Option { row, value }))
    }
}

/// No option of these programs takes a name of a host or a port.
struct NoNames;

impl Resolve for NoNames {
    fn addresses(&self, _: &str) -> Vec<IpAddr> {
        Vec::new()
    }

    fn port(&self, _: &str, _: Protocol) -> Option<u16> {
        None
    }
}

/// The effect of an option.
enum Effect {
    /// Its flag is set.
    Set,
    /// `--clear`
    Clear,
    /// The rest of the words does not count.
    Ends(Command),
}

/// Sets the flag of an option, which may be given again.
fn set<'a>(
    reading: &mut Reading<'a>,
    tool: Tool,
    row: &Row,
    value: Option<&'a str>,
) -> Result<Effect, Usage> {
    match row.role {
        Role::Command(Verb::Help) => return Ok(Effect::Ends(Command::ToolHelp(tool))),
        Role::Command(Verb::Version) => return Ok(Effect::Ends(RuleCommand::Version.into())),
        Role::Command(_) => return Ok(Effect::Clear),
        Role::Option(label) | Role::Modifier(label) => reading.flags.given.insert(label),
    };
    read::set(reading, row, value)?;
    Ok(Effect::Set)
}

/// Returns the command that the flags make, and the network namespace for it.
fn command(reading: Reading<'_>, verb: Verb) -> Result<ToolCommand, Usage> {
    let netns = reading.flags.netns.clone();
    let command = reading.flags.command(verb)?;
    Ok(ToolCommand { command, netns })
}

/// Reads the words of `ipvsadm-save [--all|[--only WHAT]... [--json]] [-n] [--output FILE]
/// [--netns NAME]`. Words that are no options do not count: the script of 1.31 ignores
/// them.
///
/// # Errors
/// Any other option, and what `-S` refuses of these.
pub(in crate::cli) fn parse_save(words: &[String]) -> Result<ToolCommand, Usage> {
    let mut reading = Reading::new(&NoNames);
    for word in ToolWords::new(Tool::Save, words) {
        match word? {
            ToolWord::Option { row, value } => {
                if let Effect::Ends(command) = set(&mut reading, Tool::Save, row, value)? {
                    return Ok(command.into());
                }
            }
            ToolWord::Other(option) if option.starts_with('-') => return Err(Usage::SaveOption),
            ToolWord::Other(_) => {}
        }
    }
    command(reading, Verb::Save)
}

/// Reads the words of `ipvsadm-restore [FILE] [--strict] [--clear] [--only WHAT]...
/// [--keep-weights] [--no-remove] [--check|--dry-run [--json]] [--netns NAME]`. `-` is
/// standard input. `-n` has no effect, and may stand where no file is named.
///
/// # Errors
/// Any other option, a second file, what `-R` refuses of these, and a scope with
/// `--clear`.
pub(in crate::cli) fn parse_restore(words: &[String]) -> Result<ToolCommand, Usage> {
    let mut reading = Reading::new(&NoNames);
    let mut input = RuleSource::Unnamed;
    let mut clear = false;
    let mut idle = None;
    let mut words = ToolWords::new(Tool::Restore, words);
    for word in words.by_ref() {
        match word? {
            ToolWord::Option { row, value } => {
                match set(&mut reading, Tool::Restore, row, value)? {
                    Effect::Ends(command) => return Ok(command.into()),
                    Effect::Clear => clear = true,
                    Effect::Set => {}
                }
            }
            ToolWord::Other("--") => break,
            ToolWord::Other(word @ "-n") => idle = Some(word),
            ToolWord::Other("-") => input = input.stdin()?,
            ToolWord::Other(word) if word.starts_with('-') => {
                return Err(Usage::UnknownOption(word.to_owned()));
            }
            ToolWord::Other(name) => input = input.file(name)?,
        }
    }
    for name in words.left {
        input = input.file(name)?;
    }
    // With a file it looks like an option that keeps the table as it is.
    if let (Some(word), RuleSource::File(_)) = (idle, &input) {
        return Err(Usage::UnknownOption(word.to_owned()));
    }
    match clear {
        true => without_scope(reading.flags.given)?,
        false => _ = reading.flags.given.insert(Label::Replace),
    }
    let mut made = command(reading, Verb::Restore)?;
    if let Command::Restore(restore) = &mut made.command {
        restore.input = input.path();
        if clear {
            restore.mode = RestoreMode::ClearThenApply;
        }
    }
    Ok(made)
}

/// The source of the rules.
enum RuleSource<'a> {
    /// Standard input, as no word says otherwise.
    Unnamed,
    /// `-`
    Stdin,
    File(&'a str),
}

impl<'a> RuleSource<'a> {
    fn stdin(self) -> Result<Self, Usage> {
        match self {
            Self::Unnamed | Self::Stdin => Ok(Self::Stdin),
            Self::File(_) => Err(Usage::UnexpectedWord("-".to_owned())),
        }
    }

    fn file(self, name: &'a str) -> Result<Self, Usage> {
        match self {
            Self::Unnamed => Ok(Self::File(name)),
            Self::Stdin | Self::File(_) => Err(Usage::UnexpectedWord(name.to_owned())),
        }
    }

    fn path(self) -> Option<PathBuf> {
        match self {
            Self::Unnamed | Self::Stdin => None,
            Self::File(name) => Some(name.into()),
        }
    }
}

/// Refuses the options of a replacement, beside `--clear`.
pub(in crate::cli) fn without_scope(given: Given) -> Result<(), Usage> {
    let scope = [Label::Only, Label::KeepWeights, Label::NoRemove];
    match scope.into_iter().find(|&label| given.has(label)) {
        Some(option) => Err(Usage::WithClear(option)),
        None => Ok(()),
    }
}
