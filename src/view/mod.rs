//! The views of the table. A view is a list of columns: listings write them, `--watch` sorts by
//! them, and the kernel is asked only for what they need.
//!
//! A new view is a file with its `Description`, and an entry in [`View`].

mod emphasis;
mod overview;
mod persistent;
mod plain;
mod rate;
mod sort;
mod stats;
mod thresholds;
mod tunnel;

use std::borrow::Cow;

use ipvs::model::{Destination, DestinationEntry, Service, Stats};

pub use emphasis::{Emphasis, NORMAL, Paint, usable};
pub(crate) use sort::{ColumnPlace, Sorting, places};

/// A listing of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Scheduler and flags; forwarding method, weight, connections.
    #[default]
    Plain,
    /// `--stats`
    Stats,
    /// `--rate`
    Rate,
    /// `--thresholds`
    Thresholds,
    /// `--persistent-conn`
    PersistentConnections,
    /// `--tun-info`
    TunnelInfo,
    /// The servers, and their part of the traffic. On a terminal `--watch` begins with it, and no
    /// option asks for it.
    Overview,
}

impl View {
    /// Returns whether the view shows counters of the kernel.
    pub fn counts(self) -> bool {
        match self.description().services {
            ServiceCells::Settings => false,
            ServiceCells::Counters | ServiceCells::Totals => true,
        }
    }

    /// Returns the description of the view.
    pub(crate) fn description(self) -> &'static Description {
        match self {
            Self::Plain => &plain::VIEW,
            Self::Stats => &stats::VIEW,
            Self::Rate => &rate::VIEW,
            Self::Thresholds => &thresholds::VIEW,
            Self::PersistentConnections => &persistent::VIEW,
            Self::TunnelInfo => &tunnel::VIEW,
            Self::Overview => &overview::VIEW,
        }
    }
}

/// The description of a view.
pub(crate) struct Description {
    /// The name of the view, as shown in the bar of `--watch`.
    pub(crate) name: &'static str,
    /// The cells of a service's row that follow its address.
    pub(crate) services: ServiceCells,
    /// The title line that contains the titles of the columns.
    pub(crate) titles: TitleLine,
    /// The columns, from left to right.
    pub(crate) columns: &'static [Column],
}

/// The cells of a service's row that follow its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServiceCells {
    /// Its configuration: only rows of servers have the columns.
    Settings,
    /// The same columns as in the rows of servers.
    Counters,
    /// The same columns as in the rows of servers, whose numbers are added up.
    Totals,
}

/// A listing has two title lines, one for services and one for servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TitleLine {
    /// The line of services.
    Services,
    /// The line of servers; the line of services has titles for the scheduler and its flags.
    Servers,
}

/// How much must be read of a service and its servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// Scheduler and flags, forwarding methods, weights and connections: `/proc/net/ip_vs` tells
    /// these facts too.
    Brief,
    /// Every setting, and the connections.
    Settings,
    /// The counters, and every setting of servers.
    Counters,
}

/// A column.
pub(crate) struct Column {
    pub(crate) title: &'static str,
    /// The detail that must be read for the column.
    needs: Detail,
    pub(crate) cell: Cell,
}

/// The content of a column.
#[derive(Clone, Copy)]
pub(crate) enum Cell {
    /// The scheduler of a service, which stands with the other settings. Rows of servers have no
    /// such cell.
    Scheduler,
    /// A word of a server, aligned left.
    Word {
        width: usize,
        of: fn(&Destination) -> Cow<'static, str>,
    },
    /// A number of a server, aligned left.
    Number {
        width: usize,
        of: fn(&DestinationEntry) -> i64,
    },
    /// A counter of a service or a server, aligned right.
    Counter { of: fn(&Stats) -> u64 },
    /// A rate per second, aligned right; a dash where it is not known yet.
    Rate {
        of: fn(&Stats) -> u64,
        servers: Scaling,
    },
    /// A number of a server, aligned right and short. The row of a service has the sum.
    Sum {
        width: usize,
        of: fn(&DestinationEntry) -> i64,
        over: Summands,
    },
    /// A short rate per second, aligned right; a dash where it is not known yet.
    ShortRate { width: usize, of: fn(&Stats) -> u64 },
    /// A server's share of the rate of all servers of its service, in per cent and as a bar. Rows
    /// of services have none.
    Share { of: fn(&Stats) -> u64 },
}

/// The servers whose numbers are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Summands {
    /// Every server of the service.
    All,
    /// Servers that take new connections. A service without such a server has no sum.
    Usable,
}

impl Summands {
    /// Returns the sum of a number over these servers.
    pub(crate) fn sum(
        self,
        service: &Service,
        servers: &[DestinationEntry],
        of: fn(&DestinationEntry) -> i64,
    ) -> Option<i128> {
        let number = |server| i128::from(of(server));
        match self {
            Self::All => Some(servers.iter().map(number).sum()),
            Self::Usable => usable(service, servers)
                .map(number)
                .reduce(|sum, number| sum + number),
        }
    }
}

/// How large rates of servers are written; rates of services are as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scaling {
    /// As rates of services.
    AsAskedFor,
    /// Always in full.
    Never,
}

impl Description {
    /// Returns the detail that must be read for all of the columns.
    pub(crate) fn needs(&self) -> Detail {
        let needs = self.columns.iter().map(|column| column.needs);
        needs.max().unwrap_or(Detail::Brief)
    }
}

impl Column {
    const fn new(title: &'static str, needs: Detail, cell: Cell) -> Self {
        Self { title, needs, cell }
    }

    const fn counter(title: &'static str, of: fn(&Stats) -> u64) -> Self {
        Self::new(title, Detail::Counters, Cell::Counter { of })
    }

    const fn rate(title: &'static str, of: fn(&Stats) -> u64, servers: Scaling) -> Self {
        Self::new(title, Detail::Counters, Cell::Rate { of, servers })
    }

    /// The number of active connections, which most views have.
    const ACTIVE: Self = Self::new(
        "ActiveConn",
        Detail::Brief,
        Cell::Number {
            width: 10,
            of: |entry| entry.activity.active.into(),
        },
    );

    /// The number of inactive connections, beside the number of active ones.
    const INACTIVE: Self = Self::new(
        "InActConn",
        Detail::Brief,
        Cell::Number {
            width: 10,
            of: |entry| entry.activity.inactive.into(),
        },
    );
}

/// The form of large numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// With K, M, G or T when they outgrow their column.
    #[default]
    Scaled,
    /// In full (`--exact`).
    Exact,
}

/// The order of a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By protocol family, protocol, address and port.
    #[default]
    Sorted,
    /// In the kernel's order (`--nosort`).
    Kernel,
}
