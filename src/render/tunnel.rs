//! `--tun-info`: the plain view with the encapsulation of tunnelled servers.

use std::borrow::Cow;
use std::io::{self, Write};

use super::list;
use ipvs::model::{Destination, DestinationEntry, Forwarding, Tunnel, TunnelKind};

pub(super) const TITLES: &[u8] = b"\
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn
";

/// The columns of a server, behind its label.
pub(super) fn server(out: &mut impl Write, entry: &DestinationEntry) -> io::Result<()> {
    let forwarding = list::method(entry.destination.forwarding);
    let tunnel = describe(&entry.destination);
    write!(out, " {forwarding:<7} {tunnel:<13.15} ")?;
    list::connections(out, entry)
}

/// How packets to a server are wrapped: kind, port and checksum.
fn describe(destination: &Destination) -> Cow<'static, str> {
    if destination.forwarding != Forwarding::Tunnel {
        return "n/a".into();
    }
    let tunnel = &destination.tunnel;
    match tunnel.kind {
        TunnelKind::Ipip => "ipip".into(),
        TunnelKind::Gue => format!("gue:{}:{}", tunnel.port, checksum(tunnel.flags)).into(),
        TunnelKind::Gre => format!("gre:{}", checksum(tunnel.flags)).into(),
        TunnelKind::Other(_) => "n/a".into(),
    }
}

fn checksum(flags: u16) -> &'static str {
    match flags {
        Tunnel::NO_CHECKSUM => "-c",
        Tunnel::CHECKSUM => "+c",
        Tunnel::REMOTE_CHECKSUM => "r+c",
        // What C makes of a name that isn't there.
        _ => "(null)",
    }
}
