//! `--replace` changes the table into the one that the rules describe, by sending only the
//! differences. If that fails, the table stays as it was.

use std::ops::ControlFlow;

use super::apply::{CountedLines, apply};
use super::progress::RestoreProgress;
use super::settings::{SettingsOfRules, parts};
use super::signal::StopSignal;
use super::verdict::may_do_part;
use super::{Failure, Out, Report, daemons, formats, kernel};
use crate::cli::{Extent, Restore, Strictness};
use crate::names::Numeric;
use crate::rules::restore::DescribedTable;
use ipvs::client::Client;
use ipvs::model::Change;
use ipvs::plan::load::load;
use ipvs::plan::transaction::{
    Cause, Lost, Outcome, Progress as Made, Remains, Thing, Undone, replace as carry_out,
};
use ipvs::plan::{Plan, Planned};
use ipvs::rules::{ChangeRule, EndpointWords, Selector};

/// Plans the changes from the kernel's table to the described one, and carries them out in a turn
/// of this process. A dry run only shows them.
pub(super) fn replace(
    client: &mut Client,
    wanted: DescribedTable,
    settings: SettingsOfRules,
    restore: &Restore,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let DescribedTable { table, mut others } = wanted;
    if restore.stop_at == Extent::DryRun {
        let plan = Plan::read(client, &table).map_err(Failure::Unlisted)?;
        daemons::leave_out_done(client, &mut others).map_err(Failure::Unlisted)?;
        let (later, others) = parts(others);
        let settings: Vec<_> = settings.wanted().cloned().chain(later).collect();
        let steps = plan.steps().map(|step| step.change);
        let changes: Vec<Change> = steps.chain(others).collect();
        return formats::of(restore.format).changes(&settings, &changes, out, report);
    }
    // A signal is looked for before the first change, and between changes after it.
    let mut stop = (!settings.is_empty()).then(StopSignal::watch);
    let (made, verdict) = settings.make(&mut || may_do_part(client, restore), report)?;
    let mut progress = RestoreProgress::towards(0);
    let reached = &mut |at: Made| {
        progress.is_towards(at.total);
        progress.reach(at.done);
        let stopped = match stop.get_or_insert_with(StopSignal::watch) {
            Ok(stop) => stop.status().is_some(),
            Err(_) => true,
        };
        match stopped {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let mut end = Ok(());
    let outcome = match restore.strictness {
        Strictness::Everywhere => carry_out(client, &table, reached),
        Strictness::WhereInUse => {
            let refused = &mut |planned: &Planned, error| {
                end = Err(Failure::Lines { status: 255 });
                report(&format_args!("{}: {error}", subject(planned)));
            };
            load(client, &table, refused, reached)
        }
    };
    drop(progress);
    let failure = match (stop.transpose(), outcome) {
        // Signals can't be caught, so nothing has been changed.
        (Err(error), _) => Some(Failure::Files(error)),
        (Ok(_), Err(error)) => Some(Failure::Unlisted(error)),
        (Ok(_), Ok(Outcome::Done)) => None,
        (Ok(stop), Ok(Outcome::Undone(undone))) => {
            let stopped = stop.and_then(|stop| stop.status());
            Some(explain(*undone, stopped, report))
        }
    };
    if let Some(failure) = failure {
        made.put_back(report);
        return Err(failure);
    }
    drop(table);
    daemons::leave_out_done(client, &mut others).map_err(Failure::Unlisted)?;
    verdict.after(end.and(apply(client, &others, CountedLines::All, out, report)))
}

/// Returns the failure that tells the user about a failed replacement.
fn explain(undone: Undone, stopped: Option<u8>, report: &mut Report<'_>) -> Failure {
    let Undone {
        cause,
        is_contended,
        remains,
    } = undone;
    let table = tell(remains, is_contended, report);
    match cause {
        Cause::Interrupted => {
            return Failure::Stopped {
                status: stopped.unwrap_or(130),
                message: format!("interrupted; {table}"),
            };
        }
        Cause::Refused { planned, error } => {
            report(&format_args!("{}: {error}; {table}", subject(&planned)));
        }
        Cause::Overtaken {
            planned,
            error,
            attempts,
        } => {
            report(&format_args!(
                "{}: {error}, in each of {attempts} attempts: another program is changing \
                 the table; {table}",
                subject(&planned)
            ));
        }
        Cause::Lost(error) => report(&format_args!("{error}; {table}")),
    }
    Failure::Lines { status: 255 }
}

/// Names the line that asks for a change. No line asks for a removal: one is missing there.
fn subject(planned: &Planned) -> String {
    match planned.line {
        Some(line) => format!("line {line}"),
        None => ChangeRule::new(&planned.change, &Numeric).to_string(),
    }
}

/// Reports what a rollback has not restored, and returns a sentence on the state of the table.
fn tell(remains: Remains, is_contended: bool, report: &mut Report<'_>) -> String {
    let is_whole = remains.left.is_empty() && remains.broken.is_none();
    let Remains {
        left,
        theirs,
        lost,
        broken,
    } = remains;
    for (change, error) in left {
        let rule = ChangeRule::new(&change, &Numeric);
        report(&format_args!("could not roll back with {rule}: {error}"));
    }
    if let Some(error) = broken {
        report(&format_args!("could not roll back: {error}"));
    }
    for thing in &theirs {
        let name = name(thing);
        report(&format_args!(
            "not rolled back: another program has changed {name}"
        ));
    }
    let mut table = match (is_whole, theirs.is_empty(), is_contended) {
        (false, ..) => "the table is neither what it was nor what was wanted".to_owned(),
        (true, true, false) => "everything was rolled back: the table is what it was".to_owned(),
        (true, true, true) => "everything was rolled back: the table is what it was, but for \
                               what another program has changed"
            .to_owned(),
        (true, false, _) => "the rest was rolled back: the table is what it was, but for what \
                             another program has changed"
            .to_owned(),
    };
    let Lost {
        services,
        servers,
        connections,
    } = lost;
    if services > 0 || servers > 0 {
        table += "; what had been removed and was put back counts from 0";
    }
    if connections > 0 && kernel::ends_orphans().unwrap_or(true) {
        table += &format!(
            ", and up to {connections} of its connections end (net.ipv4.vs.expire_nodest_conn)"
        );
    }
    table
}

/// Returns the name of a service or a server, in the words of a rule.
fn name(thing: &Thing) -> String {
    match thing {
        Thing::Service(id) => Selector::new(id, &Numeric).to_string(),
        Thing::Server(id, server) => {
            let service = Selector::new(id, &Numeric);
            format!(
                "{service} -r {}",
                EndpointWords::server(id, server, &Numeric)
            )
        }
    }
}
