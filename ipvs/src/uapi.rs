//! Constants under the kernel's names, from its `linux/ip_vs.h`,
//! `linux/netlink.h`, `linux/genetlink.h` and `asm-generic/errno*.h`, and its page size.

use nix::unistd::{SysconfVar, sysconf};

/// How long the kernel's pages of memory are, in bytes (`PAGE_SIZE`).
pub(crate) fn page_size() -> usize {
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| size.try_into().ok()).unwrap_or(4096)
}

pub(crate) const IPVS_GENL_NAME: &str = "IPVS";
pub(crate) const IPVS_GENL_VERSION: u8 = 1;

pub(crate) const IPVS_CMD_NEW_SERVICE: u8 = 1;
pub(crate) const IPVS_CMD_SET_SERVICE: u8 = 2;
pub(crate) const IPVS_CMD_DEL_SERVICE: u8 = 3;
pub(crate) const IPVS_CMD_GET_SERVICE: u8 = 4;
pub(crate) const IPVS_CMD_NEW_DEST: u8 = 5;
pub(crate) const IPVS_CMD_SET_DEST: u8 = 6;
pub(crate) const IPVS_CMD_DEL_DEST: u8 = 7;
pub(crate) const IPVS_CMD_GET_DEST: u8 = 8;
pub(crate) const IPVS_CMD_NEW_DAEMON: u8 = 9;
pub(crate) const IPVS_CMD_DEL_DAEMON: u8 = 10;
pub(crate) const IPVS_CMD_GET_DAEMON: u8 = 11;
pub(crate) const IPVS_CMD_SET_CONFIG: u8 = 12;
pub(crate) const IPVS_CMD_GET_CONFIG: u8 = 13;
pub(crate) const IPVS_CMD_SET_INFO: u8 = 14;
pub(crate) const IPVS_CMD_GET_INFO: u8 = 15;
pub(crate) const IPVS_CMD_ZERO: u8 = 16;
pub(crate) const IPVS_CMD_FLUSH: u8 = 17;

pub(crate) const IPVS_CMD_ATTR_SERVICE: u16 = 1;
pub(crate) const IPVS_CMD_ATTR_DEST: u16 = 2;
pub(crate) const IPVS_CMD_ATTR_DAEMON: u16 = 3;
pub(crate) const IPVS_CMD_ATTR_TIMEOUT_TCP: u16 = 4;
pub(crate) const IPVS_CMD_ATTR_TIMEOUT_TCP_FIN: u16 = 5;
pub(crate) const IPVS_CMD_ATTR_TIMEOUT_UDP: u16 = 6;

pub(crate) const IPVS_SVC_ATTR_AF: u16 = 1;
pub(crate) const IPVS_SVC_ATTR_PROTOCOL: u16 = 2;
pub(crate) const IPVS_SVC_ATTR_ADDR: u16 = 3;
pub(crate) const IPVS_SVC_ATTR_PORT: u16 = 4;
pub(crate) const IPVS_SVC_ATTR_FWMARK: u16 = 5;
pub(crate) const IPVS_SVC_ATTR_SCHED_NAME: u16 = 6;
pub(crate) const IPVS_SVC_ATTR_FLAGS: u16 = 7;
pub(crate) const IPVS_SVC_ATTR_TIMEOUT: u16 = 8;
pub(crate) const IPVS_SVC_ATTR_NETMASK: u16 = 9;
pub(crate) const IPVS_SVC_ATTR_STATS: u16 = 10;
pub(crate) const IPVS_SVC_ATTR_PE_NAME: u16 = 11;
pub(crate) const IPVS_SVC_ATTR_STATS64: u16 = 12;

pub(crate) const IPVS_DEST_ATTR_ADDR: u16 = 1;
pub(crate) const IPVS_DEST_ATTR_PORT: u16 = 2;
pub(crate) const IPVS_DEST_ATTR_FWD_METHOD: u16 = 3;
pub(crate) const IPVS_DEST_ATTR_WEIGHT: u16 = 4;
pub(crate) const IPVS_DEST_ATTR_U_THRESH: u16 = 5;
pub(crate) const IPVS_DEST_ATTR_L_THRESH: u16 = 6;
pub(crate) const IPVS_DEST_ATTR_ACTIVE_CONNS: u16 = 7;
pub(crate) const IPVS_DEST_ATTR_INACT_CONNS: u16 = 8;
pub(crate) const IPVS_DEST_ATTR_PERSIST_CONNS: u16 = 9;
pub(crate) const IPVS_DEST_ATTR_STATS: u16 = 10;
pub(crate) const IPVS_DEST_ATTR_ADDR_FAMILY: u16 = 11;
pub(crate) const IPVS_DEST_ATTR_STATS64: u16 = 12;
pub(crate) const IPVS_DEST_ATTR_TUN_TYPE: u16 = 13;
pub(crate) const IPVS_DEST_ATTR_TUN_PORT: u16 = 14;
pub(crate) const IPVS_DEST_ATTR_TUN_FLAGS: u16 = 15;

pub(crate) const IPVS_STATS_ATTR_CONNS: u16 = 1;
pub(crate) const IPVS_STATS_ATTR_INPKTS: u16 = 2;
pub(crate) const IPVS_STATS_ATTR_OUTPKTS: u16 = 3;
pub(crate) const IPVS_STATS_ATTR_INBYTES: u16 = 4;
pub(crate) const IPVS_STATS_ATTR_OUTBYTES: u16 = 5;
pub(crate) const IPVS_STATS_ATTR_CPS: u16 = 6;
pub(crate) const IPVS_STATS_ATTR_INPPS: u16 = 7;
pub(crate) const IPVS_STATS_ATTR_OUTPPS: u16 = 8;
pub(crate) const IPVS_STATS_ATTR_INBPS: u16 = 9;
pub(crate) const IPVS_STATS_ATTR_OUTBPS: u16 = 10;

pub(crate) const IPVS_DAEMON_ATTR_STATE: u16 = 1;
pub(crate) const IPVS_DAEMON_ATTR_MCAST_IFN: u16 = 2;
pub(crate) const IPVS_DAEMON_ATTR_SYNC_ID: u16 = 3;
pub(crate) const IPVS_DAEMON_ATTR_SYNC_MAXLEN: u16 = 4;
pub(crate) const IPVS_DAEMON_ATTR_MCAST_GROUP: u16 = 5;
pub(crate) const IPVS_DAEMON_ATTR_MCAST_GROUP6: u16 = 6;
pub(crate) const IPVS_DAEMON_ATTR_MCAST_PORT: u16 = 7;
pub(crate) const IPVS_DAEMON_ATTR_MCAST_TTL: u16 = 8;

pub(crate) const IPVS_INFO_ATTR_VERSION: u16 = 1;
pub(crate) const IPVS_INFO_ATTR_CONN_TAB_SIZE: u16 = 2;

pub(crate) const IP_VS_CONN_F_FWD_MASK: u32 = 0x0007;
pub(crate) const IP_VS_CONN_F_MASQ: u32 = 0;
pub(crate) const IP_VS_CONN_F_LOCALNODE: u32 = 1;
pub(crate) const IP_VS_CONN_F_TUNNEL: u32 = 2;
pub(crate) const IP_VS_CONN_F_DROUTE: u32 = 3;
pub(crate) const IP_VS_CONN_F_BYPASS: u32 = 4;

pub(crate) const IP_VS_CONN_F_TUNNEL_TYPE_IPIP: u8 = 0;
pub(crate) const IP_VS_CONN_F_TUNNEL_TYPE_GUE: u8 = 1;
pub(crate) const IP_VS_CONN_F_TUNNEL_TYPE_GRE: u8 = 2;

pub(crate) const IP_VS_STATE_MASTER: u32 = 1;
pub(crate) const IP_VS_STATE_BACKUP: u32 = 2;

pub(crate) const CTRL_ATTR_FAMILY_ID: u16 = 1;

pub(crate) const NLMSGERR_ATTR_MSG: u16 = 1;

pub(crate) const AF_INET: u16 = 2;
pub(crate) const AF_INET6: u16 = 10;

pub(crate) const IPPROTO_TCP: u16 = 6;
pub(crate) const IPPROTO_UDP: u16 = 17;
pub(crate) const IPPROTO_SCTP: u16 = 132;

// The numbers that differ between architectures (mips, sparc, alpha) are
// taken from the C library's table.
pub(crate) const EPERM: i32 = 1;
pub(crate) const ENOENT: i32 = 2;
pub(crate) const ESRCH: i32 = 3;
pub(crate) const EIO: i32 = 5;
pub(crate) const ENOMEM: i32 = 12;
pub(crate) const EBUSY: i32 = 16;
pub(crate) const EEXIST: i32 = 17;
pub(crate) const ENODEV: i32 = 19;
pub(crate) const EINVAL: i32 = 22;
pub(crate) const ERANGE: i32 = 34;
pub(crate) const EMSGSIZE: i32 = nix::errno::Errno::EMSGSIZE as i32;
pub(crate) const ENOPROTOOPT: i32 = nix::errno::Errno::ENOPROTOOPT as i32;
pub(crate) const EOPNOTSUPP: i32 = nix::errno::Errno::EOPNOTSUPP as i32;
pub(crate) const EAFNOSUPPORT: i32 = nix::errno::Errno::EAFNOSUPPORT as i32;
pub(crate) const ENOBUFS: i32 = nix::errno::Errno::ENOBUFS as i32;
