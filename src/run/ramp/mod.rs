//! `--ramp` leads servers to another weight in even steps.

mod words;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::ensure::{find, is_same, no_server, no_service, server_of};
use super::everywhere::{plan, servers_of};
use super::look::{SHARE, is_gone, still_there};
use super::progress::{Bar, BarOrLines};
use super::signal::StopSignal;
use super::{Failure, Report, hints};
use crate::cli::{Deed, Ramp, Ramped};
use crate::names::Numeric;
use ipvs::client::{Client, Patience};
use ipvs::error::{Error, ErrorKind, Verb};
use ipvs::model::{Change, Destination, ServiceEntry};
use ipvs::ramp::{Interference, RampStep, Ramping};
use ipvs::rules::ChangeRule;
use words::{RampInterrupted, RampLeft, RampedServer, UnderWay, WayOn};

/// The longest time from one look at the servers to the next.
const INTERVAL: Duration = Duration::from_secs(1);

/// Leads servers to another weight.
#[inline(never)]
pub(super) fn ramp(
    client: &mut Client,
    ramp: &Ramp,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let ongoing = begin(client, ramp, report)?;
    if let Some(hint) = hints::before(client, &ongoing) {
        report(&format_args!("hint: {hint}"));
    }
    let stop = StopSignal::watch().map_err(Failure::Files)?;
    let mut rise = Rise {
        ramp,
        ongoing,
        start: Instant::now(),
        status: 0,
        shown: BarOrLines::on(Bar::new()),
    };
    let mut has_begun = false;
    loop {
        // A ramp may take hours, so each look gets the full patience again.
        client.set_patience(Patience::DEFAULT);
        let before = Instant::now();
        let ids = rise.ongoing.iter().map(|ramping| *ramping.service());
        let pause = match still_there(client, ids) {
            // Other programs are changing the table: the next look may succeed.
            Err(Error::Interrupted) if stop.status().is_none() => INTERVAL,
            entries => {
                let entries = entries.map_err(Failure::Unlisted)?;
                let look = |ramping: &Ramping| entries.get(ramping.service());
                if let (Some(status), true) = (stop.status(), has_begun) {
                    return Err(rise.interrupted(look, status, report));
                }
                has_begun = true;
                rise.round(client, look, report)?
            }
        };
        if rise.ongoing.is_empty() {
            break;
        }
        rise.tell(report);
        let most = before.elapsed().saturating_mul(SHARE);
        stop.sleep(pause.min(INTERVAL).max(most));
    }
    match rise.status {
        0 => Ok(()),
        status => Err(Failure::Lines { status }),
    }
}

/// Returns the servers with their first and last weights. Nothing is changed.
fn begin(
    client: &mut Client,
    ramp: &Ramp,
    report: &mut Report<'_>,
) -> Result<Vec<Ramping>, Failure> {
    let begin = |id, before, wanted| Ramping::begin(id, before, wanted, ramp.time);
    let one = match &ramp.ramped {
        Ramped::New(id, server) | Ramped::NewOrThere(id, server) => {
            let entry = find(client, id)?.ok_or_else(|| no_service(Verb::AddServer))?;
            let before = server_of(&entry, |of| is_same(of, server));
            if before.is_some() && matches!(ramp.ramped, Ramped::New(..)) {
                return Err(Failure::refusal(Verb::AddServer, ErrorKind::AlreadyExists));
            }
            begin(*id, before, *server)
        }
        Ramped::Edited(edit) => {
            let id = edit.service;
            let entry = find(client, &id)?.ok_or_else(|| no_service(Verb::EditServer))?;
            let before = server_of(&entry, |of| edit.is_of(of));
            let before = before.ok_or_else(|| no_server(Verb::EditServer))?;
            begin(id, Some(before), edit.settings.of(&id, before)?)
        }
        Ramped::Anywhere(server, settings) => {
            let found = servers_of(client, server)?;
            if found.is_empty() {
                return Err(no_server(Verb::EditServer));
            }
            let key = |id, server: &Destination| (id, server.endpoint());
            let before: HashMap<_, _> = found
                .iter()
                .map(|(id, server)| (key(*id, server), *server))
                .collect();
            let changes = plan(Deed::Edit(*settings), found, report)?;
            let rampings = changes.into_iter().filter_map(|change| match change {
                Change::EditServer(id, wanted) => {
                    let before = before.get(&key(id, &wanted)).copied();
                    Some(begin(id, before, wanted))
                }
                _ => None,
            });
            return Ok(rampings.collect());
        }
    };
    Ok(vec![one])
}

/// The ramps that have begun and not ended yet.
struct Rise<'a> {
    ramp: &'a Ramp,
    ongoing: Vec<Ramping>,
    start: Instant,
    /// The exit status: not 0 once another program, or the kernel, has ended a ramp.
    status: u8,
    shown: BarOrLines,
}

impl Rise<'_> {
    /// Makes the steps that are due, and returns the time until the next ones.
    ///
    /// # Errors
    /// Where the kernel refuses a step of the only server.
    fn round<'a>(
        &mut self,
        client: &mut Client,
        look: impl Fn(&Ramping) -> Option<&'a ServiceEntry>,
        report: &mut Report<'_>,
    ) -> Result<Duration, Failure> {
        let time = self.start.elapsed();
        let mut next = time.saturating_add(INTERVAL);
        let mut sent = Vec::new();
        let mut changes = Vec::new();
        for mut ramping in std::mem::take(&mut self.ongoing) {
            match ramping.step(look(&ramping), time) {
                RampStep::Send(change) => {
                    sent.push(ramping);
                    changes.push(change);
                }
                RampStep::WaitUntil(due) => {
                    next = next.min(due);
                    self.ongoing.push(ramping);
                }
                RampStep::Done => {}
                RampStep::Leave(theirs) => self.leave(&ramping, theirs, report),
            }
        }
        let mut refused = HashMap::new();
        client
            .apply_all(&changes, |place, error| {
                refused.insert(place, error);
                ControlFlow::Continue(())
            })
            .map_err(Failure::Refused)?;
        for (place, (ramping, change)) in sent.into_iter().zip(&changes).enumerate() {
            match refused.remove(&place) {
                None => {
                    if let Some(due) = ramping.next_step(time) {
                        next = next.min(due);
                        self.ongoing.push(ramping);
                    }
                }
                Some(error) if is_gone(&error) => {
                    self.leave(&ramping, Interference::Removed, report);
                }
                Some(error) => match self.ramp.ramped {
                    Ramped::Anywhere(..) => {
                        let rule = ChangeRule::new(change, &Numeric);
                        self.shown.erase();
                        report(&format_args!("{rule}: {error}"));
                        self.status = 255;
                    }
                    Ramped::New(..) | Ramped::NewOrThere(..) | Ramped::Edited(_) => {
                        return Err(Failure::Refused(error));
                    }
                },
            }
        }
        Ok(next.saturating_sub(self.start.elapsed()))
    }

    fn leave(&mut self, ramping: &Ramping, theirs: Interference, report: &mut Report<'_>) {
        self.shown.erase();
        report(&RampLeft(RampedServer(self.ramp, ramping), theirs));
        self.status = self.status.max(1);
    }

    fn tell(&mut self, report: &mut Report<'_>) {
        let (time, whole) = (self.start.elapsed(), self.ramp.time);
        let state = UnderWay(&self.ongoing);
        let (passed, seconds) = (time.as_secs(), whole.as_secs());
        let line = format_args!("{state} after {passed} s");
        self.shown.tell(time, &line, report, |bar| {
            let size = |time: Duration| usize::try_from(time.as_secs()).unwrap_or(usize::MAX);
            let text = format_args!("{state}, {passed} of {seconds} s");
            bar.draw(size(time), size(whole), text);
        });
    }

    /// Says which weights the servers have, and how to go on or back.
    fn interrupted<'a>(
        &mut self,
        look: impl Fn(&Ramping) -> Option<&'a ServiceEntry>,
        status: u8,
        report: &mut Report<'_>,
    ) -> Failure {
        let mut left = Vec::new();
        for ramping in std::mem::take(&mut self.ongoing) {
            match ramping.interference(look(&ramping)) {
                Some(theirs) => self.leave(&ramping, theirs, report),
                None => left.push(ramping),
            }
        }
        self.shown.erase();
        let rest = self.ramp.time.saturating_sub(self.start.elapsed());
        let states = left.iter().map(|ramping| {
            let server = RampedServer(self.ramp, ramping);
            (RampInterrupted(server), WayOn(server, rest))
        });
        let states: Vec<_> = states.collect();
        let message = match (&self.ramp.ramped, states.as_slice()) {
            (_, []) => return Failure::Lines { status },
            (Ramped::Anywhere(..), [(_, on), ..]) => {
                for (state, _) in &states {
                    report(state);
                }
                format!("interrupted: {on}")
            }
            (Ramped::New(..) | Ramped::NewOrThere(..) | Ramped::Edited(_), [(state, on), ..]) => {
                format!("interrupted: {state}, {on}")
            }
        };
        Failure::Stopped { status, message }
    }
}
