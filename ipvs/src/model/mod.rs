//! The content of the kernel's virtual server table, as plain data.
//!
//! Nothing here knows of netlink, of command lines or of terminals. Addresses
//! are [`std::net::IpAddr`], ports are in host byte order, times are seconds.
//! Enumerations that the kernel may extend keep what they do not know in an
//! `Other` variant, so that a newer kernel never costs a row.

mod change;
mod daemon;
mod destination;
pub mod equivalence;
mod identity;
mod name;
mod netmask;
mod prefix;
mod scheduler_flags;
#[cfg(feature = "serde")]
mod serialized;
mod service;
mod setting;
mod stats;
mod text;
mod vocabulary;

pub use change::{Change, Counts};
pub use daemon::{Daemon, DaemonState, Timeouts};
pub use destination::{Activity, Destination, DestinationEntry, Forwarding, Tunnel, TunnelKind};
pub use identity::Endpoint;
pub use name::{Name, NameError};
pub use netmask::{Netmask, PrefixLength, PrefixLengthError};
pub use prefix::{Prefix, PrefixError};
pub use scheduler_flags::{SCHEDULER_FLAGS, SchedulerFlag};
pub use service::{Family, NO_SCHEDULER, Protocol, Service, ServiceEntry, ServiceFlags, VirtualId};
pub use setting::{Setting, SettingError};
pub use stats::Stats;
pub use text::{Dotted, HostText};
pub use vocabulary::WordError;

/// The kernel's IPVS as it describes itself (`IPVS_CMD_GET_INFO`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Info {
    /// `IPVS_INFO_ATTR_VERSION`: major, minor and patch, a byte each.
    pub version: u32,
    /// `IPVS_INFO_ATTR_CONN_TAB_SIZE`: buckets of the connection table.
    pub connection_table_size: u32,
}

impl Info {
    /// Returns an `Info` as the kernel would give it.
    pub fn new(version: u32, connection_table_size: u32) -> Self {
        Self {
            version,
            connection_table_size,
        }
    }

    /// Returns the version as the kernel prints it: `1.2.1`.
    pub fn version_text(&self) -> String {
        let [_, major, minor, patch] = self.version.to_be_bytes();
        format!("{major}.{minor}.{patch}")
    }
}
