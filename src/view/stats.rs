//! `--stats`: what has gone through since the counters were last zeroed.

use super::{Column, Description, ServiceCells, TitleLine};

pub(super) const VIEW: Description = Description {
    name: "stats",
    services: ServiceCells::Counters,
    titles: TitleLine::Services,
    columns: &[
        Column::counter("Conns", |stats| stats.connections),
        Column::counter("InPkts", |stats| stats.in_packets),
        Column::counter("OutPkts", |stats| stats.out_packets),
        Column::counter("InBytes", |stats| stats.in_bytes),
        Column::counter("OutBytes", |stats| stats.out_bytes),
    ],
};
