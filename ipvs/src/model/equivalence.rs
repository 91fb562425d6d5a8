//! Equivalence: the settings of services and servers that have an effect.
//!
//! The kernel keeps some values that it never looks at, such as the netmask of
//! a service that is not persistent. No listing shows them and no rule file
//! holds them, so two tables that differ only there are the same table: saving
//! leaves them out, and a replacement does not send them.

use super::{
    Destination, Forwarding, NO_SCHEDULER, Netmask, Protocol, SchedulerFlag, Service, ServiceFlags,
    Tunnel, TunnelKind, VirtualId,
};

/// The scheduler's name.
pub fn scheduler(service: &Service) -> &str {
    service
        .scheduler
        .as_ref()
        .map_or(NO_SCHEDULER, |name| name.as_str())
}

/// The flags of a service that are the kernel's alone, or of a newer one.
pub fn unnamed_flags(service: &Service) -> ServiceFlags {
    service
        .flags
        .without(ServiceFlags::SCHEDULER)
        .without(ServiceFlags::PERSISTENT)
        .without(ServiceFlags::ONE_PACKET)
        .without(ServiceFlags::HASHED)
}

/// The flags that matter.
pub fn flags(service: &Service) -> ServiceFlags {
    let set = service.flags.intersection(ServiceFlags::SCHEDULER);
    // Beside a flag that the scheduler has a name for, no others are listed.
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

/// One-packet scheduling is looked at for UDP only, which a mark may carry.
fn takes_one_packet(id: &VirtualId) -> bool {
    match id {
        VirtualId::Endpoint { protocol, .. } => *protocol == Protocol::Udp,
        VirtualId::Fwmark { .. } => true,
    }
}

/// Timeout and granularity of a persistent service.
pub fn persistence(service: &Service) -> Option<(u32, Netmask)> {
    service
        .is_persistent()
        .then_some((service.timeout, service.netmask))
}

/// The encapsulation of a tunnelled server.
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

/// Returns whether two settings of one service do the same.
pub fn same_service(one: &Service, other: &Service) -> bool {
    // All but the engine are compared by what they do.
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

/// Returns whether two settings of one server do the same.
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
