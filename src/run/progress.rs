//! How far a long restore has come, for who watches it on a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What takes less time needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many changes go by between two looks at the clock.
const STRIDE: usize = 256;

/// A bar on standard error that comes after a second, if that is a terminal,
/// and is gone when the work is.
pub(super) struct Progress {
    /// None where nobody can see it.
    bar: Option<ProgressBar>,
    start: Instant,
    patience: Duration,
    done: usize,
}

impl Progress {
    /// Towards so many changes.
    pub(super) fn towards(total: usize) -> Self {
        Self::drawn_on(ProgressDrawTarget::stderr(), total, PATIENCE)
    }

    fn drawn_on(target: ProgressDrawTarget, total: usize, patience: Duration) -> Self {
        let bar = (!target.is_hidden()).then(|| {
            let total = u64::try_from(total).unwrap_or(u64::MAX);
            let style = ProgressStyle::with_template("[{bar:40}] {pos} of {len} changes, {eta}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::with_draw_target(Some(total), target).with_style(style)
        });
        Self {
            bar,
            start: Instant::now(),
            patience,
            done: 0,
        }
    }

    /// Another change has been made.
    pub(super) fn step(&mut self) {
        self.reach(self.done.saturating_add(1));
    }

    /// So many changes have been made.
    pub(super) fn reach(&mut self, done: usize) {
        let strides = done / STRIDE > self.done / STRIDE;
        self.done = done;
        if let Some(bar) = &self.bar
            && strides
            && self.start.elapsed() >= self.patience
        {
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    /// The screen after 512 of 1024 changes, and after the work.
    fn screens(patience: Duration) -> [String; 2] {
        let terminal = InMemoryTerm::new(10, 80);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let mut progress = Progress::drawn_on(target, 1024, patience);
        for _ in 0..512 {
            progress.step();
        }
        let during = terminal.contents();
        drop(progress);
        [during, terminal.contents()]
    }

    #[test]
    fn a_long_restore_shows_a_bar_until_it_ends() {
        let [during, after] = screens(Duration::ZERO);
        assert!(during.contains("512 of 1024 changes"), "{during:?}");
        assert_eq!(after, "");
    }

    #[test]
    fn a_short_one_shows_nothing() {
        assert_eq!(screens(Duration::from_secs(3600)), ["", ""]);
    }
}
