use super::{BigEndian, StatsAttr, attribute_set};
use crate::uapi::*;

attribute_set! {
    /// A real server (`IPVS_DEST_ATTR_*`). Numbers are in host byte order
    /// unless they are [`BigEndian`].
    pub enum DestinationAttr {
        /// `union nf_inet_addr`: an IPv4 address fills the first four bytes.
        Address([u8; 16]) = IPVS_DEST_ATTR_ADDR,
        /// The server's port.
        Port(BigEndian) = IPVS_DEST_ATTR_PORT,
        /// Forwarding method: how packets reach the server.
        ForwardingMethod(u32) = IPVS_DEST_ATTR_FWD_METHOD,
        /// Weight: the server's share of the work.
        Weight(u32) = IPVS_DEST_ATTR_WEIGHT,
        /// Upper bound of connections.
        UpperThreshold(u32) = IPVS_DEST_ATTR_U_THRESH,
        /// Lower bound of connections.
        LowerThreshold(u32) = IPVS_DEST_ATTR_L_THRESH,
        /// Active connections.
        ActiveConnections(u32) = IPVS_DEST_ATTR_ACTIVE_CONNS,
        /// Inactive connections.
        InactiveConnections(u32) = IPVS_DEST_ATTR_INACT_CONNS,
        /// Persistent connections.
        PersistentConnections(u32) = IPVS_DEST_ATTR_PERSIST_CONNS,
        /// Counters, most of them of 32 bits.
        Stats(Vec<StatsAttr>) = IPVS_DEST_ATTR_STATS,
        /// Address family. Kernels before 3.18 send none: the server then has the
        /// service's.
        AddressFamily(u16) = IPVS_DEST_ATTR_ADDR_FAMILY,
        /// Counters of 64 bits.
        Stats64(Vec<StatsAttr>) = IPVS_DEST_ATTR_STATS64,
        /// Encapsulation of tunnelled packets.
        TunnelType(u8) = IPVS_DEST_ATTR_TUN_TYPE,
        /// UDP port of a GUE tunnel.
        TunnelPort(BigEndian) = IPVS_DEST_ATTR_TUN_PORT,
        /// Checksum flags of the tunnel.
        TunnelFlags(u16) = IPVS_DEST_ATTR_TUN_FLAGS,
    }
}
