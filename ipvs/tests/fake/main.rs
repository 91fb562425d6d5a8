//! The kernel in memory: it does as the kernel does, and what a test tells it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../conduct/mod.rs"]
mod conduct;

use ipvs::connections::{By, Filter, count};
use ipvs::director::Director;
use ipvs::drain::{Draining, Step};
use ipvs::error::ErrorKind;
use ipvs::fake::FakeKernel;
use ipvs::model::{
    Change, Daemon, DaemonState, Destination, Forwarding, Protocol, Service, VirtualId,
};

fn with(test: impl FnOnce(&mut FakeKernel)) {
    test(&mut FakeKernel::new());
}

conduct::of!(with);

const WEB: VirtualId = VirtualId::Endpoint {
    protocol: Protocol::Tcp,
    address: std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 80)),
    port: 80,
};

/// One service with one server.
fn web() -> FakeKernel {
    let mut kernel = FakeKernel::new();
    let service = Service::new(WEB, "wlc".parse().unwrap());
    let server = Destination::new([10, 0, 0, 1].into(), 80, Forwarding::Masquerade);
    kernel.apply(&Change::AddService(service)).unwrap();
    kernel.apply(&Change::AddServer(WEB, server)).unwrap();
    kernel
}

#[test]
fn counters_are_those_that_it_was_given_until_they_are_zeroed() {
    let mut kernel = web();
    kernel.rows_mut()[0].stats.connections = 5;
    kernel.rows_mut()[0].destinations[0].stats.in_bytes = 7;
    let told = kernel.service(&WEB).unwrap();
    assert_eq!(told.stats.connections, 5);
    assert_eq!(told.destinations[0].stats.in_bytes, 7);
    kernel.apply(&Change::Zero(Some(WEB))).unwrap();
    let told = kernel.service(&WEB).unwrap();
    assert_eq!(told.stats.connections, 0);
    assert_eq!(told.destinations[0].stats.in_bytes, 0);
}

#[test]
fn totals_are_those_that_it_was_given_until_all_is_zeroed() {
    let mut kernel = web();
    let mut totals = ipvs::model::Stats::default();
    let ipvs::model::Stats { connections, .. } = &mut totals;
    *connections = 5;
    kernel.set_totals(totals);
    kernel.apply(&Change::Zero(Some(WEB))).unwrap();
    assert_eq!(kernel.totals().unwrap(), Some(totals));
    kernel.apply(&Change::Zero(None)).unwrap();
    assert_eq!(kernel.totals().unwrap().unwrap().connections, 0);
}

#[test]
fn its_files_fail_with_everything_else() {
    let mut kernel = web();
    for kind in [
        ErrorKind::PermissionDenied,
        ErrorKind::NoIpvs,
        ErrorKind::Io,
    ] {
        kernel.set_failing(Some(kind));
        assert_eq!(kernel.connections().err().unwrap().kind(), kind);
        assert_eq!(kernel.totals().err().unwrap().kind(), kind);
    }
}

#[test]
fn it_has_the_connections_and_interfaces_that_it_was_given() {
    let mut kernel = web();
    kernel.set_connections(
        "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires\n\
         TCP 0A000009 9668 C0000250 0050 0A000001 0050 ESTABLISHED     899\n",
    );
    let table = kernel.connections().unwrap();
    let counts = count(table, &Filter::default(), By::Server).unwrap();
    assert_eq!(counts[0].connections, 1);
    let start = Change::StartDaemon(Daemon::new(DaemonState::Master, "eth0", 1));
    let refused = kernel.apply(&start).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NoSuchDevice);
    kernel.add_interface("eth0");
    kernel.apply(&start).unwrap();
}

#[test]
fn a_drain_waits_for_the_connections_of_its_table() {
    let mut kernel = web();
    let entry = kernel.service(&WEB).unwrap();
    let mut draining = Draining::begin(&entry, None).unwrap();
    draining.close(&mut kernel).unwrap();
    // One of two is closed: that the kernel does not count.
    kernel.rows_mut()[0].destinations[0].activity.inactive = 2;
    kernel.set_connections(
        "TCP 0A000009 9668 C0000250 0050 0A000001 0050 ESTABLISHED     899\n\
         TCP 0A000009 9669 C0000250 0050 0A000001 0050 TIME_WAIT        60\n",
    );
    assert_eq!(draining.look(&mut kernel, false).unwrap(), Step::Wait(1));
    assert_eq!(
        draining.look(&mut kernel, true).unwrap(),
        Step::TimeIsOver(1)
    );
    kernel.rows_mut()[0].destinations[0].activity.inactive = 0;
    assert_eq!(draining.look(&mut kernel, false).unwrap(), Step::Remove);
}

#[test]
fn it_fails_as_it_was_told() {
    let mut kernel = web();
    for kind in [
        ErrorKind::PermissionDenied,
        ErrorKind::NoIpvs,
        ErrorKind::OutOfMemory,
        ErrorKind::Interrupted,
        ErrorKind::TimedOut,
        ErrorKind::Overrun,
        ErrorKind::Io,
    ] {
        kernel.set_failing(Some(kind));
        let errors = [
            kernel.services().unwrap_err(),
            kernel.service(&WEB).unwrap_err(),
            kernel.destinations(&WEB).unwrap_err(),
            kernel.timeouts().unwrap_err(),
            kernel.daemons().unwrap_err(),
            kernel.apply(&Change::Clear).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), kind, "{error:?}");
        }
    }
    kernel.set_failing(None);
    assert_eq!(kernel.table().unwrap().len(), 1);
}
