//! The verdict on rules, and whether some may be carried out without the others.

use super::Failure;
use crate::cli::{Restore, Strictness};
use ipvs::client::Client;

/// The status of rules some of which are wrong.
pub(super) const WRONG: Failure = Failure::Lines { status: 2 };

/// The verdict on all lines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RulesVerdict {
    Right,
    Wrong,
}

impl RulesVerdict {
    /// Returns the outcome of a run, given this verdict on its lines.
    pub(super) fn after(self, outcome: Result<(), Failure>) -> Result<(), Failure> {
        match (self, outcome) {
            (Self::Wrong, Ok(()) | Err(Failure::Lines { .. })) => Err(WRONG),
            (_, outcome) => outcome,
        }
    }
}

/// Returns whether right rules may be carried out although others are wrong.
pub(super) fn may_do_part(client: &mut Client, restore: &Restore) -> Result<bool, Failure> {
    match restore.strictness {
        Strictness::Everywhere => Ok(false),
        Strictness::WhereInUse => {
            let services = client.configured().map_err(Failure::Unlisted)?;
            Ok(services.is_empty())
        }
    }
}
