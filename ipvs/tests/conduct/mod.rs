//! The conduct of a director, the kernel's or another: each of these tests is of
//! any. It finds an empty table, the timeouts 900, 120 and 300, no sync daemon and
//! the interface `lo`.

use std::num::NonZeroU32;
use std::ops::ControlFlow;

use ipvs::director::Director;
use ipvs::drain::{Draining, Step};
use ipvs::error::{Error, ErrorKind};
use ipvs::model::{
    Change, Daemon, DaemonState, Destination, Family, Forwarding, Netmask, Protocol, Service,
    ServiceFlags, Timeouts, Tunnel, TunnelKind, VirtualId,
};
use ipvs::plan::transaction::{Cause, Outcome, replace};
use ipvs::plan::wanted::Table;

/// Makes a test of each of them. `with` is a function that gives a director to a
/// test.
macro_rules! of {
    ($with:ident) => {
        $crate::conduct::of! { $with:
            a_service_is_there_once
            what_is_no_service_is_refused
            a_service_may_have_no_scheduler
            a_service_is_edited_where_it_is
            a_server_is_there_once
            what_is_no_server_is_refused
            servers_of_another_family_are_tunnelled
            a_service_goes_with_its_servers
            timeouts_that_are_0_stay
            one_daemon_of_a_state_runs
            daemons_and_mixed_families_exclude_each_other
            many_changes_are_made_in_order
            a_table_is_replaced
            a_refused_replacement_is_undone
            a_server_is_drained
        }
    };
    ($with:ident: $($test:ident)*) => {
        $(
            #[test]
            fn $test() {
                $with(|director| $crate::conduct::$test(director));
            }
        )*
    };
}
pub(crate) use of;

fn endpoint(last: u8) -> VirtualId {
    VirtualId::Endpoint {
        protocol: Protocol::Tcp,
        address: [192, 0, 2, last].into(),
        port: 80,
    }
}

fn sixth() -> VirtualId {
    VirtualId::Endpoint {
        protocol: Protocol::Udp,
        address: "2001:db8::1".parse().unwrap(),
        port: 53,
    }
}

fn service(id: VirtualId, scheduler: &str) -> Service {
    Service::new(id, scheduler.parse().unwrap())
}

fn server(address: &str) -> Destination {
    Destination::new(address.parse().unwrap(), 80, Forwarding::Masquerade)
}

fn made(director: &mut impl Director, change: Change) {
    if let Err(error) = director.apply(&change) {
        panic!("{change:?}: {error}");
    }
}

fn refused(director: &mut impl Director, change: Change, kind: ErrorKind) {
    match director.apply(&change) {
        Err(error) if error.kind() == kind => {}
        outcome => panic!("{change:?}: {outcome:?}"),
    }
}

/// The addresses of a service's servers, with their weights.
fn servers(director: &mut impl Director, id: &VirtualId) -> Vec<(String, u32)> {
    let rows = director.destinations(id).unwrap();
    let rows = rows.iter().map(|row| &row.destination);
    rows.map(|server| (server.address.to_string(), server.weight))
        .collect()
}

pub(crate) fn a_service_is_there_once(director: &mut impl Director) {
    let id = endpoint(80);
    assert_eq!(director.table().unwrap(), []);
    let nothing = director.service(&id).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::NoSuchService);
    assert_eq!(director.destinations(&id).unwrap(), []);

    made(director, Change::AddService(service(id, "wlc")));
    let again = service(id, "not a scheduler");
    refused(
        director,
        Change::AddService(again),
        ErrorKind::AlreadyExists,
    );
    let mut told = service(id, "wlc");
    told.flags = ServiceFlags::HASHED;
    assert_eq!(director.configured().unwrap(), [told.clone()]);
    assert_eq!(director.services().unwrap()[0].service, told);
    assert_eq!(director.service(&id).unwrap().service, told);
}

pub(crate) fn what_is_no_service_is_refused(director: &mut impl Director) {
    let unscheduled = service(endpoint(80), "unknown");
    refused(
        director,
        Change::AddService(unscheduled),
        ErrorKind::NoSuchScheduler,
    );
    let mut engineless = service(endpoint(80), "wlc");
    engineless.engine = Some("unknown".parse().unwrap());
    refused(
        director,
        Change::AddService(engineless),
        ErrorKind::NoSuchScheduler,
    );
    for (id, other) in [(endpoint(80), Family::V6), (sixth(), Family::V4)] {
        // The client refuses it, before the kernel looks at anything else.
        let mut service = service(id, "unknown");
        service.netmask = Netmask::host(other);
        refused(
            director,
            Change::AddService(service.clone()),
            ErrorKind::Invalid,
        );
        refused(director, Change::EditService(service), ErrorKind::Invalid);
    }
    assert_eq!(director.services().unwrap(), []);
}

pub(crate) fn a_service_may_have_no_scheduler(director: &mut impl Director) {
    let mut bare = service(endpoint(80), "none");
    made(director, Change::AddService(bare.clone()));
    bare.flags = ServiceFlags::HASHED;
    assert_eq!(director.configured().unwrap(), [bare.clone()]);
    assert!(!director.configured().unwrap()[0].is_scheduled());
    let mut unnamed = bare.clone();
    unnamed.scheduler = None;
    made(director, Change::EditService(unnamed));
    assert_eq!(director.configured().unwrap(), [bare]);
}

pub(crate) fn a_service_is_edited_where_it_is(director: &mut impl Director) {
    let edited = |id, scheduler| Change::EditService(service(id, scheduler));
    refused(
        director,
        edited(endpoint(80), "unknown"),
        ErrorKind::NoSuchService,
    );
    made(director, Change::AddService(service(endpoint(80), "wlc")));
    made(
        director,
        Change::AddServer(endpoint(80), server("10.0.0.1")),
    );
    refused(
        director,
        edited(endpoint(80), "unknown"),
        ErrorKind::NoSuchScheduler,
    );
    let mut persistent = service(endpoint(80), "rr");
    persistent.flags = ServiceFlags::PERSISTENT;
    persistent.timeout = 300;
    made(director, Change::EditService(persistent.clone()));
    let entry = director.service(&endpoint(80)).unwrap();
    persistent.flags = persistent.flags.with(ServiceFlags::HASHED);
    assert_eq!(entry.service, persistent);
    assert_eq!(entry.destinations.len(), 1);
}

pub(crate) fn a_server_is_there_once(director: &mut impl Director) {
    let id = endpoint(80);
    let add = |address| Change::AddServer(id, server(address));
    refused(director, add("10.0.0.1"), ErrorKind::NoSuchService);
    let edit = Change::EditServer(id, server("10.0.0.1"));
    refused(director, edit.clone(), ErrorKind::NoSuchService);
    let delete = Change::DeleteServer(id, server("10.0.0.1"));
    refused(director, delete.clone(), ErrorKind::NoSuchService);

    made(director, Change::AddService(service(id, "wlc")));
    refused(director, edit, ErrorKind::NoSuchServer);
    refused(director, delete.clone(), ErrorKind::NoSuchServer);
    made(director, add("10.0.0.1"));
    made(director, add("10.0.0.2"));
    refused(director, add("10.0.0.1"), ErrorKind::AlreadyExists);
    let mut heavy = server("10.0.0.1");
    heavy.weight = 7;
    made(director, Change::EditServer(id, heavy));
    // The kernel tells the newest first.
    let both = [("10.0.0.2".to_owned(), 1), ("10.0.0.1".to_owned(), 7)];
    assert_eq!(servers(director, &id), both);
    let entry = director.service(&id).unwrap();
    assert_eq!(entry.destinations[1].destination, heavy);
    made(director, delete);
    assert_eq!(servers(director, &id), both[..1]);
}

pub(crate) fn what_is_no_server_is_refused(director: &mut impl Director) {
    let id = endpoint(80);
    made(director, Change::AddService(service(id, "wlc")));
    made(director, Change::AddServer(id, server("10.0.0.1")));
    for address in ["0.0.0.0", "224.0.0.1", "255.255.255.255"] {
        let change = Change::AddServer(id, server(address));
        refused(director, change, ErrorKind::Invalid);
    }
    // Numbers are looked at before it is looked for.
    for address in ["10.0.0.1", "10.0.0.9"] {
        let mut heavy = server(address);
        heavy.weight = 1 << 31;
        let mut bounded = server(address);
        bounded.lower_threshold = 1;
        for server in [heavy, bounded] {
            for change in [
                Change::AddServer(id, server),
                Change::EditServer(id, server),
            ] {
                refused(director, change, ErrorKind::OutOfRange);
            }
        }
    }
    let mut wrapped = server("10.0.0.2");
    wrapped.forwarding = Forwarding::Tunnel;
    wrapped.tunnel = Tunnel::new(TunnelKind::Gue, 0, Tunnel::NO_CHECKSUM);
    refused(director, Change::AddServer(id, wrapped), ErrorKind::Invalid);
    wrapped.tunnel.port = 6080;
    made(director, Change::AddServer(id, wrapped));

    made(director, Change::AddService(service(sixth(), "wlc")));
    for address in ["::", "ff02::1", "fe80::1"] {
        let change = Change::AddServer(sixth(), server(address));
        refused(director, change, ErrorKind::Invalid);
    }
    made(director, Change::AddServer(sixth(), server("2001:db8::2")));
}

pub(crate) fn servers_of_another_family_are_tunnelled(director: &mut impl Director) {
    let id = endpoint(80);
    made(director, Change::AddService(service(id, "wlc")));
    let mut other = server("2001:db8::2");
    refused(director, Change::AddServer(id, other), ErrorKind::Invalid);
    other.forwarding = Forwarding::Tunnel;
    made(director, Change::AddServer(id, other));
    other.forwarding = Forwarding::DirectRoute;
    refused(director, Change::EditServer(id, other), ErrorKind::Invalid);
}

pub(crate) fn a_service_goes_with_its_servers(director: &mut impl Director) {
    let mark = VirtualId::Fwmark {
        mark: NonZeroU32::new(7).unwrap(),
        family: Family::V4,
    };
    let zero = |id| Change::Zero(Some(id));
    refused(
        director,
        Change::DeleteService(mark),
        ErrorKind::NoSuchService,
    );
    refused(director, zero(mark), ErrorKind::NoSuchService);
    for id in [mark, endpoint(80), endpoint(81)] {
        made(director, Change::AddService(service(id, "rr")));
        made(director, Change::AddServer(id, server("10.0.0.1")));
    }
    made(director, zero(mark));
    made(director, Change::Zero(None));
    made(director, Change::DeleteService(mark));
    assert_eq!(director.destinations(&mark).unwrap(), []);
    let table = director.table().unwrap();
    assert_eq!(table.len(), 2);
    assert!(table.iter().all(|entry| entry.destinations.len() == 1));
    for _ in 0..2 {
        made(director, Change::Clear);
        assert_eq!(director.table().unwrap(), []);
    }
}

pub(crate) fn timeouts_that_are_0_stay(director: &mut impl Director) {
    assert_eq!(director.timeouts().unwrap(), Timeouts::new(900, 120, 300));
    made(director, Change::SetTimeouts(Timeouts::new(0, 60, 0)));
    assert_eq!(director.timeouts().unwrap(), Timeouts::new(900, 60, 300));
    let long = Timeouts::new(1, 1, u32::MAX);
    refused(director, Change::SetTimeouts(long), ErrorKind::Invalid);
    assert_eq!(director.timeouts().unwrap(), Timeouts::new(900, 60, 300));
}

pub(crate) fn one_daemon_of_a_state_runs(director: &mut impl Director) {
    let start = |state, interface: &str| Change::StartDaemon(Daemon::new(state, interface, 7));
    for state in [DaemonState::Master, DaemonState::Backup] {
        refused(director, Change::StopDaemon(state), ErrorKind::NoDaemon);
        refused(director, start(state, "none"), ErrorKind::NoSuchDevice);
        made(director, start(state, "lo"));
        refused(director, start(state, "lo"), ErrorKind::DaemonRunning);
        refused(director, start(state, "none"), ErrorKind::NoSuchDevice);
    }
    let mut unicast = Daemon::new(DaemonState::Master, "lo", 7);
    unicast.group = Some([10, 0, 0, 1].into());
    refused(director, Change::StartDaemon(unicast), ErrorKind::Invalid);
    let other = DaemonState::Other(3);
    refused(director, start(other, "lo"), ErrorKind::Invalid);
    refused(director, Change::StopDaemon(other), ErrorKind::Invalid);

    let mut running = director.daemons().unwrap();
    running.sort_by_key(|daemon| daemon.state == DaemonState::Backup);
    let [master, backup] = &running[..] else {
        panic!("{running:?}");
    };
    let mut whole = Daemon::new(DaemonState::Master, "lo", 7);
    whole.group = Some([224, 0, 0, 81].into());
    (whole.port, whole.ttl, whole.max_len) = (Some(8848), Some(1), Some(1472));
    assert_eq!(*master, whole);
    assert_eq!(backup.state, DaemonState::Backup);
    for state in [DaemonState::Master, DaemonState::Backup] {
        made(director, Change::StopDaemon(state));
        refused(director, Change::StopDaemon(state), ErrorKind::NoDaemon);
    }
    assert_eq!(director.daemons().unwrap(), []);
}

pub(crate) fn daemons_and_mixed_families_exclude_each_other(director: &mut impl Director) {
    let id = endpoint(80);
    let master = Daemon::new(DaemonState::Master, "lo", 7);
    let mut other = server("2001:db8::2");
    other.forwarding = Forwarding::Tunnel;
    made(director, Change::AddService(service(id, "wlc")));
    made(director, Change::AddServer(id, other));
    refused(
        director,
        Change::StartDaemon(master.clone()),
        ErrorKind::Invalid,
    );
    made(director, Change::DeleteServer(id, other));
    made(director, Change::StartDaemon(master));
    refused(director, Change::AddServer(id, other), ErrorKind::Invalid);
    made(director, Change::StopDaemon(DaemonState::Master));
    made(director, Change::AddServer(id, other));
}

pub(crate) fn many_changes_are_made_in_order(director: &mut impl Director) {
    let id = endpoint(80);
    let changes = [
        Change::AddServer(id, server("10.0.0.1")),
        Change::AddService(service(id, "wlc")),
        Change::AddServer(id, server("10.0.0.1")),
        Change::AddServer(id, server("10.0.0.1")),
        Change::AddServer(id, server("10.0.0.2")),
    ];
    let mut refusals = Vec::new();
    let sent = director.apply_all(&changes, &mut |place, error| {
        refusals.push((place, error.kind()));
        ControlFlow::Continue(())
    });
    assert_eq!(sent.unwrap(), 5);
    assert_eq!(
        refusals,
        [(0, ErrorKind::NoSuchService), (3, ErrorKind::AlreadyExists)]
    );
    assert_eq!(servers(director, &id).len(), 2);
}

/// A service with one server, and another with two.
fn wanted(last: Destination) -> Table {
    let mut wanted = Table::default();
    for (line, change) in (1..).zip([
        Change::AddService(service(endpoint(80), "wlc")),
        Change::AddServer(endpoint(80), server("10.0.0.1")),
        Change::AddService(service(endpoint(81), "rr")),
        Change::AddServer(endpoint(81), server("10.0.0.1")),
        Change::AddServer(endpoint(81), last),
    ]) {
        wanted.apply(line, change).unwrap();
    }
    wanted
}

fn replaced(director: &mut impl Director, wanted: &Table) -> Result<Outcome, Error> {
    replace(director, wanted, &mut |_| ControlFlow::Continue(()))
}

pub(crate) fn a_table_is_replaced(director: &mut impl Director) {
    made(director, Change::AddService(service(endpoint(80), "rr")));
    made(
        director,
        Change::AddServer(endpoint(80), server("10.0.0.9")),
    );
    made(director, Change::AddService(service(endpoint(90), "rr")));
    for _ in 0..2 {
        let outcome = replaced(director, &wanted(server("10.0.0.2")));
        assert!(matches!(outcome, Ok(Outcome::Done)), "{outcome:?}");
        assert_eq!(director.services().unwrap().len(), 2);
        assert_eq!(
            servers(director, &endpoint(80)),
            [("10.0.0.1".to_owned(), 1)]
        );
        assert_eq!(servers(director, &endpoint(81)).len(), 2);
    }
}

pub(crate) fn a_refused_replacement_is_undone(director: &mut impl Director) {
    made(director, Change::AddService(service(endpoint(80), "rr")));
    made(
        director,
        Change::AddServer(endpoint(80), server("10.0.0.9")),
    );
    let before = director.table().unwrap();
    let outcome = replaced(director, &wanted(server("224.0.0.1")));
    let Ok(Outcome::Undone(undone)) = outcome else {
        panic!("{outcome:?}");
    };
    let Cause::Refused { planned, error } = &undone.cause else {
        panic!("{undone:?}");
    };
    assert_eq!((planned.line, error.kind()), (Some(5), ErrorKind::Invalid));
    assert!(undone.remains.is_nothing());
    assert_eq!(director.table().unwrap(), before);
}

pub(crate) fn a_server_is_drained(director: &mut impl Director) {
    let id = endpoint(80);
    made(director, Change::AddService(service(id, "wlc")));
    for address in ["10.0.0.1", "10.0.0.2"] {
        made(director, Change::AddServer(id, server(address)));
    }
    let entry = director.service(&id).unwrap();
    let mut draining = Draining::begin(&entry, Some(([10, 0, 0, 1].into(), 80))).unwrap();
    draining.close(director).unwrap();
    assert_eq!(draining.look(director, false).unwrap(), Step::Remove);
    made(director, draining.removal());
    assert_eq!(servers(director, &id), [("10.0.0.2".to_owned(), 1)]);
    assert_eq!(draining.look(director, false).unwrap(), Step::Gone);
    // Others may have removed it since.
    draining.close(director).unwrap();
    made(director, Change::DeleteService(id));
    draining.close(director).unwrap();
    assert_eq!(draining.look(director, false).unwrap(), Step::Gone);
}
