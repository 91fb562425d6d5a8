//! Connections on a terminal: the ones that are shown, and the effects of keys.

mod looks;
mod picture;
mod window;

use std::io::BufRead;
use std::net::IpAddr;
use std::time::Duration;

use super::filter::RowFilter;
use super::frame::Size;
use super::keys::Action;
use super::status;
use crate::render::RowText;
use ipvs::connections::{Count, Filter, Grouping, Interrupted};
use looks::{Before, ConnectionsLook};
pub use window::Window;

/// The connections on the screen, one by one or counted.
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
    /// Begins, before the first look. `engines` adds the data that persistence engines noted.
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

    /// Reads the connections that the next look needs.
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

    /// Takes over a new look at connections, made at `time`.
    pub fn see(&mut self, window: Window, time: String) {
        let before = match &self.look {
            Some(ConnectionsLook::Rows { window, .. }) => Some(Before::new(window)),
            _ => None,
        };
        self.first = window.first;
        self.look = Some(ConnectionsLook::Rows { window, before });
        self.time = time;
    }

    /// Takes over a new look at counts, made at `time`.
    pub fn see_counts(
        &mut self,
        grouping: impl Into<Grouping>,
        mut counts: Vec<Count>,
        time: String,
    ) {
        if self.filter.narrows() {
            let mut text = RowText::default();
            // Writing to memory does not fail.
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

    /// Does what a key asks for, and returns whether connections must be read again.
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
                    // Rows that did not pass the filter before have not changed because of that.
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

    /// Returns whether other connections must be read when the window's size changes.
    pub fn depends_on_size(&self) -> bool {
        matches!(self.look, Some(ConnectionsLook::Rows { .. }))
    }

    /// Returns the addresses that a window of that size shows.
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
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
