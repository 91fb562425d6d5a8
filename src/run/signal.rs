//! The signals that ask a program to end.

use std::thread::sleep;
use std::time::Duration;

use anyhow::Context;

use crate::signals::{Caught, Ignored};

/// A signal is noticed after so long.
const NAP: Duration = Duration::from_millis(500);

/// Notes such a signal, so that what has been begun can first be brought to a
/// good end.
pub(super) struct StopSignal(Caught);

impl StopSignal {
    /// From now on they end the program no more. Those that were ignored when
    /// it was started still are.
    pub(super) fn watch() -> anyhow::Result<Self> {
        let caught = Caught::default();
        for signal in Ignored::now().ending() {
            caught.watch(signal).context("cannot watch for signals")?;
        }
        Ok(Self(caught))
    }

    /// The exit status of a program that such a signal has stopped: 128 and
    /// its number.
    pub(super) fn status(&self) -> Option<u8> {
        self.0.signal().map(|signal| signal.saturating_add(128))
    }

    /// Sleeps, but not past a signal for long.
    pub(super) fn sleep(&self, time: Duration) {
        let mut left = time;
        while left > Duration::ZERO && self.status().is_none() {
            let nap = left.min(NAP);
            sleep(nap);
            left = left.saturating_sub(nap);
        }
    }
}
