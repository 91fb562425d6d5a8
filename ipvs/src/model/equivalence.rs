//! Equivalence: the settings of services and servers that have an effect.
//!
//! The kernel keeps some values that it never looks at, such as the netmask of a service
//! that is not persistent. No listing shows them and no rule file holds them, so two tables
//! that differ only in such values are the same table: saving leaves the values out, and a
//! replacement does not send them.

use super::{
    Destination, Forwarding, NO_SCHEDULER, Netmask, Protocol, SchedulerFlag, Service, ServiceFlags,
    Tunnel, TunnelKind, VirtualId,
};

/// Returns the scheduler's name, which is [`NO_SCHEDULER`] if there is none.
pub fn scheduler(service: &Service) -> &str {
    service
        .scheduler
        .as_ref()
        .map_or(NO_SCHEDULER, |name| name.as_str())
}

/// Returns the flags of a service that this library has no name for, such as those of a
/// newer kernel.
pub fn unnamed_flags(service: &Service) -> ServiceFlags {
    service
        .flags
        .without(ServiceFlags::SCHEDULER)
        .without(ServiceFlags::PERSISTENT)
        .without(ServiceFlags::ONE_PACKET)
        .without(ServiceFlags::HASHED)
}

/// Returns the flags of a service that have an effect.
pub fn flags(service: &Service) -> ServiceFlags {
    let set = service.flags.intersection(ServiceFlags::SCHEDULER);
    // Next to a flag that the scheduler has a name for, listings show no other.
    let named = set.intersection(SchedulerFlag::named_by(scheduler(service)));
    let mut flags = if named == ServiceFlags::default() {
        set
    } else {
        named
    };
    if service.is_persistent() {
        flags = flags.with(ServiceFlags::PERSISTENT);
    }
    if service.flags.contains(ServiceFlags::ONE_PACKET) && takes_one_packet(&service.id) {
        flags = flags.with(ServiceFlags::ONE_PACKET);
    }
    flags.with(unnamed_flags(service))
}

/// Returns whether the kernel looks at one-packet scheduling: it does for UDP only, and a
/// mark may be on UDP packets.
fn takes_one_packet(id: &VirtualId) -> bool {
    match id {
        VirtualId::Endpoint { protocol, .. } => *protocol == Protocol::Udp,
        VirtualId::Fwmark { .. } => true,
    }
}

/// Returns the timeout in seconds and the granularity of a persistent service.
pub fn persistence(service: &Service) -> Option<(u32, Netmask)> {
    service
        .is_persistent()
        .then_some((service.timeout, service.netmask))
}

/// Returns the encapsulation of a tunnelled server, as far as it has an effect.
pub fn tunnel(destination: &Destination) -> Option<Tunnel> {
    if destination.forwarding != Forwarding::Tunnel {
        return None;
    }
    let tunnel = destination.tunnel;
    Some(match tunnel.kind {
        TunnelKind::Ipip => Tunnel::default(),
        TunnelKind::Gre => Tunnel {
            port: 0,
            flags: tunnel.flags & Tunnel::CHECKSUM,
            ..tunnel
        },
        TunnelKind::Gue | TunnelKind::Other(_) => tunnel,
    })
}

/// Returns whether two settings of one service have the same effect.
pub fn same_service(one: &Service, other: &Service) -> bool {
    // All but the engine are compared by their effect.
    let Service {
        id: _,
        scheduler: _,
        flags: _,
        timeout: _,
        netmask: _,
        engine,
    } = one;
    scheduler(one) == scheduler(other)
        && flags(one) == flags(other)
        && persistence(one) == persistence(other)
        && *engine == other.engine
}

/// Returns whether two settings of one server have the same effect.
pub fn same_server(one: &Destination, other: &Destination) -> bool {
    let Destination {
        address: _,
        port: _,
        forwarding,
        weight,
        upper_threshold,
        lower_threshold,
        tunnel: _,
    } = *one;
    forwarding == other.forwarding
        && weight == other.weight
        && upper_threshold == other.upper_threshold
        && lower_threshold == other.lower_threshold
        && tunnel(one) == tunnel(other)
}
