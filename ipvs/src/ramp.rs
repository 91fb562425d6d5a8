//! Giving a real server its share of the work step by step: which weight it gets at which
//! time, and when a change by somebody else ends this.
//!
//! The caller asks [`Ramping::step`] again and again, with what the table has and the
//! time that has passed, and does what it says. Nothing here reads, sends or waits.
//!
//! ```
//! # use std::time::Duration;
//! # use ipvs::model::{Change, Destination, DestinationEntry, Forwarding, Protocol};
//! # use ipvs::model::{Service, ServiceEntry, Stats, VirtualId};
//! use ipvs::ramp::{RampStep, Ramping};
//! # let id = VirtualId::Endpoint { protocol: Protocol::Tcp, address: [192, 0, 2, 80].into(), port: 80 };
//! # let service = Service::new(id, "wlc".parse()?);
//! # let mut entry = ServiceEntry::new(service, Stats::default());
//!
//! let mut wanted = Destination::new([192, 168, 10, 11].into(), 80, Forwarding::Masquerade);
//! wanted.weight = 10;
//! // The server is new: it begins with weight 0 and has weight 10 after a minute.
//! let mut ramping = Ramping::begin(id, None, wanted, Duration::from_secs(60));
//! let RampStep::Send(Change::AddServer(_, first)) = ramping.step(Some(&entry), Duration::ZERO)
//! else {
//!     return Err("a new server is added".into());
//! };
//! assert_eq!(first.weight, 0);
//! // The kernel has added it.
//! entry.destinations.push(DestinationEntry::new(first));
//! let due = Duration::from_secs(6);
//! assert_eq!(ramping.step(Some(&entry), Duration::ZERO), RampStep::WaitUntil(due));
//! let RampStep::Send(Change::EditServer(_, second)) = ramping.step(Some(&entry), due) else {
//!     return Err("a step is due".into());
//! };
//! assert_eq!(second.weight, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Duration;

use crate::model::equivalence::same_server;
use crate::model::{Change, Destination, Forwarding, ServiceEntry, VirtualId};

/// The shortest time from one weight to the next.
pub const SHORTEST_STEP: Duration = Duration::from_secs(1);

/// A server on the way to another weight.
#[derive(Clone, Debug)]
pub struct Ramping {
    service: VirtualId,
    /// The server before the ramp; `None` if it is new.
    before: Option<Destination>,
    /// The server at the end of the ramp.
    wanted: Destination,
    /// The server as it was sent last, or else as it was before.
    sent: Option<Destination>,
    time: Duration,
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RampStep {
    /// Make this change. If the kernel refuses it, the ramp ends.
    Send(Change),
    /// Wait until so much time has passed since the beginning.
    WaitUntil(Duration),
    /// Do nothing: the server has the weight that was wanted.
    Done,
    /// Do nothing more: somebody else is at work on the server.
    Leave(Interference),
}

/// A change by somebody else, which ends a ramp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Interference {
    /// Somebody else has removed the server, or its service.
    Removed,
    /// Somebody else has added the server that was to be added.
    Added,
    /// Somebody else gave the server this weight.
    Weight(u32),
    /// Somebody else changed another setting of the server.
    Changed,
}

impl Ramping {
    /// Begins with the server as it is in the table, or with a new one of weight 0 if
    /// `before` is `None`. After `time` the server has the wanted weight. It has the other
    /// wanted settings from the first step on.
    ///
    /// The steps are even: one for each weight on the way, or as many as can be made
    /// [`SHORTEST_STEP`] apart. A step that comes late makes up for all the time that has
    /// passed.
    pub fn begin(
        service: VirtualId,
        before: Option<Destination>,
        wanted: Destination,
        time: Duration,
    ) -> Self {
        Self {
            service,
            before,
            wanted,
            sent: before,
            time,
        }
    }

    /// Returns the identity of the service.
    pub fn service(&self) -> &VirtualId {
        &self.service
    }

    /// Returns the server as it is at the end of the ramp.
    pub fn wanted(&self) -> &Destination {
        &self.wanted
    }

    /// Returns the weight that was sent last, or else the weight before; 0 for a new
    /// server.
    pub fn weight(&self) -> u32 {
        weight(self.sent)
    }

    /// Returns the change that makes the server what it was before.
    pub fn reversal(&self) -> Change {
        match self.before {
            Some(before) => Change::EditServer(self.service, before),
            None => Change::DeleteServer(self.service, self.wanted),
        }
    }

    /// Says what to do. `entry` is the service with its servers as the table has it, `None`
    /// if it is not there; `elapsed` is the time since the beginning.
    pub fn step(&mut self, entry: Option<&ServiceEntry>, elapsed: Duration) -> RampStep {
        if let Some(theirs) = self.interference(entry) {
            return RampStep::Leave(theirs);
        }
        let (taken, steps) = self.taken(elapsed);
        let next = Destination {
            weight: self.weight_after(taken, steps),
            ..self.wanted
        };
        match self.sent.replace(next) {
            None => RampStep::Send(Change::AddServer(self.service, next)),
            Some(sent) if !same_server(&sent, &next) => {
                RampStep::Send(Change::EditServer(self.service, next))
            }
            Some(_) => match self.next_step(elapsed) {
                Some(due) => RampStep::WaitUntil(due),
                None => RampStep::Done,
            },
        }
    }

    /// Returns the time since the beginning at which the first step after `elapsed` is due;
    /// `None` if all steps are due by then.
    pub fn next_step(&self, elapsed: Duration) -> Option<Duration> {
        let (taken, steps) = self.taken(elapsed);
        if taken == steps {
            return None;
        }
        let nanos = self.time.as_nanos();
        let nanos = nanos.saturating_mul(taken.saturating_add(1));
        let nanos = nanos.div_ceil(steps.max(1));
        Some(Duration::from_nanos(
            u64::try_from(nanos).unwrap_or(u64::MAX),
        ))
    }

    /// Returns the change that somebody else made to the server, if the table shows one.
    pub fn interference(&self, entry: Option<&ServiceEntry>) -> Option<Interference> {
        let Some(entry) = entry else {
            return Some(Interference::Removed);
        };
        let mut servers = entry.destinations.iter().map(|row| row.destination);
        let seen = servers.find(|server| server.endpoint() == self.wanted.endpoint());
        match (self.sent, seen) {
            (None, None) => None,
            (None, Some(_)) => Some(Interference::Added),
            (Some(_), None) => Some(Interference::Removed),
            (Some(sent), Some(seen)) if sent.weight != seen.weight => {
                Some(Interference::Weight(seen.weight))
            }
            (Some(sent), Some(seen)) => {
                // The kernel lists a server on the director itself as local, whatever was
                // sent.
                let forwarding = match seen.forwarding {
                    Forwarding::Local => Forwarding::Local,
                    _ => sent.forwarding,
                };
                let sent = Destination { forwarding, ..sent };
                (!same_server(&sent, &seen)).then_some(Interference::Changed)
            }
        }
    }

    /// Returns how many steps are due after so much time, and how many there are in all: 0
    /// where the weight stays.
    fn taken(&self, elapsed: Duration) -> (u128, u128) {
        let weights = weight(self.before).abs_diff(self.wanted.weight);
        let time = self.time.as_nanos();
        let most = time / SHORTEST_STEP.as_nanos();
        let steps = u128::from(weights).min(most.max(1));
        let due = elapsed.as_nanos().saturating_mul(steps).checked_div(time);
        (due.map_or(steps, |due| due.min(steps)), steps)
    }

    /// Returns the weight after `taken` of `steps` steps.
    fn weight_after(&self, taken: u128, steps: u128) -> u32 {
        let (from, to) = (weight(self.before), self.wanted.weight);
        let way = u128::from(from.abs_diff(to)).saturating_mul(taken);
        let part = way.checked_div(steps).map(u32::try_from);
        match part {
            Some(Ok(part)) if from < to => from.saturating_add(part),
            Some(Ok(part)) => from.saturating_sub(part),
            _ => to,
        }
    }
}

fn weight(server: Option<Destination>) -> u32 {
    server.map_or(0, |server| server.weight)
}
