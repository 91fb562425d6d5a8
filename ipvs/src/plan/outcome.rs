//! The progress of a replacement, how it ends, and how it leaves the table.

use super::Planned;
use crate::error::Error;
use crate::model::{Change, Destination, VirtualId};

/// How far a replacement has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many changes of the plan were made. A new plan begins at 0.
    pub done: usize,
    /// How many changes the plan has.
    pub total: usize,
}

/// How a replacement ended.
#[derive(Debug)]
pub enum Outcome {
    /// The table is what is wanted.
    Done,
    /// The changes made were taken back.
    Undone(Box<Undone>),
}

/// Why a replacement was taken back, and what came of that.
#[derive(Debug)]
pub struct Undone {
    /// Why it was taken back.
    pub cause: Cause,
    /// True if another program changed the table meanwhile, as far as that showed.
    pub is_contended: bool,
    /// The part of the table that is not as before.
    pub remains: Remains,
}

/// Why a replacement was not finished.
#[derive(Debug)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Cause {
    /// The kernel refused a change.
    Refused {
        /// The change that it refused.
        planned: Box<Planned>,
        /// The kernel's refusal.
        error: Error,
    },
    /// Another program changed the table at every attempt; this is the last attempt.
    Overtaken {
        /// The change that found another table than the one that was read.
        planned: Box<Planned>,
        /// The kernel's refusal.
        error: Error,
        /// How many times the replacement was planned.
        attempts: usize,
    },
    /// The caller interrupted the replacement.
    Interrupted,
    /// The conversation with the kernel broke, or the table could not be read
    /// again.
    Lost(Error),
}

/// The things that a rollback has not brought back.
#[derive(Debug, Default)]
pub struct Remains {
    /// The changes of the rollback that the kernel refused.
    pub left: Vec<(Change, Error)>,
    /// Things that another program has changed since the replacement changed them, and that
    /// are left as they are.
    pub theirs: Vec<Thing>,
    /// Things that are there again, but not as if nothing had happened.
    pub lost: Lost,
    /// The error that ended the rollback, if one did.
    pub broken: Option<Error>,
}

impl Remains {
    /// Returns whether all that was changed is configured as before.
    pub fn is_nothing(&self) -> bool {
        let Self {
            left,
            theirs,
            lost: _,
            broken,
        } = self;
        left.is_empty() && theirs.is_empty() && broken.is_none()
    }
}

/// Things that were removed and put back: their counters begin at 0, and their
/// connections may have ended if `net.ipv4.vs.expire_nodest_conn` is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// The number of services.
    pub services: usize,
    /// The number of servers.
    pub servers: usize,
    /// The number of connections that these servers had.
    pub connections: u64,
}

/// A service or a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A service.
    Service(VirtualId),
    /// A server of a service.
    Server(VirtualId, Destination),
}
