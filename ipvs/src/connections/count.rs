//! How many connections there are of each kind.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::BufRead;
use std::net::IpAddr;

use super::{Connection, Endpoint, Filter, Interrupted, for_each_connection};
use crate::model::VirtualId;

/// The property that connections are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum By {
    /// The real server, with its port.
    Server,
    /// The client's address.
    Client,
    /// The state.
    State,
    /// The virtual service.
    Service,
}

/// The properties by which connections are counted together: one, or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grouping {
    /// The first property.
    pub by: By,
    /// The second property, if there is one.
    pub then: Option<By>,
}

impl From<By> for Grouping {
    fn from(by: By) -> Self {
        Self { by, then: None }
    }
}

/// A property that counted connections have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Key {
    /// [`By::Server`]
    Server(Endpoint),
    /// [`By::Client`]
    Client(IpAddr),
    /// [`By::State`]
    State(String),
    /// [`By::Service`], as far as a connection shows it: see [`Connection::through`].
    Service(VirtualId),
}

impl Key {
    fn of(connection: &Connection<'_>, by: By) -> Self {
        match by {
            By::Server => Self::Server(connection.server),
            By::Client => Self::Client(connection.client.address),
            By::State => Self::State(String::from_utf8_lossy(connection.state).into_owned()),
            By::Service => Self::Service(connection.through()),
        }
    }

    /// Returns the address in the key, if it has one.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Server(server) => Some(server.address),
            Self::Client(client) => Some(*client),
            Self::Service(VirtualId::Endpoint { address, .. }) => Some(*address),
            Self::Service(VirtualId::Fwmark { .. }) | Self::State(_) => None,
        }
    }
}

/// How many connections have a property in common.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Count {
    /// The property that they have in common.
    pub key: Key,
    /// The other property, if they are grouped by two.
    pub then: Option<Key>,
    /// Connections, without templates.
    pub connections: u64,
    /// Templates, which keep clients with their servers.
    pub templates: u64,
}

impl Count {
    /// Returns the addresses in the keys.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + use<> {
        let then = self.then.as_ref().and_then(Key::address);
        self.key.address().into_iter().chain(then)
    }
}

/// Counts the connections of a table that pass the filter, the largest number first. The
/// table is read once, and only the counts are held in memory.
///
/// # Errors
/// The errors of `table`.
pub fn count(
    table: impl BufRead,
    filter: &Filter,
    grouping: impl Into<Grouping>,
) -> Result<Vec<Count>, Interrupted> {
    let Grouping { by, then } = grouping.into();
    let mut counts: HashMap<(Key, Option<Key>), (u64, u64)> = HashMap::new();
    for_each_connection(table, |connection| {
        if filter.passes(connection) {
            let keys = (
                Key::of(connection, by),
                then.map(|then| Key::of(connection, then)),
            );
            let count = counts.entry(keys).or_default();
            let number = match connection.is_template() {
                true => &mut count.1,
                false => &mut count.0,
            };
            *number = number.saturating_add(1);
        }
        Ok(())
    })?;
    let mut counts: Vec<_> = counts
        .into_iter()
        .map(|((key, then), (connections, templates))| Count {
            key,
            then,
            connections,
            templates,
        })
        .collect();
    counts.sort_unstable_by(|one, other| {
        let size = |count: &Count| Reverse((count.connections, count.templates));
        (size(one), &one.key, &one.then).cmp(&(size(other), &other.key, &other.then))
    });
    Ok(counts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TABLE: &str = "\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires
TCP 0A000002 9668 C0000250 0050 0A010002 0050 ESTABLISHED     899
UDP 0A000001 9669 C0000250 0050 0A010002 0050 UDP             299
TCP 0A000001 966A C0000250 01BB 0A010001 0050 FIN_WAIT        119
TCP 0A000001 0000 C0000250 0050 0A010001 0050 NONE             59
IP  0A000001 0000 00000007 0000 0A010001 0000 NONE             59
TCP 0A000001 966B 00000007 0000 0A010002 1F90 ESTABLISHED     899
";

    /// Returns the keys with their counts of connections and templates.
    fn counted(by: By) -> Vec<(String, u64, u64)> {
        let name = |key: Key| match key {
            Key::Server(server) => format!("{}:{}", server.address, server.port),
            Key::Client(client) => client.to_string(),
            Key::State(state) => state,
            Key::Service(VirtualId::Fwmark { mark, .. }) => format!("mark {mark}"),
            Key::Service(VirtualId::Endpoint {
                protocol,
                address,
                port,
            }) => format!("{protocol:?} {address}:{port}"),
        };
        let counts = count(TABLE.as_bytes(), &Filter::default(), by).unwrap();
        counts
            .into_iter()
            .map(|count| (name(count.key), count.connections, count.templates))
            .collect()
    }

    fn expect(by: By, expected: &[(&str, u64, u64)]) {
        let own = |(key, connections, templates): &(&str, _, _)| {
            ((*key).to_owned(), *connections, *templates)
        };
        let expected: Vec<_> = expected.iter().map(own).collect();
        assert_eq!(counted(by), expected);
    }

    #[test]
    fn largest_first_then_by_address() {
        expect(
            By::Server,
            &[
                ("10.1.0.2:80", 2, 0),
                ("10.1.0.1:80", 1, 1),
                ("10.1.0.2:8080", 1, 0),
                ("10.1.0.1:0", 0, 1),
            ],
        );
        expect(By::Client, &[("10.0.0.1", 3, 2), ("10.0.0.2", 1, 0)]);
        expect(
            By::State,
            &[
                ("ESTABLISHED", 2, 0),
                ("FIN_WAIT", 1, 0),
                ("UDP", 1, 0),
                ("NONE", 0, 2),
            ],
        );
    }

    #[test]
    fn a_mark_is_counted_apart_from_the_address_that_looks_like_it() {
        expect(
            By::Service,
            &[
                ("Tcp 192.0.2.80:80", 1, 1),
                ("Tcp 0.0.0.7:0", 1, 0),
                ("Tcp 192.0.2.80:443", 1, 0),
                ("Udp 192.0.2.80:80", 1, 0),
                ("mark 7", 0, 1),
            ],
        );
    }

    #[test]
    fn two_things_are_counted_together() {
        let grouping = Grouping {
            by: By::Client,
            then: Some(By::State),
        };
        let counts = count(TABLE.as_bytes(), &Filter::default(), grouping).unwrap();
        let counts: Vec<_> = counts
            .iter()
            .map(|count| {
                let (Key::Client(client), Some(Key::State(state))) = (&count.key, &count.then)
                else {
                    unreachable!()
                };
                format!("{client} {state} {} {}", count.connections, count.templates)
            })
            .collect();
        assert_eq!(
            counts,
            [
                "10.0.0.1 ESTABLISHED 1 0",
                "10.0.0.1 FIN_WAIT 1 0",
                "10.0.0.1 UDP 1 0",
                "10.0.0.2 ESTABLISHED 1 0",
                "10.0.0.1 NONE 0 2",
            ]
        );
    }

    #[test]
    fn what_does_not_pass_is_not_counted() {
        let filter = Filter {
            state: Some("FIN_WAIT"),
            ..Filter::default()
        };
        let counts = count(TABLE.as_bytes(), &filter, By::Client).unwrap();
        assert_eq!(counts.len(), 1);
        assert!(counts.iter().all(|count| count.connections == 1));
    }
}
