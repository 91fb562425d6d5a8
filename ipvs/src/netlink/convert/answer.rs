//! Turns answers of the kernel into the model.
//!
//! A setting that the kernel leaves out gets the value that an older kernel means by that;
//! a word that this library does not know is kept as it is. Of well-formed answers, only a
//! service without any identity is an error.
//!
//! All answers are read attribute by attribute: no message is made of each row of a big
//! table first.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use netlink_packet_core::{DecodeError, ErrorContext, NlaBuffer, NlasIterator, Parseable};

use crate::model::{
    Daemon, DaemonState, Destination, DestinationEntry, Family, Forwarding, Info, Name, Netmask,
    PrefixLength, Protocol, Service, ServiceEntry, ServiceFlags, Stats, Timeouts, TunnelKind,
    VirtualId,
};
use crate::netlink::attr::{
    BigEndian, CommandAttr, Counter, DaemonAttr, DestinationAttr, InfoAttr, ServiceAttr, Value,
};
use crate::uapi::*;

/// Returns the service that the attributes of a message describe, with its counters; `None`
/// if they describe something else.
pub(crate) fn service_entry(attributes: &[u8]) -> Result<Option<ServiceEntry>, DecodeError> {
    let told = told(attributes, IPVS_CMD_ATTR_SERVICE)?;
    let entry = told.map(|told| {
        let (service, counters) = service_from(told.value())?;
        Ok(ServiceEntry::new(service, counters.stats()?))
    });
    entry.transpose().context("IPVS_CMD_ATTR_SERVICE")
}

/// Returns the identity and the counters of the service that the attributes of a message
/// describe. The settings are not read.
pub(crate) fn counters(attributes: &[u8]) -> Result<Option<(VirtualId, Stats)>, DecodeError> {
    let told = told(attributes, IPVS_CMD_ATTR_SERVICE)?;
    let counted = told.map(|told| {
        let mut identity = PartialIdentity::default();
        let mut counters = StatsAttributes::default();
        for attribute in NlasIterator::new(told.value()) {
            let attribute = attribute?;
            match attribute.kind() {
                IPVS_SVC_ATTR_STATS => counters.narrow = Some(attribute),
                IPVS_SVC_ATTR_STATS64 => counters.wide = Some(attribute),
                _ => {
                    identity.note(&attribute)?;
                }
            }
        }
        Ok((identity.id()?, counters.stats()?))
    });
    counted.transpose().context("IPVS_CMD_ATTR_SERVICE")
}

/// Returns the identity of the service that the attributes of a message describe. Nothing
/// else is read.
pub(crate) fn service_key(attributes: &[u8]) -> Result<Option<VirtualId>, DecodeError> {
    let told = told(attributes, IPVS_CMD_ATTR_SERVICE)?;
    let key = told.map(|told| {
        let mut identity = PartialIdentity::default();
        let mut attributes = NlasIterator::new(told.value());
        // The kernel sends the identity before all else.
        while !identity.is_whole()
            && let Some(attribute) = attributes.next()
        {
            identity.note(&attribute?)?;
        }
        identity.id()
    });
    key.transpose().context("IPVS_CMD_ATTR_SERVICE")
}

/// Does the same as [`service_entry`], without the counters.
pub(crate) fn service(attributes: &[u8]) -> Result<Option<Service>, DecodeError> {
    let told = told(attributes, IPVS_CMD_ATTR_SERVICE)?;
    let service = told.map(|told| Ok(service_from(told.value())?.0));
    service.transpose().context("IPVS_CMD_ATTR_SERVICE")
}

fn service_from(attributes: &[u8]) -> Result<(Service, StatsAttributes<'_>), DecodeError> {
    let mut identity = PartialIdentity::default();
    let (mut flags, mut timeout, mut netmask) = (0, 0, [0; 4]);
    let (mut scheduler, mut engine) = (None, None);
    let mut counters = StatsAttributes::default();
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute?;
        match attribute.kind() {
            IPVS_SVC_ATTR_STATS => counters.narrow = Some(attribute),
            IPVS_SVC_ATTR_STATS64 => counters.wide = Some(attribute),
            _ if identity.note(&attribute)? => {}
            _ => match ServiceAttr::parse(&attribute)? {
                ServiceAttr::SchedulerName(value) => scheduler = Some(Name::from_kernel(&value)),
                ServiceAttr::Flags(value) => flags = value.flags,
                ServiceAttr::Timeout(value) => timeout = value,
                ServiceAttr::Netmask(value) => netmask = value,
                ServiceAttr::EngineName(value) => engine = Some(Name::from_kernel(&value)),
                ServiceAttr::AddressFamily(_)
                | ServiceAttr::Protocol(_)
                | ServiceAttr::Address(_)
                | ServiceAttr::Port(_)
                | ServiceAttr::Fwmark(_)
                | ServiceAttr::Stats(_)
                | ServiceAttr::Stats64(_)
                | ServiceAttr::Other(_) => {}
            },
        }
    }
    let id = identity.id()?;
    let service = Service {
        id,
        scheduler,
        flags: ServiceFlags(flags),
        timeout,
        netmask: match id.family() {
            Family::V4 => Netmask::V4(Ipv4Addr::from(netmask)),
            Family::V6 => Netmask::V6(PrefixLength::from_kernel(u32::from_ne_bytes(netmask))),
        },
        engine,
    };
    Ok((service, counters))
}

/// The identity of a service, as far as it has been read.
#[derive(Default)]
struct PartialIdentity {
    family: Option<u16>,
    protocol: Option<u16>,
    address: Option<[u8; 16]>,
    port: Option<u16>,
    mark: Option<NonZeroU32>,
}

impl PartialIdentity {
    /// Notes the attribute, if it is a part of the identity. Returns whether it is.
    fn note(&mut self, attribute: &NlaBuffer<&[u8]>) -> Result<bool, DecodeError> {
        let value = attribute.value();
        match attribute.kind() {
            IPVS_SVC_ATTR_AF => {
                self.family = Some(Value::read(value).context("IPVS_SVC_ATTR_AF")?);
            }
            IPVS_SVC_ATTR_PROTOCOL => {
                self.protocol = Some(Value::read(value).context("IPVS_SVC_ATTR_PROTOCOL")?);
            }
            IPVS_SVC_ATTR_ADDR => {
                self.address = Some(Value::read(value).context("IPVS_SVC_ATTR_ADDR")?);
            }
            IPVS_SVC_ATTR_PORT => {
                let BigEndian(port) = Value::read(value).context("IPVS_SVC_ATTR_PORT")?;
                self.port = Some(port);
            }
            IPVS_SVC_ATTR_FWMARK => {
                self.mark = NonZeroU32::new(Value::read(value).context("IPVS_SVC_ATTR_FWMARK")?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Returns whether no further attribute can be a part of the identity.
    fn is_whole(&self) -> bool {
        let is_endpoint = self.protocol.is_some() && self.address.is_some() && self.port.is_some();
        self.family.is_some() && (self.mark.is_some() || is_endpoint)
    }

    fn id(&self) -> Result<VirtualId, DecodeError> {
        let family = self.family.map_or(Family::V4, family_from);
        match (self.mark, self.address) {
            (Some(mark), _) => Ok(VirtualId::Fwmark { mark, family }),
            (None, Some(address)) => Ok(VirtualId::Endpoint {
                protocol: Protocol::from_number(self.protocol.unwrap_or_default()),
                address: address_from(address, family),
                port: self.port.unwrap_or_default(),
            }),
            (None, None) => Err("a service with neither address nor mark".into()),
        }
    }
}

/// Returns the server that the attributes of a message describe, with its counters; `None`
/// if they describe something else.
///
/// `family` is the service's. It is also that of the server, on kernels that do not send
/// one.
pub(crate) fn destination_entry(
    attributes: &[u8],
    family: Family,
) -> Result<Option<DestinationEntry>, DecodeError> {
    let told = told(attributes, IPVS_CMD_ATTR_DEST)?;
    let entry = told.map(|told| {
        let (mut entry, counters) = destination_from(told.value(), family)?;
        entry.stats = counters.stats()?;
        Ok(entry)
    });
    entry.transpose().context("IPVS_CMD_ATTR_DEST")
}

/// Does the same as [`destination_entry`], with counters of 0.
pub(crate) fn destination(
    attributes: &[u8],
    family: Family,
) -> Result<Option<DestinationEntry>, DecodeError> {
    let told = told(attributes, IPVS_CMD_ATTR_DEST)?;
    let entry = told.map(|told| Ok(destination_from(told.value(), family)?.0));
    entry.transpose().context("IPVS_CMD_ATTR_DEST")
}

/// Returns the address and port of the server that the attributes of a message describe.
/// Nothing else is read.
pub(crate) fn destination_key(
    attributes: &[u8],
    family: Family,
) -> Result<Option<(IpAddr, u16)>, DecodeError> {
    let told = told(attributes, IPVS_CMD_ATTR_DEST)?;
    let key = told.map(|told| {
        let (mut address, mut family, mut port) = ([0; 16], family, 0);
        for attribute in NlasIterator::new(told.value()) {
            let attribute = attribute?;
            let value = attribute.value();
            match attribute.kind() {
                IPVS_DEST_ATTR_ADDR => address = Value::read(value)?,
                IPVS_DEST_ATTR_PORT => BigEndian(port) = Value::read(value)?,
                IPVS_DEST_ATTR_ADDR_FAMILY => family = family_from(Value::read(value)?),
                _ => {}
            }
        }
        Ok((address_from(address, family), port))
    });
    key.transpose().context("IPVS_CMD_ATTR_DEST")
}

fn destination_from(
    attributes: &[u8],
    family: Family,
) -> Result<(DestinationEntry, StatsAttributes<'_>), DecodeError> {
    let mut address = [0; 16];
    let mut family = family;
    let mut entry = DestinationEntry::new(Destination::new(
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        0,
        Forwarding::Masquerade,
    ));
    let destination = &mut entry.destination;
    let activity = &mut entry.activity;
    let mut counters = StatsAttributes::default();
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute?;
        match attribute.kind() {
            IPVS_DEST_ATTR_STATS => counters.narrow = Some(attribute),
            IPVS_DEST_ATTR_STATS64 => counters.wide = Some(attribute),
            _ => match DestinationAttr::parse(&attribute)? {
                DestinationAttr::Address(value) => address = value,
                DestinationAttr::AddressFamily(value) => family = family_from(value),
                DestinationAttr::Port(BigEndian(value)) => destination.port = value,
                DestinationAttr::ForwardingMethod(value) => {
                    destination.forwarding = Forwarding::from_number(value);
                }
                DestinationAttr::Weight(value) => destination.weight = value,
                DestinationAttr::UpperThreshold(value) => destination.upper_threshold = value,
                DestinationAttr::LowerThreshold(value) => destination.lower_threshold = value,
                DestinationAttr::ActiveConnections(value) => activity.active = value,
                DestinationAttr::InactiveConnections(value) => activity.inactive = value,
                DestinationAttr::PersistentConnections(value) => activity.persistent = value,
                DestinationAttr::TunnelType(value) => {
                    destination.tunnel.kind = TunnelKind::from_number(value);
                }
                DestinationAttr::TunnelPort(BigEndian(value)) => destination.tunnel.port = value,
                DestinationAttr::TunnelFlags(value) => destination.tunnel.flags = value,
                DestinationAttr::Stats(_)
                | DestinationAttr::Stats64(_)
                | DestinationAttr::Other(_) => {}
            },
        }
    }
    destination.address = address_from(address, family);
    Ok((entry, counters))
}

/// Returns the daemon that the attributes of a message describe; `None` if they describe
/// something else.
pub(crate) fn daemon(attributes: &[u8]) -> Result<Option<Daemon>, DecodeError> {
    let told = told(attributes, IPVS_CMD_ATTR_DAEMON)?;
    let daemon = told.map(|told| daemon_from(told.value()));
    daemon.transpose().context("IPVS_CMD_ATTR_DAEMON")
}

fn daemon_from(attributes: &[u8]) -> Result<Daemon, DecodeError> {
    let mut daemon = Daemon::new(DaemonState::Other(0), String::new(), 0);
    for attribute in NlasIterator::new(attributes) {
        match DaemonAttr::parse(&attribute?)? {
            DaemonAttr::State(value) => daemon.state = DaemonState::from_number(value),
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
    Ok(daemon)
}

/// Returns the timeouts that the attributes of a message give.
pub(crate) fn timeouts(attributes: &[u8]) -> Result<Timeouts, DecodeError> {
    let mut timeouts = Timeouts {
        tcp: 0,
        tcp_fin: 0,
        udp: 0,
    };
    for attribute in NlasIterator::new(attributes) {
        match CommandAttr::parse(&attribute?)? {
            CommandAttr::TimeoutTcp(value) => timeouts.tcp = value,
            CommandAttr::TimeoutTcpFin(value) => timeouts.tcp_fin = value,
            CommandAttr::TimeoutUdp(value) => timeouts.udp = value,
            _ => {}
        }
    }
    Ok(timeouts)
}

/// Returns what the attributes of a message say of the kernel's IPVS.
pub(crate) fn info(attributes: &[u8]) -> Result<Info, DecodeError> {
    let mut info = Info::new(0, 0);
    for attribute in NlasIterator::new(attributes) {
        match InfoAttr::parse(&attribute?)? {
            InfoAttr::Version(value) => info.version = value,
            InfoAttr::ConnectionTableSize(value) => info.connection_table_size = value,
            InfoAttr::Other(_) => {}
        }
    }
    Ok(info)
}

/// The counters of a row. The 32-bit ones are read only where there are no 64-bit ones.
#[derive(Default)]
struct StatsAttributes<'a> {
    narrow: Option<NlaBuffer<&'a [u8]>>,
    wide: Option<NlaBuffer<&'a [u8]>>,
}

impl StatsAttributes<'_> {
    fn stats(&self) -> Result<Stats, DecodeError> {
        let told = self.wide.or(self.narrow);
        told.map_or(Ok(Stats::default()), |told| stats_from(told.value()))
    }
}

fn stats_from(attributes: &[u8]) -> Result<Stats, DecodeError> {
    let mut stats = Stats::default();
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute?;
        let field = match attribute.kind() {
            IPVS_STATS_ATTR_CONNS => &mut stats.connections,
            IPVS_STATS_ATTR_INPKTS => &mut stats.in_packets,
            IPVS_STATS_ATTR_OUTPKTS => &mut stats.out_packets,
            IPVS_STATS_ATTR_INBYTES => &mut stats.in_bytes,
            IPVS_STATS_ATTR_OUTBYTES => &mut stats.out_bytes,
            IPVS_STATS_ATTR_CPS => &mut stats.connections_per_second,
            IPVS_STATS_ATTR_INPPS => &mut stats.in_packets_per_second,
            IPVS_STATS_ATTR_OUTPPS => &mut stats.out_packets_per_second,
            IPVS_STATS_ATTR_INBPS => &mut stats.in_bytes_per_second,
            IPVS_STATS_ATTR_OUTBPS => &mut stats.out_bytes_per_second,
            _ => continue,
        };
        *field = Counter::read(attribute.value())
            .context("IPVS_STATS_ATTR_*")?
            .into();
    }
    Ok(stats)
}

/// Returns the first attribute of that kind, if there is one.
fn told(attributes: &[u8], kind: u16) -> Result<Option<NlaBuffer<&[u8]>>, DecodeError> {
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute?;
        if attribute.kind() == kind {
            return Ok(Some(attribute));
        }
    }
    Ok(None)
}

/// Returns the family of that number. An unknown family is shown as IPv6, which loses no
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
