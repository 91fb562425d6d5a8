//! From words to the kernel, and from the kernel to the output: one match.
//!
//! Here and in `cli`, code that only some commands need is `inline(never)`: most of the time of a
//! start goes into page faults, and a command must not touch the pages of another.

mod apply;
mod closed;
mod complete;
mod connections;
mod daemons;
mod diagnose;
mod drain;
mod ensure;
mod everywhere;
mod explain;
mod failure;
mod file;
mod formats;
mod from_proc;
mod hints;
mod input;
mod kernel;
mod look;
mod metrics;
mod modules;
mod namespaces;
mod out;
mod per_namespace;
mod progress;
mod ramp;
mod replace;
mod require;
mod restore;
mod rows;
mod save;
mod server_names;
mod settings;
mod signal;
mod turn;
mod verdict;
mod watch;

use std::fmt::Display;
use std::io::Write;

pub use failure::{FailedRun, Failure};

use anyhow::Context;
use hints::Asked;
use out::Out;

use crate::cli::{self, Access, Command, Connections, RuleCommand, ToolCommand, Usage};
use crate::names::System;
use crate::status::Status;
use crate::sysctls;
use ipvs::client::Client;

/// Takes the messages of a run, line by line.
type Report<'a> = dyn FnMut(&dyn Display) + 'a;

/// The program as it was called: the name decides which words it knows.
pub struct Program {
    name: String,
    kind: ProgramKind,
}

enum ProgramKind {
    Ipvsadm,
    Save,
    Restore,
}

impl Program {
    /// Returns the program of that name, which may have folders before it.
    pub fn named(name: String) -> Self {
        let kind = match name.as_bytes().rsplit(|byte| *byte == b'/').next() {
            Some(b"ipvsadm-save") => ProgramKind::Save,
            Some(b"ipvsadm-restore") => ProgramKind::Restore,
            _ => ProgramKind::Ipvsadm,
        };
        Self { name, kind }
    }
}

/// Does what the words ask for. Problems that don't end the run are given to `report`.
///
/// # Errors
/// Whatever ended the run; [`Failure::status`] is its exit status.
pub fn run(program: &Program, words: &[String], report: &mut Report<'_>) -> Result<(), FailedRun> {
    attempt(program, words, report).map_err(|mut ended| {
        if ended.hint.is_none() && hints::are_read() {
            ended.hint = hints::of_words(program, words, &ended.failure);
        }
        ended
    })
}

fn attempt(program: &Program, words: &[String], report: &mut Report<'_>) -> Result<(), FailedRun> {
    let out = &mut out::open();
    let tool = match program.kind {
        ProgramKind::Ipvsadm => {
            let typed = cli::parse(&program.name, words);
            let Some(netns) = typed.netns() else {
                let command = typed.resolve(&System::default());
                return perform(program, words, command, out, report);
            };
            return namespaces::within(&netns, typed, out, report, &mut |command, out, report| {
                perform(program, words, command, out, report)
            });
        }
        ProgramKind::Save => cli::parse_save(words),
        ProgramKind::Restore => cli::parse_restore(words),
    };
    if let Ok(ToolCommand {
        netns: Some(netns), ..
    }) = &tool
    {
        namespaces::enter(netns)?;
    }
    perform(program, words, tool.map(|tool| tool.command), out, report)
}

/// Does it once, in this network namespace.
fn perform(
    program: &Program,
    words: &[String],
    command: Result<Command, Usage>,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), FailedRun> {
    let name = &program.name;
    let command = &match command {
        Ok(command) => command,
        Err(usage) => {
            // Without IPVS, that is the error, even if the words are wrong too.
            kernel::open().map_err(Failure::NoIpvs)?;
            return Err(Failure::Usage(usage).into());
        }
    };
    let mut ask = |task: &mut KernelTask<'_>| on_kernel(words, command, task, out, report);
    match command {
        Command::Rule(RuleCommand::Help(topic)) => print(out, &cli::help(*topic))?,
        Command::Rule(RuleCommand::Version) => print(out, &cli::version())?,
        // This says itself that there is no IPVS.
        Command::Rule(RuleCommand::Connections(wanted)) if wanted.access == Access::Proc => {
            list_connections(wanted, out)?;
        }
        Command::Rule(command) => ask(&mut |client, out, _| carry_out(client, command, out))?,
        Command::Metrics(wanted) => {
            ask(&mut |client, out, _| metrics::metrics(client, wanted, out))?
        }
        Command::Ensure(wanted) => ask(&mut |client, _, _| ensure::ensure(client, wanted))?,
        Command::Everywhere(wanted) => {
            ask(&mut |client, _, report| everywhere::everywhere(client, wanted, report))?;
        }
        Command::Drain(drain) => ask(&mut |client, _, report| drain::drain(client, drain, report))?,
        Command::Undrain(wanted) => {
            ask(&mut |client, _, report| drain::undrain(client, wanted, report))?;
        }
        Command::Ramp(wanted) => ask(&mut |client, _, report| ramp::ramp(client, wanted, report))?,
        Command::Restore(restore) if !restore::needs_kernel(restore) => {
            restore::rehearse(name, restore, out, report)?;
        }
        Command::Restore(restore) => {
            ask(&mut |client, out, report| restore::restore(name, client, restore, out, report))?;
        }
        // These say themselves that there is no IPVS.
        Command::Require(wanted) => require::require(wanted, out)?,
        Command::ListFromProc(list) => from_proc::table(list, out, report)?,
        Command::Diagnose(wanted) => diagnose::diagnose(wanted, out)?,
        Command::Explain(wanted) => explain::explain(wanted, out)?,
        Command::ToolHelp(tool) => print(out, &cli::tool_help(*tool))?,
        Command::Completions(shell) => print(out, cli::completions(*shell))?,
        Command::Complete(wanted) => complete::complete(wanted, out)?,
    }
    Ok(out.flush().map_err(Failure::writing)?)
}

/// The part of a command that speaks with the kernel.
type KernelTask<'a> = dyn FnMut(&mut Client, &mut Out, &mut Report<'_>) -> Result<(), Failure> + 'a;

/// Does it, and says what may help: what became of a change, or why it was refused.
fn on_kernel(
    words: &[String],
    command: &Command,
    task: &mut KernelTask<'_>,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), FailedRun> {
    let mut client = kernel::open().map_err(Failure::NoIpvs)?;
    let asked = Asked::of(command);
    let mut remark = hints::remark(&mut client, words, command);
    if let Err(failure) = task(&mut client, out, report) {
        let hint = match hints::are_read() {
            true => asked.refused(&mut client, words, &failure),
            false => None,
        };
        return Err(FailedRun { failure, hint });
    }
    let may_list = matches!(command, Command::Rule(_) | Command::Metrics(_));
    if may_list && client.has_settled() && hints::are_read() {
        remark = Some(UNSETTLED.to_owned());
    }
    if let Some(hint) = remark {
        out.flush().map_err(Failure::writing)?;
        report(&format_args!("hint: {hint}"));
    }
    Ok(())
}

/// The hint after a listing that other programs disturbed.
const UNSETTLED: &str = "the table changed each time it was read; rows may be missing";

/// Carries out a command that may also be a line of a rule file.
fn carry_out(client: &mut Client, command: &RuleCommand, out: &mut Out) -> Result<(), Failure> {
    match command {
        RuleCommand::Change(change) => client.apply(change).map_err(Failure::Refused),
        RuleCommand::List(list) => match list.watch {
            Some(watch) => watch::table(client, list, watch, out),
            None => formats::of(list.format).table(client, list, None, out),
        },
        RuleCommand::Connections(wanted) => list_connections(wanted, out),
        RuleCommand::ShowTimeouts(format) => {
            let timeouts = client.timeouts().map_err(Failure::Unlisted)?;
            formats::of(*format)
                .timeouts(&timeouts, out)
                .map_err(Failure::writing)
        }
        RuleCommand::ShowDaemons(format) => {
            let daemons = client.daemons().map_err(Failure::Unlisted)?;
            formats::of(*format)
                .daemons(&daemons, out)
                .map_err(Failure::writing)
        }
        RuleCommand::ShowStatus(format) => {
            let status = Status::read(client).context("cannot read the state of IPVS");
            formats::of(*format)
                .status(&status.map_err(Failure::Files)?, out)
                .map_err(Failure::writing)
        }
        RuleCommand::Sysctl(setting) => Ok(sysctls::set(setting)?),
        RuleCommand::Save(save) => save::save(client, save, out),
        RuleCommand::Help(topic) => print(out, &cli::help(*topic)),
        RuleCommand::Version => print(out, &cli::version()),
    }
}

fn list_connections(wanted: &Connections, out: &mut Out) -> Result<(), Failure> {
    match wanted.watch {
        Some(watch) => watch::connections(wanted, watch, out),
        None => connections::list(wanted, out),
    }
}

#[inline(never)]
fn print(out: &mut Out, text: &str) -> Result<(), Failure> {
    out.write_all(text.as_bytes()).map_err(Failure::writing)
}
