//! The views of the table. A view is a list of columns: listings write them,
//! `--watch` sorts by them, and the kernel is asked for what they need.
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
    /// The servers, and their part of the traffic: `--watch` begins with it on a
    /// terminal, and no option asks for it.
    Overview,
}

impl View {
    /// Returns whether it shows what the kernel adds up.
    pub fn counts(self) -> bool {
        match self.description().services {
            ServiceCells::Settings => false,
            ServiceCells::Counters | ServiceCells::Totals => true,
        }
    }

    /// Returns what the view shows.
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
    /// The name of the view, as the bar of `--watch` has it.
    pub(crate) name: &'static str,
    /// The cells of a service's row behind its address.
    pub(crate) services: ServiceCells,
    /// The title line that has the titles of the columns.
    pub(crate) titles: TitleLine,
    /// From left to right.
    pub(crate) columns: &'static [Column],
}

/// The cells of a service's row behind its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServiceCells {
    /// How it is configured: the columns are those of servers alone.
    Settings,
    /// The same columns as the rows of servers.
    Counters,
    /// The same columns, with the numbers of its servers added up.
    Totals,
}

/// A listing has two title lines, one for services and one for servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TitleLine {
    /// That of services.
    Services,
    /// That of servers; that of services names the scheduler and its flags.
    Servers,
}

/// How much must be known of a service and its servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// Scheduler and flags, forwarding methods, weights and connections:
    /// `/proc/net/ip_vs` tells these too.
    Brief,
    /// Every setting, and the connections.
    Settings,
    /// The counters, and every setting of servers.
    Counters,
}

/// A column.
pub(crate) struct Column {
    pub(crate) title: &'static str,
    /// The detail that must be known for it.
    needs: Detail,
    pub(crate) cell: Cell,
}

/// The content of a column.
#[derive(Clone, Copy)]
pub(crate) enum Cell {
    /// The scheduler of a service; it stands with the other settings, and rows of
    /// servers have no such cell.
    Scheduler,
    /// A word of a server, at the left.
    Word {
        width: usize,
        of: fn(&Destination) -> Cow<'static, str>,
    },
    /// A number of a server, at the left.
    Number {
        width: usize,
        of: fn(&DestinationEntry) -> i64,
    },
    /// A counter of a service or a server, at the right.
    Counter { of: fn(&Stats) -> u64 },
    /// A rate in a second, likewise; a dash where it is not known yet.
    Rate {
        of: fn(&Stats) -> u64,
        servers: Scaling,
    },
    /// A number of a server, at the right and short. A service has the sum of them.
    Sum {
        width: usize,
        of: fn(&DestinationEntry) -> i64,
        over: Summands,
    },
    /// A rate in a second, likewise; a dash where it is not known yet.
    ShortRate { width: usize, of: fn(&Stats) -> u64 },
    /// A server's share of a rate of all servers of its service, in per cent and as a
    /// bar. Services have none.
    Share { of: fn(&Stats) -> u64 },
}

/// The servers whose numbers are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Summands {
    /// Every server of the service.
    All,
    /// Servers that take new connections. A service without any has no sum.
    Usable,
}

impl Summands {
    /// The sum of a number of these servers.
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

/// How large rates of servers are written; those of services are as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scaling {
    /// As those of services.
    AsAskedFor,
    /// In full, always.
    Never,
}

impl Description {
    /// How much must be known for all of the columns.
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

    /// The number of inactive connections, beside that of active ones.
    const INACTIVE: Self = Self::new(
        "InActConn",
        Detail::Brief,
        Cell::Number {
            width: 10,
            of: |entry| entry.activity.inactive.into(),
        },
    );
}

/// How large numbers are written.
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
    /// As the kernel gives them (`--nosort`).
    Kernel,
}
