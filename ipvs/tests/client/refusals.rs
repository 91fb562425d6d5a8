//! Refusals: their meaning and their sentences.

use std::io;

use ipvs::error::{Error, ErrorKind, Verb};

#[test]
fn refusals_are_put_in_the_words_of_ipvsadm() {
    const TABLE: [(Verb, i32, &str); 30] = [
        (Verb::AddService, 17, "Service already exists"),
        (
            Verb::AddService,
            2,
            "Scheduler or persistence engine not found",
        ),
        (Verb::AddService, 3, "No such process"),
        (Verb::EditService, 3, "No such service"),
        (
            Verb::EditService,
            2,
            "Scheduler or persistence engine not found",
        ),
        (Verb::EditService, 17, "File exists"),
        (Verb::DeleteService, 3, "No such service"),
        (Verb::DeleteService, 2, "No such file or directory"),
        (Verb::AddServer, 3, "Service not defined"),
        (Verb::AddServer, 17, "Destination already exists"),
        (Verb::AddServer, 2, "No such file or directory"),
        (Verb::AddServer, 34, "Numerical result out of range"),
        (Verb::EditServer, 3, "Service not defined"),
        (Verb::EditServer, 2, "No such destination"),
        (Verb::DeleteServer, 3, "Service not defined"),
        (Verb::DeleteServer, 2, "No such destination"),
        (Verb::Clear, 3, "No such process"),
        (Verb::Zero, 3, "No such service"),
        (Verb::StartDaemon, 17, "Daemon has already run"),
        (Verb::StartDaemon, 19, "No such device"),
        (Verb::StopDaemon, 3, "No daemon is running"),
        (Verb::GetService, 3, "No such service"),
        (Verb::ListServers, 3, "No such service"),
        (Verb::ListServices, 3, "No such process"),
        (Verb::SetTimeouts, 1, "Permission denied (you must be root)"),
        (Verb::GetTimeouts, 12, "Memory allocation problem"),
        (
            Verb::AddServer,
            22,
            "Invalid operation.  Possibly wrong module version, address not unicast, ...",
        ),
        (Verb::Clear, 90, "Module is wrong version"),
        (Verb::Clear, 95, "Operation not supported with IPv6"),
        (
            Verb::AddService,
            97,
            "Operation not supported with specified address family",
        ),
    ];
    for (verb, errno, sentence) in TABLE {
        let error = Error::Kernel {
            verb,
            errno,
            note: Some("not part of it".to_owned()),
        };
        assert_eq!(error.to_string(), sentence, "{verb:?} {errno}");
    }
}

#[test]
fn a_refusal_means_what_the_kernel_was_asked() {
    use ErrorKind::*;
    for (verb, errno, kind) in [
        (Verb::AddService, 17, AlreadyExists),
        (Verb::AddServer, 17, AlreadyExists),
        (Verb::StartDaemon, 17, DaemonRunning),
        (Verb::EditService, 17, Other),
        (Verb::EditService, 3, NoSuchService),
        (Verb::AddServer, 3, NoSuchService),
        (Verb::GetService, 3, NoSuchService),
        (Verb::StopDaemon, 3, NoDaemon),
        (Verb::Clear, 3, Other),
        (Verb::AddService, 2, NoSuchScheduler),
        (Verb::EditService, 2, NoSuchScheduler),
        (Verb::EditServer, 2, NoSuchServer),
        (Verb::DeleteServer, 2, NoSuchServer),
        (Verb::ListServices, 2, NoIpvs),
        (Verb::SetTimeouts, 2, NoIpvs),
        (Verb::StartDaemon, 19, NoSuchDevice),
        (Verb::AddServer, 34, OutOfRange),
        (Verb::AddServer, 22, Invalid),
        (Verb::Zero, 1, PermissionDenied),
        (Verb::AddService, 12, OutOfMemory),
        (Verb::AddService, 97, Unsupported),
        (Verb::StopDaemon, 16, Other),
    ] {
        let note = None;
        let error = Error::Kernel { verb, errno, note };
        assert_eq!(error.kind(), kind, "{verb:?} {errno}");
    }
}

#[test]
fn what_is_no_refusal_has_a_kind_too() {
    let system = io::Error::from_raw_os_error;
    for (error, kind) in [
        (Error::Unavailable(system(92)), ErrorKind::NoIpvs),
        (Error::Unavailable(system(1)), ErrorKind::PermissionDenied),
        (Error::Unavailable(system(24)), ErrorKind::Other),
        (Error::Io(system(1)), ErrorKind::Io),
        (Error::Io(io::Error::other("of its own")), ErrorKind::Io),
        (Error::Interrupted, ErrorKind::Interrupted),
        (Error::Overrun, ErrorKind::Overrun),
        (Error::Protocol(String::new()), ErrorKind::Protocol),
    ] {
        assert_eq!(error.kind(), kind, "{error:?}");
    }
}

#[test]
fn a_refusal_that_is_known_beforehand_is_that_of_the_kernel() {
    let known = Error::refusal(Verb::DeleteServer, ErrorKind::NoSuchServer);
    assert_eq!(known.errno(), Some(2));
    assert_eq!(known.to_string(), "No such destination");
    let known = Error::refusal(Verb::Open, ErrorKind::NoIpvs);
    assert!(matches!(known, Error::Unavailable(_)));
    assert_eq!(known.kind(), ErrorKind::NoIpvs);
    let never = Error::refusal(Verb::Clear, ErrorKind::NoSuchServer);
    assert_eq!(never.kind(), ErrorKind::Protocol);
    assert_eq!(
        never.to_string(),
        "The kernel's answer is not understood: Clear is not refused with NoSuchServer"
    );
}
