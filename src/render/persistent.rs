//! `--persistent-conn`: how many clients stay with a server.

use std::io::{self, Write};

use super::number::left_columns;
use ipvs::model::DestinationEntry;

pub(super) const TITLES: &[u8] = b"\
Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn\x20
  -> RemoteAddress:Port
";

/// The columns of a server, behind its label.
pub(super) fn server(out: &mut impl Write, entry: &DestinationEntry) -> io::Result<()> {
    left_columns(
        out,
        [
            (entry.destination.weight, 9),
            (entry.activity.persistent, 11),
            (entry.activity.active, 10),
            (entry.activity.inactive, 10),
        ],
    )
}
