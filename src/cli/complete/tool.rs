//! Completion for `ipvsadm-save` and `ipvsadm-restore`.

use super::{TypedWords, completion, nothing};
use crate::cli::command::{Candidates, Completion};
use crate::cli::flags::Flags;
use crate::cli::options::Row;
use crate::cli::tools::{ToolWord, ToolWords, without_scope};
use crate::cli::types::{Given, Label, Role, Tool, Verb};

/// Completes the words of a program that saves or restores.
pub(in crate::cli) fn tool(tool: Tool, typed: &[String]) -> Completion {
    let Some((word, before)) = typed.split_last() else {
        return nothing("");
    };
    let mut given = Given::default();
    let mut clear = false;
    let mut with_value = ToolWords::option(tool, word).and_then(|(row, value)| Some((row, value?)));
    for read in ToolWords::new(tool, before) {
        match read {
            Ok(ToolWord::Option { row, .. }) => match row.role {
                Role::Command(verb) => clear |= verb == Verb::Clear,
                Role::Option(label) | Role::Modifier(label) => _ = given.insert(label),
            },
            Ok(ToolWord::Other("--")) if tool == Tool::Restore => return files(word),
            Ok(ToolWord::Other(_)) => {}
            // The word is the value of the option before it.
            Err(_) => {
                let option = before
                    .last()
                    .and_then(|option| ToolWords::option(tool, option));
                with_value = option.map(|(row, _)| (row, word.as_str()));
            }
        }
    }
    let verb = match tool {
        Tool::Save => Verb::Save,
        Tool::Restore => Verb::Restore,
    };
    if tool == Tool::Restore && !clear {
        given.insert(Label::Replace);
    }
    let flags = Flags {
        given,
        ..Flags::default()
    };
    let context = TypedWords {
        tokens: &[],
        verb: Some(verb),
        flags,
    };
    if let Some((row, value)) = with_value {
        return context.value(row, word, value);
    }
    if tool == Tool::Restore && !word.starts_with('-') {
        return files(word);
    }
    let may_follow = |row: &Row| match row.role {
        Role::Command(Verb::Clear) => !clear && without_scope(given).is_ok(),
        Role::Command(_) => false,
        Role::Option(_) | Role::Modifier(_) => context.may_follow(row),
    };
    let fitting = tool.options().filter(|(_, row)| may_follow(row));
    let words = fitting.map(|(option, _)| (option.typed().to_owned(), option.help));
    completion("", word, Candidates::Words(words.collect()))
}

fn files(word: &str) -> Completion {
    completion("", word, Candidates::Files)
}
