use super::attribute_set;
use crate::uapi::*;

attribute_set! {
    /// A synchronization daemon (`IPVS_DAEMON_ATTR_*`). Numbers are in host
    /// byte order, the port too.
    pub enum DaemonAttr {
        /// Role of the daemon: master or backup.
        State(u32) = IPVS_DAEMON_ATTR_STATE,
        /// Multicast interface.
        Interface(String) = IPVS_DAEMON_ATTR_MCAST_IFN,
        /// Synchronization ID: daemons that share it belong together.
        SyncId(u32) = IPVS_DAEMON_ATTR_SYNC_ID,
        /// Longest message in bytes.
        MaxLen(u16) = IPVS_DAEMON_ATTR_SYNC_MAXLEN,
        /// IPv4 group.
        Group([u8; 4]) = IPVS_DAEMON_ATTR_MCAST_GROUP,
        /// IPv6 group.
        Group6([u8; 16]) = IPVS_DAEMON_ATTR_MCAST_GROUP6,
        /// UDP port.
        Port(u16) = IPVS_DAEMON_ATTR_MCAST_PORT,
        /// Time to live.
        Ttl(u8) = IPVS_DAEMON_ATTR_MCAST_TTL,
    }
}
