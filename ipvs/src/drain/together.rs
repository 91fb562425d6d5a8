//! Drains that go on side by side, such as those of a machine that leaves all its services.

use std::collections::HashMap;
use std::io::BufRead;

use super::{Draining, Look, Step, Tally};
use crate::connections::{Interrupted, for_each_connection};
use crate::director::Director;
use crate::error::Error;
use crate::model::{Change, ServiceEntry, Timeouts, VirtualId};

/// Drains that have begun and have not ended.
#[derive(Clone, Debug, Default)]
pub struct Together {
    ongoing: Vec<Draining>,
}

/// One look at the table for all drains that go on.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The services of the drains, with their servers. A service that is missing is gone.
    pub entries: &'a HashMap<VirtualId, ServiceEntry>,
    /// The result of [`Together::tallies`]; `None` if the connection table was not read.
    pub tallies: Option<&'a [Tally]>,
    /// True if no other look follows, because the time is over.
    pub is_last: bool,
}

/// The drains after a look.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// How many connections of the ongoing drains may still carry data.
    pub open: u64,
    /// The drains that have ended, each with its last step: anything but [`Step::Wait`] and
    /// [`Step::LookAgain`].
    pub ended: Vec<(Draining, Step)>,
    /// True if the next look is due at once, even after the last one.
    pub is_doubtful: bool,
}

impl FromIterator<Draining> for Together {
    fn from_iter<I: IntoIterator<Item = Draining>>(drains: I) -> Self {
        Self {
            ongoing: drains.into_iter().collect(),
        }
    }
}

impl Together {
    /// Returns the drains that go on.
    pub fn ongoing(&self) -> &[Draining] {
        &self.ongoing
    }

    /// Returns the services to look at, each once.
    pub fn services(&self) -> Vec<VirtualId> {
        let ids = self.ongoing.iter().map(|draining| draining.service.id);
        let mut ids: Vec<_> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Returns the changes that keep new connections away from all drained servers.
    pub fn closing(&self) -> impl Iterator<Item = Change> {
        self.ongoing.iter().flat_map(Draining::closing)
    }

    /// Keeps new connections away from all drained servers. Servers that somebody else has
    /// removed are passed over.
    ///
    /// # Errors
    /// As for [`Client::apply`](crate::client::Client::apply).
    pub fn close(&self, director: &mut (impl Director + ?Sized)) -> Result<(), Error> {
        super::close(director, self.closing())
    }

    /// Returns whether [`step`](Self::step) needs tallies of the connection table.
    pub fn needs_tally(&self, entries: &HashMap<VirtualId, ServiceEntry>) -> bool {
        self.ongoing.iter().any(|draining| {
            let entry = entries.get(&draining.service.id);
            entry.is_some_and(|entry| draining.needs_tally(entry))
        })
    }

    /// Counts the connections of each drain that goes on, in one reading of the kernel's
    /// connection table. `timeouts` are those that the kernel has now.
    ///
    /// # Errors
    /// The errors of `table`.
    pub fn tallies(
        &self,
        timeouts: &Timeouts,
        table: impl BufRead,
    ) -> Result<Vec<Tally>, Interrupted> {
        let mut tallies = vec![Tally::default(); self.ongoing.len()];
        for_each_connection(table, |connection| {
            for (draining, tally) in self.ongoing.iter().zip(&mut tallies) {
                draining.add_to(tally, connection, timeouts);
            }
            Ok(())
        })?;
        Ok(tallies)
    }

    /// Returns how many connections may still carry data.
    pub fn open(&self, sight: Sight<'_>) -> u64 {
        let open = self
            .ongoing
            .iter()
            .enumerate()
            .filter_map(|(place, draining)| {
                let look = sight.of(place, draining);
                let entry = look.entry?;
                Some(draining.open(entry, look.tally))
            });
        open.fold(0, u64::saturating_add)
    }

    /// Says what to do after a look, and forgets the drains that have ended.
    pub fn step(&mut self, sight: Sight<'_>) -> Round {
        let mut round = Round::default();
        let before = std::mem::take(&mut self.ongoing);
        for (place, mut draining) in before.into_iter().enumerate() {
            let look = sight.of(place, &draining);
            match draining.step(look) {
                Step::Wait(open) => round.open = round.open.saturating_add(open),
                Step::LookAgain => round.is_doubtful = true,
                end @ (Step::Remove | Step::Gone | Step::TimeIsOver(_) | Step::Leave(_)) => {
                    round.ended.push((draining, end));
                    continue;
                }
            }
            self.ongoing.push(draining);
        }
        round
    }
}

impl<'a> Sight<'a> {
    /// Returns the look at one drain, by its place among those that go on.
    fn of(&self, place: usize, draining: &Draining) -> Look<'a> {
        Look {
            entry: self.entries.get(&draining.service.id),
            tally: self.tallies.and_then(|tallies| tallies.get(place)),
            is_last: self.is_last,
        }
    }
}
