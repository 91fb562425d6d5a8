use netlink_packet_core::DecodeError;

use super::{Value, attribute_set};
use crate::uapi::*;

attribute_set! {
    /// Counters and rates (`IPVS_STATS_ATTR_*`). The kernel's padding between them is kept
    /// as `Other`.
    pub enum StatsAttr {
        /// Connections scheduled.
        Connections(Counter) = IPVS_STATS_ATTR_CONNS,
        /// Packets from clients.
        InPackets(Counter) = IPVS_STATS_ATTR_INPKTS,
        /// Packets to clients.
        OutPackets(Counter) = IPVS_STATS_ATTR_OUTPKTS,
        /// Bytes from clients.
        InBytes(Counter) = IPVS_STATS_ATTR_INBYTES,
        /// Bytes to clients.
        OutBytes(Counter) = IPVS_STATS_ATTR_OUTBYTES,
        /// Connections a second.
        ConnectionRate(Counter) = IPVS_STATS_ATTR_CPS,
        /// Packets a second from clients.
        InPacketRate(Counter) = IPVS_STATS_ATTR_INPPS,
        /// Packets a second to clients.
        OutPacketRate(Counter) = IPVS_STATS_ATTR_OUTPPS,
        /// Bytes a second from clients.
        InByteRate(Counter) = IPVS_STATS_ATTR_INBPS,
        /// Bytes a second to clients.
        OutByteRate(Counter) = IPVS_STATS_ATTR_OUTBPS,
    }
}

/// A counter of either width, in host byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// 32 bits, as most counters of `IPVS_SVC_ATTR_STATS` and `IPVS_DEST_ATTR_STATS` have.
    U32(u32),
    /// 64 bits, as all counters of `IPVS_SVC_ATTR_STATS64` and `IPVS_DEST_ATTR_STATS64`
    /// have.
    U64(u64),
}

impl From<Counter> for u64 {
    fn from(counter: Counter) -> Self {
        match counter {
            Counter::U32(value) => value.into(),
            Counter::U64(value) => value,
        }
    }
}

impl Value for Counter {
    fn size(&self) -> usize {
        match self {
            Self::U32(value) => Value::size(value),
            Self::U64(value) => Value::size(value),
        }
    }

    fn write(&self, buffer: &mut [u8]) {
        match self {
            Self::U32(value) => value.write(buffer),
            Self::U64(value) => value.write(buffer),
        }
    }

    fn read(buffer: &[u8]) -> Result<Self, DecodeError> {
        match buffer.len() {
            4 => Value::read(buffer).map(Self::U32),
            _ => Value::read(buffer).map(Self::U64),
        }
    }
}
