//! The signals that end a program, but for those that its caller wants ignored.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::libc::{SIGPWR, c_int};
use signal_hook::consts::{
    SIGALRM, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM,
    SIGXCPU, SIGXFSZ,
};
use signal_hook::flag;

/// The signals that end a program unless it catches them. SIGKILL can't be
/// caught; those by which the kernel and the C library end a program that is
/// broken are left to them, and real-time signals have no meaning of their own.
/// A closed pipe is an error of writing.
const ENDING: [c_int; 13] = [
    SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ, SIGVTALRM,
    SIGPROF, SIGIO, SIGPWR,
];

/// The signals that are to have no effect: `nohup` has set SIGHUP so, and a
/// shell without job control SIGINT and SIGQUIT of its background jobs.
pub(crate) struct Ignored(u64);

impl Ignored {
    /// As the caller has left them, before any is caught. None where the kernel
    /// does not tell.
    pub(crate) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self(mask(&status))
    }

    pub(crate) fn contains(&self, signal: c_int) -> bool {
        let bit = u32::try_from(signal.saturating_sub(1)).unwrap_or(u32::MAX);
        self.0.checked_shr(bit).is_some_and(|mask| mask & 1 == 1)
    }

    /// The signals that end this program.
    pub(crate) fn ending(&self) -> impl Iterator<Item = c_int> {
        ENDING.into_iter().filter(|signal| !self.contains(*signal))
    }
}

/// The mask of ignored signals in the text of `/proc/self/status`.
fn mask(status: &str) -> u64 {
    let mut masks = status
        .lines()
        .filter_map(|line| line.strip_prefix("SigIgn:"));
    let mask = masks.next().map(str::trim);
    mask.and_then(|mask| u64::from_str_radix(mask, 16).ok())
        .unwrap_or_default()
}

/// A signal that came, by its number; the last one, if several did.
#[derive(Clone, Default)]
pub(crate) struct Caught(Arc<AtomicUsize>);

impl Caught {
    /// From now on this signal ends the program no more.
    pub(crate) fn watch(&self, signal: c_int) -> std::io::Result<()> {
        let number = usize::try_from(signal).unwrap_or_default();
        flag::register_usize(signal, Arc::clone(&self.0), number).map(drop)
    }

    /// Its number; none if none came.
    pub(crate) fn signal(&self) -> Option<u8> {
        match u8::try_from(self.0.load(Ordering::Relaxed)) {
            Ok(0) | Err(_) => None,
            Ok(number) => Some(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_a_mask() {
        let status = "Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001007\nSigCgt:\t0\n";
        let ignored = Ignored(mask(status));
        for signal in [SIGHUP, SIGINT, SIGQUIT] {
            assert!(ignored.contains(signal), "{signal}");
        }
        assert!(!ignored.contains(SIGTERM));
        assert!(!ignored.contains(0));
        assert!(!ignored.contains(c_int::MAX));
        let ending: Vec<_> = ignored.ending().collect();
        assert_eq!(ending, ENDING[3..]);
        for nothing in ["", "SigIgn:", "SigIgn:\tx", "SigIgn:\t10000000000000000"] {
            assert_eq!(mask(nothing), 0, "{nothing}");
        }
    }
}
