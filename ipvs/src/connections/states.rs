//! The names of the states of connections, from the kernel's tables for TCP, UDP, SCTP
//! and templates. A newer kernel may have others.

/// No state is known yet; templates have this one, too.
pub const NONE: &str = "NONE";
/// A template of which a connection has been established.
pub const ASSURED: &str = "ASSURED";
/// The only state of UDP.
pub const UDP: &str = "UDP";
/// TCP and SCTP: data is carried.
pub const ESTABLISHED: &str = "ESTABLISHED";
/// TCP: the client's first packet was seen.
pub const SYN_RECV: &str = "SYN_RECV";
/// TCP: one end has closed its half.
pub const FIN_WAIT: &str = "FIN_WAIT";
/// TCP: both ends have closed their halves.
pub const TIME_WAIT: &str = "TIME_WAIT";
/// TCP: the connection was reset.
pub const CLOSE: &str = "CLOSE";
/// TCP: the server's end is closed, and the client may still send.
pub const CLOSE_WAIT: &str = "CLOSE_WAIT";
/// TCP: both ends have closed their halves, and the last one is not acknowledged yet.
pub const LAST_ACK: &str = "LAST_ACK";
/// SCTP: the association was refused before it came about.
pub const REJECTED: &str = "REJECTED";
/// SCTP: both ends have shut the association down.
pub const CLOSED: &str = "CLOSED";

/// The names of all states.
pub const ALL: &[&str] = &[
    NONE,
    ASSURED,
    UDP,
    ESTABLISHED,
    "SYN_SENT",
    SYN_RECV,
    FIN_WAIT,
    TIME_WAIT,
    CLOSE,
    CLOSE_WAIT,
    LAST_ACK,
    "LISTEN",
    "SYNACK",
    "INIT1",
    "INIT",
    "COOKIE_SENT",
    "COOKIE_REPLIED",
    "COOKIE_WAIT",
    "COOKIE",
    "COOKIE_ECHOED",
    "SHUTDOWN_SENT",
    "SHUTDOWN_RECEIVED",
    "SHUTDOWN_ACK_SENT",
    REJECTED,
    CLOSED,
];
