use std::net::IpAddr;

use crate::error::{Error, Verb};
use crate::model::{
    Change, Daemon, Destination, Family, NO_SCHEDULER, Name, Netmask, Service, ServiceFlags,
    Timeouts, Tunnel, VirtualId,
};
use crate::netlink::attr::{
    BigEndian, CommandAttr, DaemonAttr, DestinationAttr, FlagsAndMask, ServiceAttr,
};
use crate::netlink::message::{IpvsCommand, IpvsMessage};
use crate::uapi::*;

/// Returns the request that carries out a change.
///
/// # Errors
/// Where the kernel would take the change for another one.
pub(crate) fn change(change: &Change) -> Result<IpvsMessage, Error> {
    use CommandAttr::{TimeoutTcp, TimeoutTcpFin, TimeoutUdp};
    let (command, attributes) = match change {
        Change::AddService(service) | Change::EditService(service) if !service.netmask_fits() => {
            return Err(Error::Kernel {
                verb: Verb::of(change),
                errno: EINVAL,
                note: Some("The netmask is not of the service's address family".to_owned()),
            });
        }
        Change::AddService(service) => (IpvsCommand::NewService, vec![whole_service(service)]),
        Change::EditService(service) => (IpvsCommand::SetService, vec![whole_service(service)]),
        Change::DeleteService(id) => (IpvsCommand::DelService, vec![service_id(id)]),
        Change::AddServer(id, destination) => (
            IpvsCommand::NewDest,
            vec![service_id(id), whole_destination(destination)],
        ),
        Change::EditServer(id, destination) => (
            IpvsCommand::SetDest,
            vec![service_id(id), whole_destination(destination)],
        ),
        Change::DeleteServer(id, destination) => (
            IpvsCommand::DelDest,
            vec![service_id(id), destination_id(destination)],
        ),
        Change::Clear => (IpvsCommand::Flush, Vec::new()),
        Change::Zero(id) => (IpvsCommand::Zero, id.iter().map(service_id).collect()),
        Change::SetTimeouts(Timeouts { tcp, tcp_fin, udp }) => (
            IpvsCommand::SetConfig,
            vec![TimeoutTcp(*tcp), TimeoutTcpFin(*tcp_fin), TimeoutUdp(*udp)],
        ),
        Change::StartDaemon(daemon) => (IpvsCommand::NewDaemon, vec![whole_daemon(daemon)]),
        Change::StopDaemon(state) => (
            IpvsCommand::DelDaemon,
            vec![CommandAttr::Daemon(vec![DaemonAttr::State(state.number())])],
        ),
    };
    Ok(IpvsMessage::new(command, attributes))
}

/// Returns a question about one service.
pub(crate) fn about(command: IpvsCommand, id: &VirtualId) -> IpvsMessage {
    IpvsMessage::new(command, vec![service_id(id)])
}

fn service_id(id: &VirtualId) -> CommandAttr {
    CommandAttr::Service(identity(id))
}

fn identity(id: &VirtualId) -> Vec<ServiceAttr> {
    // Room for a whole service.
    let mut attributes = Vec::with_capacity(9);
    attributes.push(ServiceAttr::AddressFamily(family_number(id.family())));
    match *id {
        VirtualId::Endpoint {
            protocol,
            address,
            port,
        } => attributes.extend([
            ServiceAttr::Protocol(protocol.number()),
            ServiceAttr::Address(address_bytes(address)),
            ServiceAttr::Port(BigEndian(port)),
        ]),
        VirtualId::Fwmark { mark, .. } => attributes.push(ServiceAttr::Fwmark(mark.get())),
    }
    attributes
}

fn whole_service(service: &Service) -> CommandAttr {
    let Service {
        id,
        scheduler,
        flags,
        timeout,
        netmask,
        engine,
    } = service;
    let scheduler = scheduler.as_ref().map_or(NO_SCHEDULER, Name::as_str);
    let mut attributes = identity(id);
    attributes.push(ServiceAttr::SchedulerName(scheduler.to_owned()));
    if let Some(engine) = engine {
        attributes.push(ServiceAttr::EngineName(engine.as_str().to_owned()));
    }
    attributes.extend([
        ServiceAttr::Flags(FlagsAndMask {
            // The kernel would not put a service into its hash table that says it is there
            // already.
            flags: flags.without(ServiceFlags::HASHED).0,
            mask: u32::MAX,
        }),
        ServiceAttr::Timeout(*timeout),
        ServiceAttr::Netmask(match netmask {
            Netmask::V4(mask) => mask.octets(),
            Netmask::V6(length) => length.bits().to_ne_bytes(),
        }),
    ]);
    CommandAttr::Service(attributes)
}

fn destination_id(destination: &Destination) -> CommandAttr {
    CommandAttr::Destination(destination_identity(destination))
}

fn destination_identity(destination: &Destination) -> Vec<DestinationAttr> {
    // Room for a whole destination.
    let mut attributes = Vec::with_capacity(10);
    let family = Family::of(destination.address);
    attributes.extend([
        DestinationAttr::AddressFamily(family_number(family)),
        DestinationAttr::Address(address_bytes(destination.address)),
        DestinationAttr::Port(BigEndian(destination.port)),
    ]);
    attributes
}

fn whole_destination(destination: &Destination) -> CommandAttr {
    // The address and the port are its identity.
    let Destination {
        address: _,
        port: _,
        forwarding,
        weight,
        upper_threshold,
        lower_threshold,
        tunnel: Tunnel { kind, port, flags },
    } = *destination;
    let mut attributes = destination_identity(destination);
    attributes.extend([
        DestinationAttr::ForwardingMethod(forwarding.number()),
        DestinationAttr::Weight(weight),
        DestinationAttr::TunnelType(kind.number()),
        DestinationAttr::TunnelPort(BigEndian(port)),
        DestinationAttr::TunnelFlags(flags),
        DestinationAttr::UpperThreshold(upper_threshold),
        DestinationAttr::LowerThreshold(lower_threshold),
    ]);
    CommandAttr::Destination(attributes)
}

fn whole_daemon(daemon: &Daemon) -> CommandAttr {
    let Daemon {
        state,
        interface,
        sync_id,
        max_len,
        group,
        port,
        ttl,
    } = daemon;
    let mut attributes = vec![
        DaemonAttr::State(state.number()),
        DaemonAttr::Interface(interface.clone()),
        DaemonAttr::SyncId(*sync_id),
    ];
    attributes.extend(max_len.map(DaemonAttr::MaxLen));
    attributes.extend(port.map(DaemonAttr::Port));
    attributes.extend(ttl.map(DaemonAttr::Ttl));
    attributes.extend(group.map(|group| match group {
        IpAddr::V4(group) => DaemonAttr::Group(group.octets()),
        IpAddr::V6(group) => DaemonAttr::Group6(group.octets()),
    }));
    CommandAttr::Daemon(attributes)
}

fn family_number(family: Family) -> u16 {
    match family {
        Family::V4 => AF_INET,
        Family::V6 => AF_INET6,
    }
}

fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(address) => address.octets(),
    }
}
