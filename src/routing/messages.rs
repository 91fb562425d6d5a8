//! The messages of rtnetlink, made and read.

use std::net::IpAddr;

use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteMetric, RouteType,
};
use netlink_packet_route::tc::{TcAttribute, TcMessage};

use super::model::{Address, Leads, Link, Neighbour, Question, Reach, Route};

pub(super) fn get_route(question: &Question) -> Message {
    let bits = if question.destination.is_ipv4() {
        32
    } else {
        128
    };
    let mut message = RouteMessage::default();
    message.header.address_family = family(question.destination);
    message.header.destination_prefix_length = bits;
    let attributes = &mut message.attributes;
    attributes.push(RouteAttribute::Destination(question.destination.into()));
    if let Some(source) = question.source {
        message.header.source_prefix_length = bits;
        attributes.push(RouteAttribute::Source(source.into()));
    }
    if let Some(input) = question.input {
        attributes.push(RouteAttribute::Iif(input));
    }
    if question.mark != 0 {
        attributes.push(RouteAttribute::Mark(question.mark));
    }
    Message::GetRoute(message)
}

/// Returns an entry for this neighbour on this interface, which says nothing of it yet.
pub(super) fn entry(address: IpAddr, interface: u32) -> NeighbourMessage {
    let mut entry = NeighbourMessage::default();
    entry.header.family = family(address);
    entry.header.ifindex = interface;
    entry.header.state = NeighbourState::None;
    let destination = NeighbourAttribute::Destination(address.into());
    entry.attributes.push(destination);
    entry
}

fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

pub(super) fn link(message: LinkMessage) -> Link {
    let flags = message.header.flags;
    let mut link = Link {
        index: message.header.index,
        name: String::new(),
        kind: None,
        mtu: 0,
        up: flags.contains(LinkFlags::Up),
        unplugged: flags.contains(LinkFlags::Up) && !flags.contains(LinkFlags::LowerUp),
        loopback: flags.contains(LinkFlags::Loopback),
        hardware: None,
    };
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            LinkAttribute::Address(bytes) => link.hardware = hardware(&bytes),
            LinkAttribute::LinkInfo(infos) => {
                link.kind = infos.into_iter().find_map(|info| match info {
                    LinkInfo::Kind(kind) => Some(kind.to_string()),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    link
}

pub(super) fn address(message: AddressMessage) -> Option<Address> {
    let mut flags = AddressFlags::from_bits_retain(message.header.flags.bits().into());
    let (mut own, mut peer) = (None, None);
    for attribute in message.attributes {
        match attribute {
            // On a point-to-point link, `IFA_ADDRESS` is the address of the other
            // end.
            AddressAttribute::Local(address) => own = Some(address),
            AddressAttribute::Address(address) => peer = Some(address),
            AddressAttribute::Flags(all) => flags |= all,
            _ => {}
        }
    }
    Some(Address {
        address: own.or(peer)?,
        prefix: message.header.prefix_len,
        interface: message.header.index,
        duplicate: flags.contains(AddressFlags::Dadfailed),
        tentative: flags.contains(AddressFlags::Tentative),
    })
}

pub(super) fn classified(discipline: &TcMessage) -> Option<u32> {
    let looks_at_incoming = |attribute: &TcAttribute| match attribute {
        TcAttribute::Kind(kind) => kind == "clsact" || kind == "ingress",
        _ => false,
    };
    let interface = u32::try_from(discipline.header.index).ok()?;
    discipline
        .attributes
        .iter()
        .any(looks_at_incoming)
        .then_some(interface)
}

pub(super) fn neighbour(message: NeighbourMessage) -> Option<Neighbour> {
    let (mut address, mut bytes) = (None, None);
    for attribute in message.attributes {
        match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(found)) => {
                address = Some(IpAddr::V4(found));
            }
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(found)) => {
                address = Some(IpAddr::V6(found));
            }
            NeighbourAttribute::LinkLayerAddress(found) => bytes = Some(found),
            _ => {}
        }
    }
    Some(Neighbour {
        address: address?,
        interface: message.header.ifindex,
        hardware: bytes.and_then(|bytes| hardware(&bytes)),
        state: match message.header.state {
            NeighbourState::Incomplete => Reach::Incomplete,
            NeighbourState::Reachable => Reach::Reachable,
            NeighbourState::Stale => Reach::Stale,
            NeighbourState::Delay => Reach::Delay,
            NeighbourState::Probe => Reach::Probe,
            NeighbourState::Failed => Reach::Failed,
            NeighbourState::Noarp => Reach::NoArp,
            NeighbourState::Permanent => Reach::Permanent,
            _ => Reach::Other,
        },
    })
}

pub(super) fn route(message: &RouteMessage) -> Route {
    let leads = match message.header.kind {
        RouteType::Unicast => Leads::Onward,
        // Packets to an anycast address of this machine are taken in as those to its own.
        RouteType::Local | RouteType::Anycast => Leads::Here,
        RouteType::BlackHole | RouteType::Unreachable | RouteType::Prohibit => Leads::Nowhere,
        _ => Leads::Elsewhere,
    };
    let mut route = Route {
        leads,
        gateway: None,
        output: None,
        source: None,
        mtu: None,
    };
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Gateway(gateway) => route.gateway = plain(gateway),
            RouteAttribute::PrefSource(source) => route.source = plain(source),
            RouteAttribute::Oif(index) => route.output = Some(*index),
            RouteAttribute::Metrics(metrics) => {
                route.mtu = metrics.iter().find_map(|metric| match metric {
                    RouteMetric::Mtu(mtu) => Some(*mtu),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    route
}

fn plain(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some(IpAddr::V4(*address)),
        RouteAddress::Inet6(address) => Some(IpAddr::V6(*address)),
        _ => None,
    }
}

/// Returns a hardware address as it is written, or none if it is all zero.
fn hardware(bytes: &[u8]) -> Option<String> {
    let parts: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.iter().any(|byte| *byte != 0).then(|| parts.join(":"))
}
