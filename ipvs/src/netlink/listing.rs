//! Lists that others may change while the kernel sends them.
//!
//! The kernel sends a long list in several messages. Between two of them the list may
//! change, and the kernel then goes on at the same count: a row that is added before that
//! place shifts the others, so that one is sent twice; a row that is removed before it
//! makes the kernel leave one out. Neither is marked in the answer. Only an answer of one
//! message is sure to be of one moment. A longer one is asked for again, over a socket
//! whose messages end at other rows, until two successive answers, or three, name the same
//! rows.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};
use std::time::{Duration, Instant};

use crate::error::Error;

/// How long a list that changes while the kernel sends it is asked for again, and what
/// happens when that time is over. A list of several messages is asked for at least twice
/// and, even after that time, again while its answers agree: three that agree are always
/// enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// The list fails with [`Error::Interrupted`]. Each list has this time to itself. This
    /// is for programs that act on what they read.
    Insist(Duration),
    /// The last answer counts, with each row once. It may lack rows. All lists together
    /// share this time.
    Settle(Duration),
}

impl Patience {
    /// Insists for five seconds.
    pub const DEFAULT: Self = Self::Insist(Duration::from_secs(5));
}

/// A patience, and how much of it is spent.
#[derive(Debug)]
pub(crate) struct Budget {
    patience: Patience,
    spent: Duration,
    /// True if an answer was accepted that no other confirmed.
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

/// How an answer came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The places of the rows that begin a datagram other than the first.
    starts: Vec<usize>,
    /// The length of all its datagrams, in bytes.
    pub(crate) length: usize,
    /// True if the kernel says that the list changed meanwhile
    /// (`NLM_F_DUMP_INTR`).
    pub(crate) is_interrupted: bool,
}

impl Told {
    /// Notes a datagram that took the number of rows from `before` to `after`.
    pub(crate) fn note(&mut self, before: usize, after: usize) {
        if before > 0 && after > before {
            self.starts.push(before);
        }
    }

    /// Returns whether all rows came in one datagram that the kernel did not mark as torn.
    fn is_of_one_moment(&self) -> bool {
        self.starts.is_empty() && !self.is_interrupted
    }
}

/// The keys of an answer's rows. Their hash is not seeded: a seed would cost a system call,
/// and the rows come from the kernel.
type KeySet<K> = HashSet<K, BuildHasherDefault<DefaultHasher>>;

/// An answer that is to be confirmed.
struct UnconfirmedAnswer<K> {
    /// The keys of its rows, in the order in which the kernel sent them.
    keys: Vec<K>,
    /// The keys of the rows that begin a datagram other than the first. A row before one of
    /// them may be missing.
    starts: Vec<K>,
    /// How many answers in a row before this one named the same rows.
    confirmed: usize,
}

impl<K: Hash + Eq + Copy> UnconfirmedAnswer<K> {
    /// Returns `None` where a row is there twice, or the kernel says that the list changed
    /// meanwhile.
    fn new(told: &Told, keys: Vec<K>, before: Option<&Self>) -> Option<Self> {
        if told.is_interrupted {
            return None;
        }
        // The kernel sends rows that do not change in the same order again.
        let is_same = before.is_some_and(|before| before.keys == keys);
        let names_the_same = is_same || {
            let names: KeySet<_> = keys.iter().collect();
            if names.len() < keys.len() {
                return None;
            }
            let is_named = |before: &Self| {
                before.keys.len() == keys.len() && before.keys.iter().all(|key| names.contains(key))
            };
            before.is_some_and(is_named)
        };
        let confirmed = match before {
            Some(before) if names_the_same => before.confirmed + 1,
            Some(_) | None => 0,
        };
        let starts = told.starts.iter().filter_map(|place| keys.get(*place));
        Some(Self {
            starts: starts.copied().collect(),
            keys,
            confirmed,
        })
    }

    /// Returns whether this answer and the one before it make the list sure. An answer can
    /// lack a row only before one that begins a datagram. Where two answers have such a row
    /// in common, both could lack the same row before it: a third answer has to agree.
    fn is_sure_after(&self, before: Option<&Self>) -> bool {
        match before {
            Some(before) if self.confirmed == 1 => !self
                .starts
                .iter()
                .any(|start| before.starts.contains(start)),
            Some(_) | None => self.confirmed > 1,
        }
    }
}

/// The part of a list that is asked for. To confirm rows that are there, their keys are
/// enough.
pub(crate) enum Sought<'a, R, K> {
    /// Whole rows, which are added to those that are there.
    Rows(&'a mut Vec<R>),
    /// Keys alone, which are added to those that are there.
    Keys(&'a mut Vec<K>),
}

/// Puts the rows of a list in `rows`, in place of what is there. `ask` adds the rows or
/// keys of one answer; `key` returns what tells a row from the others.
pub(crate) fn agreed<R, K: Hash + Eq + Copy>(
    budget: &mut Budget,
    rows: &mut Vec<R>,
    key: impl Fn(&R) -> K,
    mut ask: impl FnMut(Sought<'_, R, K>) -> Result<Told, Error>,
) -> Result<(), Error> {
    let mut before: Option<UnconfirmedAnswer<K>> = None;
    // True where `rows` are the rows that the answer before names.
    let mut has_rows = false;
    // The clock is read only where a list is asked for again.
    let mut began = None;
    loop {
        let mut keys = Vec::new();
        let told = if has_rows {
            ask(Sought::Keys(&mut keys))?
        } else {
            rows.clear();
            let told = ask(Sought::Rows(rows))?;
            // One row can't be there twice, so nothing is left to check: most services have
            // one server.
            if told.is_of_one_moment() && rows.len() <= 1 {
                break;
            }
            keys.extend(rows.iter().map(&key));
            told
        };
        let answer = UnconfirmedAnswer::new(&told, keys, before.as_ref());
        let is_sure = answer
            .as_ref()
            .is_some_and(|answer| answer.is_sure_after(before.as_ref()));
        let agrees = answer.as_ref().is_some_and(|answer| answer.confirmed > 0);
        // From here on, it is true where `rows` are the rows that this answer names.
        has_rows = answer.is_some() && (agrees || !has_rows);
        if has_rows && (is_sure || told.is_of_one_moment()) {
            break;
        }
        // A list that no answer contradicts yet is asked for once more, even after the time
        // is over: that an answer takes longer than the patience does not mean that the
        // list changed.
        let is_contradicted = answer.is_none() || before.is_some() && !agrees;
        let again = began.map_or(Duration::ZERO, |began: Instant| began.elapsed());
        match budget.patience {
            _ if began.is_none() || !is_contradicted => {}
            Patience::Insist(time) if again >= time => return Err(Error::Interrupted),
            Patience::Settle(time) if budget.spent + again >= time => {
                keep_each_once(rows, &key);
                budget.has_settled = true;
                break;
            }
            Patience::Insist(_) | Patience::Settle(_) => {}
        }
        began.get_or_insert_with(Instant::now);
        before = answer;
    }
    budget.spent += began.map_or(Duration::ZERO, |began| began.elapsed());
    Ok(())
}

/// Keeps the first of the rows with the same key.
fn keep_each_once<R, K: Hash + Eq>(rows: &mut Vec<R>, key: impl Fn(&R) -> K) {
    let mut seen = KeySet::default();
    rows.retain(|row| seen.insert(key(row)));
}
