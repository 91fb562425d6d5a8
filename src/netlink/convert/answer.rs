//! What the kernel leaves out gets the value that an older kernel means by it;
//! what it says in words that this program does not know is kept as it is.
//! Only a service without any identity is an error.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_packet_core::DecodeError;

use crate::model::{
    Daemon, DaemonState, Destination, DestinationEntry, Family, Forwarding, Info, Name, Netmask,
    Protocol, Service, ServiceEntry, ServiceFlags, Stats, Timeouts, TunnelKind, VirtualId,
};
use crate::netlink::attr::{
    BigEndian, CommandAttr, DaemonAttr, DestinationAttr, InfoAttr, ServiceAttr, StatsAttr,
};
use crate::netlink::message::{Attributes, IpvsMessage};
use crate::netlink::uapi::*;

/// The service that a message tells; none if it tells something else.
pub(crate) fn service_entry(message: IpvsMessage) -> Result<Option<ServiceEntry>, DecodeError> {
    let found = command_attributes(message).find_map(|attribute| match attribute {
        CommandAttr::Service(attributes) => Some(attributes),
        _ => None,
    });
    found.map(service_from).transpose()
}

fn service_from(attributes: Vec<ServiceAttr>) -> Result<ServiceEntry, DecodeError> {
    let (mut family, mut protocol, mut port, mut mark) = (AF_INET, 0, 0, 0);
    let (mut flags, mut timeout, mut netmask) = (0, 0, [0; 4]);
    let (mut address, mut scheduler, mut engine) = (None, None, None);
    let (mut stats, mut stats64) = (None, None);
    for attribute in attributes {
        match attribute {
            ServiceAttr::AddressFamily(value) => family = value,
            ServiceAttr::Protocol(value) => protocol = value,
            ServiceAttr::Address(value) => address = Some(value),
            ServiceAttr::Port(BigEndian(value)) => port = value,
            ServiceAttr::Fwmark(value) => mark = value,
            ServiceAttr::SchedulerName(value) => scheduler = Some(Name::from_kernel(&value)),
            ServiceAttr::Flags(value) => flags = value.flags,
            ServiceAttr::Timeout(value) => timeout = value,
            ServiceAttr::Netmask(value) => netmask = value,
            ServiceAttr::EngineName(value) => engine = Some(Name::from_kernel(&value)),
            ServiceAttr::Stats(value) => stats = Some(value),
            ServiceAttr::Stats64(value) => stats64 = Some(value),
            ServiceAttr::Other(_) => {}
        }
    }
    let family = family_from(family);
    let id = match address {
        _ if mark != 0 => VirtualId::Fwmark { mark, family },
        Some(address) => VirtualId::Endpoint {
            protocol: protocol_from(protocol),
            address: address_from(address, family),
            port,
        },
        None => return Err("a service with neither address nor mark".into()),
    };
    let service = Service {
        id,
        scheduler,
        flags: ServiceFlags(flags),
        timeout,
        netmask: match family {
            Family::V4 => Netmask::V4(Ipv4Addr::from(netmask)),
            Family::V6 => Netmask::V6(u32::from_ne_bytes(netmask)),
        },
        engine,
    };
    Ok(ServiceEntry::new(service, stats_from(stats64.or(stats))))
}

/// The server that a message tells; none if it tells something else.
///
/// `family` is the service's: that of its servers on kernels that do not say.
pub(crate) fn destination_entry(message: IpvsMessage, family: Family) -> Option<DestinationEntry> {
    let attributes = command_attributes(message).find_map(|attribute| match attribute {
        CommandAttr::Destination(attributes) => Some(attributes),
        _ => None,
    })?;
    let mut address = [0; 16];
    let mut family = family;
    let mut entry = DestinationEntry::new(Destination::new(
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        0,
        Forwarding::Masquerade,
    ));
    let (mut stats, mut stats64) = (None, None);
    let destination = &mut entry.destination;
    let activity = &mut entry.activity;
    for attribute in attributes {
        match attribute {
            DestinationAttr::Address(value) => address = value,
            DestinationAttr::AddressFamily(value) => family = family_from(value),
            DestinationAttr::Port(BigEndian(value)) => destination.port = value,
            DestinationAttr::ForwardingMethod(value) => {
                destination.forwarding = forwarding_from(value);
            }
            DestinationAttr::Weight(value) => destination.weight = value,
            DestinationAttr::UpperThreshold(value) => destination.upper_threshold = value,
            DestinationAttr::LowerThreshold(value) => destination.lower_threshold = value,
            DestinationAttr::ActiveConnections(value) => activity.active = value,
            DestinationAttr::InactiveConnections(value) => activity.inactive = value,
            DestinationAttr::PersistentConnections(value) => activity.persistent = value,
            DestinationAttr::TunnelType(value) => {
                destination.tunnel.kind = tunnel_kind_from(value);
            }
            DestinationAttr::TunnelPort(BigEndian(value)) => destination.tunnel.port = value,
            DestinationAttr::TunnelFlags(value) => destination.tunnel.flags = value,
            DestinationAttr::Stats(value) => stats = Some(value),
            DestinationAttr::Stats64(value) => stats64 = Some(value),
            DestinationAttr::Other(_) => {}
        }
    }
    destination.address = address_from(address, family);
    entry.stats = stats_from(stats64.or(stats));
    Some(entry)
}

/// The daemon that a message tells; none if it tells something else.
pub(crate) fn daemon(message: IpvsMessage) -> Option<Daemon> {
    let attributes = command_attributes(message).find_map(|attribute| match attribute {
        CommandAttr::Daemon(attributes) => Some(attributes),
        _ => None,
    })?;
    let mut daemon = Daemon::new(DaemonState::Other(0), String::new(), 0);
    for attribute in attributes {
        match attribute {
            DaemonAttr::State(value) => {
                daemon.state = match value {
                    IP_VS_STATE_MASTER => DaemonState::Master,
                    IP_VS_STATE_BACKUP => DaemonState::Backup,
                    other => DaemonState::Other(other),
                }
            }
            DaemonAttr::Interface(value) => daemon.interface = value,
            DaemonAttr::SyncId(value) => daemon.sync_id = value,
            DaemonAttr::MaxLen(value) => daemon.max_len = Some(value),
            DaemonAttr::Group(value) => daemon.group = Some(Ipv4Addr::from(value).into()),
            DaemonAttr::Group6(value) => daemon.group = Some(Ipv6Addr::from(value).into()),
            DaemonAttr::Port(value) => daemon.port = Some(value),
            DaemonAttr::Ttl(value) => daemon.ttl = Some(value),
            DaemonAttr::Other(_) => {}
        }
    }
    Some(daemon)
}

/// The timeouts that a message tells.
pub(crate) fn timeouts(message: IpvsMessage) -> Timeouts {
    let mut timeouts = Timeouts {
        tcp: 0,
        tcp_fin: 0,
        udp: 0,
    };
    for attribute in command_attributes(message) {
        match attribute {
            CommandAttr::TimeoutTcp(value) => timeouts.tcp = value,
            CommandAttr::TimeoutTcpFin(value) => timeouts.tcp_fin = value,
            CommandAttr::TimeoutUdp(value) => timeouts.udp = value,
            _ => {}
        }
    }
    timeouts
}

/// What a message tells of the kernel's IPVS.
pub(crate) fn info(message: IpvsMessage) -> Info {
    let mut info = Info::new(0, 0);
    if let Attributes::Info(attributes) = message.attributes {
        for attribute in attributes {
            match attribute {
                InfoAttr::Version(value) => info.version = value,
                InfoAttr::ConnectionTableSize(value) => info.connection_table_size = value,
                InfoAttr::Other(_) => {}
            }
        }
    }
    info
}

fn command_attributes(message: IpvsMessage) -> impl Iterator<Item = CommandAttr> {
    match message.attributes {
        Attributes::Command(attributes) => attributes,
        Attributes::Info(_) => Vec::new(),
    }
    .into_iter()
}

fn stats_from(attributes: Option<Vec<StatsAttr>>) -> Stats {
    let mut stats = Stats::default();
    for attribute in attributes.unwrap_or_default() {
        let (field, value) = match attribute {
            StatsAttr::Connections(value) => (&mut stats.connections, value),
            StatsAttr::InPackets(value) => (&mut stats.in_packets, value),
            StatsAttr::OutPackets(value) => (&mut stats.out_packets, value),
            StatsAttr::InBytes(value) => (&mut stats.in_bytes, value),
            StatsAttr::OutBytes(value) => (&mut stats.out_bytes, value),
            StatsAttr::ConnectionRate(value) => (&mut stats.connections_per_second, value),
            StatsAttr::InPacketRate(value) => (&mut stats.in_packets_per_second, value),
            StatsAttr::OutPacketRate(value) => (&mut stats.out_packets_per_second, value),
            StatsAttr::InByteRate(value) => (&mut stats.in_bytes_per_second, value),
            StatsAttr::OutByteRate(value) => (&mut stats.out_bytes_per_second, value),
            StatsAttr::Other(_) => continue,
        };
        *field = value.into();
    }
    stats
}

/// A family that this program does not know is shown as IPv6: that loses no
/// byte of its addresses.
fn family_from(number: u16) -> Family {
    match number {
        AF_INET => Family::V4,
        _ => Family::V6,
    }
}

fn address_from(bytes: [u8; 16], family: Family) -> IpAddr {
    match family {
        Family::V4 => {
            let [a, b, c, d, ..] = bytes;
            Ipv4Addr::new(a, b, c, d).into()
        }
        Family::V6 => Ipv6Addr::from(bytes).into(),
    }
}

fn protocol_from(number: u16) -> Protocol {
    match number {
        IPPROTO_TCP => Protocol::Tcp,
        IPPROTO_UDP => Protocol::Udp,
        IPPROTO_SCTP => Protocol::Sctp,
        other => Protocol::Other(other),
    }
}

fn forwarding_from(number: u32) -> Forwarding {
    match number & IP_VS_CONN_F_FWD_MASK {
        IP_VS_CONN_F_MASQ => Forwarding::Masquerade,
        IP_VS_CONN_F_LOCALNODE => Forwarding::Local,
        IP_VS_CONN_F_TUNNEL => Forwarding::Tunnel,
        IP_VS_CONN_F_DROUTE => Forwarding::DirectRoute,
        IP_VS_CONN_F_BYPASS => Forwarding::Bypass,
        other => Forwarding::Other(other),
    }
}

fn tunnel_kind_from(number: u8) -> TunnelKind {
    match number {
        IP_VS_CONN_F_TUNNEL_TYPE_IPIP => TunnelKind::Ipip,
        IP_VS_CONN_F_TUNNEL_TYPE_GUE => TunnelKind::Gue,
        IP_VS_CONN_F_TUNNEL_TYPE_GRE => TunnelKind::Gre,
        other => TunnelKind::Other(other),
    }
}
