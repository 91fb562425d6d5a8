//! `--persistent-conn`: how many clients stay with a server.

use std::io::{self, Write};

use crate::model::DestinationEntry;

pub(super) const TITLES: &[u8] = b"\
Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn\x20
  -> RemoteAddress:Port
";

/// The columns of a server, behind its label.
pub(super) fn server(out: &mut impl Write, entry: &DestinationEntry) -> io::Result<()> {
    write!(
        out,
        " {:<9} {:<11} {:<10} {:<10}",
        entry.destination.weight,
        entry.activity.persistent,
        entry.activity.active,
        entry.activity.inactive,
    )
}
