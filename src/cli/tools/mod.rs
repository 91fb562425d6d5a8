//! `ipvsadm-save` and `ipvsadm-restore`.

use super::additions::{netns, selected};
use super::command::{
    Command, Coverage, Extent, Format, Netns, Restore, RestoreMode, RuleCommand, Save, Selection,
    Strictness, ToolCommand,
};
use super::types::{Label, Tool, Verb};
use super::usage::{Context, Usage};
use super::value_error::ValueError;
use ipvs::plan::scope::{Removals, Scope, Weights};

/// The long options of `ipvsadm-restore` that are also in completions.
pub(crate) const RESTORE_OPTIONS: [&str; 9] = [
    "check",
    "clear",
    "dry-run",
    "json",
    "strict",
    "only",
    "keep-weights",
    "no-remove",
    "netns",
];

/// The help of a program.
pub(super) struct Usages {
    /// How it is typed.
    pub(super) usage: &'static str,
    /// Whole lines.
    pub(super) about: &'static str,
    pub(super) options: &'static [ToolOption],
}

/// An option of a program that saves or restores.
pub(super) struct ToolOption {
    pub(super) letter: Option<char>,
    pub(super) name: Option<&'static str>,
    pub(super) value: Option<&'static str>,
    pub(super) help: &'static str,
}

const fn long(name: &'static str, help: &'static str) -> ToolOption {
    ToolOption {
        letter: None,
        name: Some(name),
        value: None,
        help,
    }
}

const HELP: ToolOption = ToolOption {
    letter: Some('h'),
    ..long("help", "show this")
};

const VERSION: ToolOption = ToolOption {
    letter: Some('v'),
    ..long("version", "show the version")
};

const NETNS: ToolOption = ToolOption {
    value: Some("NAME"),
    ..long(
        "netns",
        "in the network namespace of this name, as ip netns and Docker name them, or of this \
         file, such as /proc/PID/ns/net",
    )
};

const SAVE: Usages = Usages {
    usage: "ipvsadm-save [--all|[--only WHAT]... [--json]] [-n] [--output FILE]
                    [--netns NAME]",
    about: "Writes the table as rules, from which ipvsadm-restore makes it again.",
    options: &[
        ToolOption {
            letter: Some('n'),
            name: None,
            value: None,
            help: "numbers instead of names",
        },
        long(
            "all",
            "the timeouts, the sync daemons and the settings of net.ipv4.vs as well that differ \
             from their defaults",
        ),
        ToolOption {
            value: Some("FILE"),
            ..long(
                "output",
                "into FILE, which is replaced only when all is written",
            )
        },
        ToolOption {
            value: Some("WHAT"),
            ..long(
                "only",
                "no other services than those of ADDRESS[/BITS] or fwmark:MARK[-MARK]; it can be \
                 given again",
            )
        },
        long("json", "as a JSON document"),
        NETNS,
        HELP,
        VERSION,
    ],
};

const RESTORE: Usages = Usages {
    usage: "ipvsadm-restore [--clear|[--only WHAT]... [--keep-weights] [--no-remove]]
                       [--strict] [--check|--dry-run [--json]]
                       [--netns NAME] [FILE]",
    about: "\
Makes the table what the rules in FILE, or from standard input, describe. Only
what differs is sent to the kernel.",
    options: &[
        long(
            "strict",
            "all of the rules or none, even where the table is empty",
        ),
        long(
            "clear",
            "clear the table first, as ipvsadm 1.31 does: connections break",
        ),
        ToolOption {
            value: Some("WHAT"),
            ..long(
                "only",
                "compare and touch no other services than those of ADDRESS[/BITS] or \
                 fwmark:MARK[-MARK]; it can be given again",
            )
        },
        long(
            "keep-weights",
            "servers that stay keep the weights that they have",
        ),
        long("no-remove", "remove nothing"),
        long("check", "only check the rules; needs neither root nor IPVS"),
        long("dry-run", "only show what would be changed"),
        long("json", "with --dry-run: as a JSON document"),
        NETNS,
        HELP,
        VERSION,
    ],
};

impl Tool {
    pub(super) fn usages(self) -> Usages {
        match self {
            Self::Save => SAVE,
            Self::Restore => RESTORE,
        }
    }
}

/// Reads the words of `ipvsadm-save [--all|[--only WHAT]... [--json]] [-n] [--output FILE]
/// [--netns NAME]`. Words that are no options do not count: the script of 1.31 ignores
/// them.
///
/// # Errors
/// Any other option, and `--all` with `--only` or `--json`.
pub(super) fn parse_save(words: &[String]) -> Result<ToolCommand, Usage> {
    let mut save = Save::default();
    let mut only = Vec::new();
    let mut netns = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(answer) = about(Tool::Save, word) {
            return Ok(answer.into());
        } else if word == "-n" {
            save.numeric = true;
        } else if word == "--all" {
            save.coverage = Coverage::All;
        } else if word == "--json" {
            save.format = Format::Json;
        } else if let Some(file) = value_of("--output", word, &mut words)? {
            save.output = Some(file.into());
        } else if let Some(what) = value_of("--only", word, &mut words)? {
            only.push(selected(what)?);
        } else if let Some(name) = namespace(word, &mut words)? {
            netns = Some(name);
        } else if word.starts_with('-') {
            return Err(Usage::SaveOption);
        }
    }
    let with = match only.is_empty() {
        _ if save.format == Format::Json => Some(Label::Json),
        false => Some(Label::Only),
        true => None,
    };
    if let (Coverage::All, Some(with)) = (save.coverage, with) {
        return Err(Usage::Conflict {
            label: Label::All,
            with,
            context: Context::Command(Verb::Save),
        });
    }
    save.services = Selection::of(None, only);
    Ok(ToolCommand {
        command: RuleCommand::Save(save).into(),
        netns,
    })
}

/// Returns the value of `option`, if the word is that option: `--only WHAT` or
/// `--only=WHAT`.
///
/// # Errors
/// A value that is missing.
fn value_of<'a>(
    option: &str,
    word: &'a str,
    words: &mut impl Iterator<Item = &'a String>,
) -> Result<Option<&'a str>, Usage> {
    match word.strip_prefix(option) {
        Some("") => match words.next() {
            Some(value) => Ok(Some(value)),
            None => Err(Usage::MissingArgument(word.to_owned())),
        },
        attached => Ok(attached.and_then(|rest| rest.strip_prefix('='))),
    }
}

/// Returns the namespace that the word names, if it is `--netns`.
///
/// # Errors
/// A name that is missing or names none, or all of them: a tool has one table.
fn namespace<'a>(
    word: &'a str,
    words: &mut impl Iterator<Item = &'a String>,
) -> Result<Option<Netns>, Usage> {
    match value_of("--netns", word, words)?.map(netns).transpose()? {
        Some(Netns::All) => Err(ValueError::NetnsAll.into()),
        named => Ok(named),
    }
}

/// Reads the words of `ipvsadm-restore [FILE] [--strict] [--clear] [--only WHAT]...
/// [--keep-weights] [--no-remove] [--check|--dry-run [--json]] [--netns NAME]`. `-` is
/// standard input. `-n` has no effect, and may stand where no file is named.
///
/// # Errors
/// Any other option, a second file, `--check` with `--dry-run`, `--json`
/// without it, a scope with `--clear`.
pub(super) fn parse_restore(words: &[String]) -> Result<ToolCommand, Usage> {
    let mut netns = None;
    let mut restore = Restore {
        mode: RestoreMode::Replace,
        ..Restore::default()
    };
    let mut options = true;
    let mut idle = None;
    let mut from_stdin = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(answer) = about(Tool::Restore, word).filter(|_| options) {
            return Ok(answer.into());
        }
        if options && let Some(name) = namespace(word, &mut words)? {
            netns = Some(name);
            continue;
        }
        if options && let Some(what) = value_of("--only", word, &mut words)? {
            restore.scope.only.push(selected(what)?);
            continue;
        }
        match word.as_str() {
            "--" if options => options = false,
            "--clear" if options => restore.mode = RestoreMode::ClearThenApply,
            "--check" if options => stop(&mut restore, Extent::Check)?,
            "--json" if options => restore.format = Format::Json,
            "--dry-run" if options => stop(&mut restore, Extent::DryRun)?,
            "--strict" if options => restore.strictness = Strictness::Everywhere,
            "--keep-weights" if options => restore.scope.weights = Weights::Kept,
            "--no-remove" if options => restore.scope.removals = Removals::LeftOut,
            "-n" if options => idle = Some(word),
            "-" if options && restore.input.is_none() => from_stdin = true,
            option if options && option.len() > 1 && option.starts_with('-') => {
                return Err(Usage::UnknownOption(word.clone()));
            }
            file if restore.input.is_none() && !from_stdin => restore.input = Some(file.into()),
            _ => return Err(Usage::UnexpectedWord(word.clone())),
        }
    }
    // With a file it looks like an option that keeps the table as it is.
    if let (Some(word), Some(_)) = (idle, &restore.input) {
        return Err(Usage::UnknownOption(word.clone()));
    }
    if restore.format == Format::Json && restore.stop_at != Extent::DryRun {
        return Err(Usage::Missing {
            label: Label::DryRun,
            context: Context::Option(Label::Json),
        });
    }
    if restore.mode == RestoreMode::ClearThenApply
        && let Some(option) = of_scope(&restore.scope)
    {
        return Err(Usage::WithClear(option));
    }
    Ok(ToolCommand {
        command: Command::Restore(restore),
        netns,
    })
}

/// An option that makes a scope less than whole.
fn of_scope(scope: &Scope) -> Option<Label> {
    let Scope {
        only,
        weights,
        removals,
    } = scope;
    match (only.as_slice(), weights, removals) {
        ([], Weights::Wanted, Removals::Made) => None,
        ([], Weights::Wanted, Removals::LeftOut) => Some(Label::NoRemove),
        ([], Weights::Kept, _) => Some(Label::KeepWeights),
        ([_, ..], ..) => Some(Label::Only),
    }
}

/// Returns the help or the version of a program, if the word asks for it.
fn about(tool: Tool, word: &str) -> Option<Command> {
    match word {
        "-h" | "--help" => Some(Command::ToolHelp(tool)),
        "-v" | "--version" => Some(RuleCommand::Version.into()),
        _ => None,
    }
}

/// There is one way to stop early, whatever was asked for first.
fn stop(restore: &mut Restore, at: Extent) -> Result<(), Usage> {
    if restore.stop_at != Extent::Full && restore.stop_at != at {
        return Err(Usage::Conflict {
            label: Label::DryRun,
            with: Label::Check,
            context: Context::Command(Verb::Restore),
        });
    }
    restore.stop_at = at;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_of_ipvsadm_restore_are_known_and_explained() {
        for name in RESTORE_OPTIONS {
            let outcome = parse_restore(&[format!("--{name}")]);
            assert!(!matches!(outcome, Err(Usage::UnknownOption(_))), "{name}");
            let mut explained = RESTORE.options.iter();
            assert!(explained.any(|option| option.name == Some(name)), "{name}");
        }
    }
}
