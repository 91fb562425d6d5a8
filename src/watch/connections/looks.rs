//! The last look at connections, and the data that shows which rows have changed since the look
//! before.

use std::collections::HashMap;

use super::window::Window;
use ipvs::connections::{Connection, Count, Endpoint, Grouping, Key};

/// The identity of a connection.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Ends {
    protocol: Vec<u8>,
    ends: [Endpoint; 3],
}

impl Ends {
    fn of(connection: &Connection<'_>) -> Self {
        Self {
            protocol: connection.protocol.to_vec(),
            ends: [connection.client, connection.service, connection.server],
        }
    }
}

/// The keys that counted connections share.
pub(super) type Keys = (Key, Option<Key>);

/// The last look, with the data of the look before it. Without that, no row counts as changed.
pub(super) enum ConnectionsLook {
    Rows {
        window: Window,
        before: Option<Before>,
    },
    Counts {
        grouping: Grouping,
        counts: Vec<Count>,
        before: Option<HashMap<Keys, (u64, u64)>>,
    },
}

/// The states of the connections in the last look, and whether it had all connections.
pub(super) struct Before {
    states: HashMap<Ends, Vec<u8>>,
    all: bool,
}

impl Before {
    pub(super) fn new(window: &Window) -> Self {
        let seen = window.connections();
        Self {
            states: seen
                .map(|found| (Ends::of(&found), found.state.to_vec()))
                .collect(),
            all: window.lines.len() == window.total,
        }
    }

    /// Returns whether a connection is new or has another state. One that may have been outside the
    /// window is not called new.
    pub(super) fn differs(&self, connection: &Connection<'_>) -> bool {
        match self.states.get(&Ends::of(connection)) {
            Some(state) => state != connection.state,
            None => self.all,
        }
    }
}
