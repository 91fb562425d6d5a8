//! `-R` and `ipvsadm-restore`: all of the input is read and checked before
//! anything is changed. Only lines typed on a terminal act at once.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write, stdin};
use std::ops::ControlFlow;

use anyhow::Context;

use super::progress::Progress;
use super::turn::Turn;
use super::{Failure, Out, carry_out, daemons, replace};
use crate::cli::{self, Command, Extent, Format, Restore, RestoreMode, Usage};
use crate::json;
use crate::names::{Numeric, System};
use crate::rules::lines::Lines;
use crate::rules::restore::{ReadError, Rule, read_rules, read_table};
use ipvs::client::Client;
use ipvs::model::{Change, Counts};
use ipvs::rules::ChangeRule;

/// What is said on the way, line by line.
pub(super) type Report<'a> = dyn FnMut(&dyn Display) + 'a;

/// Whether a restore asks the kernel for something.
pub(super) fn needs_kernel(restore: &Restore) -> bool {
    match restore.stop_at {
        Extent::Check => false,
        Extent::DryRun => restore.mode == RestoreMode::Replace,
        Extent::Full => true,
    }
}

/// `--check`, and `--dry-run` of rules that are carried out as they stand.
#[inline(never)]
pub(super) fn rehearse(
    program: &str,
    restore: &Restore,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let input = open(restore)?;
    let parse = parser(program);
    if restore.stop_at == Extent::Check {
        let name = restore
            .input
            .as_deref()
            .map_or("stdin".into(), |file| file.display().to_string());
        return match read_table(input, parse) {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(error, &format!("{name}: "), report)),
        };
    }
    let rules = read_rules(input, parse).map_err(|error| refused(error, "", report))?;
    let mut changes: Vec<Change> = rules
        .into_iter()
        .filter_map(|rule| match rule.command {
            Command::Change(change) => Some(change),
            _ => None,
        })
        .collect();
    if restore.mode == RestoreMode::ClearThenApply {
        changes.insert(0, Change::Clear);
    }
    show(changes.iter(), restore.format, out, report)
}

/// A restore that needs the kernel.
#[inline(never)]
pub(super) fn restore(
    program: &str,
    client: &mut Client,
    restore: &Restore,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    if restore.mode == RestoreMode::Apply && restore.input.is_none() && stdin().is_terminal() {
        return converse(program, client, out, report);
    }
    let input = open(restore)?;
    let parse = parser(program);
    if restore.mode == RestoreMode::Replace {
        let wanted = read_table(input, parse).map_err(|error| refused(error, "", report))?;
        return replace::replace(client, wanted, restore, out, report);
    }
    let mut rules = read_rules(input, parse).map_err(|error| refused(error, "", report))?;
    let _turn = Turn::take(report)?;
    if restore.mode == RestoreMode::ClearThenApply {
        daemons::leave_out_done(client, &mut rules).map_err(Failure::Unlisted)?;
        client.apply(&Change::Clear)?;
    }
    apply(client, &rules, out, report)
}

/// Carries rules out in order. What the kernel refuses is reported, and the
/// rest is done all the same.
pub(super) fn apply(
    client: &mut Client,
    rules: &[Rule],
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let mut failed = false;
    let mut progress = Progress::towards(rules.len());
    let is_change = |rule: &Rule| matches!(rule.command, Command::Change(_));
    for run in rules.chunk_by(|one, next| is_change(one) && is_change(next)) {
        let changes = run.iter().filter_map(|rule| match &rule.command {
            Command::Change(change) => Some(change),
            _ => None,
        });
        let changes = changes.inspect(|_| progress.step());
        client.apply_all(changes, |index, error| {
            failed = true;
            let line = run.get(index).map_or(0, |rule| rule.line);
            report(&format_args!("line {line}: {error}"));
            ControlFlow::Continue(())
        })?;
        for rule in run.iter().filter(|rule| !is_change(rule)) {
            match carry_out(client, rule.command.clone(), out) {
                // As ever, these are the last lines that count.
                Ok(()) if ends_rules(&rule.command) => return lines(failed),
                Ok(()) => {}
                Err(error @ (Failure::ClosedPipe | Failure::Files(_))) => return Err(error),
                Err(error) => {
                    failed = true;
                    report(&format_args!("line {}: {error}", rule.line));
                }
            }
        }
    }
    lines(failed)
}

/// Rules from a terminal are carried out as they are typed.
fn converse(
    program: &str,
    client: &mut Client,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let parse = parser(program);
    let mut typed = Lines::new(stdin().lock());
    let mut failed = false;
    while let Some(line) = typed
        .next_line()
        .context("cannot read stdin")
        .map_err(Failure::Files)?
    {
        let words = match line.words {
            Ok(words) => words,
            Err(malformed) => {
                report(&malformed);
                failed = true;
                continue;
            }
        };
        if words.is_empty() {
            continue;
        }
        let command = parse(words)?;
        let last = ends_rules(&command);
        if let Err(failure) = carry_out(client, command, out) {
            report(&failure);
            failed = true;
        }
        out.flush().map_err(Failure::writing)?;
        if last {
            break;
        }
    }
    lines(failed)
}

/// Prints changes, in the order in which they would be made.
pub(super) fn show<'a>(
    changes: impl Iterator<Item = &'a Change> + Clone,
    format: Format,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    if format == Format::Json {
        return json::changes(out, changes).map_err(Failure::writing);
    }
    for change in changes.clone() {
        writeln!(out, "{}", ChangeRule::new(change, &Numeric)).map_err(Failure::writing)?;
    }
    out.flush().map_err(Failure::writing)?;
    report(&Counts::of(changes));
    Ok(())
}

/// Makes commands of the words of lines, and remembers names between them.
fn parser(program: &str) -> impl Fn(&[String]) -> Result<Command, Usage> {
    let names = System::default();
    move |words| cli::parse_rule(program, words).resolve(&names)
}

/// `-h` and `-v` end the rules that they stand in.
fn ends_rules(command: &Command) -> bool {
    matches!(command, Command::Help(_) | Command::Version)
}

fn lines(failed: bool) -> Result<(), Failure> {
    if failed {
        return Err(Failure::Lines { status: 255 });
    }
    Ok(())
}

/// Reports every wrong line, and gives what the run ends with.
fn refused(error: ReadError, prefix: &str, report: &mut Report<'_>) -> Failure {
    match error {
        ReadError::Input(error) => {
            Failure::Files(anyhow::Error::new(error).context("cannot read the rules"))
        }
        ReadError::Lines(errors) => {
            for error in errors {
                report(&format_args!("{prefix}{error}"));
            }
            Failure::Lines { status: 2 }
        }
    }
}

/// A large buffer: rule files are long, and there are no more reads than needed.
fn open(restore: &Restore) -> Result<Box<dyn BufRead>, Failure> {
    const BUFFER: usize = 128 * 1024;
    let Some(path) = &restore.input else {
        return Ok(Box::new(BufReader::with_capacity(BUFFER, stdin())));
    };
    let file = File::open(path)
        .with_context(|| format!("cannot open {}", path.display()))
        .map_err(Failure::Files)?;
    Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
}
