/// Counters and rates of a service or a real server (`IPVS_SVC_ATTR_STATS64`,
/// or the 32-bit `IPVS_SVC_ATTR_STATS` from kernels before 4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Stats {
    /// Connections scheduled (`IPVS_STATS_ATTR_CONNS`).
    pub connections: u64,
    /// Packets from clients (`IPVS_STATS_ATTR_INPKTS`).
    pub in_packets: u64,
    /// Packets to clients (`IPVS_STATS_ATTR_OUTPKTS`).
    pub out_packets: u64,
    /// Bytes from clients (`IPVS_STATS_ATTR_INBYTES`).
    pub in_bytes: u64,
    /// Bytes to clients (`IPVS_STATS_ATTR_OUTBYTES`).
    pub out_bytes: u64,
    /// Connections a second, as the kernel smooths them (`IPVS_STATS_ATTR_CPS`).
    pub connections_per_second: u64,
    /// Packets a second from clients (`IPVS_STATS_ATTR_INPPS`).
    pub in_packets_per_second: u64,
    /// Packets a second to clients (`IPVS_STATS_ATTR_OUTPPS`).
    pub out_packets_per_second: u64,
    /// Bytes a second from clients (`IPVS_STATS_ATTR_INBPS`).
    pub in_bytes_per_second: u64,
    /// Bytes a second to clients (`IPVS_STATS_ATTR_OUTBPS`).
    pub out_bytes_per_second: u64,
}
