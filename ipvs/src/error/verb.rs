use crate::model::Change;

/// A request to the kernel, by which a refusal is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Verb {
    /// Finding IPVS in the kernel and its `IPVS_CMD_GET_INFO`.
    Open,
    /// `IPVS_CMD_NEW_SERVICE`
    AddService,
    /// `IPVS_CMD_SET_SERVICE`
    EditService,
    /// `IPVS_CMD_DEL_SERVICE`
    DeleteService,
    /// `IPVS_CMD_NEW_DEST`
    AddServer,
    /// `IPVS_CMD_SET_DEST`
    EditServer,
    /// `IPVS_CMD_DEL_DEST`
    DeleteServer,
    /// `IPVS_CMD_FLUSH`
    Clear,
    /// `IPVS_CMD_ZERO`
    Zero,
    /// `IPVS_CMD_SET_CONFIG`
    SetTimeouts,
    /// `IPVS_CMD_NEW_DAEMON`
    StartDaemon,
    /// `IPVS_CMD_DEL_DAEMON`
    StopDaemon,
    /// `IPVS_CMD_GET_SERVICE` of every service.
    ListServices,
    /// `IPVS_CMD_GET_SERVICE` of one service.
    GetService,
    /// `IPVS_CMD_GET_DEST`
    ListServers,
    /// `IPVS_CMD_GET_CONFIG`
    GetTimeouts,
    /// `IPVS_CMD_GET_DAEMON`
    ListDaemons,
}

impl Verb {
    /// Returns the request that makes a change.
    pub fn of(change: &Change) -> Self {
        match change {
            Change::AddService(_) => Self::AddService,
            Change::EditService(_) => Self::EditService,
            Change::DeleteService(_) => Self::DeleteService,
            Change::AddServer(..) => Self::AddServer,
            Change::EditServer(..) => Self::EditServer,
            Change::DeleteServer(..) => Self::DeleteServer,
            Change::Clear => Self::Clear,
            Change::Zero(_) => Self::Zero,
            Change::SetTimeouts(_) => Self::SetTimeouts,
            Change::StartDaemon(_) => Self::StartDaemon,
            Change::StopDaemon(_) => Self::StopDaemon,
        }
    }
}
