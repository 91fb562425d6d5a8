//! Waiting for connections to end.

use std::io::BufRead;
use std::time::{Duration, Instant};

use super::kept::Keeper;
use super::teller::{RemainingConnections, Teller};
use super::words::{Drained, Stays, Theirs};
use crate::cli::Drain;
use crate::run::look::{Entries, SHARE, is_gone, still_there};
use crate::run::signal::StopSignal;
use crate::run::{Failure, Report};
use ipvs::client::{Client, Patience};
use ipvs::connections::CONNECTIONS;
use ipvs::drain::{Draining, Round, Sight, Step, Tally, Together};
use ipvs::error::Error;

/// The time from one look at the connections to the next.
const INTERVAL: Duration = Duration::from_millis(500);

/// Waits until there are no connections to wait for, and removes each server or service that has
/// none left.
pub(super) fn wait(
    client: &mut Client,
    drain: &Drain,
    mut together: Together,
    mut keeper: Keeper,
    stop: &StopSignal,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let start = Instant::now();
    let mut teller = Teller::new(drain.limit);
    let mut table = TallySource::default();
    let mut over = Over::default();
    // The exit status: not 0 once another program, or the kernel, has ended a drain.
    let mut status = 0;
    while !together.ongoing().is_empty() {
        let before = Instant::now();
        let time = start.elapsed();
        let remaining = drain.limit.map(|limit| limit.saturating_sub(time));
        let is_last = remaining == Some(Duration::ZERO);
        let seen = match see(client, &together, &mut table, report) {
            // Other programs are changing the table: the next look may succeed.
            Err(Failure::Unlisted(Error::Interrupted)) if !is_last && stop.status().is_none() => {
                stop.sleep(INTERVAL);
                continue;
            }
            seen => seen?,
        };
        let sight = Sight {
            entries: &seen.entries,
            tallies: seen.tallies.as_deref(),
            is_last,
        };
        let left = |connections| RemainingConnections { connections, time };
        if let (Some(status), false) = (stop.status(), seen.entries.is_empty()) {
            let left = left(together.open(sight));
            let stays = Stays(drain, together.ongoing());
            let message = format!("interrupted: {left}; {stays}");
            return Err(Failure::Stopped { status, message });
        }
        let Round {
            open,
            ended,
            is_doubtful,
        } = together.step(sight);
        if !ended.is_empty() {
            teller.erase();
        }
        let mut removed = Vec::new();
        for (draining, end) in ended {
            let drained = Drained(drain, &draining);
            match end {
                Step::Remove => match client.apply(&draining.removal()) {
                    Ok(()) => removed.push(draining),
                    Err(error) if is_gone(&error) => gone(&drained, report),
                    Err(error) => {
                        report(&format_args!("{drained}: {error}"));
                        status = 255;
                    }
                },
                Step::Gone => gone(&drained, report),
                Step::Leave(reason) => {
                    report(&Theirs(drained, reason));
                    status = status.max(1);
                }
                Step::TimeIsOver(open) => over.add(draining, open, time),
                Step::Wait(_) | Step::LookAgain => {}
            }
        }
        keeper.note_removed(&removed, report);
        if is_doubtful || together.ongoing().is_empty() {
            continue;
        }
        teller.tell(&left(open), report);
        let pause = before.elapsed().saturating_mul(SHARE).max(INTERVAL);
        stop.sleep(remaining.map_or(pause, |remaining| remaining.min(pause)));
    }
    drop(teller);
    match (over.drains.as_slice(), status) {
        ([], 0) => Ok(()),
        ([], status) => Err(Failure::Lines { status }),
        (drains, _) => Err(Failure::Stopped {
            status: 1,
            message: format!("{}; {}", over.left, Stays(drain, drains)),
        }),
    }
}

/// The drains whose time is over.
struct Over {
    drains: Vec<Draining>,
    left: RemainingConnections,
}

impl Default for Over {
    fn default() -> Self {
        Self {
            drains: Vec::new(),
            left: RemainingConnections {
                connections: 0,
                time: Duration::ZERO,
            },
        }
    }
}

impl Over {
    fn add(&mut self, draining: Draining, open: u64, time: Duration) {
        let RemainingConnections { connections, .. } = self.left;
        self.left = RemainingConnections {
            connections: connections.saturating_add(open),
            time,
        };
        self.drains.push(draining);
    }
}

/// Reports a removal by another program: no failure, since it was to be removed.
fn gone(drained: &Drained<'_>, report: &mut Report<'_>) {
    report(&format_args!("{drained} was removed by someone else"));
}

/// One look at the table.
struct Seen {
    entries: Entries,
    tallies: Option<Vec<Tally>>,
}

/// Looks at the services last, so that as little time as possible passes until they are removed.
fn see(
    client: &mut Client,
    together: &Together,
    table: &mut TallySource,
    report: &mut Report<'_>,
) -> Result<Seen, Failure> {
    // A drain may take hours, so each look gets the full patience again.
    client.set_patience(Patience::DEFAULT);
    let look =
        |client: &mut Client| still_there(client, together.services()).map_err(Failure::Unlisted);
    let entries = look(client)?;
    if !together.needs_tally(&entries) {
        return Ok(Seen {
            entries,
            tallies: None,
        });
    }
    Ok(Seen {
        tallies: table.tallies(client, together, report)?,
        entries: look(client)?,
    })
}

/// The connection table, which some environments hide.
#[derive(Default)]
struct TallySource {
    is_hidden: bool,
}

impl TallySource {
    fn tallies(
        &mut self,
        client: &mut Client,
        together: &Together,
        report: &mut Report<'_>,
    ) -> Result<Option<Vec<Tally>>, Failure> {
        if self.is_hidden {
            return Ok(None);
        }
        let Ok(table) = client.connections() else {
            self.is_hidden = true;
            report(&format_args!(
                "cannot open file {CONNECTIONS}: connections that are closed are waited for too"
            ));
            return Ok(None);
        };
        count(client, together, table).map(Some)
    }
}

fn count(
    client: &mut Client,
    together: &Together,
    table: impl BufRead,
) -> Result<Vec<Tally>, Failure> {
    let timeouts = client.timeouts().map_err(Failure::Unlisted)?;
    let tallies = together.tallies(&timeouts, table);
    tallies.map_err(crate::run::connections::unlisted)
}
