//! Model in, text out: one file a view. Nothing here asks the kernel, the
//! resolver or the command line for anything.

mod connections;
mod counts;
mod emphasis;
mod flags;
mod label;
mod list;
mod number;
mod order;
mod persistent;
mod rate;
mod settings;
mod stats;
mod table;
mod thresholds;
mod tunnel;

pub use connections::connections;
pub use counts::counts;
pub use emphasis::{Emphasis, NORMAL, Paint};
pub use list::method;
pub use order::{sort_servers, sort_services};
pub use settings::{daemons, timeouts};
pub use table::{Header, Rates, Rows, addresses, rows, table, titles};

/// Which columns a listing of the table has.
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
