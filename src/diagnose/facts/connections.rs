//! The connections, summed up: they may be hundreds of thousands.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{HasKey, Keyed};
use ipvs::connections::{self, CONNECTIONS, Connection, states};
use ipvs::model::Endpoint;
use ipvs::procfs;

/// The most clients of a kind that are remembered.
const CLIENTS: usize = 4;

/// The connections of one virtual address and port to one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// `TCP`, `UDP`, `SCTP`; `IP` for templates of a firewall mark.
    pub protocol: String,
    /// The endpoint that clients wanted; a template of a mark has the mark in the
    /// address.
    pub service: Endpoint,
    /// The server.
    pub server: Endpoint,
    /// How many connections are in each state.
    pub states: BTreeMap<String, u64>,
    /// How many templates keep clients there.
    pub templates: u64,
    /// Some clients with connections in other states than `SYN_RECV`.
    pub clients: Vec<IpAddr>,
    /// Some clients that wait for the answer to their first packet (`SYN_RECV`).
    pub waiting: Vec<IpAddr>,
}

impl HasKey for Flow {
    type LookupKey = Endpoint;

    fn key(&self) -> Endpoint {
        self.server
    }
}

impl Flow {
    /// Returns how many connections are in this state.
    pub fn in_state(&self, state: &str) -> u64 {
        self.states.get(state).copied().unwrap_or(0)
    }

    /// Returns how many connections there are.
    pub fn count(&self) -> u64 {
        self.states.values().sum()
    }

    fn add(&mut self, connection: &Connection<'_>) {
        if connection.is_template() {
            self.templates = self.templates.saturating_add(1);
            return;
        }
        let state = String::from_utf8_lossy(connection.state).into_owned();
        let waits = state == WAITING;
        let count = self.states.entry(state).or_default();
        *count = count.saturating_add(1);
        let clients = match waits {
            true => &mut self.waiting,
            false => &mut self.clients,
        };
        let client = connection.client.address;
        if clients.len() < CLIENTS && !clients.contains(&client) {
            clients.push(client);
        }
    }
}

/// The state of a TCP connection of which only the client's first packet was seen.
pub const WAITING: &str = states::SYN_RECV;

/// The connections of a director.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionFacts {
    /// How many there are, templates not counted.
    pub total: u64,
    /// How many templates there are.
    pub templates: u64,
    /// The connections, summed up by virtual address and server.
    pub flows: Keyed<Flow>,
    /// The named clients that have connections whose server answered.
    pub served: BTreeSet<IpAddr>,
    /// How many connections and templates came by synchronization; counted only where a
    /// backup daemon runs.
    #[serde(default)]
    pub synchronized: Option<u64>,
}

impl ConnectionFacts {
    /// Counts a connection, or a template.
    pub(super) fn add(&mut self, connection: &Connection<'_>) {
        let count = match connection.is_template() {
            true => &mut self.templates,
            false => &mut self.total,
        };
        *count = count.saturating_add(1);
    }

    /// Reads the table of connections.
    pub(super) fn read(named: &[IpAddr]) -> io::Result<Self> {
        let mut flows: HashMap<(Vec<u8>, Endpoint, Endpoint), Flow> = HashMap::new();
        let mut all = Self::default();
        let outcome = connections::for_each_connection(procfs::open(CONNECTIONS)?, |connection| {
            all.add(connection);
            let client = connection.client.address;
            if connection.state_name() != WAITING && named.contains(&client) {
                all.served.insert(client);
            }
            let (service, server) = (connection.service, connection.server);
            let flow = flows
                .entry((connection.protocol.to_vec(), service, server))
                .or_insert_with(|| Flow {
                    protocol: String::from_utf8_lossy(connection.protocol).into_owned(),
                    service,
                    server,
                    states: BTreeMap::new(),
                    templates: 0,
                    clients: Vec::new(),
                    waiting: Vec::new(),
                });
            flow.add(connection);
            Ok(())
        });
        outcome?;
        let mut flows: Vec<_> = flows.into_values().collect();
        flows.sort_unstable_by(|one, other| {
            (one.service, one.server, &one.protocol).cmp(&(
                other.service,
                other.server,
                &other.protocol,
            ))
        });
        all.flows = flows.into();
        Ok(all)
    }
}
