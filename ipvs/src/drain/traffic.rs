//! The connections that may still carry data, from the connection table.

use std::io::BufRead;

use super::Draining;
use crate::connections::{Connection, Interrupted, for_each_connection, states};
use crate::model::{Forwarding, Protocol, Timeouts, VirtualId};

/// The seconds of silence after which the half-closed connection of a client counts as
/// closed. Packets of servers with direct routing or a tunnel bypass the director, which
/// can't see when a server has sent everything. After a client's last byte, the director
/// still sees the client acknowledge what it gets.
pub const CLIENT_SILENCE: u64 = 10;

/// The seconds of silence after which a closed connection is done: until then, it may have
/// to repeat its last packets.
const LAST_WORDS: u64 = 2;

/// How long the kernel remembers a silent connection in the state `TIME_WAIT`, in seconds.
/// No setting changes this time or the next two.
const TIME_WAIT: u64 = 120;
const CLOSE: u64 = 10;
const LAST_ACK: u64 = 30;

/// The numbers of connections of the servers that are drained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All connections.
    pub(super) all: u64,
    /// Connections that may still carry data.
    pub(super) open: u64,
    /// Connections that are closed, but of which something was heard a moment ago.
    pub(super) closing: u64,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConnectionStage {
    Open,
    Closing,
    Closed,
}

impl Draining {
    /// Counts the connections in the kernel's connection table. `timeouts` are those that
    /// the kernel has now.
    ///
    /// # Errors
    /// The errors of `table`.
    pub fn tally(&self, timeouts: &Timeouts, table: impl BufRead) -> Result<Tally, Interrupted> {
        let mut tally = Tally::default();
        for_each_connection(table, |connection| {
            self.add_to(&mut tally, connection, timeouts);
            Ok(())
        })?;
        Ok(tally)
    }

    /// Counts a connection, if it is one of a drained server.
    pub(super) fn add_to(
        &self,
        tally: &mut Tally,
        connection: &Connection<'_>,
        timeouts: &Timeouts,
    ) {
        let Some(forwarding) = self.forwarding_of(connection) else {
            return;
        };
        let count = |number: &mut u64| *number = number.saturating_add(1);
        count(&mut tally.all);
        match flow(connection, forwarding, timeouts) {
            ConnectionStage::Open => count(&mut tally.open),
            ConnectionStage::Closing => count(&mut tally.closing),
            ConnectionStage::Closed => {}
        }
    }

    /// Returns the forwarding method of the drained server that a connection goes to;
    /// `None` if it goes to no such server.
    fn forwarding_of(&self, connection: &Connection<'_>) -> Option<Forwarding> {
        if connection.is_template() || !is_through(&self.service.id, connection) {
            return None;
        }
        let (address, port) = (connection.server.address, connection.server.port);
        // A server with port 0 takes connections to every port.
        let server = self.found.get(&(address, port));
        let server = server.or_else(|| self.found.get(&(address, 0)))?;
        Some(server.forwarding)
    }
}

/// Returns whether a connection came through this service. Port 0 of a service stands for
/// every port.
fn is_through(service: &VirtualId, connection: &Connection<'_>) -> bool {
    match (*service, connection.through()) {
        (
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            },
            VirtualId::Endpoint {
                protocol: its_protocol,
                address: its_address,
                port: its_port,
            },
        ) => (protocol, address) == (its_protocol, its_address) && (port == 0 || port == its_port),
        // The text does not show the mark by which a connection found its service.
        (VirtualId::Fwmark { .. }, _) | (_, VirtualId::Fwmark { .. }) => false,
    }
}

/// Returns how far a connection has come, by the kernel's name for its state. A connection
/// with an unknown state counts as open.
fn flow(
    connection: &Connection<'_>,
    forwarding: Forwarding,
    timeouts: &Timeouts,
) -> ConnectionStage {
    let silent = |timeout: u64| timeout.saturating_sub(connection.expires);
    let closed = |timeout| match silent(timeout) > LAST_WORDS {
        true => ConnectionStage::Closed,
        false => ConnectionStage::Closing,
    };
    let unseen = |timeout| match silent(timeout) > CLIENT_SILENCE {
        true => ConnectionStage::Closed,
        false => ConnectionStage::Open,
    };
    let both_ends = sees_both_ends(forwarding);
    match (connection.transport(), connection.state_name()) {
        // One end has closed its half, and the other may go on.
        (Some(Protocol::Tcp), states::FIN_WAIT) if !both_ends => unseen(timeouts.tcp_fin.into()),
        (Some(Protocol::Tcp), states::TIME_WAIT) if !both_ends => unseen(TIME_WAIT),
        (Some(Protocol::Tcp), states::TIME_WAIT) => closed(TIME_WAIT),
        (Some(Protocol::Tcp), states::CLOSE) => closed(CLOSE),
        (Some(Protocol::Tcp), states::LAST_ACK) => closed(LAST_ACK),
        // An association is shut down by both ends together, when all data has
        // been acknowledged.
        (Some(Protocol::Sctp), states::CLOSED | states::REJECTED) => ConnectionStage::Closed,
        _ => ConnectionStage::Open,
    }
}

/// Returns whether the packets of a server come back through the director.
fn sees_both_ends(forwarding: Forwarding) -> bool {
    match forwarding {
        Forwarding::Masquerade => true,
        Forwarding::Local
        | Forwarding::Tunnel
        | Forwarding::DirectRoute
        | Forwarding::Bypass
        | Forwarding::Other(_) => false,
    }
}
