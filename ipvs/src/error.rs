//! What can go wrong between this program and the kernel, and the sentence
//! that ipvsadm says for it.

use std::fmt;
use std::io;

use crate::netlink::uapi::{
    EAFNOSUPPORT, EBUSY, EEXIST, EINVAL, EIO, EMSGSIZE, ENOENT, ENOMEM, EOPNOTSUPP, EPERM, ERANGE,
    ESRCH,
};

/// What was asked of the kernel when it refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Verb {
    /// Finding IPVS in the kernel and its `IPVS_CMD_GET_INFO`.
    Open,
    /// `IPVS_CMD_NEW_SERVICE`
    AddService,
    /// `IPVS_CMD_SET_SERVICE`
    EditService,
    /// `IPVS_CMD_DEL_SERVICE`
    DeleteService,
    /// `IPVS_CMD_NEW_DEST`
    AddServer,
    /// `IPVS_CMD_SET_DEST`
    EditServer,
    /// `IPVS_CMD_DEL_DEST`
    DeleteServer,
    /// `IPVS_CMD_FLUSH`
    Clear,
    /// `IPVS_CMD_ZERO`
    Zero,
    /// `IPVS_CMD_SET_CONFIG`
    SetTimeouts,
    /// `IPVS_CMD_NEW_DAEMON`
    StartDaemon,
    /// `IPVS_CMD_DEL_DAEMON`
    StopDaemon,
    /// `IPVS_CMD_GET_SERVICE` of every service.
    ListServices,
    /// `IPVS_CMD_GET_SERVICE` of one service.
    GetService,
    /// `IPVS_CMD_GET_DEST`
    ListServers,
    /// `IPVS_CMD_GET_CONFIG`
    GetTimeouts,
    /// `IPVS_CMD_GET_DAEMON`
    ListDaemons,
}

/// Why the kernel did not do, or did not tell, what it was asked.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Error {
    /// There is no IPVS to speak with, or this process may not.
    #[error(
        "Can't initialize ipvs: {}\n\
         Are you sure that IP Virtual Server is built in the kernel or as module?",
        Sentence(Verb::Open, .0)
    )]
    Unavailable(io::Error),
    /// The kernel refused.
    #[error("{}", Sentence(*.verb, &io::Error::from_raw_os_error(*.errno)))]
    Kernel {
        /// What it was asked.
        verb: Verb,
        /// Its answer, as a positive `errno`.
        errno: i32,
        /// Its own words (`NLMSGERR_ATTR_MSG`), where it sent some.
        note: Option<String>,
    },
    /// The table changed during every one of several attempts to list it.
    #[error("The table changed each time it was being listed")]
    Interrupted,
    /// The kernel had to drop answers (`ENOBUFS`).
    #[error("The kernel's answers overran the receive buffer")]
    Overrun,
    /// The kernel's answer makes no sense.
    #[error("The kernel's answer is not understood: {0}")]
    Protocol(String),
    /// The socket failed.
    #[error("{}", Sentence(Verb::Open, .0))]
    Io(#[from] io::Error),
}

impl Error {
    /// The `errno` behind the error, where there is one.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Kernel { errno, .. } => Some(*errno),
            Self::Unavailable(error) | Self::Io(error) => error.raw_os_error(),
            Self::Interrupted | Self::Overrun | Self::Protocol(_) => None,
        }
    }

    /// Whether the kernel refused only because the table is already as it was
    /// asked to make it, as far as the name of the service or server goes.
    pub fn is_done(&self) -> bool {
        let Self::Kernel { verb, errno, .. } = self else {
            return false;
        };
        matches!(
            (verb, *errno),
            (Verb::AddService | Verb::AddServer, EEXIST)
                | (Verb::DeleteService, ESRCH)
                | (Verb::DeleteServer, ENOENT)
        )
    }

    /// The kernel's own words on its refusal, where it sent some.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Kernel { note, .. } => note.as_deref(),
            _ => None,
        }
    }
}

/// Writes what ipvsadm says when the kernel answers a verb with an error.
struct Sentence<'a>(Verb, &'a io::Error);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(errno) = self.1.raw_os_error() else {
            return self.1.fmt(f);
        };
        match sentence(self.0, errno) {
            Some(text) => f.write_str(text),
            None => f.write_str(&os_text(self.1)),
        }
    }
}

/// What the GNU C library says of an error of the system, and no more. Linked
/// with another, those of its words that differ are ours.
pub fn os_text(error: &io::Error) -> String {
    let words = match error.raw_os_error() {
        Some(EIO) => Some("Input/output error"),
        Some(ENOMEM) => Some("Cannot allocate memory"),
        Some(EBUSY) => Some("Device or resource busy"),
        Some(ERANGE) => Some("Numerical result out of range"),
        _ => None,
    };
    if let Some(words) = words {
        return words.to_owned();
    }
    let mut text = error.to_string();
    if let Some(errno) = error.raw_os_error() {
        let number = format!(" (os error {errno})");
        text.truncate(text.strip_suffix(&number).map_or(text.len(), str::len));
    }
    text
}

/// ipvsadm's own sentences; for the rest it says what the C library says.
fn sentence(verb: Verb, errno: i32) -> Option<&'static str> {
    use Verb::{
        AddServer, AddService, DeleteServer, DeleteService, EditServer, EditService, GetService,
        ListServers, StartDaemon, StopDaemon, Zero,
    };
    let text = match (errno, verb) {
        (EEXIST, AddService) => "Service already exists",
        (EEXIST, AddServer) => "Destination already exists",
        (EEXIST, StartDaemon) => "Daemon has already run",
        (ESRCH, AddServer | EditServer | DeleteServer) => "Service not defined",
        (ESRCH, EditService | DeleteService | Zero | GetService | ListServers) => "No such service",
        (ESRCH, StopDaemon) => "No daemon is running",
        (ENOENT, AddService | EditService) => "Scheduler or persistence engine not found",
        (ENOENT, EditServer | DeleteServer) => "No such destination",
        (EPERM, _) => "Permission denied (you must be root)",
        (ENOMEM, _) => "Memory allocation problem",
        (EINVAL, _) => {
            "Invalid operation.  Possibly wrong module version, address not unicast, ..."
        }
        (EMSGSIZE, _) => "Module is wrong version",
        (EOPNOTSUPP, _) => "Operation not supported with IPv6",
        (EAFNOSUPPORT, _) => "Operation not supported with specified address family",
        _ => return None,
    };
    Some(text)
}
