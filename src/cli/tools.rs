//! `ipvsadm-save` and `ipvsadm-restore`.

use super::command::{Command, Extent, Format, Restore, RestoreMode, Save};
use super::complete;
use super::types::{Label, Verb};
use super::usage::{Context, Usage};

/// The long options of `ipvsadm-restore`.
pub(crate) const RESTORE_OPTIONS: [&str; 4] = ["check", "clear", "dry-run", "json"];

/// Reads the words of `ipvsadm-save [-n] [--output FILE] [--json]`. As ever,
/// words that are no options do not count.
///
/// # Errors
/// Any other option.
pub fn parse_save(words: &[String]) -> Result<Command, Usage> {
    if let Some(typed) = completing(words) {
        return Ok(Command::Complete(complete::save(typed)));
    }
    let mut save = Save::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "-n" {
            save.numeric = true;
        } else if word == "--json" {
            save.format = Format::Json;
        } else if word == "--output" {
            let file = words.next();
            let file = file.ok_or_else(|| Usage::MissingArgument(word.clone()))?;
            save.output = Some(file.into());
        } else if let Some(file) = word.strip_prefix("--output=") {
            save.output = Some(file.into());
        } else if word.starts_with('-') {
            return Err(Usage::SaveOption);
        }
    }
    Ok(Command::Save(save))
}

/// Reads the words of `ipvsadm-restore [FILE] [--clear] [--check|--dry-run
/// [--json]]`. As ever, options of one dash do not count.
///
/// # Errors
/// Any other long option, a second file, `--check` with `--dry-run`, `--json`
/// without it.
pub fn parse_restore(words: &[String]) -> Result<Command, Usage> {
    if let Some(typed) = completing(words) {
        return Ok(Command::Complete(complete::restore(typed)));
    }
    let mut restore = Restore {
        mode: RestoreMode::Replace,
        ..Restore::default()
    };
    let mut options = true;
    for word in words {
        match word.as_str() {
            "--" if options => options = false,
            "--clear" if options => restore.mode = RestoreMode::ClearThenApply,
            "--check" if options => stop(&mut restore, Extent::Check)?,
            "--json" if options => restore.format = Format::Json,
            "--dry-run" if options => stop(&mut restore, Extent::DryRun)?,
            long if options && long.starts_with("--") => {
                return Err(Usage::UnknownOption(word.clone()));
            }
            short if options && short.starts_with('-') => {}
            file if restore.input.is_none() => restore.input = Some(file.into()),
            _ => return Err(Usage::UnexpectedWord(word.clone())),
        }
    }
    if restore.format == Format::Json && restore.stop_at != Extent::DryRun {
        return Err(Usage::Missing {
            label: Label::DryRun,
            context: Context::Option(Label::Json),
        });
    }
    Ok(Command::Restore(restore))
}

/// The words for which a shell asks what may follow.
fn completing(words: &[String]) -> Option<&[String]> {
    let (first, typed) = words.split_first()?;
    (first == complete::REQUEST).then_some(typed)
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
    fn the_options_of_ipvsadm_restore_are_known() {
        for name in RESTORE_OPTIONS {
            let outcome = parse_restore(&[format!("--{name}")]);
            assert!(!matches!(outcome, Err(Usage::UnknownOption(_))), "{name}");
        }
    }
}
