//! Lists that others may change while the kernel tells them.
//!
//! The kernel tells a long list in several messages. Between two of them the
//! list may change, and the kernel then goes on at the same count: a row that
//! is added before that place shifts the others, so that one is told twice; a
//! row that is removed there leaves one untold. Neither is marked in the answer.
//! Only an answer of one message is sure to be of one moment. A longer one is
//! asked for again until two answers in a row name the same rows.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::error::Error;

/// How long a list that changes while the kernel tells it is asked for again,
/// and what happens when that time is over. The time is shared by all lists
/// that are asked for under this patience; each is asked for twice at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// The list fails with [`Error::Interrupted`]. This is for those who act on
    /// what they read.
    Insist(Duration),
    /// The last answer counts, with each row once. It may lack rows.
    Settle(Duration),
}

impl Patience {
    /// Insists for five seconds.
    pub const DEFAULT: Self = Self::Insist(Duration::from_secs(5));

    fn time(self) -> Duration {
        match self {
            Self::Insist(time) | Self::Settle(time) => time,
        }
    }
}

/// A patience, and what has become of it.
#[derive(Debug)]
pub(crate) struct Budget {
    patience: Patience,
    spent: Duration,
    /// Whether an answer was taken that no other confirmed.
    pub(crate) has_settled: bool,
}

impl Budget {
    pub(crate) fn new(patience: Patience) -> Self {
        Self {
            patience,
            spent: Duration::ZERO,
            has_settled: false,
        }
    }
}

/// How an answer was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// How many of its datagrams have rows.
    pub(crate) datagrams: usize,
    /// Whether the kernel says that the list changed meanwhile
    /// (`NLM_F_DUMP_INTR`).
    pub(crate) is_interrupted: bool,
}

/// Puts the rows of a list in `rows`, in place of what is there. `ask` adds
/// those of one answer; `key` is what tells one row from another.
pub(crate) fn agreed<R, K: Ord>(
    budget: &mut Budget,
    rows: &mut Vec<R>,
    key: impl Fn(&R) -> K,
    mut ask: impl FnMut(&mut Vec<R>) -> Result<Told, Error>,
) -> Result<(), Error> {
    let mut before = None;
    // The clock is looked at only where a list is asked for again.
    let mut began = None;
    loop {
        rows.clear();
        let told = ask(rows)?;
        // Most services have one server.
        if told.datagrams <= 1 && rows.len() <= 1 && !told.is_interrupted {
            break;
        }
        let keys = distinct(rows, &key).filter(|_| !told.is_interrupted);
        if keys.is_some() && (told.datagrams <= 1 || keys == before) {
            break;
        }
        let again = began.map_or(Duration::ZERO, |began: Instant| began.elapsed());
        if began.is_some() && budget.spent + again >= budget.patience.time() {
            match budget.patience {
                Patience::Insist(_) => return Err(Error::Interrupted),
                Patience::Settle(_) => keep_each_once(rows, &key),
            }
            budget.has_settled = true;
            break;
        }
        began.get_or_insert_with(Instant::now);
        before = keys;
    }
    budget.spent += began.map_or(Duration::ZERO, |began| began.elapsed());
    Ok(())
}

/// The keys of the rows in order; none where one is there twice.
fn distinct<R, K: Ord>(rows: &[R], key: impl Fn(&R) -> K) -> Option<Vec<K>> {
    let mut keys: Vec<_> = rows.iter().map(key).collect();
    keys.sort_unstable();
    keys.is_sorted_by(|one, next| one < next).then_some(keys)
}

/// Of rows with the same key the first stays.
fn keep_each_once<R, K: Ord>(rows: &mut Vec<R>, key: impl Fn(&R) -> K) {
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(key(row)));
}
