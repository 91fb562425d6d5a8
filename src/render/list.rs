//! The plain view: forwarding method, weight and connections.

use std::io::{self, Write};

use super::label::pad;
use super::number::{left, left_columns};
use ipvs::model::{DestinationEntry, Forwarding};

pub(super) const TITLES: &[u8] = b"\
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
";

/// The columns of a server, behind its label.
pub(super) fn server(out: &mut impl Write, entry: &DestinationEntry) -> io::Result<()> {
    out.write_all(b" ")?;
    pad(out, method(entry.destination.forwarding).as_bytes(), 7)?;
    out.write_all(b" ")?;
    connections(out, entry)
}

/// Weight and connections, which the view of tunnels ends with too.
pub(super) fn connections(out: &mut impl Write, entry: &DestinationEntry) -> io::Result<()> {
    // The kernel keeps an int; other programs than ours set negative ones.
    let weight = entry.destination.weight as i32;
    let activity = &entry.activity;
    left(out, weight.into(), 6)?;
    left_columns(out, [(activity.active, 10), (activity.inactive, 10)])
}

/// The name of a forwarding method.
pub fn method(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Masquerade => "Masq",
        Forwarding::Local => "Local",
        Forwarding::Tunnel => "Tunnel",
        Forwarding::DirectRoute => "Route",
        // What C makes of a name that isn't there.
        Forwarding::Bypass | Forwarding::Other(_) => "(null)",
    }
}
