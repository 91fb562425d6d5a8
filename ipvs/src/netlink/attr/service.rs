use netlink_packet_core::DecodeError;

use super::{BigEndian, StatsAttr, Value, attribute_set};
use crate::uapi::*;

attribute_set! {
    /// A virtual service (`IPVS_SVC_ATTR_*`).
    pub enum ServiceAttr {
        /// Address family, in host byte order.
        AddressFamily(u16) = IPVS_SVC_ATTR_AF,
        /// Protocol number, in host byte order.
        Protocol(u16) = IPVS_SVC_ATTR_PROTOCOL,
        /// `union nf_inet_addr`: an IPv4 address fills the first four bytes.
        Address([u8; 16]) = IPVS_SVC_ATTR_ADDR,
        /// The virtual port.
        Port(BigEndian) = IPVS_SVC_ATTR_PORT,
        /// Firewall mark, in host byte order.
        Fwmark(u32) = IPVS_SVC_ATTR_FWMARK,
        /// Name of the scheduler.
        SchedulerName(String) = IPVS_SVC_ATTR_SCHED_NAME,
        /// Flags, and which of them to change.
        Flags(FlagsAndMask) = IPVS_SVC_ATTR_FLAGS,
        /// Persistence timeout in seconds, host byte order.
        Timeout(u32) = IPVS_SVC_ATTR_TIMEOUT,
        /// An IPv4 mask in network byte order, or an IPv6 prefix length in
        /// host byte order.
        Netmask([u8; 4]) = IPVS_SVC_ATTR_NETMASK,
        /// Counters, most of them of 32 bits.
        Stats(Vec<StatsAttr>) = IPVS_SVC_ATTR_STATS,
        /// Name of the persistence engine.
        EngineName(String) = IPVS_SVC_ATTR_PE_NAME,
        /// Counters of 64 bits.
        Stats64(Vec<StatsAttr>) = IPVS_SVC_ATTR_STATS64,
    }
}

/// Service flags as they are sent, both fields in host byte order:
///
/// ```c
/// struct ip_vs_flags {
///     __u32 flags;
///     __u32 mask;
/// };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagsAndMask {
    /// The flags.
    pub flags: u32,
    /// Which of them count; the kernel keeps the others as they are.
    pub mask: u32,
}

impl Value for FlagsAndMask {
    fn size(&self) -> usize {
        8
    }

    fn write(&self, buffer: &mut [u8]) {
        let (flags, mask) = buffer.split_at_mut(4);
        self.flags.write(flags);
        self.mask.write(mask);
    }

    fn read(buffer: &[u8]) -> Result<Self, DecodeError> {
        let (flags, mask) = buffer
            .split_at_checked(4)
            .ok_or_else(|| DecodeError::from("struct ip_vs_flags is cut short"))?;
        Ok(Self {
            flags: Value::read(flags)?,
            mask: Value::read(mask)?,
        })
    }
}
