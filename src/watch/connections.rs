//! Connections on a terminal. Of a table that may be long no more rows are
//! held than the window has room for.

use std::collections::{HashMap, VecDeque};
use std::io::BufRead;
use std::net::IpAddr;
use std::time::Duration;

use super::filter::RowFilter;
use super::frame::{Frame, Size, Style};
use super::keys::Action;
use super::status::{self, BarContent, Shown};
use crate::names::NameOf;
use crate::render::{self, RowText};
use ipvs::connections::{
    By, Connection, Count, Endpoint, Filter, Grouping, Interrupted, Key, for_each_line,
};

/// Rows of the kernel's table that are next to each other.
#[derive(Default)]
pub struct Window {
    /// As the kernel wrote them.
    lines: VecDeque<Vec<u8>>,
    /// How many pass before them.
    first: usize,
    /// How many pass in all.
    total: usize,
}

impl Window {
    /// Reads a table, and keeps up to `room` of the connections that pass both filters,
    /// from that number on: the last ones, if there are fewer than that.
    fn read(
        table: impl BufRead,
        filter: &Filter,
        rows: &RowFilter,
        first: usize,
        room: usize,
    ) -> Result<Self, Interrupted> {
        let mut window = Self::default();
        let mut text = RowText::default();
        let end = first.saturating_add(room);
        for_each_line(table, |line, found| {
            let passes = filter.passes(found)
                && (!rows.narrows() || rows.passes(text.of_connection(found)?));
            if !passes {
                return Ok(());
            }
            if window.total < end && room > 0 {
                let full = window.lines.len() >= room;
                let oldest = if full { window.lines.pop_front() } else { None };
                let mut kept = oldest.unwrap_or_default();
                kept.clear();
                kept.extend_from_slice(line);
                window.lines.push_back(kept);
            }
            window.total = window.total.saturating_add(1);
            Ok(())
        })?;
        window.first = window.total.min(end).saturating_sub(window.lines.len());
        Ok(window)
    }

    fn connections(&self) -> impl Iterator<Item = Connection<'_>> {
        self.lines.iter().filter_map(|line| Connection::parse(line))
    }
}

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

/// The properties that counted connections have in common.
type Keys = (Key, Option<Key>);

/// The last look. The one before it tells what has changed since; at first nothing
/// has.
enum ConnectionsLook {
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

/// The states of connections that were seen, and whether these were all.
struct Before {
    states: HashMap<Ends, Vec<u8>>,
    all: bool,
}

impl Before {
    fn new(window: &Window) -> Self {
        let seen = window.connections();
        Self {
            states: seen
                .map(|found| (Ends::of(&found), found.state.to_vec()))
                .collect(),
            all: window.lines.len() == window.total,
        }
    }

    /// Returns whether a connection is new or has another state. One that may only
    /// have been outside of the window is not known to be new.
    fn differs(&self, connection: &Connection<'_>) -> bool {
        match self.states.get(&Ends::of(connection)) {
            Some(state) => state != connection.state,
            None => self.all,
        }
    }
}

/// The connections on the screen: which, and in which view.
pub struct ConnectionsScreen {
    engines: bool,
    interval: Duration,
    /// The first row that is shown.
    first: usize,
    filter: RowFilter,
    look: Option<ConnectionsLook>,
    time: String,
}

impl ConnectionsScreen {
    /// Before the first look. `engines` adds what persistence engines noted.
    pub fn new(engines: bool, interval: Duration) -> Self {
        Self {
            engines,
            interval,
            first: 0,
            filter: RowFilter::default(),
            look: None,
            time: String::new(),
        }
    }

    /// Reads the connections that are wanted of the next look.
    ///
    /// # Errors
    /// The errors of `table`.
    pub fn read(
        &self,
        table: impl BufRead,
        filter: &Filter,
        size: Size,
    ) -> Result<Window, Interrupted> {
        Window::read(table, filter, &self.filter, self.first, status::room(size))
    }

    /// A new look at connections, at that time.
    pub fn see(&mut self, window: Window, time: String) {
        let before = match &self.look {
            Some(ConnectionsLook::Rows { window, .. }) => Some(Before::new(window)),
            _ => None,
        };
        self.first = window.first;
        self.look = Some(ConnectionsLook::Rows { window, before });
        self.time = time;
    }

    /// A new look at counts, at that time.
    pub fn see_counts(
        &mut self,
        grouping: impl Into<Grouping>,
        mut counts: Vec<Count>,
        time: String,
    ) {
        if self.filter.narrows() {
            let mut text = RowText::default();
            // Nothing fails that is written to memory.
            counts.retain(|count| {
                text.of_count(count)
                    .is_ok_and(|row| self.filter.passes(row))
            });
        }
        let before = match self.look.take() {
            Some(ConnectionsLook::Counts { counts, .. }) => {
                let pair = |count: Count| {
                    let keys = (count.key, count.then);
                    (keys, (count.connections, count.templates))
                };
                Some(counts.into_iter().map(pair).collect())
            }
            _ => None,
        };
        let grouping = grouping.into();
        self.look = Some(ConnectionsLook::Counts {
            grouping,
            counts,
            before,
        });
        self.time = time;
    }

    /// Does what a key asks for; true if other connections must be read.
    pub fn act(&mut self, action: Action, size: Size) -> bool {
        let (rows, is_window) = match &self.look {
            Some(ConnectionsLook::Rows { window, .. }) => (window.total, true),
            Some(ConnectionsLook::Counts { counts, .. }) => (counts.len(), false),
            None => (0, false),
        };
        let scroll = match action {
            Action::Scroll(scroll) => scroll,
            Action::Filter(key) => {
                let others = self.filter.act(key);
                if others {
                    self.first = 0;
                    // Rows that did not pass before have not changed because of that.
                    self.look = None;
                }
                return others;
            }
            Action::Quit
            | Action::End(_)
            | Action::Suspend
            | Action::View(_)
            | Action::SortLeft
            | Action::SortRight
            | Action::Reverse => return false,
        };
        let first = scroll.from(self.first, rows, status::room(size));
        let moved = first != self.first;
        self.first = first;
        moved && is_window
    }

    /// Returns whether another size of the window takes other connections.
    pub fn depends_on_size(&self) -> bool {
        matches!(self.look, Some(ConnectionsLook::Rows { .. }))
    }

    /// The addresses that a window of that size shows.
    pub fn addresses(&self, size: Size) -> Vec<IpAddr> {
        match &self.look {
            Some(ConnectionsLook::Rows { window, .. }) => window
                .connections()
                .flat_map(|found| [found.client, found.service, found.server])
                .map(|end| end.address)
                .collect(),
            Some(ConnectionsLook::Counts { counts, .. }) => {
                let shown = counts.iter().skip(self.first).take(status::room(size));
                shown.flat_map(Count::addresses).collect()
            }
            None => Vec::new(),
        }
    }

    /// Draws what there is room for.
    pub fn draw(&self, size: Size, names: &dyn NameOf) -> Vec<u8> {
        let mut frame = Frame::new(size);
        let mut text = Vec::new();
        let room = status::room(size);
        let (told, shown, marks) = match &self.look {
            Some(ConnectionsLook::Rows { window, before }) => {
                let lines: Vec<u8> = window.lines.iter().take(room).flatten().copied().collect();
                let every = Filter::default();
                // Nothing fails that is written to memory.
                let _ = render::connections(&mut text, &lines[..], &every, self.engines, names);
                let changed = |found: Connection<'_>| {
                    let before = before.as_ref();
                    before.is_some_and(|before| before.differs(&found))
                };
                let shown = Shown {
                    first: window.first,
                    rows: window.total,
                    room: room.min(window.lines.len()),
                };
                let marks: Vec<_> = window.connections().map(changed).collect();
                (told("connections", window.total), shown, marks)
            }
            Some(ConnectionsLook::Counts {
                grouping,
                counts,
                before,
            }) => {
                let first = self.first.min(counts.len().saturating_sub(room));
                let end = counts.len().min(first.saturating_add(room));
                let visible = counts.get(first..end).unwrap_or_default();
                text.extend_from_slice(b"IPVS connections\n");
                let _ = render::counts(&mut text, *grouping, visible, names);
                let changed = |count: &Count| {
                    let now = (count.connections, count.templates);
                    let keys = (count.key.clone(), count.then.clone());
                    let before = before.as_ref();
                    before.is_some_and(|before| before.get(&keys) != Some(&now))
                };
                let sum = |sum: u64, count: &Count| {
                    let all = count.connections.saturating_add(count.templates);
                    sum.saturating_add(all)
                };
                let total = usize::try_from(counts.iter().fold(0, sum)).unwrap_or(usize::MAX);
                let shown = Shown {
                    first,
                    rows: counts.len(),
                    room,
                };
                let marks = visible.iter().map(changed).collect();
                (told(&kind(*grouping), total), shown, marks)
            }
            None => return frame.finish(),
        };
        let told = BarContent {
            filter: self.filter.told(),
            ..told
        };
        status::bar(&mut frame, &self.time, self.interval, &told, shown);
        let mut lines = text.split_inclusive(|byte| *byte == b'\n');
        for title in lines.by_ref().take(2) {
            status::titles(&mut frame, title);
        }
        for (line, changed) in lines.zip(marks) {
            let style = Style::Row {
                changed,
                emphasis: None,
            };
            frame.line(line, style);
        }
        status::keys(&mut frame, size, &self.filter, status::KEYS_OF_CONNECTIONS);
        frame.finish()
    }
}

fn told(what: &str, total: usize) -> BarContent {
    BarContent {
        what: what.to_owned(),
        number: status::plural(total, "connection"),
        filter: None,
    }
}

/// Returns what counts are of.
fn kind(Grouping { by, then }: Grouping) -> String {
    let name = |by| match by {
        By::Server => "server",
        By::Client => "client",
        By::State => "state",
        By::Service => "service",
    };
    match then {
        None => format!("connections by {}", name(by)),
        Some(then) => format!("connections by {} and {}", name(by), name(then)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::keys::Scroll;
    use super::*;
    use crate::names::Numeric;

    const SIZE: Size = Size {
        columns: 100,
        rows: 9,
    };

    /// The kernel's table, of connections by a client's port and a state.
    fn table(connections: &[(u16, &str)]) -> Vec<u8> {
        let mut table =
            "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires\n".to_owned();
        for (port, state) in connections {
            table += &format!(
                "TCP 0A000009 {port:04X} 0A000001 0050 0A010002 0050 {state:11}      99\n"
            );
        }
        table.into_bytes()
    }

    fn see(connections: &mut ConnectionsScreen, table: &[u8], filter: &Filter) {
        let window = connections.read(table, filter, SIZE).unwrap();
        assert!(window.lines.len() <= status::room(SIZE));
        connections.see(window, "2026-11-21T10:50:10.123Z".to_owned());
    }

    /// The end of the bar, and the ports of the clients with their marks.
    fn shown(connections: &ConnectionsScreen) -> String {
        let text = String::from_utf8(connections.draw(SIZE, &Numeric)).unwrap();
        let bar = text.split_once("every 2s  connections  ").unwrap().1;
        let mut shown = bar.split_once("\x1b").unwrap().0.replace("  ", ", ") + ":";
        for line in text.lines().filter(|line| line.contains("10.0.0.9:")) {
            let port = line
                .split_once("10.0.0.9:")
                .unwrap()
                .1
                .split_once(' ')
                .unwrap()
                .0;
            let mark = if line.contains("*TCP") { "*" } else { "" };
            shown += &format!(" {mark}{port}");
        }
        shown
    }

    fn many(count: u16) -> Vec<u8> {
        let rows: Vec<_> = (1..=count).map(|port| (port, "ESTABLISHED")).collect();
        table(&rows)
    }

    #[test]
    fn no_more_is_held_than_fits() {
        let (every, table) = (Filter::default(), many(100));
        let mut connections = ConnectionsScreen::new(false, Duration::from_secs(2));
        for (scroll, expected) in [
            (Scroll::Up, "1-5 of 100, 100 connections: 1 2 3 4 5"),
            (Scroll::Down, "2-6 of 100, 100 connections: 2 3 4 5 6"),
            (
                Scroll::PageDown,
                "7-11 of 100, 100 connections: 7 8 9 10 11",
            ),
            (
                Scroll::Last,
                "96-100 of 100, 100 connections: 96 97 98 99 100",
            ),
            (
                Scroll::Down,
                "96-100 of 100, 100 connections: 96 97 98 99 100",
            ),
        ] {
            connections.act(Action::Scroll(scroll), SIZE);
            see(&mut connections, &table, &every);
            let expected = format!("rows {expected}");
            assert_eq!(shown(&connections), expected, "{scroll:?}");
        }
        // Some have ended meanwhile.
        see(&mut connections, &many(7), &every);
        assert_eq!(
            shown(&connections),
            "rows 3-7 of 7, 7 connections: 3 4 5 6 7"
        );
        see(&mut connections, &many(0), &every);
        assert_eq!(shown(&connections), "no rows, 0 connections:");
        let window = Window::read(&table[..], &every, &RowFilter::default(), 5, 0).unwrap();
        assert_eq!((window.lines.len(), window.total), (0, 100));
    }

    #[test]
    fn only_those_that_pass_are_counted() {
        let filter = Filter {
            state: Some("TIME_WAIT"),
            ..Filter::default()
        };
        let table = table(&[(1, "ESTABLISHED"), (2, "TIME_WAIT"), (3, "TIME_WAIT")]);
        let mut connections = ConnectionsScreen::new(false, Duration::from_secs(2));
        see(&mut connections, &table, &filter);
        assert_eq!(shown(&connections), "rows 1-2 of 2, 2 connections: 2 3");
    }

    #[test]
    fn new_connections_and_new_states_are_marked() {
        let every = Filter::default();
        let mut connections = ConnectionsScreen::new(false, Duration::from_secs(2));
        see(
            &mut connections,
            &table(&[(1, "SYN_RECV"), (2, "ESTABLISHED")]),
            &every,
        );
        assert_eq!(shown(&connections), "rows 1-2 of 2, 2 connections: 1 2");
        let later = [(1, "ESTABLISHED"), (2, "ESTABLISHED"), (3, "SYN_RECV")];
        see(&mut connections, &table(&later), &every);
        assert_eq!(shown(&connections), "rows 1-3 of 3, 3 connections: *1 2 *3");
        // A connection that was outside of the window may be old.
        see(&mut connections, &many(9), &every);
        connections.act(Action::Scroll(Scroll::Last), SIZE);
        see(&mut connections, &many(9), &every);
        assert_eq!(
            shown(&connections),
            "rows 5-9 of 9, 9 connections: 5 6 7 8 9"
        );
    }

    #[test]
    fn counts_that_changed_are_marked() {
        let mut connections = ConnectionsScreen::new(false, Duration::from_secs(2));
        let mut drawn = Vec::new();
        let before = table(&[(1, "ESTABLISHED"), (2, "TIME_WAIT")]);
        let after = table(&[(1, "ESTABLISHED"), (2, "ESTABLISHED"), (3, "TIME_WAIT")]);
        for table in [&before, &before, &after] {
            let counts =
                ipvs::connections::count(&table[..], &Filter::default(), By::State).unwrap();
            connections.see_counts(By::State, counts, String::new());
            drawn.push(String::from_utf8(connections.draw(SIZE, &Numeric)).unwrap());
        }
        let marks = |text: &String| text.matches('*').count();
        assert_eq!(drawn.iter().map(marks).collect::<Vec<_>>(), [0, 0, 1]);
        assert!(
            drawn[2].contains("by state  rows 1-2 of 2  3 connections"),
            "{}",
            drawn[2]
        );
        assert!(
            drawn[2].contains("*          2         0 ESTABLISHED"),
            "{}",
            drawn[2]
        );
    }
}
