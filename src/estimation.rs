//! Why the kernel does not add up what services and servers carry: then counters
//! and rates stand still, whatever flows.

use std::fmt;
use std::fs;

/// The setting that turns it off.
pub const RUN: &str = "net.ipv4.vs.run_estimation";
/// The processors that do it, since Linux 6.2.
pub const PROCESSORS: &str = "net.ipv4.vs.est_cpulist";

/// Why counters stand still. It is shown as the setting that makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frozen {
    /// [`RUN`] is 0.
    TurnedOff,
    /// [`PROCESSORS`] is empty.
    NoProcessors,
}

impl Frozen {
    /// Judges by the values of [`RUN`] and [`PROCESSORS`]; none where a kernel has no
    /// such setting.
    pub fn by(run: Option<&str>, processors: Option<&str>) -> Option<Self> {
        if run.is_some_and(|value| value.trim() == "0") {
            return Some(Self::TurnedOff);
        }
        let is_empty = processors.is_some_and(|list| list.trim().is_empty());
        is_empty.then_some(Self::NoProcessors)
    }

    /// Judges by the settings of this thread's network namespace.
    pub fn now() -> Option<Self> {
        let read = |name: &str| fs::read_to_string(format!("/proc/sys/{}", name.replace('.', "/")));
        Self::by(read(RUN).ok().as_deref(), read(PROCESSORS).ok().as_deref())
    }
}

impl fmt::Display for Frozen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TurnedOff => write!(f, "{RUN} is 0"),
            Self::NoProcessors => write!(f, "{PROCESSORS} is empty"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_setting_freezes_and_kernels_without_them_do_not() {
        assert_eq!(Frozen::by(None, None), None);
        assert_eq!(Frozen::by(Some("1\n"), None), None);
        assert_eq!(Frozen::by(Some("1\n"), Some("0-3\n")), None);
        assert_eq!(Frozen::by(Some("0\n"), Some("\n")), Some(Frozen::TurnedOff));
        assert_eq!(
            Frozen::by(Some("1\n"), Some("\n")),
            Some(Frozen::NoProcessors)
        );
    }
}
