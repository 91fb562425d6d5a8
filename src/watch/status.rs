//! The lines around the rows: a bar above the titles, the keys at the foot.

use std::time::Duration;

use super::filter::RowFilter;
use super::frame::{Frame, Size, Style};

/// Which rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The first of them, from 0.
    pub(super) first: usize,
    /// How many there are.
    pub(super) rows: usize,
    /// How many fit.
    pub(super) room: usize,
}

/// Keys and what they do, those first that matter most.
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
/// The keys while a filter is typed.
const KEYS_OF_FILTER: &[&str] = &["Enter keep", "Escape clear"];

/// The bar, and two lines of titles.
const ABOVE: usize = 3;
/// From this height on there is a line for the keys.
const ROOMY: usize = 8;

/// How many rows a window has room for.
pub(super) fn room(size: Size) -> usize {
    let below = usize::from(size.rows >= ROOMY);
    size.rows.saturating_sub(ABOVE + below)
}

/// The content of the bar.
pub(super) struct BarContent {
    /// The name of the view, and the order of the rows.
    pub(super) what: String,
    /// How much there is of it.
    pub(super) number: String,
    /// The text that narrows the rows.
    pub(super) filter: Option<String>,
}

/// The first line of a frame: when and how often, what, which rows, and how
/// much there is. What matters most comes first: a narrow window cuts it.
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
    // The time of day is enough.
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

/// The lines of titles, in the columns of the rows below.
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

/// The last line, where there is room: as many keys as fit.
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
