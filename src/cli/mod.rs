//! Turns words into commands.
//!
//! [`parse`] reads what was typed, in the manner of popt. [`Invocation::resolve`]
//! then looks names up and returns the [`Command`], or the [`Usage`] error that the
//! user is shown. Nothing in this module touches the network, a file or the kernel.

mod additions;
mod address;
mod assemble;
mod choice;
mod command;
mod compat131;
mod complete;
mod completions;
mod flags;
mod guide;
mod help;
mod keep;
mod legality;
mod lexer;
mod nearest;
mod options;
mod raw;
mod read;
mod suggest;
mod tools;
mod types;
mod usage;
mod value_error;
mod values;

pub use command::{
    Access, BriefList, Candidates, Color, Command, Completion, Connections, Coverage, Deed,
    Diagnose, Drain, Ensure, Everywhere, Explain, Extent, Format, GivenSettings, Leaving, List,
    Metrics, Netns, Ramp, Ramped, Require, Restore, RestoreMode, RuleCommand, Save, Selection,
    ServerAnywhere, ServerEdit, ServiceEdit, Shell, Standing, Strictness, ToolCommand, Undrain,
    Watch,
};
pub use completions::completions;
pub use help::{help, tool_help, version};
pub use nearest::nearest;
pub use options::SCHEDULERS;
pub use suggest::{is_long_option, nearest_option, nearest_restore_option};
pub use types::{Label, Tool, Verb};
pub use usage::{Context, Usage};
pub use value_error::ValueError;

use crate::names::Resolve;
use flags::Reading;
use lexer::Token;
use read::Source;

/// The reason why words make no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The refusal.
    pub usage: Usage,
    /// The wrong word, if a single word is wrong.
    pub word: Option<String>,
}

/// A command line, read but not yet understood.
#[derive(Clone, Debug)]
pub struct Invocation<'a> {
    program: &'a str,
    tokens: Vec<Token<'a>>,
    end: Result<(), Usage>,
    kind: Kind<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'a> {
    /// The program without any words.
    Bare,
    /// A shell asks for what may follow these words.
    Completion(&'a [String]),
    /// The words of a command, from this source.
    Words(Source),
}

/// Reads the words of `ipvsadm`; `program` is its name as typed.
pub fn parse<'a>(program: &'a str, words: &'a [String]) -> Invocation<'a> {
    match complete::typed(words) {
        Some(typed) => read(program, &[], Kind::Completion(typed)),
        None if words.is_empty() => read(program, words, Kind::Bare),
        None => read(program, words, Kind::Words(Source::CommandLine)),
    }
}

/// Reads the words of `ipvsadm-save`.
///
/// # Errors
/// Returns the first mistake.
pub fn parse_save(words: &[String]) -> Result<ToolCommand, Usage> {
    match complete::typed(words) {
        Some(typed) => Ok(Command::Complete(complete::tool(Tool::Save, typed)).into()),
        None => tools::parse_save(words),
    }
}

/// Reads the words of `ipvsadm-restore`.
///
/// # Errors
/// Returns the first mistake.
pub fn parse_restore(words: &[String]) -> Result<ToolCommand, Usage> {
    match complete::typed(words) {
        Some(typed) => Ok(Command::Complete(complete::tool(Tool::Restore, typed)).into()),
        None => tools::parse_restore(words),
    }
}

/// Reads the words of a line of rules, without the `ipvsadm` that may begin it:
/// [`Invocation::resolve_rule`] understands them.
pub fn parse_rule<'a>(program: &'a str, words: &'a [String]) -> Invocation<'a> {
    read(program, words, Kind::Words(Source::Rules))
}

fn read<'a>(program: &'a str, words: &'a [String], kind: Kind<'a>) -> Invocation<'a> {
    let (tokens, end) = lexer::read(words);
    Invocation {
        program,
        tokens,
        end,
        kind,
    }
}

impl Invocation<'_> {
    /// Returns whether this option is among the words, as far as they can be read.
    pub fn has(&self, label: Label) -> bool {
        self.tokens.iter().any(|token| token.label() == Some(label))
    }

    /// Returns whether this command is among the words, as far as they can be read.
    pub fn has_command(&self, verb: Verb) -> bool {
        self.tokens.iter().any(|token| token.verb() == Some(verb))
    }

    /// Returns the network namespace that the words name, if their command goes
    /// with one. Names of hosts may mean something else in it, so it has to be
    /// known before the words are resolved.
    pub fn netns(&self) -> Option<Netns> {
        let of_typed;
        let tokens = match self.kind {
            Kind::Bare => return None,
            Kind::Words(_) => &self.tokens,
            Kind::Completion(typed) => {
                of_typed = lexer::read(typed.split_last()?.1).0;
                &of_typed
            }
        };
        let verb = tokens.iter().find_map(Token::verb)?;
        let value = tokens.iter().find_map(|token| match token {
            Token::Option { value, .. } if token.label() == Some(Label::Netns) => *value,
            _ => None,
        });
        let value = value.filter(|_| legality::goes_with(verb, Label::Netns))?;
        additions::netns(value).ok()
    }

    /// Returns whether a shell asks what may follow the words.
    pub fn is_completion(&self) -> bool {
        matches!(self.kind, Kind::Completion(_))
    }

    /// Returns the command that the words make. They are read from left to right,
    /// and names are looked up where they stand, so that an unknown name is
    /// reported before a mistake further right.
    ///
    /// # Errors
    /// Returns the first mistake. If ipvsadm 1.31, which accepts less, would have
    /// met another one before it, that one is returned.
    pub fn resolve(self, names: &dyn Resolve) -> Result<Command, Usage> {
        self.resolve_naming(names).map_err(|mistake| mistake.usage)
    }

    /// Understands the words of a line of rules, as [`resolve`](Invocation::resolve) does.
    ///
    /// # Errors
    /// The errors of [`Invocation::resolve`], with the word that is wrong.
    pub fn resolve_rule(self, names: &dyn Resolve) -> Result<RuleCommand, Mistake> {
        let program = self.program;
        match self.resolve_naming(names)? {
            Command::Rule(command) => Ok(command),
            // Its option is refused before, by its `Place`.
            _ => Err(Mistake {
                usage: Usage::NoCommand(program.to_owned()),
                word: None,
            }),
        }
    }

    /// Does what [`Invocation::resolve`] does, but returns the wrong word with a
    /// mistake.
    ///
    /// # Errors
    /// Fails where [`Invocation::resolve`] does.
    pub fn resolve_naming(self, names: &dyn Resolve) -> Result<Command, Mistake> {
        let source = match self.kind {
            Kind::Bare => return Ok(RuleCommand::List(List::default()).into()),
            Kind::Completion(typed) => {
                return Ok(Command::Complete(complete::ipvsadm(typed, names)));
            }
            Kind::Words(source) => source,
        };
        let mut reading = Reading::new(names);
        let verb = read::read(&mut reading, self.program, source, &self.tokens, self.end);
        let overlooked = reading.overlooked;
        let flags = reading.flags;
        let mistake = match verb {
            Ok(verb) => match flags.command(verb) {
                Ok(command) => return Ok(command),
                Err(usage) => (usage, None),
            },
            Err(usage) => (usage, reading.word),
        };
        let (usage, word) = overlooked.unwrap_or(mistake);
        Err(Mistake {
            usage,
            word: word.map(str::to_owned),
        })
    }
}
