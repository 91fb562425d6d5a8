//! `--netns`: a command in another network namespace, or in each in turn.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::formats::{self, Audience};
use super::out::position;
use super::{FailedRun, Failure, Out, Report, require};
use crate::cli::{Command, Invocation, Label, Netns, Usage};
use crate::names::System;
use crate::netns::{self, KnownNamespace};

/// Does a command in the namespace that this process has entered.
type Perform<'a> =
    dyn FnMut(Result<Command, Usage>, &mut Out, &mut Report<'_>) -> Result<(), FailedRun> + 'a;

/// Enters the namespace, and returns the file that stands for it; none if the command is for every
/// namespace.
pub(super) fn enter(netns: &Netns) -> Result<Option<PathBuf>, Failure> {
    let file = match netns {
        Netns::Named(name) => netns::find(name)?,
        Netns::File(file) => file.clone(),
        Netns::All => return Ok(None),
    };
    netns::enter(&file)?;
    Ok(Some(file))
}

/// Reads the words in the namespace that they name, and carries them out there. The namespace is
/// entered before anything is looked up or read.
#[inline(never)]
pub(super) fn within(
    netns: &Netns,
    typed: Invocation<'_>,
    out: &mut Out,
    report: &mut Report<'_>,
    perform: &mut Perform<'_>,
) -> Result<(), FailedRun> {
    let file = match enter(netns) {
        Ok(file) => file,
        // The user has pressed a key and expects completions, no complaints.
        Err(_) if typed.is_completion() => return Ok(()),
        // A monitoring system expects a verdict in every case.
        Err(failure) if typed.has(Label::Require) => {
            return match typed.resolve(&System::default()) {
                Ok(Command::Require(wanted)) => Ok(require::unknown(&wanted, &failure, out)?),
                _ => Err(failure.into()),
            };
        }
        Err(failure) => return Err(failure.into()),
    };
    let command = typed.resolve(&System::default());
    match (file, command) {
        (None, Ok(command)) if !matches!(command, Command::Complete(_)) => {
            Ok(each(&command, out, report, perform)?)
        }
        (None, command) => perform(command, out, report),
        (Some(file), command) => {
            let is_text = command.as_ref().is_ok_and(gives_commands);
            let outcome = perform(command, out, report);
            if is_text && is_answered(&outcome) {
                advise(&file, out).map_err(Failure::writing)?;
            }
            outcome
        }
    }
}

/// Does a command in each namespace. A failure in one does not stop the others.
///
/// # Errors
/// The smallest status of the namespaces that failed, each of which has been reported. Among
/// diagnoses, this is the status of one that found something.
fn each(
    command: &Command,
    out: &mut Out,
    report: &mut Report<'_>,
    perform: &mut Perform<'_>,
) -> Result<(), Failure> {
    let format = formats::of(command.format().unwrap_or_default());
    let is_for_people = format.audience() == Audience::People;
    let mut pages = format.pages(out).map_err(Failure::writing)?;
    let mut status: Option<u8> = None;
    for known in netns::all() {
        pages.begin_one(&known, out).map_err(Failure::writing)?;
        let before = position(out);
        let outcome = match &known {
            KnownNamespace::Own => Ok(()),
            KnownNamespace::Elsewhere { file, .. } => netns::enter(file),
        };
        let outcome = match outcome {
            Ok(()) => perform(Ok(command.clone()), out, &mut |said| {
                report(&format_args!("{known}: {said}"));
            }),
            Err(error) => Err(Failure::from(error).into()),
        };
        if let (KnownNamespace::Elsewhere { file, .. }, true) = (&known, gives_commands(command))
            && is_answered(&outcome)
        {
            advise(file, out).map_err(Failure::writing)?;
        }
        out.flush().map_err(Failure::writing)?;
        let failure = outcome.err().map(|ended| ended.failure);
        let own = failure.as_ref().map(Failure::status);
        status = [status, own].into_iter().flatten().min();
        let error = failure.filter(|failure| !matches!(failure, Failure::Answered { .. }));
        let error = error.map(|error| error.to_string());
        if let Some(error) = &error {
            report(&format_args!("{known}: {error}"));
            // A document that breaks off can't be read, so nothing is written after it.
            if position(out) != before && !is_for_people {
                return failed(status);
            }
        }
        pages
            .end_one(error.as_deref(), out)
            .map_err(Failure::writing)?;
    }
    pages.end(out).map_err(Failure::writing)?;
    failed(status)
}

fn failed(status: Option<u8>) -> Result<(), Failure> {
    match status {
        None => Ok(()),
        Some(status) => Err(Failure::Answered { status }),
    }
}

/// Returns whether the output advises people which commands to run.
fn gives_commands(command: &Command) -> bool {
    let format = match command {
        Command::Diagnose(diagnose) => diagnose.format,
        Command::Explain(explain) => explain.format,
        _ => return false,
    };
    formats::of(format).audience() == Audience::People
}

/// Returns whether the command has printed its answer.
fn is_answered(outcome: &Result<(), FailedRun>) -> bool {
    let failure = outcome.as_ref().err().map(|ended| &ended.failure);
    matches!(failure, None | Some(Failure::Answered { .. }))
}

/// Says how to run the commands above in their network namespace.
fn advise(file: &Path, out: &mut Out) -> io::Result<()> {
    let file = file.display();
    writeln!(
        out,
        "Commands for that network namespace: nsenter --net={file} COMMAND"
    )?;
    out.flush()
}
