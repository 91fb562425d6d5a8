use std::net::IpAddr;

use crate::uapi::{IP_VS_STATE_BACKUP, IP_VS_STATE_MASTER};

/// Connection timeouts in seconds (`IPVS_CMD_GET_CONFIG`, `IPVS_CMD_SET_CONFIG`).
///
/// When they are set, a 0 leaves the kernel's value as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Timeouts {
    /// TCP sessions (`IPVS_CMD_ATTR_TIMEOUT_TCP`).
    pub tcp: u32,
    /// TCP sessions after a FIN (`IPVS_CMD_ATTR_TIMEOUT_TCP_FIN`).
    pub tcp_fin: u32,
    /// UDP packets (`IPVS_CMD_ATTR_TIMEOUT_UDP`).
    pub udp: u32,
}

impl Timeouts {
    /// Returns timeouts, given in seconds.
    pub fn new(tcp: u32, tcp_fin: u32, udp: u32) -> Self {
        Self { tcp, tcp_fin, udp }
    }
}

/// The role of a sync daemon (`IPVS_DAEMON_ATTR_STATE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum DaemonState {
    /// `IP_VS_STATE_MASTER`: it sends this director's connections.
    Master,
    /// `IP_VS_STATE_BACKUP`: it receives another director's connections.
    Backup,
    /// A state that this library does not know.
    Other(u32),
}

impl DaemonState {
    /// Returns the state that has this number in the kernel.
    pub fn from_number(number: u32) -> Self {
        match number {
            IP_VS_STATE_MASTER => Self::Master,
            IP_VS_STATE_BACKUP => Self::Backup,
            other => Self::Other(other),
        }
    }

    /// Returns the kernel's number.
    pub fn number(self) -> u32 {
        match self {
            Self::Master => IP_VS_STATE_MASTER,
            Self::Backup => IP_VS_STATE_BACKUP,
            Self::Other(number) => number,
        }
    }
}

/// A connection synchronization daemon of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Daemon {
    /// Its role.
    pub state: DaemonState,
    /// Multicast interface (`IPVS_DAEMON_ATTR_MCAST_IFN`).
    pub interface: String,
    /// Number that senders and receivers share; a receiver with 0 takes the messages of
    /// every sender (`IPVS_DAEMON_ATTR_SYNC_ID`).
    pub sync_id: u32,
    /// Longest sync message in bytes (`IPVS_DAEMON_ATTR_SYNC_MAXLEN`); `None` leaves it to
    /// the kernel.
    pub max_len: Option<u16>,
    /// Multicast address that messages are sent to (`IPVS_DAEMON_ATTR_MCAST_GROUP` or
    /// `IPVS_DAEMON_ATTR_MCAST_GROUP6`); `None` leaves it to the kernel.
    pub group: Option<IpAddr>,
    /// UDP port in host byte order (`IPVS_DAEMON_ATTR_MCAST_PORT`); `None` leaves it to the
    /// kernel.
    pub port: Option<u16>,
    /// Routers that a message may pass, plus one (`IPVS_DAEMON_ATTR_MCAST_TTL`); `None`
    /// leaves it to the kernel.
    pub ttl: Option<u8>,
}

impl Daemon {
    /// Returns a daemon that leaves all but its interface and id to the kernel.
    pub fn new(state: DaemonState, interface: impl Into<String>, sync_id: u32) -> Self {
        Self {
            state,
            interface: interface.into(),
            sync_id,
            max_len: None,
            group: None,
            port: None,
            ttl: None,
        }
    }
}
