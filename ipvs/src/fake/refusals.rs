//! The checks by which the kernel refuses values.

use std::net::{IpAddr, Ipv4Addr};

use crate::error::ErrorKind;
use crate::model::{
    Change, Daemon, DaemonState, Destination, Family, Forwarding, Name, Service, Timeouts,
    TunnelKind, VirtualId,
};

/// The schedulers that Linux has.
const SCHEDULERS: &[&str] = &[
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf", "twos",
];
const ENGINES: &[&str] = &["sip"];

/// The longest timeout in seconds, where the kernel's clock ticks 100 times a
/// second.
const LONGEST: u32 = i32::MAX.cast_unsigned() / 100;

fn ensure(is_so: bool, otherwise: ErrorKind) -> Result<(), ErrorKind> {
    match is_so {
        true => Ok(()),
        false => Err(otherwise),
    }
}

pub(super) fn check_service(service: &Service) -> Result<(), ErrorKind> {
    let is_one = |name: &Option<Name>, known: &[&str]| {
        let name = name.as_ref().map(Name::as_str);
        name.is_none_or(|name| known.contains(&name))
    };
    let has_scheduler = !service.is_scheduled() || is_one(&service.scheduler, SCHEDULERS);
    ensure(
        has_scheduler && is_one(&service.engine, ENGINES),
        ErrorKind::NoSuchScheduler,
    )
}

/// Refuses the changes that a client does not even send.
pub(super) fn check_change(change: &Change) -> Result<(), ErrorKind> {
    match change {
        Change::AddService(service) | Change::EditService(service) => {
            ensure(service.netmask_fits(), ErrorKind::Invalid)
        }
        _ => Ok(()),
    }
}

/// Checks a server that is added or edited.
pub(super) fn check_server(
    id: &VirtualId,
    server: &Destination,
    has_daemon: bool,
) -> Result<(), ErrorKind> {
    let is_mixed = Family::of(server.address) != id.family();
    let may_be_mixed = server.forwarding == Forwarding::Tunnel && !has_daemon;
    ensure(!is_mixed || may_be_mixed, ErrorKind::Invalid)?;
    ensure(
        i32::try_from(server.weight).is_ok() && server.lower_threshold <= server.upper_threshold,
        ErrorKind::OutOfRange,
    )?;
    let is_gue = server.forwarding == Forwarding::Tunnel && server.tunnel.kind == TunnelKind::Gue;
    ensure(!is_gue || server.tunnel.port != 0, ErrorKind::Invalid)
}

/// Checks that a new server has a unicast address.
pub(super) fn check_address(address: IpAddr) -> Result<(), ErrorKind> {
    let is_unicast = match address {
        IpAddr::V4(address) => {
            !address.is_unspecified() && !address.is_multicast() && address != Ipv4Addr::BROADCAST
        }
        IpAddr::V6(address) => {
            !address.is_unspecified() && !address.is_multicast() && !address.is_unicast_link_local()
        }
    };
    ensure(is_unicast, ErrorKind::Invalid)
}

pub(super) fn check_timeouts(timeouts: &Timeouts) -> Result<(), ErrorKind> {
    let Timeouts { tcp, tcp_fin, udp } = *timeouts;
    ensure(
        [tcp, tcp_fin, udp].iter().all(|time| *time <= LONGEST),
        ErrorKind::Invalid,
    )
}

pub(super) fn check_state(state: DaemonState) -> Result<(), ErrorKind> {
    ensure(
        matches!(state, DaemonState::Master | DaemonState::Backup),
        ErrorKind::Invalid,
    )
}

pub(super) fn check_daemon(
    daemon: &Daemon,
    interfaces: &[String],
    is_mixed: bool,
) -> Result<(), ErrorKind> {
    check_state(daemon.state)?;
    let is_group = daemon.group.is_none_or(|group| group.is_multicast());
    ensure(is_group && !is_mixed, ErrorKind::Invalid)?;
    ensure(
        interfaces.contains(&daemon.interface),
        ErrorKind::NoSuchDevice,
    )
}

/// Returns a daemon as the kernel runs it, with the kernel's defaults.
pub(super) fn whole(daemon: &Daemon) -> Daemon {
    let group = IpAddr::from([224, 0, 0, 81]);
    Daemon {
        max_len: daemon.max_len.or(Some(1472)),
        group: daemon.group.or(Some(group)),
        port: daemon.port.or(Some(8848)),
        ttl: daemon.ttl.filter(|ttl| *ttl > 0).or(Some(1)),
        ..daemon.clone()
    }
}
