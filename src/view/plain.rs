//! The plain view: forwarding method, weight and connections.

use ipvs::model::{Destination, DestinationEntry, Forwarding};

use super::{Cell, Column, Description, Detail, ServiceCells, TitleLine};

pub(super) const VIEW: Description = Description {
    name: "plain",
    services: ServiceCells::Settings,
    titles: TitleLine::Servers,
    columns: &[
        SCHEDULER,
        FORWARDING,
        WEIGHT,
        Column::ACTIVE,
        Column::INACTIVE,
    ],
};

pub(super) const SCHEDULER: Column = Column::new("Scheduler", Detail::Brief, Cell::Scheduler);

pub(super) const FORWARDING: Column = Column::new(
    "Forward",
    Detail::Brief,
    Cell::Word {
        width: 7,
        of: |server: &Destination| method(server.forwarding).into(),
    },
);

pub(super) const WEIGHT: Column = Column::new(
    "Weight",
    Detail::Brief,
    Cell::Number {
        width: 6,
        of: weight,
    },
);

/// Returns the weight as the kernel's int: other programs set negative weights.
pub(super) fn weight(entry: &DestinationEntry) -> i64 {
    i64::from(entry.destination.weight as i32)
}

const UNNAMED: &str = "(null)";

/// Returns the name of a forwarding method.
fn method(forwarding: Forwarding) -> &'static str {
    match forwarding {
        // C's `printf` writes this for a name that is missing.
        Forwarding::Bypass => UNNAMED,
        named => named.name().unwrap_or(UNNAMED),
    }
}
