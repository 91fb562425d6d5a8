use std::net::IpAddr;

use super::Stats;
use crate::uapi::{
    IP_VS_CONN_F_BYPASS, IP_VS_CONN_F_DROUTE, IP_VS_CONN_F_FWD_MASK, IP_VS_CONN_F_LOCALNODE,
    IP_VS_CONN_F_MASQ, IP_VS_CONN_F_TUNNEL, IP_VS_CONN_F_TUNNEL_TYPE_GRE,
    IP_VS_CONN_F_TUNNEL_TYPE_GUE, IP_VS_CONN_F_TUNNEL_TYPE_IPIP,
};

/// How packets reach a real server (`IPVS_DEST_ATTR_FWD_METHOD`, the bits of
/// `IP_VS_CONN_F_FWD_MASK`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Forwarding {
    /// `IP_VS_CONN_F_MASQ`: network address translation.
    Masquerade,
    /// `IP_VS_CONN_F_LOCALNODE`: the director itself; only the kernel sets it.
    Local,
    /// `IP_VS_CONN_F_TUNNEL`: encapsulation, see [`Tunnel`].
    Tunnel,
    /// `IP_VS_CONN_F_DROUTE`: direct routing.
    DirectRoute,
    /// `IP_VS_CONN_F_BYPASS`: straight to the destination; only the kernel sets it.
    Bypass,
    /// A method that this library does not know.
    Other(u32),
}

impl Forwarding {
    /// Returns the method that has this number in the kernel. Bits outside
    /// `IP_VS_CONN_F_FWD_MASK` are ignored.
    pub fn from_number(number: u32) -> Self {
        match number & IP_VS_CONN_F_FWD_MASK {
            IP_VS_CONN_F_MASQ => Self::Masquerade,
            IP_VS_CONN_F_LOCALNODE => Self::Local,
            IP_VS_CONN_F_TUNNEL => Self::Tunnel,
            IP_VS_CONN_F_DROUTE => Self::DirectRoute,
            IP_VS_CONN_F_BYPASS => Self::Bypass,
            other => Self::Other(other),
        }
    }

    /// Returns the kernel's number.
    pub fn number(self) -> u32 {
        match self {
            Self::Masquerade => IP_VS_CONN_F_MASQ,
            Self::Local => IP_VS_CONN_F_LOCALNODE,
            Self::Tunnel => IP_VS_CONN_F_TUNNEL,
            Self::DirectRoute => IP_VS_CONN_F_DROUTE,
            Self::Bypass => IP_VS_CONN_F_BYPASS,
            Self::Other(number) => number,
        }
    }
}

/// The kind of a tunnel (`IPVS_DEST_ATTR_TUN_TYPE`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum TunnelKind {
    /// `IP_VS_CONN_F_TUNNEL_TYPE_IPIP`
    #[default]
    Ipip,
    /// `IP_VS_CONN_F_TUNNEL_TYPE_GUE`
    Gue,
    /// `IP_VS_CONN_F_TUNNEL_TYPE_GRE`
    Gre,
    /// A kind that this library does not know.
    Other(u8),
}

impl TunnelKind {
    /// Returns the kind that has this number in the kernel.
    pub fn from_number(number: u8) -> Self {
        match number {
            IP_VS_CONN_F_TUNNEL_TYPE_IPIP => Self::Ipip,
            IP_VS_CONN_F_TUNNEL_TYPE_GUE => Self::Gue,
            IP_VS_CONN_F_TUNNEL_TYPE_GRE => Self::Gre,
            other => Self::Other(other),
        }
    }

    /// Returns the kernel's number.
    pub fn number(self) -> u8 {
        match self {
            Self::Ipip => IP_VS_CONN_F_TUNNEL_TYPE_IPIP,
            Self::Gue => IP_VS_CONN_F_TUNNEL_TYPE_GUE,
            Self::Gre => IP_VS_CONN_F_TUNNEL_TYPE_GRE,
            Self::Other(number) => number,
        }
    }
}

/// How packets to a tunnelled server are wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Tunnel {
    /// Kind of encapsulation (`IPVS_DEST_ATTR_TUN_TYPE`).
    pub kind: TunnelKind,
    /// UDP port of GUE in host byte order (`IPVS_DEST_ATTR_TUN_PORT`).
    pub port: u16,
    /// Checksum flags (`IPVS_DEST_ATTR_TUN_FLAGS`): see the constants of this type.
    pub flags: u16,
}

impl Tunnel {
    /// Returns a tunnel of this kind, with its port in host byte order (0 where the kind
    /// has none) and its checksum flags.
    pub fn new(kind: TunnelKind, port: u16, flags: u16) -> Self {
        Self { kind, port, flags }
    }

    /// `IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM`: no bit at all.
    pub const NO_CHECKSUM: u16 = 0;
    /// `IP_VS_TUNNEL_ENCAP_FLAG_CSUM`
    pub const CHECKSUM: u16 = 1;
    /// `IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM`
    pub const REMOTE_CHECKSUM: u16 = 2;
}

/// A real server of a virtual service as it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Destination {
    /// Address; its family may differ from the service's if the server is tunnelled.
    pub address: IpAddr,
    /// Port in host byte order.
    pub port: u16,
    /// Forwarding method.
    pub forwarding: Forwarding,
    /// Share of the work; 0 takes no new connections.
    pub weight: u32,
    /// Number of connections at which the server takes no more; 0 means no bound.
    pub upper_threshold: u32,
    /// Number of connections below which the server takes some again; 0 means three
    /// quarters of the upper threshold.
    pub lower_threshold: u32,
    /// Encapsulation, for [`Forwarding::Tunnel`].
    pub tunnel: Tunnel,
}

impl Destination {
    /// Returns a server of weight 1 without thresholds.
    pub fn new(address: IpAddr, port: u16, forwarding: Forwarding) -> Self {
        Self {
            address,
            port,
            forwarding,
            weight: 1,
            upper_threshold: 0,
            lower_threshold: 0,
            tunnel: Tunnel::default(),
        }
    }
}

/// The connections that a real server has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Activity {
    /// Connections in use: established ones of TCP (`IPVS_DEST_ATTR_ACTIVE_CONNS`).
    pub active: u32,
    /// All other connections: those of UDP, and those of TCP that open or close
    /// (`IPVS_DEST_ATTR_INACT_CONNS`).
    pub inactive: u32,
    /// Templates of persistent services, by which clients keep to the server
    /// (`IPVS_DEST_ATTR_PERSIST_CONNS`).
    pub persistent: u32,
}

/// A row of the kernel's table: a real server, its connections and counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct DestinationEntry {
    /// How it is configured.
    pub destination: Destination,
    /// Its connections.
    pub activity: Activity,
    /// Its traffic.
    pub stats: Stats,
}

impl DestinationEntry {
    /// Returns a row without connections or traffic.
    pub fn new(destination: Destination) -> Self {
        Self {
            destination,
            activity: Activity::default(),
            stats: Stats::default(),
        }
    }
}
