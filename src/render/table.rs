//! What all views of the table share: title lines, a row for each service and
//! below it one for each of its servers.

use std::io::{self, Write};
use std::net::IpAddr;

use super::emphasis::{Emphasis, NORMAL, Paint};
use super::label::{Label, WIDTH, pad};
use super::{Numbers, View, flags, list, persistent, rate, stats, thresholds, tunnel};
use crate::names::NameOf;
use ipvs::model::{Destination, DestinationEntry, Info, Protocol, ServiceEntry, VirtualId};

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
    let mut rows = Rows::new(view, numbers, Paint::Plain, names);
    entries.iter().try_for_each(|entry| rows.entry(out, entry))
}

/// Whether a row's rates mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rates {
    /// They are shown.
    #[default]
    Known,
    /// There is a dash in their place.
    Unknown,
}

/// What writes row after row.
pub struct Rows<'a> {
    view: View,
    numbers: Numbers,
    paint: Paint,
    names: &'a dyn NameOf,
    label: Label,
}

impl<'a> Rows<'a> {
    /// For rows of one listing.
    pub fn new(view: View, numbers: Numbers, paint: Paint, names: &'a dyn NameOf) -> Self {
        Self {
            view,
            numbers,
            paint,
            names,
            label: Label::default(),
        }
    }

    /// The row of a service and those of its servers.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn entry(&mut self, out: &mut impl Write, entry: &ServiceEntry) -> io::Result<()> {
        self.service(out, entry, Rates::Known)?;
        let id = &entry.service.id;
        let mut servers = entry.destinations.iter();
        servers.try_for_each(|server| self.server(out, id, server, Rates::Known))
    }

    /// The row of a service: how it is configured or, in the views that count,
    /// its counters.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn service(
        &mut self,
        out: &mut impl Write,
        entry: &ServiceEntry,
        rates: Rates,
    ) -> io::Result<()> {
        let (view, numbers) = (self.view, self.numbers);
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
                let label = &mut self.label;
                let text = label.set_column(address, port, Some(protocol), self.names)?;
                pad(out, text, width)?;
            }
            VirtualId::Fwmark { mark, family } => {
                out.write_all(b"FWM  ")?;
                pad(out, self.label.set_mark(mark, family)?, width)?;
            }
        }
        match (view, rates) {
            (View::Stats, _) => stats::service(out, &entry.stats, numbers)?,
            (View::Rate, Rates::Known) => rate::service(out, &entry.stats, numbers)?,
            (View::Rate, Rates::Unknown) => rate::unknown(out)?,
            (
                View::Plain | View::Thresholds | View::PersistentConnections | View::TunnelInfo,
                _,
            ) => flags::service(out, &entry.service)?,
        }
        out.write_all(b"\n")
    }

    /// The row of a server of that service.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn server(
        &mut self,
        out: &mut impl Write,
        service: &VirtualId,
        server: &DestinationEntry,
        rates: Rates,
    ) -> io::Result<()> {
        let emphasis = match self.paint {
            Paint::Plain => None,
            Paint::Colored => Emphasis::of(server),
        };
        if let Some(emphasis) = emphasis {
            out.write_all(emphasis.code().as_bytes())?;
        }
        let Destination { address, port, .. } = server.destination;
        out.write_all(b"  -> ")?;
        let label = &mut self.label;
        let text = label.set_column(address, port, protocol(service), self.names)?;
        pad(out, text, WIDTH)?;
        match (self.view, rates) {
            (View::Plain, _) => list::server(out, server)?,
            (View::Stats, _) => stats::server(out, &server.stats, self.numbers)?,
            (View::Rate, Rates::Known) => rate::server(out, &server.stats, self.numbers)?,
            (View::Rate, Rates::Unknown) => rate::unknown(out)?,
            (View::Thresholds, _) => thresholds::server(out, server)?,
            (View::PersistentConnections, _) => persistent::server(out, server)?,
            (View::TunnelInfo, _) => tunnel::server(out, server)?,
        }
        if emphasis.is_some() {
            out.write_all(NORMAL.as_bytes())?;
        }
        out.write_all(b"\n")
    }
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
