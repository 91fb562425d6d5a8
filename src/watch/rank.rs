//! The order of rows by a column: services among each other, and servers
//! within their service.

use std::cmp::Reverse;

use crate::render::{View, method};
use ipvs::model::{DestinationEntry, Name, ServiceEntry, Stats};

/// What rows can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// The order of the listing: by address, or the kernel's.
    Ordinary,
    /// A service's scheduler.
    Scheduler,
    /// A server's forwarding method.
    Forwarding,
    /// A server's weight.
    Weight,
    /// A bound of a server's connections.
    UpperThreshold,
    /// A bound of a server's connections.
    LowerThreshold,
    /// A server's persistence templates.
    Persistent,
    /// A server's active connections.
    Active,
    /// A server's inactive connections.
    Inactive,
    /// A counter, or a rate.
    Count(Counter),
}

/// What is counted of services and servers alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counter {
    Connections,
    InPackets,
    OutPackets,
    InBytes,
    OutBytes,
    ConnectionRate,
    InPacketRate,
    OutPacketRate,
    InByteRate,
    OutByteRate,
}

impl Counter {
    fn of(self, stats: &Stats) -> u64 {
        match self {
            Self::Connections => stats.connections,
            Self::InPackets => stats.in_packets,
            Self::OutPackets => stats.out_packets,
            Self::InBytes => stats.in_bytes,
            Self::OutBytes => stats.out_bytes,
            Self::ConnectionRate => stats.connections_per_second,
            Self::InPacketRate => stats.in_packets_per_second,
            Self::OutPacketRate => stats.out_packets_per_second,
            Self::InByteRate => stats.in_bytes_per_second,
            Self::OutByteRate => stats.out_bytes_per_second,
        }
    }
}

/// Words go up, numbers down. Rows without a word or number of their own stay
/// as they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    None,
    Word(&'a str),
    Number(Reverse<i128>),
}

impl Column {
    /// The columns of a view from left to right, after the ordinary order.
    pub(super) fn of(view: View) -> &'static [Self] {
        use Counter::*;
        match view {
            View::Plain | View::TunnelInfo => &[
                Self::Ordinary,
                Self::Scheduler,
                Self::Forwarding,
                Self::Weight,
                Self::Active,
                Self::Inactive,
            ],
            View::Stats => &[
                Self::Ordinary,
                Self::Count(Connections),
                Self::Count(InPackets),
                Self::Count(OutPackets),
                Self::Count(InBytes),
                Self::Count(OutBytes),
            ],
            View::Rate => &[
                Self::Ordinary,
                Self::Count(ConnectionRate),
                Self::Count(InPacketRate),
                Self::Count(OutPacketRate),
                Self::Count(InByteRate),
                Self::Count(OutByteRate),
            ],
            View::Thresholds => &[
                Self::Ordinary,
                Self::UpperThreshold,
                Self::LowerThreshold,
                Self::Active,
                Self::Inactive,
            ],
            View::PersistentConnections => &[
                Self::Ordinary,
                Self::Weight,
                Self::Persistent,
                Self::Active,
                Self::Inactive,
            ],
        }
    }

    /// What the title line calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "default",
            Self::Scheduler => "Scheduler",
            Self::Forwarding => "Forward",
            Self::Weight => "Weight",
            Self::UpperThreshold => "Uthreshold",
            Self::LowerThreshold => "Lthreshold",
            Self::Persistent => "PersistConn",
            Self::Active => "ActiveConn",
            Self::Inactive => "InActConn",
            Self::Count(counter) => match counter {
                Counter::Connections => "Conns",
                Counter::InPackets => "InPkts",
                Counter::OutPackets => "OutPkts",
                Counter::InBytes => "InBytes",
                Counter::OutBytes => "OutBytes",
                Counter::ConnectionRate => "CPS",
                Counter::InPacketRate => "InPPS",
                Counter::OutPacketRate => "OutPPS",
                Counter::InByteRate => "InBPS",
                Counter::OutByteRate => "OutBPS",
            },
        }
    }

    fn of_server(self, entry: &DestinationEntry) -> Key<'static> {
        let number = match self {
            Self::Ordinary | Self::Scheduler => return Key::None,
            Self::Forwarding => return Key::Word(method(entry.destination.forwarding)),
            // Shown as an int.
            Self::Weight => i128::from(entry.destination.weight as i32),
            Self::UpperThreshold => entry.destination.upper_threshold.into(),
            Self::LowerThreshold => entry.destination.lower_threshold.into(),
            Self::Persistent => entry.activity.persistent.into(),
            Self::Active => entry.activity.active.into(),
            Self::Inactive => entry.activity.inactive.into(),
            Self::Count(counter) => counter.of(&entry.stats).into(),
        };
        Key::Number(Reverse(number))
    }

    /// Services that have no such column go by the sum of their servers.
    fn of_service(self, entry: &ServiceEntry) -> Key<'_> {
        match self {
            Self::Ordinary | Self::Forwarding => Key::None,
            Self::Scheduler => Key::Word(entry.service.scheduler.as_ref().map_or("", Name::as_str)),
            Self::Count(counter) => Key::Number(Reverse(counter.of(&entry.stats).into())),
            Self::Weight
            | Self::UpperThreshold
            | Self::LowerThreshold
            | Self::Persistent
            | Self::Active
            | Self::Inactive => {
                let servers = entry.destinations.iter();
                let numbers = servers.map(|server| match self.of_server(server) {
                    Key::Number(Reverse(number)) => number,
                    Key::None | Key::Word(_) => 0,
                });
                Key::Number(Reverse(numbers.sum()))
            }
        }
    }
}

/// Which column of a view, and which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sorting {
    column: usize,
    /// The other way round.
    pub(super) reversed: bool,
}

impl Sorting {
    /// The column of this view.
    pub(super) fn column(self, view: View) -> Column {
        let found = Column::of(view).get(self.column);
        found.copied().unwrap_or(Column::Ordinary)
    }

    /// By the next column to the right, or the first.
    pub(super) fn right(&mut self, view: View) {
        self.column = (self.column + 1) % Column::of(view).len().max(1);
    }

    /// By the next column to the left, or the last.
    pub(super) fn left(&mut self, view: View) {
        let count = Column::of(view).len().max(1);
        self.column = (self.column + count - 1) % count;
    }
}

/// A row: a service by its place in the table, and a server by its place in
/// the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The place of the service.
    pub(super) service: usize,
    /// The place of the server; none in the row of the service.
    pub(super) server: Option<usize>,
}

/// Every row of a table, in order.
pub(super) fn rows(entries: &[ServiceEntry], view: View, sorting: Sorting) -> Vec<Row> {
    let (column, reversed) = (sorting.column(view), sorting.reversed);
    let mut rows = Vec::new();
    for service in ordered(entries, reversed, |entry| column.of_service(entry)) {
        rows.push(Row {
            service,
            server: None,
        });
        let servers = entries
            .get(service)
            .map_or(&[][..], |entry| &entry.destinations);
        let servers = ordered(servers, reversed, |server| column.of_server(server));
        rows.extend(servers.into_iter().map(|server| Row {
            service,
            server: Some(server),
        }));
    }
    rows
}

/// The places of items in the order of their keys; equal ones stay as they are.
fn ordered<'a, T>(items: &'a [T], reversed: bool, key: impl Fn(&'a T) -> Key<'a>) -> Vec<usize> {
    let mut keyed: Vec<_> = items.iter().map(key).enumerate().collect();
    keyed.sort_by(|(_, one), (_, other)| one.cmp(other));
    if reversed {
        keyed.reverse();
    }
    keyed.into_iter().map(|(place, _)| place).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ipvs::model::{Destination, Family, Forwarding, Service, VirtualId};

    /// Services by mark, scheduler and connections, with servers by forwarding
    /// method, weight and active connections.
    fn table() -> Vec<ServiceEntry> {
        use Forwarding::{DirectRoute, Masquerade, Tunnel};
        let service = |mark, scheduler: &str, connections, servers: [(Forwarding, u32, u32); 2]| {
            let id = VirtualId::Fwmark {
                mark,
                family: Family::V4,
            };
            let stats = Stats {
                connections,
                ..Stats::default()
            };
            let mut entry = ServiceEntry::new(Service::new(id, scheduler.parse().unwrap()), stats);
            for (forwarding, weight, active) in servers {
                let address = "10.0.0.1".parse().unwrap();
                let mut server = Destination::new(address, 80, forwarding);
                server.weight = weight;
                let mut server = DestinationEntry::new(server);
                server.activity.active = active;
                server.stats.connections = u64::from(active);
                entry.destinations.push(server);
            }
            entry
        };
        vec![
            service(1, "wlc", 10, [(Tunnel, 1, 1), (DirectRoute, 5, 0)]),
            service(2, "rr", 30, [(Masquerade, 2, 4), (Masquerade, u32::MAX, 9)]),
            service(3, "sh", 20, [(DirectRoute, 0, 3), (Masquerade, 0, 3)]),
        ]
    }

    /// The services with the servers of each, by their places.
    fn order(view: View, column: Column, reversed: bool) -> String {
        let mut sorting = Sorting {
            reversed,
            ..Sorting::default()
        };
        while sorting.column(view) != column {
            sorting.right(view);
        }
        let mut text = String::new();
        for row in rows(&table(), view, sorting) {
            match row.server {
                None => text += &format!(" {}:", row.service),
                Some(server) => text += &server.to_string(),
            }
        }
        text.trim_start().to_owned()
    }

    #[test]
    fn services_and_the_servers_of_each_go_by_a_column() {
        use View::{Plain, Stats};
        for (view, column, up, down) in [
            (Plain, Column::Ordinary, "0:01 1:01 2:01", "2:10 1:10 0:10"),
            (Plain, Column::Scheduler, "1:01 2:01 0:01", "0:10 2:10 1:10"),
            (
                Plain,
                Column::Forwarding,
                "0:10 1:01 2:10",
                "2:01 1:10 0:01",
            ),
            // The largest first; -1 is the smallest.
            (Plain, Column::Weight, "0:10 1:01 2:01", "2:10 1:10 0:01"),
            (Plain, Column::Active, "1:10 2:01 0:01", "0:10 2:10 1:01"),
            (
                Stats,
                Column::Count(Counter::Connections),
                "1:10 2:01 0:01",
                "0:10 2:10 1:01",
            ),
        ] {
            assert_eq!(order(view, column, false), up, "{column:?}");
            assert_eq!(order(view, column, true), down, "{column:?}");
        }
    }

    #[test]
    fn columns_are_those_of_the_title() {
        for view in [
            View::Plain,
            View::Stats,
            View::Rate,
            View::Thresholds,
            View::PersistentConnections,
            View::TunnelInfo,
        ] {
            let mut title = Vec::new();
            crate::render::titles(&mut title, Default::default(), view).unwrap();
            let title = String::from_utf8(title).unwrap();
            for column in Column::of(view).iter().skip(1) {
                let name = column.name();
                assert!(title.split_whitespace().any(|word| word == name), "{name}");
            }
        }
    }

    #[test]
    fn the_columns_are_a_ring() {
        let (view, mut sorting) = (View::Stats, Sorting::default());
        sorting.left(view);
        assert_eq!(sorting.column(view).name(), "OutBytes");
        sorting.right(view);
        assert_eq!(sorting.column(view), Column::Ordinary);
        sorting.right(view);
        assert_eq!(sorting.column(view).name(), "Conns");
    }
}
