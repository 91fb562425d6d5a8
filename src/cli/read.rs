//! Reads options into flags, from left to right. Each value is read where it
//! stands, and the first mistake ends the reading.

use super::flags::Reading;
use super::lexer::Token;
use super::options::{FWMARK, Row, Setter, by_letter, by_name};
use super::types::{Label, Place, Role, Verb};
use super::usage::Usage;

/// Where words come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    CommandLine,
    Rules,
}

/// Sets the flags of these tokens and returns the command among them. `-h` and `-v`
/// end the reading, whatever stands before them.
///
/// # Errors
/// Returns the first mistake; `end` is the one at which the lexer stopped, behind
/// the last token.
pub(super) fn read<'a>(
    reading: &mut Reading<'a>,
    program: &str,
    source: Source,
    tokens: &[Token<'a>],
    end: Result<(), Usage>,
) -> Result<Verb, Usage> {
    let no_command = || Usage::NoCommand(program.to_owned());
    let last_mark = tokens.iter().rposition(is_fwmark);
    let mut verb = None;
    for (at, token) in tokens.iter().enumerate() {
        let &Token::Option { row, value, word } = token else {
            let &Token::Word(word) = token else { continue };
            reading.flags.words.push(word);
            continue;
        };
        reading.word = Some(word);
        match row.role {
            Role::Command(_) if verb.is_some() => {
                return Err(Usage::SecondCommand(word.to_owned()));
            }
            Role::Command(found @ (Verb::Help | Verb::Version)) => {
                reading.clear();
                reading.flags.topic = tokens.get(at + 1).and_then(topic);
                return Ok(found);
            }
            Role::Command(found) => {
                if !may_stand(row, source) {
                    return Err(no_command());
                }
                set(reading, row, value)?;
                verb = Some(found);
            }
            Role::Option(label) | Role::Modifier(label) => {
                // `--netns` may stand before the command. To 1.31 it is an unknown
                // option, which is refused before all else.
                if verb.is_none() && label != Label::Netns {
                    reading.overlook(no_command());
                }
                if let Role::Option(_) = row.role {
                    reading.note(label, row.again)?;
                }
                if !may_stand(row, source) {
                    return Err(Usage::NotInRules(label));
                }
                reading.mark_follows = last_mark.is_some_and(|mark| at < mark);
                set(reading, row, value)?;
            }
        }
    }
    let verb = verb.ok_or_else(no_command)?;
    end?;
    Ok(verb)
}

/// Returns the command that help is wanted for, whether it is written as an option
/// (`-A`) or as its name or letter alone.
fn topic(token: &Token<'_>) -> Option<Verb> {
    let &Token::Word(word) = token else {
        return token.verb();
    };
    let mut letters = word.chars();
    let row = match (letters.next(), letters.next()) {
        (Some(letter), None) => by_letter(letter),
        _ => by_name(word),
    };
    row.and_then(|row| row.role.verb())
}

fn is_fwmark(token: &Token<'_>) -> bool {
    matches!(token, Token::Option { row, .. } if row.long == FWMARK)
}

fn may_stand(row: &Row, source: Source) -> bool {
    match (row.place, source) {
        (Place::Anywhere, _) | (Place::CommandLine, Source::CommandLine) => true,
        (Place::CommandLine, Source::Rules) => false,
    }
}

/// Sets the flag of an option.
///
/// # Errors
/// A value that is not what the option takes.
#[inline(never)]
pub(super) fn set<'a>(
    reading: &mut Reading<'a>,
    row: &Row,
    value: Option<&'a str>,
) -> Result<(), Usage> {
    match row.setter {
        Setter::Given => Ok(()),
        Setter::Word(set) => set(reading, value.unwrap_or_default()),
        Setter::Maybe(set) => set(reading, value),
    }
}
