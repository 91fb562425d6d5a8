//! The overview of `--watch`: the servers, and the part that each has of the traffic of
//! its service.

use super::plain::weight;
use super::{Cell, Column, Description, Detail, ServiceCells, Summands, TitleLine};
use ipvs::model::Stats;

pub(super) const VIEW: Description = Description {
    name: "overview",
    services: ServiceCells::Totals,
    titles: TitleLine::Services,
    columns: &[WEIGHT, ACTIVE, INACTIVE, CONNECTIONS, IN, OUT, SHARE],
};

const WEIGHT: Column = Column::new(
    "Weight",
    Detail::Settings,
    Cell::Sum {
        width: 6,
        of: weight,
        over: Summands::Usable,
    },
);

const ACTIVE: Column = Column::new(
    "Active",
    Detail::Brief,
    Cell::Sum {
        width: 6,
        of: |entry| entry.activity.active.into(),
        over: Summands::All,
    },
);

const INACTIVE: Column = Column::new(
    "InAct",
    Detail::Brief,
    Cell::Sum {
        width: 5,
        of: |entry| entry.activity.inactive.into(),
        over: Summands::All,
    },
);

const CONNECTIONS: Column = rate("CPS", 5, |stats| stats.connections_per_second);
const IN: Column = rate("In b/s", 6, |stats| bits(stats.in_bytes_per_second));
const OUT: Column = rate("Out b/s", 7, |stats| bits(stats.out_bytes_per_second));

const SHARE: Column = Column::new(
    "Share",
    Detail::Counters,
    Cell::Share {
        of: |stats| stats.connections_per_second,
    },
);

const fn rate(title: &'static str, width: usize, of: fn(&Stats) -> u64) -> Column {
    Column::new(title, Detail::Counters, Cell::ShortRate { width, of })
}

fn bits(bytes: u64) -> u64 {
    bytes.saturating_mul(8)
}
