//! The kernel's refusals: what each of them means, and what ipvsadm says of it.

use super::{ErrorKind, Verb};
use crate::uapi::{
    EAFNOSUPPORT, EEXIST, EINVAL, EMSGSIZE, ENODEV, ENOENT, ENOMEM, ENOPROTOOPT, EOPNOTSUPP, EPERM,
    ERANGE, ESRCH,
};

/// A refusal, and its meaning.
pub(super) struct Meaning {
    pub(super) errno: i32,
    /// The requests that are refused with it; an empty list stands for all.
    verbs: &'static [Verb],
    pub(super) kind: ErrorKind,
    /// The sentence of ipvsadm; `None` where ipvsadm says what the C library says.
    pub(super) sentence: Option<&'static str>,
}

impl Meaning {
    /// Returns the row of the kernel's number.
    pub(super) fn find(verb: Verb, errno: i32) -> Option<&'static Self> {
        let mut rows = Self::of(verb);
        rows.find(|row| row.errno == errno)
    }

    /// Returns the row of this kind.
    pub(super) fn by_kind(verb: Verb, kind: ErrorKind) -> Option<&'static Self> {
        let mut rows = Self::of(verb);
        rows.find(|row| row.kind == kind)
    }

    fn of(verb: Verb) -> impl Iterator<Item = &'static Self> {
        REFUSALS
            .iter()
            .filter(move |row| row.verbs.is_empty() || row.verbs.contains(&verb))
    }
}

/// The first row that fits counts.
#[rustfmt::skip]
const REFUSALS: &[Meaning] = {
    use ErrorKind::{
        AlreadyExists, DaemonRunning, Invalid, NoDaemon, NoIpvs, NoSuchDevice, NoSuchScheduler,
        NoSuchServer, NoSuchService, OutOfMemory, OutOfRange, PermissionDenied, Unsupported,
    };
    use Verb::{
        AddServer, AddService, DeleteServer, DeleteService, EditServer, EditService, GetService,
        ListServers, Open, StartDaemon, StopDaemon, Zero,
    };
    &[
        row(EEXIST, &[AddService], AlreadyExists).says("Service already exists"),
        row(EEXIST, &[AddServer], AlreadyExists).says("Destination already exists"),
        row(EEXIST, &[StartDaemon], DaemonRunning).says("Daemon has already run"),
        row(ESRCH, &[AddServer, EditServer, DeleteServer], NoSuchService)
            .says("Service not defined"),
        row(ESRCH, &[EditService, DeleteService, Zero, GetService, ListServers], NoSuchService)
            .says("No such service"),
        row(ESRCH, &[StopDaemon], NoDaemon).says("No daemon is running"),
        row(ENOENT, &[AddService, EditService], NoSuchScheduler)
            .says("Scheduler or persistence engine not found"),
        row(ENOENT, &[EditServer, DeleteServer], NoSuchServer).says("No such destination"),
        row(ENOPROTOOPT, &[Open], NoIpvs),
        // Once the module is unloaded, the number that its family had is unknown.
        row(ENOENT, &[], NoIpvs),
        row(ENODEV, &[StartDaemon], NoSuchDevice),
        row(EPERM, &[], PermissionDenied).says("Permission denied (you must be root)"),
        row(ENOMEM, &[], OutOfMemory).says("Memory allocation problem"),
        row(EINVAL, &[], Invalid)
            .says("Invalid operation.  Possibly wrong module version, address not unicast, ..."),
        row(ERANGE, &[], OutOfRange),
        row(EMSGSIZE, &[], Unsupported).says("Module is wrong version"),
        row(EOPNOTSUPP, &[], Unsupported).says("Operation not supported with IPv6"),
        row(EAFNOSUPPORT, &[], Unsupported)
            .says("Operation not supported with specified address family"),
    ]
};

const fn row(errno: i32, verbs: &'static [Verb], kind: ErrorKind) -> Meaning {
    Meaning {
        errno,
        verbs,
        kind,
        sentence: None,
    }
}

impl Meaning {
    const fn says(mut self, sentence: &'static str) -> Self {
        self.sentence = Some(sentence);
        self
    }
}
