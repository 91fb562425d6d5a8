use super::{DaemonAttr, DestinationAttr, ServiceAttr, attribute_set};
use crate::uapi::*;

attribute_set! {
    /// The attributes of requests and replies (`IPVS_CMD_ATTR_*`). Numbers are in
    /// host byte order.
    pub enum CommandAttr {
        /// A virtual service.
        Service(Vec<ServiceAttr>) = IPVS_CMD_ATTR_SERVICE,
        /// A real server.
        Destination(Vec<DestinationAttr>) = IPVS_CMD_ATTR_DEST,
        /// A synchronization daemon.
        Daemon(Vec<DaemonAttr>) = IPVS_CMD_ATTR_DAEMON,
        /// Timeout of TCP connections, in seconds.
        TimeoutTcp(u32) = IPVS_CMD_ATTR_TIMEOUT_TCP,
        /// Timeout of TCP connections after a FIN, in seconds.
        TimeoutTcpFin(u32) = IPVS_CMD_ATTR_TIMEOUT_TCP_FIN,
        /// Timeout of UDP packets, in seconds.
        TimeoutUdp(u32) = IPVS_CMD_ATTR_TIMEOUT_UDP,
    }
}

attribute_set! {
    /// The kernel's IPVS as it describes itself (`IPVS_INFO_ATTR_*`), in host
    /// byte order.
    pub enum InfoAttr {
        /// Version, a byte each for major, minor and patch.
        Version(u32) = IPVS_INFO_ATTR_VERSION,
        /// Buckets of the connection table.
        ConnectionTableSize(u32) = IPVS_INFO_ATTR_CONN_TAB_SIZE,
    }
}
