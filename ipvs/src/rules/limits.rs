//! The bounds of a rule's numbers, and the defaults of settings that a rule leaves out.

/// The longest timeout that `-p` and `--set` take, in seconds: 31 days.
pub const LONGEST_TIMEOUT: u32 = 31 * 24 * 60 * 60;
/// The highest threshold that `-x` and `-y` take.
pub const HIGHEST_THRESHOLD: u32 = i32::MAX.cast_unsigned();
/// The longest message that `--sync-maxlen` takes, in bytes: what a UDP datagram can hold.
pub const LONGEST_SYNC_MESSAGE: u16 = 65507;
/// The scheduler of a service for which none is named.
pub const DEFAULT_SCHEDULER: &str = "wlc";
/// The seconds that a client stays with its server when `-p` names no time.
pub const DEFAULT_PERSISTENCE: u32 = 360;
/// The network interface of a sync daemon for which none is named.
pub const DEFAULT_INTERFACE: &str = "eth0";
