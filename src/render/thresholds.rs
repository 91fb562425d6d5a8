//! `--thresholds`: the bounds of a server's connections.

use std::io::{self, Write};

use super::number::left_columns;
use ipvs::model::DestinationEntry;

pub(super) const TITLES: &[u8] = b"\
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn\x20
  -> RemoteAddress:Port
";

/// The columns of a server, behind its label.
pub(super) fn server(out: &mut impl Write, entry: &DestinationEntry) -> io::Result<()> {
    left_columns(
        out,
        [
            (entry.destination.upper_threshold, 10),
            (entry.destination.lower_threshold, 10),
            (entry.activity.active, 10),
            (entry.activity.inactive, 10),
        ],
    )
}
