//! `--persistent-conn`: the number of clients that persistence keeps at each server.

use super::{Cell, Column, Description, Detail, ServiceCells, TitleLine};

pub(super) const VIEW: Description = Description {
    name: "persistent-conn",
    services: ServiceCells::Settings,
    titles: TitleLine::Services,
    columns: &[WEIGHT, PERSISTENT, Column::ACTIVE, Column::INACTIVE],
};

const WEIGHT: Column = Column::new(
    "Weight",
    Detail::Brief,
    Cell::Number {
        width: 9,
        of: |entry| entry.destination.weight.into(),
    },
);

const PERSISTENT: Column = Column::new(
    "PersistConn",
    Detail::Settings,
    Cell::Number {
        width: 11,
        of: |entry| entry.activity.persistent.into(),
    },
);
