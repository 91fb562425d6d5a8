//! Carries a plan out, or takes it back.
//!
//! What is done is undone in reverse where the kernel refuses a change or the
//! user interrupts, so that the table is what it was.

use std::ops::ControlFlow;

use super::Step;
use crate::client::Client;
use crate::error::Error;
use crate::model::Change;
use crate::netlink::socket::Transport;

/// How many changes are sent before an interruption is looked for: few
/// thousandths of a second's worth.
const PIECE: usize = 512;

/// Who makes the changes.
pub trait Apply {
    /// What goes wrong.
    type Error;

    /// Makes changes in order.
    ///
    /// Each one that is refused is reported with its index, in order. After a
    /// `Break` no more are sent than are on their way; of those the refused
    /// ones are still reported. Gives the number of changes sent.
    ///
    /// # Errors
    /// Where it is not known what became of the changes.
    fn apply_all(
        &mut self,
        changes: &[&Change],
        refused: &mut dyn FnMut(usize, Self::Error) -> ControlFlow<()>,
    ) -> Result<usize, Self::Error>;
}

impl<T: Transport> Apply for Client<T> {
    type Error = Error;

    fn apply_all(
        &mut self,
        changes: &[&Change],
        refused: &mut dyn FnMut(usize, Error) -> ControlFlow<()>,
    ) -> Result<usize, Error> {
        Client::apply_all(self, changes.iter().copied(), refused)
    }
}

/// How a replacement ended.
#[derive(Debug)]
pub enum Outcome<E> {
    /// The table is what the rules describe.
    Done,
    /// The table is what it was.
    Undone(Cause<E>),
    /// Not everything could be undone.
    Stuck {
        /// Why it had to be.
        cause: Cause<E>,
        /// What could not be done to that end.
        left: Vec<(Change, E)>,
        /// The error that ended the attempt, if one did.
        lost: Option<E>,
    },
}

/// Why a replacement was not finished.
#[derive(Debug)]
pub enum Cause<E> {
    /// The kernel refused a step.
    Refused {
        /// Its index in the plan.
        step: usize,
        /// Why.
        error: E,
    },
    /// It was interrupted.
    Interrupted,
    /// The conversation with the kernel broke.
    Lost(E),
}

/// Carries the steps out. `progress` is told again and again how many have
/// been; its `Break` interrupts.
pub fn replace<A: Apply>(
    kernel: &mut A,
    steps: &[Step],
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Outcome<A::Error> {
    let mut done: usize = 0;
    for piece in steps.chunks(PIECE) {
        if progress(done).is_break() {
            let undo = undo(steps.iter().take(done));
            return roll_back(kernel, Cause::Interrupted, &undo, Made::All);
        }
        let changes: Vec<&Change> = piece.iter().map(|step| &step.change).collect();
        let mut refused = Vec::new();
        let sent = kernel.apply_all(&changes, &mut |index, error| {
            refused.push((index, error));
            ControlFlow::Break(())
        });
        match sent {
            Err(error) => {
                let undo = undo(steps.iter().take(done.saturating_add(piece.len())));
                return roll_back(kernel, Cause::Lost(error), &undo, Made::Perhaps);
            }
            Ok(_) if refused.is_empty() => done = done.saturating_add(piece.len()),
            Ok(sent) => {
                let made = piece.iter().take(sent).enumerate();
                let made = made.filter(|(index, _)| refused.iter().all(|(no, _)| no != index));
                let made = made.map(|(_, step)| step);
                let undo = undo(steps.iter().take(done).chain(made));
                let (index, error) = refused.swap_remove(0);
                let step = done.saturating_add(index);
                return roll_back(kernel, Cause::Refused { step, error }, &undo, Made::All);
            }
        }
    }
    Outcome::Done
}

/// Whether the steps that are taken back were made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    All,
    /// To undo what was not made is refused, and rightly.
    Perhaps,
}

/// What takes steps back: theirs is the order in which they were made.
fn undo<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<Change> {
    let steps: Vec<_> = steps.collect();
    steps.into_iter().rev().flat_map(Step::undo).collect()
}

fn roll_back<A: Apply>(
    kernel: &mut A,
    cause: Cause<A::Error>,
    undo: &[Change],
    made: Made,
) -> Outcome<A::Error> {
    let changes: Vec<&Change> = undo.iter().collect();
    let mut left = Vec::new();
    let sent = kernel.apply_all(&changes, &mut |index, error| {
        if let (Made::All, Some(change)) = (made, undo.get(index)) {
            left.push((change.clone(), error));
        }
        ControlFlow::Continue(())
    });
    match sent {
        Ok(_) if left.is_empty() => Outcome::Undone(cause),
        Ok(_) => Outcome::Stuck {
            cause,
            left,
            lost: None,
        },
        Err(error) => Outcome::Stuck {
            cause,
            left,
            lost: Some(error),
        },
    }
}
