//! Loads an empty table: what can be loaded is.

use std::ops::ControlFlow;

use super::transaction::{Attempt, Cause, Director, End, Outcome, Progress, undone};
use super::wanted::Table;
use super::{Plan, Planned};
use crate::error::Error;

/// Makes an empty table what is wanted, as far as the kernel takes it. Each change
/// that it refuses is told to `refused` and passed over. `progress` is told again
/// and again how far it is; its `Break` interrupts, and then everything is taken
/// back.
///
/// # Errors
/// Where the table can't be read, and nothing has been changed.
pub fn load(
    director: &mut impl Director,
    wanted: &Table,
    refused: &mut dyn FnMut(&Planned, Error),
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Outcome, Error> {
    let plan = Plan::read(director, wanted)?;
    let mut attempt = Attempt::of(&plan);
    let cause = match attempt.load(director, refused, progress) {
        End::Done => return Ok(Outcome::Done),
        End::Overtaken(planned, error) | End::Refused(planned, error) => {
            Cause::Refused { planned, error }
        }
        End::Interrupted => Cause::Interrupted,
        End::Lost(error) => Cause::Lost(error),
    };
    Ok(undone(director, attempt, cause))
}
