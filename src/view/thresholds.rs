//! `--thresholds`: the bounds of a server's connections.

use super::{Cell, Column, Description, Detail, ServiceCells, TitleLine};

pub(super) const VIEW: Description = Description {
    name: "thresholds",
    services: ServiceCells::Settings,
    titles: TitleLine::Services,
    columns: &[UPPER, LOWER, Column::ACTIVE, Column::INACTIVE],
};

const UPPER: Column = Column::new(
    "Uthreshold",
    Detail::Settings,
    Cell::Number {
        width: 10,
        of: |entry| entry.destination.upper_threshold.into(),
    },
);

const LOWER: Column = Column::new(
    "Lthreshold",
    Detail::Settings,
    Cell::Number {
        width: 10,
        of: |entry| entry.destination.lower_threshold.into(),
    },
);
