//! The order of rows by a column: services among each other, and servers within their service.

use std::borrow::Cow;
use std::cmp::Reverse;

use super::{Cell, Column, View};
use ipvs::model::{DestinationEntry, Name, ServiceEntry};

/// The key that rows are sorted by: words ascending, numbers descending. Rows without a word or
/// number keep their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey<'a> {
    None,
    Word(Cow<'a, str>),
    Number(Reverse<i128>),
}

impl Column {
    fn of_server(&self, entry: &DestinationEntry) -> SortKey<'static> {
        match self.cell {
            Cell::Scheduler => SortKey::None,
            Cell::Word { of, .. } => SortKey::Word(of(&entry.destination)),
            Cell::Number { of, .. } => SortKey::Number(Reverse(of(entry).into())),
            Cell::Sum { of, .. } => SortKey::Number(Reverse(of(entry).into())),
            Cell::Counter { of }
            | Cell::Rate { of, .. }
            | Cell::ShortRate { of, .. }
            | Cell::Share { of } => SortKey::Number(Reverse(of(&entry.stats).into())),
        }
    }

    /// Returns the key of a service. If it has no such column itself, the sum of its servers
    /// counts.
    fn of_service<'a>(&self, entry: &'a ServiceEntry) -> SortKey<'a> {
        match self.cell {
            Cell::Scheduler => {
                let name = entry.service.scheduler.as_ref().map_or("", Name::as_str);
                SortKey::Word(name.into())
            }
            Cell::Word { .. } | Cell::Share { .. } => SortKey::None,
            Cell::Number { of, .. } => {
                let numbers = entry.destinations.iter().map(of);
                SortKey::Number(Reverse(numbers.map(i128::from).sum()))
            }
            Cell::Sum { of, over, .. } => {
                let sum = over.sum(&entry.service, &entry.destinations, of);
                // Services without a sum come after the others.
                SortKey::Number(Reverse(sum.unwrap_or(i128::MIN)))
            }
            Cell::Counter { of } | Cell::Rate { of, .. } | Cell::ShortRate { of, .. } => {
                SortKey::Number(Reverse(of(&entry.stats).into()))
            }
        }
    }
}

/// The order of rows: the ordinary one or by a column, and its direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sorting {
    /// The number of the column, from 1 on. 0 is the order of the listing: by address, or the
    /// kernel's.
    column: usize,
    /// True for the opposite direction.
    pub(crate) reversed: bool,
}

impl Sorting {
    /// Returns the column of this view; none for the order of the listing.
    pub(crate) fn column(self, view: View) -> Option<&'static Column> {
        let columns = view.description().columns;
        columns.get(self.column.checked_sub(1)?)
    }

    /// Sorts by the next column to the right; after the last column comes the order of the listing.
    pub(crate) fn right(&mut self, view: View) {
        self.column = (self.column + 1) % orders(view);
    }

    /// Sorts by the next column to the left, in the same circle.
    pub(crate) fn left(&mut self, view: View) {
        let count = orders(view);
        self.column = (self.column + count - 1) % count;
    }
}

/// Returns the number of orders that a view has.
fn orders(view: View) -> usize {
    view.description().columns.len() + 1
}

/// The place of a row: a service by its place in the table, and a server by its
/// place in the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ColumnPlace {
    /// The place of the service.
    pub(crate) service: usize,
    /// The place of the server; none in the row of the service.
    pub(crate) server: Option<usize>,
}

/// Returns the places of all rows of a table, in order.
pub(crate) fn places(entries: &[ServiceEntry], view: View, sorting: Sorting) -> Vec<ColumnPlace> {
    let (column, reversed) = (sorting.column(view), sorting.reversed);
    let of_service = |entry| column.map_or(SortKey::None, |column| column.of_service(entry));
    let of_server = |server| column.map_or(SortKey::None, |column| column.of_server(server));
    let mut places = Vec::new();
    for service in ordered(entries, reversed, of_service) {
        places.push(ColumnPlace {
            service,
            server: None,
        });
        let servers = entries
            .get(service)
            .map_or(&[][..], |entry| &entry.destinations);
        let servers = ordered(servers, reversed, of_server);
        places.extend(servers.into_iter().map(|server| ColumnPlace {
            service,
            server: Some(server),
        }));
    }
    places
}

/// Returns the places of items in the order of their keys; equal items keep their order.
fn ordered<'a, T>(
    items: &'a [T],
    reversed: bool,
    key: impl Fn(&'a T) -> SortKey<'a>,
) -> Vec<usize> {
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
    use ipvs::model::{Destination, Family, Forwarding, Service, Stats, VirtualId};

    /// Returns services that differ in mark, scheduler and connections, with servers that differ in
    /// forwarding method, weight and active connections.
    fn table() -> Vec<ServiceEntry> {
        use Forwarding::{DirectRoute, Masquerade, Tunnel};
        let service =
            |mark: u32, scheduler: &str, connections, servers: [(Forwarding, u32, u32); 2]| {
                let id = VirtualId::Fwmark {
                    mark: mark.try_into().unwrap(),
                    family: Family::V4,
                };
                let stats = Stats {
                    connections,
                    ..Stats::default()
                };
                let mut entry =
                    ServiceEntry::new(Service::new(id, scheduler.parse().unwrap()), stats);
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

    /// Returns the places of the services and of their servers, in order.
    fn order(view: View, column: Option<&str>, reversed: bool) -> String {
        let mut sorting = Sorting {
            reversed,
            ..Sorting::default()
        };
        while sorting.column(view).map(|column| column.title) != column {
            sorting.right(view);
        }
        let mut text = String::new();
        for row in places(&table(), view, sorting) {
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
            (Plain, None, "0:01 1:01 2:01", "2:10 1:10 0:10"),
            (Plain, Some("Scheduler"), "1:01 2:01 0:01", "0:10 2:10 1:10"),
            (Plain, Some("Forward"), "0:10 1:01 2:10", "2:01 1:10 0:01"),
            // The largest first; -1 is the smallest.
            (Plain, Some("Weight"), "0:10 1:01 2:01", "2:10 1:10 0:01"),
            (
                Plain,
                Some("ActiveConn"),
                "1:10 2:01 0:01",
                "0:10 2:10 1:01",
            ),
            (Stats, Some("Conns"), "1:10 2:01 0:01", "0:10 2:10 1:01"),
        ] {
            assert_eq!(order(view, column, false), up, "{column:?}");
            assert_eq!(order(view, column, true), down, "{column:?}");
        }
    }

    #[test]
    fn the_columns_are_a_ring() {
        let (view, mut sorting) = (View::Stats, Sorting::default());
        let title = |sorting: Sorting| sorting.column(view).map(|column| column.title);
        sorting.left(view);
        assert_eq!(title(sorting), Some("OutBytes"));
        sorting.right(view);
        assert_eq!(title(sorting), None);
        sorting.right(view);
        assert_eq!(title(sorting), Some("Conns"));
    }
}
