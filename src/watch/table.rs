//! The table on a terminal: the part of the last look that is shown.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::filter::RowFilter;
use super::frame::{Frame, Size, Style};
use super::keys::Action;
use super::rates::{Meter, RowId};
use super::rows::ShownRows;
use super::status::{self, BarContent, Shown};
use crate::estimation::Frozen;
use crate::names::NameOf;
use crate::render::{self, Cells, Layout, Rates, RowWriter};
use crate::view::{ColumnPlace, Emphasis, Numbers, Order, Paint, Sorting, View};
use ipvs::model::{DestinationEntry, ServiceEntry};

/// A look at the table.
#[derive(Default)]
struct TableLook {
    entries: Vec<ServiceEntry>,
    /// The place of each row, and whether its rates are known.
    places: HashMap<RowId, (ColumnPlace, Rates)>,
}

impl TableLook {
    fn new(entries: Vec<ServiceEntry>, meter: &Meter) -> Self {
        let mut places = HashMap::new();
        for (service, entry) in entries.iter().enumerate() {
            let id = &entry.service.id;
            let mut note = |row: RowId, server| {
                places.insert(row, (ColumnPlace { service, server }, meter.rates(&row)));
            };
            note(RowId::service(id), None);
            for (place, server) in entry.destinations.iter().enumerate() {
                note(RowId::server(id, server), Some(place));
            }
        }
        Self { entries, places }
    }

    fn find(&self, row: ColumnPlace) -> Option<(&ServiceEntry, Option<&DestinationEntry>)> {
        let entry = self.entries.get(row.service)?;
        match row.server {
            None => Some((entry, None)),
            Some(place) => Some((entry, Some(entry.destinations.get(place)?))),
        }
    }

    /// Returns the text of a row; none if there is no such row.
    fn text(&self, id: &RowId, view: View, rows: &mut RowWriter<'_>) -> Option<Vec<u8>> {
        let (row, rates) = *self.places.get(id)?;
        let mut text = Vec::new();
        match self.find(row)? {
            (entry, None) => {
                let cells = Cells::of(view, entry);
                rows.service(&mut text, &entry.service.id, cells, rates)
            }
            (entry, Some(server)) => {
                let servers = &entry.destinations;
                rows.server(&mut text, &entry.service.id, server, servers, rates)
            }
        }
        .ok()?;
        Some(text)
    }
}

/// The table on the screen: the shown part of it, and the view.
pub struct TableScreen {
    view: View,
    numbers: Numbers,
    order: Order,
    paint: Paint,
    interval: Duration,
    sorting: Sorting,
    /// The first row that is shown.
    first: usize,
    meter: Meter,
    current: TableLook,
    previous: Option<TableLook>,
    filter: RowFilter,
    /// The rows of the current look that pass the filter.
    rows: ShownRows,
    time: String,
    frozen: Option<Frozen>,
}

impl TableScreen {
    /// Begins with this view, before the first look.
    pub fn new(
        view: View,
        numbers: Numbers,
        order: Order,
        paint: Paint,
        interval: Duration,
    ) -> Self {
        Self {
            view,
            numbers,
            order,
            paint,
            interval,
            sorting: Sorting::default(),
            first: 0,
            meter: Meter::default(),
            current: TableLook::default(),
            previous: None,
            filter: RowFilter::default(),
            rows: ShownRows::default(),
            time: String::new(),
            frozen: None,
        }
    }

    /// Replaces the rates of a service that was just read; see [`Meter::measure`].
    pub fn measure(&mut self, entry: &mut ServiceEntry, service_at: Instant, servers_at: Instant) {
        self.meter.measure(entry, service_at, servers_at);
    }

    /// Takes over a new look, made at `time`, with the services in the ordinary order. `frozen`
    /// says why counters stand still, if they do.
    pub fn see(
        &mut self,
        entries: Vec<ServiceEntry>,
        time: String,
        frozen: Option<Frozen>,
        names: &dyn NameOf,
    ) {
        self.frozen = frozen;
        self.meter.end_look();
        let look = TableLook::new(entries, &self.meter);
        let before = std::mem::replace(&mut self.current, look);
        // There is no look before the first one.
        self.previous = (!self.time.is_empty()).then_some(before);
        self.time = time;
        self.rank(names);
    }

    /// Does what a key asks for.
    pub fn act(&mut self, action: Action, size: Size, names: &dyn NameOf) {
        match action {
            Action::View(view) => {
                if view != self.view {
                    self.sorting = Sorting::default();
                }
                self.view = view;
            }
            Action::SortLeft => self.sorting.left(self.view),
            Action::SortRight => self.sorting.right(self.view),
            Action::Reverse => self.sorting.reversed = !self.sorting.reversed,
            Action::Scroll(scroll) => {
                let room = status::room(size);
                self.first = scroll.from(self.first, self.rows.places.len(), room);
                return;
            }
            Action::Filter(key) => {
                if self.filter.act(key) {
                    self.first = 0;
                }
            }
            Action::Quit | Action::End(_) | Action::Suspend => return,
        }
        self.rank(names);
    }

    /// Draws as much as fits into the window.
    pub fn draw(&self, size: Size, names: &dyn NameOf) -> Vec<u8> {
        let room = status::room(size);
        let first = self.first.min(self.rows.places.len().saturating_sub(room));
        let mut frame = Frame::new(size);
        let shown = Shown {
            first,
            rows: self.rows.places.len(),
            room,
        };
        status::bar(&mut frame, &self.time, self.interval, &self.told(), shown);
        // A mark stands before each row.
        let layout = Layout::fit(self.view, self.rows.longest, size.columns.saturating_sub(1));
        let mut titles = Vec::new();
        // Writing to memory does not fail.
        let _ = render::title_lines(&mut titles, self.view, layout);
        status::titles(&mut frame, &titles);
        let rows = RowWriter::new(self.view, self.numbers, Paint::Plain, names);
        let mut rows = rows.with_layout(layout);
        for row in self.rows.places.iter().skip(first).take(room) {
            let Some((entry, server)) = self.current.find(*row) else {
                continue;
            };
            let id = match server {
                None => RowId::service(&entry.service.id),
                Some(server) => RowId::server(&entry.service.id, server),
            };
            let Some(text) = self.current.text(&id, self.view, &mut rows) else {
                continue;
            };
            let changed = self
                .previous
                .as_ref()
                .is_some_and(|look| look.text(&id, self.view, &mut rows).as_ref() != Some(&text));
            let emphasis = match self.paint {
                Paint::Plain => None,
                Paint::Colored => match server {
                    Some(server) => Emphasis::of(server),
                    None if self.view == View::Overview => Emphasis::of_service(entry),
                    None => None,
                },
            };
            frame.line(&text, Style::Row { changed, emphasis });
        }
        status::keys(&mut frame, size, &self.filter, status::KEYS_OF_TABLE);
        frame.finish()
    }

    fn rank(&mut self, names: &dyn NameOf) {
        let entries = &self.current.entries;
        self.rows = ShownRows::of(entries, self.view, self.sorting, &self.filter, names);
    }

    /// Returns the view, the order and the numbers, for the bar.
    fn told(&self) -> BarContent {
        let view = self.view.description().name;
        let column = match (self.sorting.column(self.view), self.order) {
            (Some(column), _) => column.title,
            (None, Order::Sorted) => "address",
            (None, Order::Kernel) => "kernel's order",
        };
        let reversed = if self.sorting.reversed {
            " reversed"
        } else {
            ""
        };
        let frozen = match self.frozen {
            Some(why) if self.view.counts() => format!(", standing still: {why}"),
            Some(_) | None => String::new(),
        };
        let shown = self.rows.places.iter().filter(|row| row.server.is_none());
        let services = shown.clone().count();
        let servers = self.rows.places.len().saturating_sub(services);
        let entries = shown.filter_map(|row| self.current.entries.get(row.service));
        let unserved = match self.view == View::Overview {
            true => entries.filter_map(Emphasis::of_service).count(),
            false => 0,
        };
        let unserved = match unserved {
            0 => String::new(),
            some => format!(" ({some} without a usable server)"),
        };
        BarContent {
            what: format!("{view} by {column}{reversed}{frozen}"),
            number: format!(
                "{}{unserved}, {}",
                status::plural(services, "service"),
                status::plural(servers, "server"),
            ),
            filter: self.filter.told(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::keys::Scroll;
    use super::*;
    use crate::names::Numeric;
    use ipvs::model::{Destination, Forwarding, Protocol, Service, Stats, VirtualId};

    const SIZE: Size = Size {
        columns: 80,
        rows: 10,
    };

    /// Returns a service whose servers have these weights and active connections.
    fn entry(connections: u64, servers: &[(u32, u32)]) -> ServiceEntry {
        let id = VirtualId::Endpoint {
            protocol: Protocol::Tcp,
            address: "192.0.2.80".parse().unwrap(),
            port: 80,
        };
        let stats = Stats {
            connections,
            ..Stats::default()
        };
        let mut entry = ServiceEntry::new(Service::new(id, "rr".parse().unwrap()), stats);
        for (number, &(weight, active)) in (1..).zip(servers) {
            let address = [10, 0, 0, number].into();
            let mut server = Destination::new(address, 80, Forwarding::Masquerade);
            server.weight = weight;
            server.upper_threshold = 9;
            let mut server = DestinationEntry::new(server);
            server.activity.active = active;
            entry.destinations.push(server);
        }
        entry
    }

    fn table(paint: Paint) -> TableScreen {
        let (view, numbers, order) = (View::Plain, Numbers::Scaled, Order::Sorted);
        TableScreen::new(view, numbers, order, paint, Duration::from_secs(2))
    }

    fn see(table: &mut TableScreen, mut entries: Vec<ServiceEntry>, at: Instant) {
        for entry in &mut entries {
            table.measure(entry, at, at);
        }
        let time = "2026-11-21T10:50:10.123Z".to_owned();
        table.see(entries, time, None, &Numeric);
    }

    /// Returns the lines on the screen, without the codes for bold text and colours.
    fn lines(table: &TableScreen, size: Size) -> Vec<String> {
        let text = String::from_utf8(table.draw(size, &Numeric)).unwrap();
        let text = text.split("\x1b[J").next().unwrap();
        let line = |line: &str| {
            let mut text = String::new();
            for (number, piece) in line.split('\x1b').enumerate() {
                text += match number {
                    0 => piece,
                    _ => piece.split_once(char::is_alphabetic).unwrap().1,
                };
            }
            text.trim_end().to_owned()
        };
        text.split("\r\n").map(line).collect()
    }

    #[test]
    fn a_frame_tells_what_it_shows() {
        let mut table = table(Paint::Plain);
        see(
            &mut table,
            vec![entry(7, &[(1, 2), (0, 0)])],
            Instant::now(),
        );
        let expected = "\
10:50:10Z  every 2s  plain by address  rows 1-3 of 3  1 service, 2 servers
 Prot LocalAddress:Port Scheduler Flags
   -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
 TCP  192.0.2.80:80 rr
   -> 10.0.0.1:80                  Masq    1      2          0
   -> 10.0.0.2:80                  Masq    0      0          0
q quit  o/s/r/p overview, stats, rate, plain  / filter  </> sort  R reverse
";
        assert_eq!(lines(&table, SIZE).join("\n"), expected);
    }

    #[test]
    fn rows_that_changed_are_marked() {
        let (start, mut table) = (Instant::now(), table(Paint::Plain));
        let marked = |table: &TableScreen| {
            let lines = lines(table, SIZE);
            let marked = lines.iter().filter(|line| line.starts_with('*'));
            let word = |line: &String| {
                line.split(' ')
                    .find(|word| word.contains(':'))
                    .unwrap()
                    .to_owned()
            };
            marked.map(word).collect::<Vec<_>>().join(" ")
        };
        see(&mut table, vec![entry(7, &[(1, 2), (1, 0)])], start);
        assert_eq!(marked(&table), "");
        let later = start + Duration::from_secs(2);
        see(&mut table, vec![entry(9, &[(1, 2), (1, 1), (1, 0)])], later);
        // One server has a connection more, one is new.
        assert_eq!(marked(&table), "10.0.0.2:80 10.0.0.3:80");
        table.act(Action::View(View::Stats), SIZE, &Numeric);
        assert_eq!(marked(&table), "192.0.2.80:80 10.0.0.3:80");
        table.act(Action::View(View::Plain), SIZE, &Numeric);
        assert_eq!(marked(&table), "10.0.0.2:80 10.0.0.3:80");
        // Another order changes no row.
        table.act(Action::Reverse, SIZE, &Numeric);
        assert_eq!(marked(&table), "10.0.0.3:80 10.0.0.2:80");
    }

    #[test]
    fn rates_are_ours() {
        let (start, mut table) = (Instant::now(), table(Paint::Plain));
        table.act(Action::View(View::Rate), SIZE, &Numeric);
        let row = |table: &TableScreen| lines(table, SIZE)[3].trim_start_matches('*').to_owned();
        see(&mut table, vec![entry(7, &[])], start);
        let dash = "        -";
        let label = "TCP  192.0.2.80:80               ";
        assert_eq!(
            row(&table).trim_start(),
            format!("{label}{}", dash.repeat(5))
        );
        see(
            &mut table,
            vec![entry(307, &[])],
            start + Duration::from_secs(3),
        );
        let zero = "        0";
        let expected = format!("{label}      100{}", zero.repeat(4));
        assert_eq!(row(&table), expected);
    }

    #[test]
    fn as_many_rows_as_fit() {
        let mut table = table(Paint::Plain);
        let many = entry(0, &[(1, 0); 200]);
        see(&mut table, vec![many], Instant::now());
        let shown = |table: &TableScreen, size| {
            let lines = lines(table, size);
            let rows: Vec<_> = lines.iter().filter(|line| line.contains("Masq")).collect();
            let word = |row: &&String| row.split_whitespace().nth(1).unwrap().to_owned();
            let ends = [rows.first(), rows.last()].map(|row| row.map(word).unwrap_or_default());
            format!("{} of {}: {}", rows.len(), lines.len(), ends.join(" "))
        };
        assert_eq!(shown(&table, SIZE), "5 of 10: 10.0.0.1:80 10.0.0.5:80");
        table.act(Action::Scroll(Scroll::PageDown), SIZE, &Numeric);
        assert_eq!(shown(&table, SIZE), "6 of 10: 10.0.0.6:80 10.0.0.11:80");
        table.act(Action::Scroll(Scroll::Last), SIZE, &Numeric);
        assert_eq!(shown(&table, SIZE), "6 of 10: 10.0.0.195:80 10.0.0.200:80");
        let wide = Size {
            columns: 100,
            rows: 24,
        };
        assert!(lines(&table, wide)[0].ends_with("rows 182-201 of 201  1 service, 200 servers"));
        // In a larger window, the last page begins at an earlier row.
        assert_eq!(shown(&table, wide), "20 of 24: 10.0.0.181:80 10.0.0.200:80");
        for rows in 0..5 {
            let small = Size { columns: 20, rows };
            assert!(lines(&table, small).len() <= rows.max(1));
        }
        see(&mut table, Vec::new(), Instant::now());
        assert!(lines(&table, wide)[0].ends_with("no rows  0 services, 0 servers"));
    }

    #[test]
    fn colours_are_for_those_who_ask() {
        let colored = |paint| {
            let mut table = table(paint);
            see(
                &mut table,
                vec![entry(7, &[(0, 0), (1, 9), (1, 8)])],
                Instant::now(),
            );
            let text = String::from_utf8(table.draw(SIZE, &Numeric)).unwrap();
            (
                text.contains("\x1b[33m   -> 10.0.0.1:80"),
                text.contains("\x1b[31m   -> 10.0.0.2:80"),
            )
        };
        assert_eq!(colored(Paint::Plain), (false, false));
        assert_eq!(colored(Paint::Colored), (true, true));
    }
}
