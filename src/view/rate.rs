//! `--rate`: traffic per second. In rows of servers, only bytes are scaled.

use super::{Column, Description, Scaling, ServiceCells, TitleLine};

#[rustfmt::skip]
pub(super) const VIEW: Description = Description {
    name: "rate",
    services: ServiceCells::Counters,
    titles: TitleLine::Services,
    columns: &[
        Column::rate("CPS", |stats| stats.connections_per_second, Scaling::Never),
        Column::rate("InPPS", |stats| stats.in_packets_per_second, Scaling::Never),
        Column::rate("OutPPS", |stats| stats.out_packets_per_second, Scaling::Never),
        Column::rate("InBPS", |stats| stats.in_bytes_per_second, Scaling::AsAskedFor),
        Column::rate("OutBPS", |stats| stats.out_bytes_per_second, Scaling::AsAskedFor),
    ],
};
