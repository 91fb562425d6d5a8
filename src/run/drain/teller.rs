//! Saying how many connections are left.

use std::fmt::{self, Display, Formatter};
use std::io::{Stderr, Write};
use std::time::Duration;

use crate::run::Report;
use crate::run::progress::{Bar, BarOrLines};

/// `3 connections left after 10 s`
#[derive(Clone, Copy, Debug)]
pub(super) struct RemainingConnections {
    pub(super) connections: u64,
    pub(super) time: Duration,
}

impl Display for RemainingConnections {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (connections, time) = (ConnectionCount(self.connections), self.time.as_secs());
        write!(f, "{connections} after {time} s")
    }
}

/// `3 connections left`
struct ConnectionCount(u64);

impl Display for ConnectionCount {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} connection{plural} left", self.0)
    }
}

/// Says how many connections are left: all the time on a terminal, else in a line every 10 seconds.
pub(super) struct Teller<W: Write = Stderr> {
    shown: BarOrLines<W>,
    limit: Option<Duration>,
    most: u64,
}

impl Teller {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self::with(Bar::new(), limit)
    }
}

impl<W: Write> Teller<W> {
    fn with(bar: Bar<W>, limit: Option<Duration>) -> Self {
        Self {
            shown: BarOrLines::on(bar),
            limit,
            most: 0,
        }
    }

    /// Erases the bar, so that a line can be written.
    pub(super) fn erase(&mut self) {
        self.shown.erase();
    }

    pub(super) fn tell(&mut self, left: &RemainingConnections, report: &mut Report<'_>) {
        self.most = self.most.max(left.connections);
        let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let ended = size(self.most.saturating_sub(left.connections));
        let (most, limit) = (size(self.most), self.limit);
        let draw = |bar: &mut Bar<W>| match limit {
            Some(limit) => {
                let connections = ConnectionCount(left.connections);
                let (time, limit) = (left.time.as_secs(), limit.as_secs());
                let text = format_args!("{connections}, {time} of {limit} s");
                bar.draw(ended, most, text);
            }
            None => bar.draw(ended, most, format_args!("{left}")),
        };
        self.shown.tell(left.time, left, report, draw);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_line_every_10_seconds_where_there_is_no_terminal() {
        let mut teller = Teller::with(Bar::on(None::<Vec<u8>>), None);
        let mut lines = Vec::new();
        for half_seconds in 0..=63 {
            let left = RemainingConnections {
                connections: 64 - half_seconds,
                time: Duration::from_millis(500) * u32::try_from(half_seconds).unwrap(),
            };
            teller.tell(&left, &mut |line| lines.push(line.to_string()));
        }
        assert_eq!(
            lines,
            [
                "44 connections left after 10 s",
                "24 connections left after 20 s",
                "4 connections left after 30 s",
            ]
        );
    }

    #[test]
    fn a_bar_on_a_terminal() {
        let mut terminal = Vec::new();
        let limit = Some(Duration::from_secs(60));
        let mut teller = Teller::with(Bar::on(Some(&mut terminal)), limit);
        for (connections, seconds) in [(2, 0), (4, 1), (1, 11)] {
            let left = RemainingConnections {
                connections,
                time: Duration::from_secs(seconds),
            };
            teller.tell(&left, &mut |line| panic!("{line}"));
        }
        drop(teller);
        let nothing = " ".repeat(30);
        let three = format!("{}{}", "#".repeat(22), " ".repeat(8));
        assert_eq!(
            String::from_utf8(terminal).unwrap(),
            format!(
                "\r[{nothing}] 2 connections left, 0 of 60 s\x1b[K\
                 \r[{nothing}] 4 connections left, 1 of 60 s\x1b[K\
                 \r[{three}] 1 connection left, 11 of 60 s\x1b[K\r\x1b[K"
            )
        );
    }
}
