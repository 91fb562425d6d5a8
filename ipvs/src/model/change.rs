use std::fmt::{self, Display, Formatter};

use super::{Daemon, DaemonState, Destination, Service, Timeouts, VirtualId};

/// One thing that the kernel can be asked to change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Change {
    /// A new service, without servers (`IPVS_CMD_NEW_SERVICE`).
    AddService(Service),
    /// New settings of a service (`IPVS_CMD_SET_SERVICE`).
    EditService(Service),
    /// The removal of a service with its servers (`IPVS_CMD_DEL_SERVICE`).
    DeleteService(VirtualId),
    /// A new server of a service (`IPVS_CMD_NEW_DEST`).
    AddServer(VirtualId, Destination),
    /// New settings of a server (`IPVS_CMD_SET_DEST`).
    EditServer(VirtualId, Destination),
    /// The removal of a server, of which only the address and port count
    /// (`IPVS_CMD_DEL_DEST`).
    DeleteServer(VirtualId, Destination),
    /// The removal of every service (`IPVS_CMD_FLUSH`).
    Clear,
    /// The reset of the counters of one service, or of all (`IPVS_CMD_ZERO`).
    Zero(Option<VirtualId>),
    /// New timeouts of connections (`IPVS_CMD_SET_CONFIG`).
    SetTimeouts(Timeouts),
    /// The start of a sync daemon (`IPVS_CMD_NEW_DAEMON`).
    StartDaemon(Daemon),
    /// The end of the sync daemon of a role (`IPVS_CMD_DEL_DAEMON`).
    StopDaemon(DaemonState),
}

/// How many changes there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Counts {
    /// `-A` and `-a`
    pub additions: usize,
    /// `-E` and `-e`
    pub edits: usize,
    /// `-D`, `-d` and `-C`
    pub removals: usize,
}

impl Counts {
    /// Counts the changes to the table; other changes do not count.
    pub fn of<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut counts = Self::default();
        for change in changes {
            let kind = match change {
                Change::AddService(_) | Change::AddServer(..) => &mut counts.additions,
                Change::EditService(_) | Change::EditServer(..) => &mut counts.edits,
                Change::DeleteService(_) | Change::DeleteServer(..) | Change::Clear => {
                    &mut counts.removals
                }
                Change::Zero(_)
                | Change::SetTimeouts(_)
                | Change::StartDaemon(_)
                | Change::StopDaemon(_) => continue,
            };
            *kind = kind.saturating_add(1);
        }
        counts
    }
}

impl Display for Counts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        write!(
            f,
            "{} addition{}, {} edit{}, {} removal{}",
            self.additions,
            plural(self.additions),
            self.edits,
            plural(self.edits),
            self.removals,
            plural(self.removals)
        )
    }
}
