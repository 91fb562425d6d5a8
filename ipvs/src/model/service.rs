use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::str::FromStr;

use super::{DestinationEntry, Name, Netmask, Stats, WordError};
use crate::uapi::{IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP};

/// The address family of a virtual service (`IPVS_SVC_ATTR_AF`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `AF_INET`
    V4,
    /// `AF_INET6`
    V6,
}

impl Family {
    /// Returns the family of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// Returns the family's all-zero address.
    pub fn unspecified(self) -> IpAddr {
        match self {
            Self::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Self::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        }
    }
}

/// Writes `IPv4` or `IPv6`.
impl Display for Family {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// Reads the text that `Display` writes.
impl FromStr for Family {
    type Err = WordError;

    fn from_str(word: &str) -> Result<Self, WordError> {
        match word {
            "IPv4" => Ok(Self::V4),
            "IPv6" => Ok(Self::V6),
            _ => Err(WordError::new(word, "address family", "IPv4 or IPv6")),
        }
    }
}

/// The transport protocol of a virtual service (`IPVS_SVC_ATTR_PROTOCOL`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Protocol {
    /// `IPPROTO_TCP`
    Tcp,
    /// `IPPROTO_UDP`
    Udp,
    /// `IPPROTO_SCTP`
    Sctp,
    /// A protocol that this library does not know, by its IP number.
    Other(u16),
}

impl Protocol {
    /// Returns the protocol of an IP number.
    pub fn from_number(number: u16) -> Self {
        match number {
            IPPROTO_TCP => Self::Tcp,
            IPPROTO_UDP => Self::Udp,
            IPPROTO_SCTP => Self::Sctp,
            other => Self::Other(other),
        }
    }

    /// Returns the IP number.
    pub fn number(self) -> u16 {
        match self {
            Self::Tcp => IPPROTO_TCP,
            Self::Udp => IPPROTO_UDP,
            Self::Sctp => IPPROTO_SCTP,
            Self::Other(number) => number,
        }
    }
}

/// The identity of a virtual service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VirtualId {
    /// Packets to an address and port of one protocol.
    Endpoint {
        /// Transport protocol.
        protocol: Protocol,
        /// The virtual address; its family is the service's.
        address: IpAddr,
        /// Virtual port in host byte order; 0 means every port, for persistent services.
        port: u16,
    },
    /// Packets that netfilter gave a mark.
    Fwmark {
        /// The mark (`IPVS_SVC_ATTR_FWMARK`). The kernel would take a mark of 0 for a
        /// service of the address 0.0.0.0, port 0.
        mark: NonZeroU32,
        /// The family of the packets.
        family: Family,
    },
}

impl VirtualId {
    /// Returns the address family of the service.
    pub fn family(&self) -> Family {
        match self {
            Self::Endpoint { address, .. } => Family::of(*address),
            Self::Fwmark { family, .. } => *family,
        }
    }

    /// Returns the service's port in host byte order; `None` for a firewall mark.
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Endpoint { port, .. } => Some(*port),
            Self::Fwmark { .. } => None,
        }
    }
}

/// The flags of a virtual service (`struct ip_vs_flags`, `IP_VS_SVC_F_*`).
///
/// Bits that this library does not know are kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ServiceFlags(pub u32);

impl ServiceFlags {
    /// `IP_VS_SVC_F_PERSISTENT`
    pub const PERSISTENT: Self = Self(0x0001);
    /// `IP_VS_SVC_F_HASHED`: set by the kernel on every listed service.
    pub const HASHED: Self = Self(0x0002);
    /// `IP_VS_SVC_F_ONEPACKET`
    pub const ONE_PACKET: Self = Self(0x0004);
    /// `IP_VS_SVC_F_SCHED1`: `flag-1`, `sh-fallback`, `mh-fallback`
    pub const SCHED1: Self = Self(0x0008);
    /// `IP_VS_SVC_F_SCHED2`: `flag-2`, `sh-port`, `mh-port`
    pub const SCHED2: Self = Self(0x0010);
    /// `IP_VS_SVC_F_SCHED3`: `flag-3`
    pub const SCHED3: Self = Self(0x0020);
    /// All flags that mean something to the scheduler alone.
    pub const SCHEDULER: Self = Self(Self::SCHED1.0 | Self::SCHED2.0 | Self::SCHED3.0);

    /// Returns whether every bit of `other` is set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the bits that are in either set.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the bits that are in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns this set without the bits of `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl fmt::Debug for ServiceFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceFlags({:#x})", self.0)
    }
}

/// The name by which the kernel lists a service without a scheduler.
pub const NO_SCHEDULER: &str = "none";

/// A virtual service as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Service {
    /// The packets that the service is for.
    pub id: VirtualId,
    /// Scheduler (`IPVS_SVC_ATTR_SCHED_NAME`); `None` where the kernel names none.
    pub scheduler: Option<Name>,
    /// Persistence, one-packet scheduling and the scheduler's own flags.
    pub flags: ServiceFlags,
    /// Persistence timeout in seconds (`IPVS_SVC_ATTR_TIMEOUT`).
    pub timeout: u32,
    /// Persistence granularity (`IPVS_SVC_ATTR_NETMASK`).
    pub netmask: Netmask,
    /// Persistence engine (`IPVS_SVC_ATTR_PE_NAME`).
    pub engine: Option<Name>,
}

impl Service {
    /// Returns a service with that scheduler, not persistent, without flags.
    pub fn new(id: VirtualId, scheduler: Name) -> Self {
        Self {
            scheduler: Some(scheduler),
            ..Self::unknown(id)
        }
    }

    /// Returns a service of which no more is known.
    fn unknown(id: VirtualId) -> Self {
        Self {
            id,
            scheduler: None,
            flags: ServiceFlags::default(),
            timeout: 0,
            netmask: Netmask::host(id.family()),
            engine: None,
        }
    }

    /// Returns whether the netmask is of the service's address family. A service with a
    /// netmask of the other family is refused before it is sent.
    pub fn netmask_fits(&self) -> bool {
        self.netmask.family() == self.id.family()
    }

    /// Returns whether the service has a scheduler to choose its servers. A service without
    /// one has the scheduler `none` in the kernel's lists, and the kernel refuses its
    /// clients.
    pub fn is_scheduled(&self) -> bool {
        let name = self.scheduler.as_ref().map(Name::as_str);
        name.is_some_and(|name| name != NO_SCHEDULER)
    }

    /// Returns whether clients stay with their server.
    pub fn is_persistent(&self) -> bool {
        self.flags.contains(ServiceFlags::PERSISTENT)
    }
}

/// A row of the kernel's table: a service, its counters and its real servers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct ServiceEntry {
    /// How it is configured.
    pub service: Service,
    /// Its traffic.
    pub stats: Stats,
    /// Its real servers in the kernel's order; empty until they are asked for.
    pub destinations: Vec<DestinationEntry>,
}

impl ServiceEntry {
    /// Returns a row without servers.
    pub fn new(service: Service, stats: Stats) -> Self {
        Self {
            service,
            stats,
            destinations: Vec::new(),
        }
    }
}
