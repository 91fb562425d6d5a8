//! The frame that all views of the table share: title lines, a row for each
//! service and below it one for each of its servers.

use std::io::{self, Write};
use std::net::IpAddr;

use super::emphasis::{Emphasis, NORMAL, Paint};
use super::flags;
use super::label::{Label, WIDTH, pad};
use super::number::{counter, exact, left};
use crate::names::NameOf;
use crate::view::{Cell, Numbers, Scaling, ServiceCells, TitleLine, View};
use ipvs::model::{
    Destination, DestinationEntry, Info, Protocol, Service, ServiceEntry, Stats, VirtualId,
};
use ipvs::procfs::BriefService;

/// The columns before the first of a view: an arrow and the label.
const MARGIN: usize = 5 + WIDTH;

/// The lines above the rows.
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

/// The line of what the kernel says of its IPVS.
pub(super) fn version(out: &mut impl Write, info: &Info) -> io::Result<()> {
    writeln!(
        out,
        "IP Virtual Server version {} (size={})",
        info.version_text(),
        info.connection_table_size
    )
}

/// The lines above the rows.
pub fn titles(out: &mut impl Write, header: Header, view: View) -> io::Result<()> {
    if let Some(info) = header.info {
        version(out, &info)?;
    }
    let description = view.description();
    let mut services = "Prot LocalAddress:Port".to_owned();
    let mut servers = "  -> RemoteAddress:Port".to_owned();
    let line = match description.titles {
        TitleLine::Services => &mut services,
        TitleLine::Servers => {
            services += " Scheduler Flags";
            &mut servers
        }
    };
    *line = format!("{line:<MARGIN$}");
    for column in description.columns {
        match column.cell {
            Cell::Scheduler => {}
            Cell::Word { width, .. } | Cell::Number { width, .. } => {
                *line += &format!(" {:<width$}", column.title);
            }
            Cell::Counter { .. } | Cell::Rate { .. } => *line += &format!(" {:>8}", column.title),
        }
    }
    // ipvsadm 1.31 leaves a blank at the end of the first line only.
    writeln!(out, "{services}\n{}", servers.trim_end())
}

/// The rows of services, each followed by those of its servers.
pub fn rows(
    out: &mut impl Write,
    entries: &[ServiceEntry],
    view: View,
    numbers: Numbers,
    names: &dyn NameOf,
) -> io::Result<()> {
    let mut rows = RowWriter::new(view, numbers, Paint::Plain, names);
    entries.iter().try_for_each(|entry| {
        let cells = Cells::of(view, entry);
        rows.entry(out, &entry.service.id, cells, &entry.destinations)
    })
}

/// The cells of a service's row behind its address.
#[derive(Clone, Copy, Debug)]
pub enum Cells<'a> {
    /// How it is configured.
    Settings(&'a Service),
    /// How it is configured, as far as `/proc` tells it.
    Brief(&'a BriefService),
    /// The counters of the columns.
    Counters(&'a Stats),
}

impl<'a> Cells<'a> {
    /// Returns what a view shows of a service.
    pub fn of(view: View, entry: &'a ServiceEntry) -> Self {
        match view.description().services {
            ServiceCells::Settings => Self::Settings(&entry.service),
            ServiceCells::Counters => Self::Counters(&entry.stats),
        }
    }
}

/// The state of a row's rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rates {
    /// They are shown.
    #[default]
    Known,
    /// There is a dash in their place.
    Unknown,
}

/// Writes row after row.
pub struct RowWriter<'a> {
    view: View,
    numbers: Numbers,
    paint: Paint,
    names: &'a dyn NameOf,
    label: Label,
}

impl<'a> RowWriter<'a> {
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
    /// The errors of `out`.
    pub fn entry(
        &mut self,
        out: &mut impl Write,
        id: &VirtualId,
        cells: Cells<'_>,
        servers: &[DestinationEntry],
    ) -> io::Result<()> {
        self.service(out, id, cells, Rates::Known)?;
        let mut servers = servers.iter();
        servers.try_for_each(|server| self.server(out, id, server, Rates::Known))
    }

    /// The row of a service: how it is configured or, in the views that count,
    /// its counters.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn service(
        &mut self,
        out: &mut impl Write,
        id: &VirtualId,
        cells: Cells<'_>,
        rates: Rates,
    ) -> io::Result<()> {
        let width = match cells {
            Cells::Settings(_) | Cells::Brief(_) => 0,
            Cells::Counters(_) => WIDTH,
        };
        match *id {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => {
                pad(out, protocol.name().unwrap_or("?").as_bytes(), 5)?;
                let label = &mut self.label;
                let text = label.set_column(address, port, Some(protocol), self.names)?;
                pad(out, text, width)?;
            }
            VirtualId::Fwmark { mark, family } => {
                out.write_all(b"FWM  ")?;
                pad(out, self.label.set_mark(mark, family)?, width)?;
            }
        }
        match cells {
            Cells::Settings(service) => flags::service(out, service)?,
            Cells::Brief(service) => flags::brief(out, service)?,
            Cells::Counters(stats) => {
                for column in self.view.description().columns {
                    match column.cell {
                        // These are the servers' alone.
                        Cell::Scheduler | Cell::Word { .. } | Cell::Number { .. } => {}
                        Cell::Counter { of } => counter(out, of(stats), self.numbers)?,
                        Cell::Rate { of, .. } => match rates {
                            Rates::Known => counter(out, of(stats), self.numbers)?,
                            Rates::Unknown => unknown(out)?,
                        },
                    }
                }
            }
        }
        out.write_all(b"\n")
    }

    /// The row of a server of that service.
    ///
    /// # Errors
    /// The errors of `out`.
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
        for column in self.view.description().columns {
            match column.cell {
                Cell::Scheduler => {}
                Cell::Word { width, of } => {
                    out.write_all(b" ")?;
                    pad(out, of(&server.destination).as_bytes(), width)?;
                }
                Cell::Number { width, of } => {
                    out.write_all(b" ")?;
                    left(out, of(server), width)?;
                }
                Cell::Counter { of } => counter(out, of(&server.stats), self.numbers)?,
                Cell::Rate { of, servers } => match (rates, servers) {
                    (Rates::Unknown, _) => unknown(out)?,
                    (Rates::Known, Scaling::AsAskedFor) => {
                        counter(out, of(&server.stats), self.numbers)?;
                    }
                    (Rates::Known, Scaling::Never) => exact(out, of(&server.stats))?,
                },
            }
        }
        if emphasis.is_some() {
            out.write_all(NORMAL.as_bytes())?;
        }
        out.write_all(b"\n")
    }
}

/// Writes a dash in place of a rate.
fn unknown(out: &mut impl Write) -> io::Result<()> {
    write!(out, " {:>8}", '-')
}

/// The protocol that ports are named by; a firewall mark has none.
fn protocol(id: &VirtualId) -> Option<Protocol> {
    match id {
        VirtualId::Endpoint { protocol, .. } => Some(*protocol),
        VirtualId::Fwmark { .. } => None,
    }
}

/// Every address that the rows of a service and its servers show, with
/// repetitions.
pub fn addresses<'a>(
    id: &VirtualId,
    servers: &'a [DestinationEntry],
) -> impl Iterator<Item = IpAddr> + use<'a> {
    let own = match *id {
        VirtualId::Endpoint { address, .. } => Some(address),
        VirtualId::Fwmark { .. } => None,
    };
    let servers = servers.iter().map(|server| server.destination.address);
    own.into_iter().chain(servers)
}

/// The same of many services.
pub fn every_address(entries: &[ServiceEntry]) -> impl Iterator<Item = IpAddr> {
    entries
        .iter()
        .flat_map(|entry| addresses(&entry.service.id, &entry.destinations))
}
