//! The part of the connection table that a window shows. The table may be long, so only as many
//! rows are held as fit into the window.

use std::collections::VecDeque;
use std::io::BufRead;

use crate::render::RowText;
use crate::watch::filter::RowFilter;
use ipvs::connections::{Connection, Filter, Interrupted, for_each_line};

/// Consecutive rows of the kernel's table.
#[derive(Default)]
pub struct Window {
    /// The rows as the kernel wrote them.
    pub(super) lines: VecDeque<Vec<u8>>,
    /// The number of passing rows before them.
    pub(super) first: usize,
    /// The number of all passing rows.
    pub(super) total: usize,
}

impl Window {
    /// Reads a table, and keeps up to `room` of the connections that pass both filters, from number
    /// `first` on. If there are fewer than that, the last ones are kept.
    pub(super) fn read(
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

    pub(super) fn connections(&self) -> impl Iterator<Item = Connection<'_>> {
        self.lines.iter().filter_map(|line| Connection::parse(line))
    }
}
