//! `--weights`: weights alone.

use super::{Cell, Column, Description, Detail, ServiceCells, TitleLine};

pub(super) const VIEW: Description = Description {
    name: "weights",
    services: ServiceCells::Settings,
    titles: TitleLine::Services,
    columns: &[WEIGHT],
};

const WEIGHT: Column = Column::new(
    "Weight",
    Detail::Brief,
    Cell::Number {
        width: 6,
        of: |entry| entry.destination.weight.into(),
    },
);
