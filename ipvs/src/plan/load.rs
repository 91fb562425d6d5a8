//! Loads rules into an empty table: every change that the kernel accepts is made.

use std::ops::ControlFlow;

use super::transaction::{Attempt, Cause, End, Outcome, Progress, carry_out, undone};
use super::wanted::Table;
use super::{Plan, Planned};
use crate::director::Director;
use crate::error::Error;

/// Turns the table into the wanted one. A table in use is replaced as
/// [`replace`](super::transaction::replace) does it, all or nothing. In an empty table
/// there is nothing to protect: each change that the kernel refuses is given to `refused`
/// and passed over. Everything is taken back only where `progress` interrupts or the
/// conversation with the kernel breaks.
///
/// # Errors
/// Where the table can't be read. Nothing has been changed then.
pub fn load(
    director: &mut (impl Director + ?Sized),
    wanted: &Table,
    refused: &mut dyn FnMut(&Planned, Error),
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Outcome, Error> {
    let plan = Plan::read(director, wanted)?;
    if !plan.begins_empty {
        return Ok(carry_out(director, wanted, plan, progress));
    }
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
