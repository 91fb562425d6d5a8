//! Waiting for connections to end.

use std::io::BufRead;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::is_gone;
use super::teller::{RemainingConnections, Teller};
use super::words::{Stays, Theirs};
use crate::cli::Drain;
use crate::run::signal::StopSignal;
use crate::run::{Failure, Report};
use ipvs::client::{Client, Patience};
use ipvs::connections::CONNECTIONS;
use ipvs::drain::{Draining, Look, Step, Tally};
use ipvs::error::Error;
use ipvs::model::ServiceEntry;

/// From one look at the connections to the next.
const INTERVAL: Duration = Duration::from_millis(500);

/// The connection table may be long. Reading it takes no more than one part in
/// so many of the time.
const SHARE: u32 = 10;

/// How the waiting ended.
pub(super) enum Ended {
    /// The server is still there, without connections.
    Here,
    /// Somebody else has removed it.
    Gone,
}

/// Waits until there are no connections to wait for.
pub(super) fn wait(
    client: &mut Client,
    drain: &Drain,
    draining: &mut Draining,
    stop: &StopSignal,
    report: &mut Report<'_>,
) -> Result<Ended, Failure> {
    let stays = Stays(drain);
    let stopped = |message| Failure::Stopped { status: 1, message };
    let start = Instant::now();
    let mut teller = Teller::new(drain.limit);
    let mut table = TallySource::default();
    loop {
        let before = Instant::now();
        let time = start.elapsed();
        let remaining = drain.limit.map(|limit| limit.saturating_sub(time));
        let is_last = remaining == Some(Duration::ZERO);
        let seen = match see(client, drain, draining, &mut table, report) {
            // Others are changing it: the next look may be luckier.
            Err(Failure::Unlisted(Error::Interrupted)) if !is_last && stop.status().is_none() => {
                sleep(INTERVAL);
                continue;
            }
            seen => seen?,
        };
        let left = |connections| RemainingConnections { connections, time };
        if let (Some(status), Some(entry)) = (stop.status(), &seen.entry) {
            let left = left(draining.open(entry, seen.tally.as_ref()));
            return Err(Failure::Stopped {
                status,
                message: format!("interrupted: {left}; {stays}"),
            });
        }
        let open = match draining.step(Look {
            entry: seen.entry.as_ref(),
            tally: seen.tally.as_ref(),
            is_last,
        }) {
            Step::Wait(open) => open,
            Step::LookAgain => continue,
            Step::Remove => return Ok(Ended::Here),
            Step::Gone => return Ok(Ended::Gone),
            Step::TimeIsOver(open) => return Err(stopped(format!("{}; {stays}", left(open)))),
            Step::Leave(reason) => return Err(stopped(Theirs(drain, reason).to_string())),
        };
        teller.tell(&left(open), report);
        let pause = before.elapsed().saturating_mul(SHARE).max(INTERVAL);
        rest(
            remaining.map_or(pause, |remaining| remaining.min(pause)),
            stop,
        );
    }
}

/// One look at the table.
struct Seen {
    entry: Option<ServiceEntry>,
    tally: Option<Tally>,
}

/// Looks at the service last, so that as little as possible can happen to it
/// before it is removed.
fn see(
    client: &mut Client,
    drain: &Drain,
    draining: &Draining,
    table: &mut TallySource,
    report: &mut Report<'_>,
) -> Result<Seen, Failure> {
    // A drain may take hours: each look has time of its own.
    client.set_patience(Patience::DEFAULT);
    let entry = service(client, drain)?;
    let is_told = entry
        .as_ref()
        .is_none_or(|entry| !draining.needs_tally(entry));
    if is_told {
        return Ok(Seen { entry, tally: None });
    }
    Ok(Seen {
        tally: table.tally(client, draining, report)?,
        entry: service(client, drain)?,
    })
}

/// The service that is drained, or a server of which is; none if it is gone.
fn service(client: &mut Client, drain: &Drain) -> Result<Option<ServiceEntry>, Failure> {
    match client.service(&drain.service) {
        Err(error) if is_gone(&error) => Ok(None),
        answer => answer.map(Some).map_err(Failure::Unlisted),
    }
}

/// The connection table, which not every environment shows.
#[derive(Default)]
struct TallySource {
    is_hidden: bool,
}

impl TallySource {
    fn tally(
        &mut self,
        client: &mut Client,
        draining: &Draining,
        report: &mut Report<'_>,
    ) -> Result<Option<Tally>, Failure> {
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
        count(client, draining, table).map(Some)
    }
}

fn count(client: &mut Client, draining: &Draining, table: impl BufRead) -> Result<Tally, Failure> {
    let timeouts = client.timeouts().map_err(Failure::Unlisted)?;
    let tally = draining.tally(&timeouts, table);
    tally.map_err(crate::run::connections::unlisted)
}

/// Sleeps, but not past a signal for long.
fn rest(time: Duration, stop: &StopSignal) {
    let mut left = time;
    while left > Duration::ZERO && stop.status().is_none() {
        let nap = left.min(INTERVAL);
        sleep(nap);
        left = left.saturating_sub(nap);
    }
}
