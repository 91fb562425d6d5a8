//! The picture of connections: the rows of the last look, with marks, and the bar above them.

use super::ConnectionsScreen;
use super::looks::ConnectionsLook;
use crate::names::NameOf;
use crate::render::{self, ConnectionLayout};
use crate::watch::frame::{Frame, Size, Style};
use crate::watch::status::{self, BarContent, Shown};
use ipvs::connections::{By, Connection, Count, Filter, Grouping};

impl ConnectionsScreen {
    /// Draws as much as fits into the window.
    pub fn draw(&self, size: Size, names: &dyn NameOf) -> Vec<u8> {
        let mut frame = Frame::new(size);
        let mut text = Vec::new();
        let room = status::room(size);
        // A mark stands before each row.
        let columns = size.columns.saturating_sub(1);
        let (told, shown, marks) = match &self.look {
            Some(ConnectionsLook::Rows { window, before }) => {
                let lines: Vec<u8> = window.lines.iter().take(room).flatten().copied().collect();
                let (every, engines) = (Filter::default(), self.engines);
                let visible = window.connections().take(room);
                // Writing to memory does not fail.
                let layout = ConnectionLayout::fit(visible, engines, names, columns);
                let layout = layout.unwrap_or(ConnectionLayout::LISTING);
                let table = &lines[..];
                let _ = render::connections(&mut text, table, &every, engines, layout, names);
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
                let _ = render::counts(&mut text, *grouping, visible, Some(columns), names);
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

/// Returns the name of the keys that connections are counted by.
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
