//! The lines around the rows: the bar above the titles, and the keys at the bottom.

use std::time::Duration;

use super::filter::RowFilter;
use super::frame::{Frame, Size, Style};

/// The part of the rows that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The number of the first shown row, from 0.
    pub(super) first: usize,
    /// The number of all rows.
    pub(super) rows: usize,
    /// The number of rows that fit.
    pub(super) room: usize,
}

/// The keys and their effects, the most important first.
pub(super) const KEYS_OF_TABLE: &[&str] = &[
    "q quit",
    "o/s/r/p overview, stats, rate, plain",
    "/ filter",
    "</> sort",
    "R reverse",
    "arrows, PgUp, PgDn scroll",
];
pub(super) const KEYS_OF_CONNECTIONS: &[&str] =
    &["q quit", "/ filter", "arrows, PgUp, PgDn, Home, End scroll"];
/// The keys while a filter is being typed.
const KEYS_OF_FILTER: &[&str] = &["Enter keep", "Escape clear"];

/// The number of lines above the rows: the bar, and two lines of titles.
const ABOVE: usize = 3;
/// The height from which on there is a line for the keys.
const ROOMY: usize = 8;

/// Returns the number of rows that a window has room for.
pub(super) fn room(size: Size) -> usize {
    let below = usize::from(size.rows >= ROOMY);
    size.rows.saturating_sub(ABOVE + below)
}

/// The content of the bar.
pub(super) struct BarContent {
    /// The name of the view, and the order of the rows.
    pub(super) what: String,
    /// The number of services, servers or connections.
    pub(super) number: String,
    /// The text that rows must contain.
    pub(super) filter: Option<String>,
}

/// Writes the first line of a frame: the time and the interval, the view, the rows that are shown,
/// and the numbers. The most important comes first, because a narrow window cuts the line.
pub(super) fn bar(
    frame: &mut Frame,
    time: &str,
    interval: Duration,
    told: &BarContent,
    shown: Shown,
) {
    let BarContent {
        what,
        number,
        filter,
    } = told;
    let filter = filter
        .as_ref()
        .map_or_else(String::new, |text| format!("  {text}"));
    // The time of day, without the date.
    let clock = time.get(11..19).unwrap_or_default();
    let interval = interval.as_secs_f64();
    let first = shown.first.saturating_add(1);
    let last = shown.first.saturating_add(shown.room).min(shown.rows);
    let rows = match first <= last {
        true => format!("rows {first}-{last} of {}", shown.rows),
        false if shown.rows == 0 => "no rows".to_owned(),
        false => format!("none of {} rows", shown.rows),
    };
    let text = format!("{clock}Z{filter}  every {interval}s  {what}  {rows}  {number}");
    frame.line(text.as_bytes(), Style::Bar);
}

/// Writes the lines of titles, which have the columns of the rows below.
pub(super) fn titles(frame: &mut Frame, titles: &[u8]) {
    for line in titles
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let style = Style::Row {
            changed: false,
            emphasis: None,
        };
        frame.line(line, style);
    }
}

/// Writes the last line, if there is room for it: as many keys as fit.
pub(super) fn keys(frame: &mut Frame, size: Size, filter: &RowFilter, keys: &[&str]) {
    if size.rows < ROOMY {
        return;
    }
    let keys = match filter.is_open() {
        true => KEYS_OF_FILTER,
        false => keys,
    };
    let mut line = String::new();
    for key in keys {
        let separator = if line.is_empty() { "" } else { "  " };
        if line.len() + separator.len() + key.len() > size.columns {
            break;
        }
        line.push_str(separator);
        line.push_str(key);
    }
    frame.line(line.as_bytes(), Style::Normal);
}

/// `1 service`, `2 services`
pub(super) fn plural(number: usize, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{ending}")
}
