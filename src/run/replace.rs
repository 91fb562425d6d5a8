//! `--replace`: the table is made what the rules describe, by the differences
//! alone, or stays what it was.

use std::ops::ControlFlow;

use super::progress::Progress;
use super::restore::{Report, apply, show};
use super::signal::StopSignal;
use super::{Failure, Out};
use crate::cli::{Command, Extent, Restore};
use crate::names::Numeric;
use crate::rules::restore::Description;
use ipvs::client::Client;
use ipvs::error::Error;
use ipvs::plan::transaction::{Cause, Outcome, replace as carry_out};
use ipvs::plan::wanted::Table;
use ipvs::plan::{Planner, Step};
use ipvs::rules::ChangeRule;

/// Plans the way from the kernel's table to the one described, then goes it
/// or, for a dry run, shows it.
pub(super) fn replace(
    client: &mut Client,
    wanted: Description,
    restore: &Restore,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let steps = plan(client, wanted.table).map_err(Failure::Unlisted)?;
    if restore.stop_at == Extent::DryRun {
        let others = wanted.others.iter().filter_map(|rule| match &rule.command {
            Command::Change(change) => Some(change),
            _ => None,
        });
        return show(
            steps.iter().map(|step| &step.change).chain(others),
            restore.format,
            out,
            report,
        );
    }
    if !steps.is_empty() {
        let stop = StopSignal::watch().map_err(Failure::Files)?;
        let mut progress = Progress::towards(steps.len());
        let outcome = carry_out(client, &steps, &mut |done| {
            progress.reach(done);
            match stop.status() {
                Some(_) => ControlFlow::Break(()),
                None => ControlFlow::Continue(()),
            }
        });
        drop(progress);
        finish(outcome, &steps, stop.status(), report)?;
    }
    apply(client, &wanted.others, out, report)
}

/// The table is compared while it is being listed: of what stays as it is,
/// nothing is kept.
fn plan(client: &mut Client, wanted: Table) -> Result<Vec<Step>, Error> {
    let (mut planner, services) = Planner::new(wanted, client.configured()?);
    let mut rows = Vec::new();
    for seen in services {
        if let Some(id) = planner.id(&seen) {
            client.configured_destinations(&id, &mut rows)?;
            planner.see_servers(seen, &rows);
        }
    }
    Ok(planner.finish())
}

/// What the outcome means for who asked.
fn finish(
    outcome: Outcome<Error>,
    steps: &[Step],
    stopped: Option<u8>,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let (cause, table) = match outcome {
        Outcome::Done => return Ok(()),
        Outcome::Undone(cause) => (
            cause,
            "everything was rolled back: the table is what it was",
        ),
        Outcome::Stuck { cause, left, lost } => {
            for (change, error) in left {
                let rule = ChangeRule::new(&change, &Numeric);
                report(&format_args!("could not roll back with {rule}: {error}"));
            }
            if let Some(error) = lost {
                report(&format_args!("could not roll back: {error}"));
            }
            (
                cause,
                "the table is neither what it was nor what was wanted",
            )
        }
    };
    Err(match cause {
        Cause::Interrupted => Failure::Stopped {
            status: stopped.unwrap_or(130),
            message: format!("interrupted; {table}"),
        },
        Cause::Refused { step, error } => {
            match steps.get(step) {
                Some(Step {
                    line: Some(line), ..
                }) => {
                    report(&format_args!("line {line}: {error}; {table}"));
                }
                // No line asks for a removal: a line is missing.
                Some(Step { change, .. }) => {
                    let rule = ChangeRule::new(change, &Numeric);
                    report(&format_args!("{rule}: {error}; {table}"));
                }
                None => report(&format_args!("{error}; {table}")),
            }
            Failure::Lines { status: 255 }
        }
        Cause::Lost(error) => {
            report(&format_args!("{error}; {table}"));
            Failure::Lines { status: 255 }
        }
    })
}
