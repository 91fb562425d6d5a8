//! Turns one table into another, or takes back what it has done.
//!
//! Additions are made first, then edits, then removals. Nothing is sent before everything
//! of the kind before it has been acknowledged: a refused addition has touched nothing that
//! carries traffic.
//!
//! Another program may change the table meanwhile. Where that shows, because something is
//! there that was not or the other way round, the table is read again and the rest is
//! planned anew. A rollback takes back only what is still as it was made here.

use std::ops::ControlFlow;

use super::journal::Journal;
pub use super::outcome::{Cause, Lost, Outcome, Progress, Remains, Thing, Undone};
use super::wanted::Table;
use super::{Plan, PlanStep, Planned};

use crate::director::Director;
use crate::error::{Error, ErrorKind};
use crate::model::Change;

/// How many changes are sent before an interruption is looked for: a few milliseconds'
/// worth.
pub(super) const PIECE: usize = 512;

/// How many times a replacement is planned, if other programs change the table each time.
const ATTEMPTS: usize = 10;

/// How many times a rollback looks for what is left of the changes.
const LOOKS: usize = 3;

/// Turns the table into the wanted one. `progress` is called again and again; its `Break`
/// interrupts the replacement.
///
/// # Errors
/// Where the table can't be read. Nothing has been changed then.
pub fn replace(
    director: &mut (impl Director + ?Sized),
    wanted: &Table,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Outcome, Error> {
    let plan = Plan::read(director, wanted)?;
    Ok(carry_out(director, wanted, plan, progress))
}

/// Carries out a plan, and makes another where the table has changed since.
pub(super) fn carry_out<'a>(
    director: &mut (impl Director + ?Sized),
    wanted: &'a Table,
    mut plan: Plan<'a>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Outcome {
    let mut journal = Journal::default();
    let mut attempts = 1;
    let cause = loop {
        let mut attempt = Attempt::of(&plan);
        let end = attempt.make(director, progress);
        // The changes of a plan that succeeds need not be known any more.
        if !matches!(end, End::Done) {
            attempt.note_in(&mut journal);
        }
        match end {
            End::Done => return Outcome::Done,
            End::Overtaken(planned, error) if attempts >= ATTEMPTS => {
                break Cause::Overtaken {
                    planned,
                    error,
                    attempts,
                };
            }
            End::Overtaken(..) => {}
            End::Refused(planned, error) => break Cause::Refused { planned, error },
            End::Interrupted => break Cause::Interrupted,
            End::Lost(error) => break Cause::Lost(error),
        }
        attempts = attempts.saturating_add(1);
        plan = match Plan::read(director, wanted) {
            Ok(plan) => plan,
            Err(error) => break Cause::Lost(error),
        };
    };
    Outcome::Undone(Box::new(Undone {
        cause,
        is_contended: attempts > 1,
        remains: roll_back(director, journal),
    }))
}

/// Takes back what a single attempt has made.
pub(super) fn undone(
    director: &mut (impl Director + ?Sized),
    attempt: Attempt<'_>,
    cause: Cause,
) -> Outcome {
    let mut journal = Journal::default();
    attempt.note_in(&mut journal);
    Outcome::Undone(Box::new(Undone {
        cause,
        is_contended: false,
        remains: roll_back(director, journal),
    }))
}

/// How the attempt to carry out a plan ended.
pub(super) enum End {
    Done,
    /// Something is there that was not there before, or the other way round.
    Overtaken(Box<Planned>, Error),
    Refused(Box<Planned>, Error),
    Interrupted,
    Lost(Error),
}

/// An attempt to carry out a plan.
pub(super) struct Attempt<'a> {
    plan: &'a Plan<'a>,
    /// How many steps of the plan were sent.
    sent: usize,
    /// The places of the steps that were sent but refused, in order.
    refused: Vec<usize>,
}

/// The meaning of a refusal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The table is already as the change would make it.
    Needless,
    /// The table is not what it was when it was read.
    Overtaken,
    /// The change can't be made.
    Refused,
}

impl Verdict {
    fn on(change: &Change, error: &Error) -> Self {
        match (change, error.kind()) {
            (Change::DeleteService(_), ErrorKind::NoSuchService)
            | (Change::DeleteServer(..), ErrorKind::NoSuchServer) => Self::Needless,
            (Change::AddService(_) | Change::AddServer(..), ErrorKind::AlreadyExists)
            | (
                Change::EditService(_)
                | Change::AddServer(..)
                | Change::EditServer(..)
                | Change::DeleteServer(..),
                ErrorKind::NoSuchService,
            )
            | (Change::EditServer(..), ErrorKind::NoSuchServer) => Self::Overtaken,
            _ => Self::Refused,
        }
    }
}

impl<'a> Attempt<'a> {
    pub(super) fn of(plan: &'a Plan<'a>) -> Self {
        Self {
            plan,
            sent: 0,
            refused: Vec::new(),
        }
    }

    fn make(
        &mut self,
        director: &mut (impl Director + ?Sized),
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> End {
        let total = self.plan.len();
        for phase in self.plan.phases() {
            for piece in phase.chunks(PIECE) {
                let done = self.sent;
                if progress(Progress { done, total }).is_break() {
                    return End::Interrupted;
                }
                match self.send(director, piece) {
                    End::Done => {}
                    end => return end,
                }
            }
        }
        End::Done
    }

    /// Makes every change that the kernel does not refuse.
    pub(super) fn load(
        &mut self,
        director: &mut (impl Director + ?Sized),
        refused: &mut dyn FnMut(&Planned, Error),
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> End {
        let total = self.plan.len();
        for piece in self
            .plan
            .phases()
            .into_iter()
            .flat_map(|phase| phase.chunks(PIECE))
        {
            let done = self.sent;
            if progress(Progress { done, total }).is_break() {
                return End::Interrupted;
            }
            let planned: Vec<_> = piece
                .iter()
                .filter_map(|step| self.plan.planned(step))
                .collect();
            let changes: Vec<_> = planned
                .iter()
                .map(|planned| planned.change.clone())
                .collect();
            let sent = director.apply_all(&changes, &mut |index, error| {
                self.refused.push(done.saturating_add(index));
                if let Some(planned) = planned.get(index) {
                    refused(planned, error);
                }
                ControlFlow::Continue(())
            });
            self.sent = done.saturating_add(piece.len());
            if let Err(error) = sent {
                return End::Lost(error);
            }
        }
        End::Done
    }

    /// Makes the steps of one piece.
    fn send(&mut self, director: &mut (impl Director + ?Sized), piece: &[PlanStep]) -> End {
        let planned = || piece.iter().filter_map(|step| self.plan.planned(step));
        let changes: Vec<Change> = planned().map(|planned| planned.change).collect();
        let mut worst = (Verdict::Needless, None);
        let refused = &mut self.refused;
        let done = self.sent;
        let sent = director.apply_all(&changes, &mut |index, error| {
            refused.push(done.saturating_add(index));
            let verdict = changes
                .get(index)
                .map_or(Verdict::Refused, |change| Verdict::on(change, &error));
            // The first refusal is reported, but `Refused` goes before `Overtaken`.
            match (worst.0, verdict) {
                (_, Verdict::Needless) => {}
                (Verdict::Needless, _) | (Verdict::Overtaken, Verdict::Refused) => {
                    worst = (verdict, Some((index, error)));
                }
                (Verdict::Overtaken | Verdict::Refused, _) => {}
            }
            match verdict {
                Verdict::Needless => ControlFlow::Continue(()),
                Verdict::Overtaken | Verdict::Refused => ControlFlow::Break(()),
            }
        });
        let sent = match sent {
            Ok(sent) => sent,
            Err(error) => {
                // Each step of the piece may have been made.
                self.sent = done.saturating_add(piece.len());
                return End::Lost(error);
            }
        };
        self.sent = done.saturating_add(sent);
        let (verdict, Some((index, error))) = worst else {
            return End::Done;
        };
        let Some(planned) = planned().nth(index) else {
            return End::Lost(error);
        };
        match verdict {
            Verdict::Needless => End::Done,
            Verdict::Overtaken => End::Overtaken(Box::new(planned), error),
            Verdict::Refused => End::Refused(Box::new(planned), error),
        }
    }

    /// Notes the steps that were made, or may have been made.
    fn note_in(&self, journal: &mut Journal) {
        let mut refused = self.refused.iter().peekable();
        let steps = self.plan.phases().into_iter().flatten();
        for (index, step) in steps.enumerate().take(self.sent) {
            match refused.next_if(|refused| **refused == index) {
                Some(_) => {}
                None => journal.note(self.plan, step),
            }
        }
    }
}

/// Takes back what is still as it was made, and looks again whether anything is left.
fn roll_back(director: &mut (impl Director + ?Sized), mut journal: Journal) -> Remains {
    let mut remains = Remains::default();
    // An empty journal needs no look.
    for _ in 0..if journal.is_empty() { 0 } else { LOOKS } {
        remains.theirs.clear();
        let changes = match journal.undo(director, &mut remains) {
            Ok(undo) => undo.into_changes(),
            Err(error) => {
                remains.broken = Some(error);
                break;
            }
        };
        if changes.is_empty() {
            remains.left.clear();
            break;
        }
        let mut refused = Vec::new();
        let sent = director.apply_all(&changes, &mut |index, error| {
            refused.push((index, error));
            ControlFlow::Continue(())
        });
        if let Err(error) = sent {
            remains.broken = Some(error);
            break;
        }
        remains.lost.count(&changes, &refused, &mut journal);
        let left = refused.into_iter();
        remains.left = left
            .filter_map(|(index, error)| Some((changes.get(index)?.clone(), error)))
            .filter(|(change, error)| Verdict::on(change, error) == Verdict::Refused)
            .collect();
    }
    remains
}

impl Lost {
    /// Counts and notes what a rollback has put back.
    fn count(&mut self, changes: &[Change], refused: &[(usize, Error)], journal: &mut Journal) {
        let mut refused = refused.iter().map(|(index, _)| *index).peekable();
        for (index, change) in changes.iter().enumerate() {
            if refused.next_if_eq(&index).is_some() {
                continue;
            }
            match change {
                Change::AddService(service) => {
                    self.services = self.services.saturating_add(1);
                    journal.note_return(&service.id);
                }
                Change::AddServer(id, server) => {
                    let connections = journal.connections(id, server);
                    self.servers = self.servers.saturating_add(1);
                    self.connections = self.connections.saturating_add(connections);
                }
                _ => {}
            }
        }
    }
}
