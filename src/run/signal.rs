//! The signals that ask a program to end.

use std::thread::sleep;
use std::time::Duration;

use anyhow::Context;

use crate::signals::{Caught, Ignored};

/// The longest time after which a signal is noticed.
const NAP: Duration = Duration::from_millis(500);

/// Catches such a signal, so that work that has begun can first be finished properly.
pub(super) struct StopSignal(Caught);

impl StopSignal {
    /// Catches these signals, so that they no longer end the program. A signal that was ignored
    /// when the program started stays ignored.
    pub(super) fn watch() -> anyhow::Result<Self> {
        let caught = Caught::default();
        for signal in Ignored::now().ending() {
            caught.watch(signal).context("cannot watch for signals")?;
        }
        Ok(Self(caught))
    }

    /// Returns the exit status of a program that such a signal has stopped: 128 and the signal's
    /// number.
    pub(super) fn status(&self) -> Option<u8> {
        self.0.signal().map(|signal| signal.saturating_add(128))
    }

    /// Sleeps, but wakes soon after a signal.
    pub(super) fn sleep(&self, time: Duration) {
        let mut left = time;
        while left > Duration::ZERO && self.status().is_none() {
            let nap = left.min(NAP);
            sleep(nap);
            left = left.saturating_sub(nap);
        }
    }
}
