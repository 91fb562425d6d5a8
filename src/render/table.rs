//! What all views of the table share: title lines, a row for each service and
//! below it one for each of its servers.

use std::io::{self, Write};
use std::net::IpAddr;

use super::label::{Label, WIDTH, pad};
use super::{Numbers, View, flags, list, persistent, rate, stats, thresholds, tunnel};
use crate::model::{Info, Protocol, ServiceEntry, VirtualId};
use crate::names::NameOf;

/// What stands above the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The kernel's IPVS, for a line of its own; none in the listing of a
    /// single service.
    pub info: Option<Info>,
}

/// A whole listing.
pub fn table(
    out: &mut impl Write,
    header: Header,
    entries: &[ServiceEntry],
    view: View,
    numbers: Numbers,
    names: &dyn NameOf,
) -> io::Result<()> {
    titles(out, header, view)?;
    rows(out, entries, view, numbers, names)
}

/// The lines above the rows.
pub fn titles(out: &mut impl Write, header: Header, view: View) -> io::Result<()> {
    if let Some(info) = header.info {
        let [_, major, minor, patch] = info.version.to_be_bytes();
        writeln!(
            out,
            "IP Virtual Server version {major}.{minor}.{patch} (size={})",
            info.connection_table_size
        )?;
    }
    out.write_all(match view {
        View::Plain => list::TITLES,
        View::Stats => stats::TITLES,
        View::Rate => rate::TITLES,
        View::Thresholds => thresholds::TITLES,
        View::PersistentConnections => persistent::TITLES,
        View::TunnelInfo => tunnel::TITLES,
    })
}

/// The rows of services, each followed by those of its servers.
pub fn rows(
    out: &mut impl Write,
    entries: &[ServiceEntry],
    view: View,
    numbers: Numbers,
    names: &dyn NameOf,
) -> io::Result<()> {
    let mut label = Label::default();
    for entry in entries {
        service(out, &mut label, entry, view, numbers, names)?;
        let protocol = protocol(&entry.service.id);
        for server in &entry.destinations {
            let destination = &server.destination;
            out.write_all(b"  -> ")?;
            let text = label.set_column(destination.address, destination.port, protocol, names)?;
            pad(out, text, WIDTH)?;
            match view {
                View::Plain => list::server(out, server)?,
                View::Stats => stats::server(out, &server.stats, numbers)?,
                View::Rate => rate::server(out, &server.stats, numbers)?,
                View::Thresholds => thresholds::server(out, server)?,
                View::PersistentConnections => persistent::server(out, server)?,
                View::TunnelInfo => tunnel::server(out, server)?,
            }
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// The row of a service: how it is configured or, in the views that count,
/// its counters.
fn service(
    out: &mut impl Write,
    label: &mut Label,
    entry: &ServiceEntry,
    view: View,
    numbers: Numbers,
    names: &dyn NameOf,
) -> io::Result<()> {
    let counts = matches!(view, View::Stats | View::Rate);
    let width = if counts { WIDTH } else { 0 };
    match entry.service.id {
        VirtualId::Endpoint {
            protocol,
            address,
            port,
        } => {
            out.write_all(match protocol {
                Protocol::Tcp => b"TCP  ",
                Protocol::Udp => b"UDP  ",
                Protocol::Sctp => b"SCTP ",
                Protocol::Other(_) => b"?    ",
            })?;
            pad(
                out,
                label.set_column(address, port, Some(protocol), names)?,
                width,
            )?;
        }
        VirtualId::Fwmark { mark, family } => {
            out.write_all(b"FWM  ")?;
            pad(out, label.set_mark(mark, family)?, width)?;
        }
    }
    match view {
        View::Stats => stats::service(out, &entry.stats, numbers)?,
        View::Rate => rate::service(out, &entry.stats, numbers)?,
        View::Plain | View::Thresholds | View::PersistentConnections | View::TunnelInfo => {
            flags::service(out, &entry.service)?;
        }
    }
    out.write_all(b"\n")
}

/// The protocol that ports are named by; a firewall mark has none.
fn protocol(id: &VirtualId) -> Option<Protocol> {
    match id {
        VirtualId::Endpoint { protocol, .. } => Some(*protocol),
        VirtualId::Fwmark { .. } => None,
    }
}

/// Every address that the rows of these services show, with repetitions.
pub fn addresses(entries: &[ServiceEntry]) -> impl Iterator<Item = IpAddr> {
    entries.iter().flat_map(|entry| {
        let own = match entry.service.id {
            VirtualId::Endpoint { address, .. } => Some(address),
            VirtualId::Fwmark { .. } => None,
        };
        let servers = entry.destinations.iter();
        own.into_iter()
            .chain(servers.map(|server| server.destination.address))
    })
}
