//! `--tun-info`: the plain view with the encapsulation of tunnelled servers.

use std::borrow::Cow;

use super::plain::{FORWARDING, SCHEDULER, WEIGHT};
use super::{Cell, Column, Description, Detail, ServiceCells, TitleLine};
use ipvs::model::{Destination, Forwarding, Tunnel, TunnelKind};

pub(super) const VIEW: Description = Description {
    name: "tun-info",
    services: ServiceCells::Settings,
    titles: TitleLine::Servers,
    columns: &[
        SCHEDULER,
        FORWARDING,
        TUNNEL,
        WEIGHT,
        Column::ACTIVE,
        Column::INACTIVE,
    ],
};

const TUNNEL: Column = Column::new(
    "TunnelInfo",
    Detail::Settings,
    Cell::Word {
        width: 13,
        of: describe,
    },
);

/// A longer description is cut to this length.
const MAX_LEN: usize = 15;

/// Returns the encapsulation of packets to a server: kind, port and checksum.
fn describe(destination: &Destination) -> Cow<'static, str> {
    if destination.forwarding != Forwarding::Tunnel {
        return "n/a".into();
    }
    let tunnel = &destination.tunnel;
    match tunnel.kind {
        TunnelKind::Ipip => tunnel.kind.name().unwrap_or_default().into(),
        TunnelKind::Gue => {
            let mut text = format!("{}:{}:{}", tunnel.kind, tunnel.port, checksum(tunnel.flags));
            text.truncate(MAX_LEN);
            text.into()
        }
        TunnelKind::Gre => format!("{}:{}", tunnel.kind, checksum(tunnel.flags)).into(),
        TunnelKind::Other(_) => "n/a".into(),
    }
}

fn checksum(flags: u16) -> &'static str {
    match flags {
        Tunnel::NO_CHECKSUM => "-c",
        Tunnel::CHECKSUM => "+c",
        Tunnel::REMOTE_CHECKSUM => "r+c",
        // C's `printf` writes this for a name that is missing.
        _ => "(null)",
    }
}
