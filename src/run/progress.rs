//! A bar that shows how far long work has come, for people at a terminal.
//!
//! It is written here because the crates for it bring a mathematics library that every start of the
//! program would have to load.

use std::fmt::{Arguments, Display};
use std::io::{IsTerminal, Stderr, Write, stderr};
use std::time::{Duration, Instant};

use super::Report;

/// Work that takes less time shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many changes go by between two looks at the clock.
const STRIDE: usize = 256;

/// The bar's own width. With the text around it the line must fit into 80 columns: if a terminal
/// breaks it in two, only the second part is overwritten.
const WIDTH: usize = 30;

/// A bar on standard error, if that is a terminal. It is erased when the work ends.
pub(super) struct Bar<W: Write = Stderr> {
    /// None where nobody can see it.
    terminal: Option<W>,
    drawn: bool,
}

impl Bar {
    /// Returns a bar that is not drawn yet.
    pub(super) fn new() -> Self {
        Self::on(stderr().is_terminal().then(stderr))
    }
}

impl<W: Write> Bar<W> {
    /// Returns a bar on this terminal.
    pub(super) fn on(terminal: Option<W>) -> Self {
        Self {
            terminal,
            drawn: false,
        }
    }

    /// Returns whether anybody can see it.
    pub(super) fn is_seen(&self) -> bool {
        self.terminal.is_some()
    }

    /// Draws the bar in place of the one before. Failing to write to the terminal does not stop the
    /// work.
    pub(super) fn draw(&mut self, done: usize, total: usize, text: Arguments<'_>) {
        let Some(terminal) = &mut self.terminal else {
            return;
        };
        let filled = done.saturating_mul(WIDTH) / total.max(1);
        let bar = "#".repeat(filled.min(WIDTH));
        // The previous text may have been longer, so the rest of the line is erased.
        let _ = write!(terminal, "\r[{bar:WIDTH$}] {text}\x1b[K");
        let _ = terminal.flush();
        self.drawn = true;
    }

    /// Erases the bar, if it is drawn, so that a line can be written.
    fn erase(&mut self) {
        if let (true, Some(terminal)) = (self.drawn, &mut self.terminal) {
            let _ = write!(terminal, "\r\x1b[K");
            self.drawn = false;
        }
    }
}

impl<W: Write> Drop for Bar<W> {
    fn drop(&mut self) {
        self.erase();
    }
}

/// The time between two lines, where no bar can be seen.
const EVERY: Duration = Duration::from_secs(10);

/// A bar for work that waits, or lines where no bar can be seen.
pub(super) struct BarOrLines<W: Write = Stderr> {
    bar: Bar<W>,
    /// The time of the next line.
    next: Duration,
}

impl<W: Write> BarOrLines<W> {
    pub(super) fn on(bar: Bar<W>) -> Self {
        Self { bar, next: EVERY }
    }

    /// Erases the bar, so that a line can be written.
    pub(super) fn erase(&mut self) {
        self.bar.erase();
    }

    /// Draws the bar, or writes the line if it is time for one.
    pub(super) fn tell(
        &mut self,
        time: Duration,
        line: &dyn Display,
        report: &mut Report<'_>,
        draw: impl FnOnce(&mut Bar<W>),
    ) {
        if self.bar.is_seen() {
            draw(&mut self.bar);
        } else if time >= self.next {
            self.next = self.next.saturating_add(EVERY);
            report(line);
        }
    }
}

/// A bar for a long restore, which appears after a second.
pub(super) struct RestoreProgress<W: Write = Stderr> {
    bar: Bar<W>,
    start: Instant,
    patience: Duration,
    done: usize,
    total: usize,
}

impl RestoreProgress {
    /// Returns the progress of work with this many changes.
    pub(super) fn towards(total: usize) -> Self {
        Self::with(Bar::new(), total, PATIENCE)
    }
}

impl<W: Write> RestoreProgress<W> {
    fn with(bar: Bar<W>, total: usize, patience: Duration) -> Self {
        Self {
            bar,
            start: Instant::now(),
            patience,
            done: 0,
            total,
        }
    }

    /// Sets the number of all changes.
    pub(super) fn is_towards(&mut self, total: usize) {
        self.total = total;
    }

    /// Counts one more change as made.
    pub(super) fn step(&mut self) {
        self.reach(self.done.saturating_add(1));
    }

    /// Sets the number of changes that have been made.
    pub(super) fn reach(&mut self, done: usize) {
        let is_due = done / STRIDE > self.done / STRIDE;
        self.done = done;
        if is_due && self.bar.is_seen() && self.start.elapsed() >= self.patience {
            let total = self.total;
            let text = format_args!("{done} of {total} changes");
            self.bar.draw(done, total, text);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// Returns the output to the terminal during 600 of 1024 changes, and at their end.
    fn written(patience: Duration) -> String {
        let mut terminal = Vec::new();
        let mut progress = RestoreProgress::with(Bar::on(Some(&mut terminal)), 1024, patience);
        for _ in 0..600 {
            progress.step();
        }
        drop(progress);
        String::from_utf8(terminal).unwrap()
    }

    #[test]
    fn a_long_restore_shows_a_bar_until_it_ends() {
        let quarter = format!(
            "\r[{}{}] 256 of 1024 changes\x1b[K",
            "#".repeat(7),
            " ".repeat(23)
        );
        let half = format!(
            "\r[{}{}] 512 of 1024 changes\x1b[K",
            "#".repeat(15),
            " ".repeat(15)
        );
        assert_eq!(written(Duration::ZERO), format!("{quarter}{half}\r\x1b[K"));
    }

    #[test]
    fn a_short_one_shows_nothing() {
        assert_eq!(written(Duration::from_secs(3600)), "");
    }
}
