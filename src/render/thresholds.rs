//! `--thresholds`: the bounds of a server's connections.

use std::io::{self, Write};

use crate::model::DestinationEntry;

pub(super) const TITLES: &[u8] = b"\
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn\x20
  -> RemoteAddress:Port
";

/// The columns of a server, behind its label.
pub(super) fn server(out: &mut impl Write, entry: &DestinationEntry) -> io::Result<()> {
    write!(
        out,
        " {:<10} {:<10} {:<10} {:<10}",
        entry.destination.upper_threshold,
        entry.destination.lower_threshold,
        entry.activity.active,
        entry.activity.inactive,
    )
}
