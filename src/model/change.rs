use super::{Daemon, DaemonState, Destination, Service, Timeouts, VirtualId};

/// One thing that the kernel can be asked to change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// `IPVS_CMD_NEW_SERVICE`
    AddService(Service),
    /// `IPVS_CMD_SET_SERVICE`
    EditService(Service),
    /// `IPVS_CMD_DEL_SERVICE`: the service with its servers.
    DeleteService(VirtualId),
    /// `IPVS_CMD_NEW_DEST`
    AddServer(VirtualId, Destination),
    /// `IPVS_CMD_SET_DEST`
    EditServer(VirtualId, Destination),
    /// `IPVS_CMD_DEL_DEST`: only the address and port are looked at.
    DeleteServer(VirtualId, Destination),
    /// `IPVS_CMD_FLUSH`: every service.
    Clear,
    /// `IPVS_CMD_ZERO`: the counters of one service, or of all.
    Zero(Option<VirtualId>),
    /// `IPVS_CMD_SET_CONFIG`
    SetTimeouts(Timeouts),
    /// `IPVS_CMD_NEW_DAEMON`
    StartDaemon(Daemon),
    /// `IPVS_CMD_DEL_DAEMON`
    StopDaemon(DaemonState),
}
