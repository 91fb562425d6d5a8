//! `--diagnose`: why a director does not work.
//!
//! [`gather`] reads the [`Facts`] once, [`judge`] asks every check of the one table
//! [`FAMILIES`] what it finds in them, and [`report`] writes the findings. Checks are
//! pure functions: they read no file and ask nobody.

mod checks;
mod document;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod example;
pub mod explain;
pub mod facts;
mod finding;
pub mod report;

use std::collections::BTreeSet;

pub use checks::{Check, FAMILIES, Family, Machine, all, of};
pub use document::{NOT_MADE, for_manual, for_web};
pub use explain::{Explanation, Passage, explain};
pub use facts::{FORM, Facts, Journey, Method, OnServer, Wanted, gather};
use finding::together;
pub use finding::{Finding, Gravity};

/// Returns what the checks find, gravest first, without those that are to be
/// ignored.
pub fn judge(facts: &Facts, ignored: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for check in checks::of(facts) {
        if !ignored.contains(check.id) {
            let found = together((check.judge)(facts));
            findings.extend(found.into_iter().map(|found| found.of(check.id)));
        }
    }
    // Findings of the same gravity keep the order of the table.
    findings.sort_by_key(|finding| finding.gravity);
    findings
}

/// Returns whether everything could be read that was to be looked at.
pub fn is_whole(facts: &Facts) -> bool {
    facts.unread.is_empty()
}
