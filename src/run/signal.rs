//! The signals that ask a program to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};

/// Notes such a signal, so that what has been begun can first be brought to a
/// good end.
pub(super) struct StopSignal(Arc<AtomicUsize>);

impl StopSignal {
    /// From now on they end the program no more.
    pub(super) fn watch() -> anyhow::Result<Self> {
        let caught = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXFSZ] {
            let number = usize::try_from(signal)?;
            signal_hook::flag::register_usize(signal, Arc::clone(&caught), number)
                .context("cannot watch for signals")?;
        }
        Ok(Self(caught))
    }

    /// The exit status of a program that such a signal has stopped: 128 and
    /// its number.
    pub(super) fn status(&self) -> Option<u8> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            signal => u8::try_from(signal.saturating_add(128)).ok(),
        }
    }
}
