//! Listings of the table, the connections and the metrics.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::Format;
use crate::view::{Numbers, Order, View};
use ipvs::connections::{Grouping, Origin};
use ipvs::model::{Prefix, VirtualId};
use ipvs::plan::scope::Selected;

/// `--color`: whether servers that take no new connections stand out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// They stand out where standard output is a terminal and `NO_COLOR` is not
    /// set.
    Auto,
    /// They stand out.
    Always,
    /// They do not stand out. This is the default.
    #[default]
    Never,
}

/// `--watch[=SECONDS] [--count NUMBER]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The time from one look to the next.
    pub interval: Duration,
    /// The number of looks; without end if none is given.
    pub count: Option<u64>,
}

/// The services that are listed or saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// All of them.
    #[default]
    All,
    /// This one, which has to be there.
    One(VirtualId),
    /// `--only`: the services that one of these selects, if there are any.
    Only(Vec<Selected>),
}

impl Selection {
    /// Returns the selection that these options make; they exclude each other.
    pub(in crate::cli) fn of(service: Option<VirtualId>, only: Vec<Selected>) -> Self {
        match (service, only.as_slice()) {
            (Some(id), _) => Self::One(id),
            (None, []) => Self::All,
            (None, [_, ..]) => Self::Only(only),
        }
    }

    /// Returns the service, if the selection is a single one.
    pub fn one(&self) -> Option<&VirtualId> {
        match self {
            Self::One(id) => Some(id),
            Self::All | Self::Only(_) => None,
        }
    }

    /// Returns whether that service is selected.
    pub fn covers(&self, id: &VirtualId) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == id,
            Self::Only(only) => only.iter().any(|selected| selected.contains(id)),
        }
    }
}

/// `ipvsadm -L [SERVICE|--only WHAT...] [--stats|--rate|…] [--exact] [--nosort] [-n]
/// [--json] [--color WHEN] [--watch…]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The services that are listed.
    pub services: Selection,
    /// The columns.
    pub view: View,
    /// How large numbers are written.
    pub numbers: Numbers,
    /// The order of the entries.
    pub order: Order,
    /// Numbers are shown in place of names.
    pub numeric: bool,
    /// Text or JSON.
    pub format: Format,
    /// The use of colours.
    pub color: Color,
    /// How the listing is repeated; it is shown once otherwise.
    pub watch: Option<Watch>,
}

/// `ipvsadm -L --openmetrics [--output FILE] [-n]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// The file to write; standard output otherwise.
    pub output: Option<PathBuf>,
}

/// `ipvsadm -L [SERVICE|--only WHAT...] --from-proc [--nosort] [-n]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BriefList {
    /// The services that are listed.
    pub services: Selection,
    /// The order of the entries.
    pub order: Order,
    /// Numbers are shown in place of names.
    pub numeric: bool,
}

/// The state of the servers whose connections are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Servers in any state.
    #[default]
    Any,
    /// `--orphans`: servers that no service of the table has any more.
    Orphaned,
}

/// The source of a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// IPVS has to answer over netlink, even if the listing comes from files.
    #[default]
    Netlink,
    /// `--from-proc`: files that any user may read are enough.
    Proc,
}

/// `ipvsadm -L SERVICE --require NUMBER [-n]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Require {
    /// The service.
    pub service: VirtualId,
    /// How many of its servers have to take new connections.
    pub least: u64,
}

/// `ipvsadm -L -c [SERVICE] [-r SERVER] [--client PREFIX] [--state NAME] [--origin
/// ORIGIN] [--orphans] [--by WHAT[,WHAT]] [--persistent-conn] [-n] [--json] [--watch…] [--from-proc]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Only connections through this service.
    pub service: Option<VirtualId>,
    /// Only connections to this real server; without a port, to any of its ports.
    pub server: Option<(IpAddr, Option<u16>)>,
    /// Only connections from these clients.
    pub client: Option<Prefix>,
    /// Only connections in this state, as the kernel spells it.
    pub state: Option<&'static str>,
    /// Only connections of this origin.
    pub origin: Option<Origin>,
    /// Only connections whose servers are in this state.
    pub standing: Standing,
    /// They are counted by this, not listed.
    pub by: Option<Grouping>,
    /// With the persistence engine's columns.
    pub persistent: bool,
    /// Numbers are shown in place of names.
    pub numeric: bool,
    /// Text or JSON.
    pub format: Format,
    /// How the listing is repeated; it is shown once otherwise.
    pub watch: Option<Watch>,
    /// The source of the listing.
    pub access: Access,
}
