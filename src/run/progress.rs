//! How far a long restore has come, for who watches it on a terminal.
//!
//! Written here because the crates for it bring a mathematics library that
//! every start of the program would have to load.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// What takes less time needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many changes go by between two looks at the clock.
const STRIDE: usize = 256;

/// The bar's own width, without what stands around it.
const WIDTH: usize = 40;

/// A bar on standard error that comes after a second, if that is a terminal,
/// and is gone when the work is.
pub(super) struct Progress<W: Write = std::io::Stderr> {
    /// None where nobody can see it.
    terminal: Option<W>,
    start: Instant,
    patience: Duration,
    done: usize,
    total: usize,
    drawn: bool,
}

impl Progress {
    /// Towards so many changes.
    pub(super) fn towards(total: usize) -> Self {
        let terminal = stderr().is_terminal().then(stderr);
        Self::drawn_on(terminal, total, PATIENCE)
    }
}

impl<W: Write> Progress<W> {
    fn drawn_on(terminal: Option<W>, total: usize, patience: Duration) -> Self {
        Self {
            terminal,
            start: Instant::now(),
            patience,
            done: 0,
            total,
            drawn: false,
        }
    }

    /// Another change has been made.
    pub(super) fn step(&mut self) {
        self.reach(self.done.saturating_add(1));
    }

    /// So many changes have been made.
    pub(super) fn reach(&mut self, done: usize) {
        let is_due = done / STRIDE > self.done / STRIDE;
        self.done = done;
        if is_due && self.terminal.is_some() && self.start.elapsed() >= self.patience {
            self.draw();
        }
    }

    /// A terminal that can't be written to is no reason to stop.
    fn draw(&mut self) {
        let Some(terminal) = &mut self.terminal else {
            return;
        };
        let (done, total) = (self.done, self.total);
        let filled = done.saturating_mul(WIDTH) / total.max(1);
        let bar = "#".repeat(filled.min(WIDTH));
        let _ = write!(terminal, "\r[{bar:WIDTH$}] {done} of {total} changes");
        let _ = terminal.flush();
        self.drawn = true;
    }
}

impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        if let (true, Some(terminal)) = (self.drawn, &mut self.terminal) {
            // Back to the start of the line, and the line erased.
            let _ = write!(terminal, "\r\x1b[K");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// What goes to the terminal during 600 of 1024 changes, and at their end.
    fn written(patience: Duration) -> String {
        let mut terminal = Vec::new();
        let mut progress = Progress::drawn_on(Some(&mut terminal), 1024, patience);
        for _ in 0..600 {
            progress.step();
        }
        drop(progress);
        String::from_utf8(terminal).unwrap()
    }

    #[test]
    fn a_long_restore_shows_a_bar_until_it_ends() {
        let quarter = format!(
            "\r[{}{}] 256 of 1024 changes",
            "#".repeat(10),
            " ".repeat(30)
        );
        let half = format!(
            "\r[{}{}] 512 of 1024 changes",
            "#".repeat(20),
            " ".repeat(20)
        );
        assert_eq!(written(Duration::ZERO), format!("{quarter}{half}\r\x1b[K"));
    }

    #[test]
    fn a_short_one_shows_nothing() {
        assert_eq!(written(Duration::from_secs(3600)), "");
    }
}
