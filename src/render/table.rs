//! The form that all views of the table share: title lines, a row for each service and below it a
//! row for each of its servers.

use std::io::{self, Write};
use std::net::IpAddr;

use super::flags;
use super::label::{Label, LabelWidth, named_by, pad};
use super::layout::{ARROW, Layout, width};
use super::number::{counter, exact, left, short};
use crate::names::NameOf;
use crate::view::{Cell, Emphasis, NORMAL, Numbers, Paint, Scaling, ServiceCells, TitleLine, View};
use ipvs::model::{Destination, DestinationEntry, Info, Service, ServiceEntry, Stats, VirtualId};
use ipvs::procfs::BriefService;

/// The lines above the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The kernel's IPVS, which has a line of its own; none in the listing of a single service.
    pub info: Option<Info>,
}

/// Writes a whole listing.
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

/// Writes the line with the kernel's description of its IPVS.
pub(super) fn version(out: &mut impl Write, info: &Info) -> io::Result<()> {
    writeln!(
        out,
        "IP Virtual Server version {} (size={})",
        info.version_text(),
        info.connection_table_size
    )
}

/// Writes the lines above the rows.
pub fn titles(out: &mut impl Write, header: Header, view: View) -> io::Result<()> {
    if let Some(info) = header.info {
        version(out, &info)?;
    }
    title_lines(out, view, Layout::LISTING)
}

/// Writes the titles of the columns.
pub fn title_lines(out: &mut impl Write, view: View, layout: Layout) -> io::Result<()> {
    let description = view.description();
    let margin = ARROW + layout.labels.characters();
    let mut services = "Prot LocalAddress:Port".to_owned();
    let mut servers = "  -> RemoteAddress:Port".to_owned();
    let line = match description.titles {
        TitleLine::Services => &mut services,
        TitleLine::Servers => {
            services += " Scheduler Flags";
            &mut servers
        }
    };
    *line = format!("{line:<margin$}");
    for column in description.columns {
        match column.cell {
            Cell::Scheduler => {}
            Cell::Word { width, .. } | Cell::Number { width, .. } => {
                *line += &format!(" {:<width$}", column.title);
            }
            Cell::Share { .. } => *line += &format!(" {}", column.title),
            cell @ (Cell::Counter { .. }
            | Cell::Rate { .. }
            | Cell::Sum { .. }
            | Cell::ShortRate { .. }) => {
                let width = width(cell, layout.bar);
                *line += &format!("{:>width$}", column.title);
            }
        }
    }
    // ipvsadm 1.31 leaves a blank at the end of the first line only.
    writeln!(out, "{services}\n{}", servers.trim_end())
}

/// Writes the rows of services, each followed by the rows of its servers.
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
    /// The configuration of the service.
    Settings(&'a Service),
    /// Its configuration, as far as `/proc` tells it.
    Brief(&'a BriefService),
    /// The counters of the columns.
    Counters(&'a Stats),
    /// The numbers of its servers added up, and its own rates.
    Totals {
        /// The configuration of the service.
        service: &'a Service,
        /// Its rates.
        stats: &'a Stats,
        /// All servers of the service.
        servers: &'a [DestinationEntry],
    },
}

impl<'a> Cells<'a> {
    /// Returns the cells that a view shows of a service.
    pub fn of(view: View, entry: &'a ServiceEntry) -> Self {
        match view.description().services {
            ServiceCells::Settings => Self::Settings(&entry.service),
            ServiceCells::Counters => Self::Counters(&entry.stats),
            ServiceCells::Totals => Self::Totals {
                service: &entry.service,
                stats: &entry.stats,
                servers: &entry.destinations,
            },
        }
    }
}

/// The state of the rates in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rates {
    /// They are shown.
    #[default]
    Known,
    /// Dashes stand in their place.
    Unknown,
}

/// The text in place of a sum, where the service has none of the servers that count.
const NONE: &str = "NONE";

/// Writes rows one after another.
pub struct RowWriter<'a> {
    view: View,
    numbers: Numbers,
    paint: Paint,
    names: &'a dyn NameOf,
    label: Label,
    layout: Layout,
}

impl<'a> RowWriter<'a> {
    /// Returns a writer for the rows of one listing.
    pub fn new(view: View, numbers: Numbers, paint: Paint, names: &'a dyn NameOf) -> Self {
        Self {
            view,
            numbers,
            paint,
            names,
            label: Label::default(),
            layout: Layout::LISTING,
        }
    }

    /// Makes the columns this wide.
    pub fn with_layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// Writes the row of a service and the rows of its servers.
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
        let mut each = servers.iter();
        each.try_for_each(|server| self.server(out, id, server, servers, Rates::Known))
    }

    /// Writes the row of a service: its configuration or, in the views that count, its counters.
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
        let (is_column, labels) = match (cells, self.layout.labels) {
            (Cells::Counters(_) | Cells::Totals { .. }, labels) => (true, labels),
            (
                Cells::Settings(_) | Cells::Brief(_),
                labels @ (LabelWidth::Listed | LabelWidth::AtLeast(_)),
            ) => (false, labels),
            // The settings follow the label, wherever it ends.
            (Cells::Settings(_) | Cells::Brief(_), LabelWidth::Fitted(_)) => {
                (false, LabelWidth::Fitted(usize::MAX))
            }
        };
        let label = &mut self.label;
        let text = match *id {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => {
                pad(out, protocol.name().unwrap_or("?").as_bytes(), ARROW)?;
                label.set_column(address, port, Some(protocol), self.names, labels)?
            }
            VirtualId::Fwmark { mark, family } => {
                out.write_all(b"FWM  ")?;
                label.set_mark(mark, family)?
            }
        };
        match is_column {
            true => labels.pad(out, text)?,
            false => out.write_all(text)?,
        }
        match cells {
            Cells::Settings(service) => flags::service(out, service)?,
            Cells::Brief(service) => flags::brief(out, service)?,
            Cells::Counters(stats) => self.numbers_of_service(out, stats, None, rates)?,
            Cells::Totals {
                service,
                stats,
                servers,
            } => self.numbers_of_service(out, stats, Some((service, servers)), rates)?,
        }
        out.write_all(b"\n")
    }

    /// Writes the columns of a service; sums are over these servers.
    fn numbers_of_service(
        &self,
        out: &mut impl Write,
        stats: &Stats,
        summed: Option<(&Service, &[DestinationEntry])>,
        rates: Rates,
    ) -> io::Result<()> {
        for column in self.view.description().columns {
            match (column.cell, rates) {
                // Only rows of servers have these.
                (
                    Cell::Scheduler | Cell::Word { .. } | Cell::Number { .. } | Cell::Share { .. },
                    _,
                ) => {}
                (Cell::Sum { width, of, over }, _) => {
                    let sum = summed.and_then(|(service, servers)| over.sum(service, servers, of));
                    match sum {
                        Some(sum) => short(out, sum, width, self.numbers)?,
                        None => write!(out, " {NONE:>width$}")?,
                    }
                }
                (Cell::Counter { of }, _) | (Cell::Rate { of, .. }, Rates::Known) => {
                    counter(out, of(stats), self.numbers)?;
                }
                (Cell::ShortRate { width, of }, Rates::Known) => {
                    short(out, of(stats).into(), width, self.numbers)?;
                }
                (cell @ (Cell::Rate { .. } | Cell::ShortRate { .. }), Rates::Unknown) => {
                    self.unknown(out, cell)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the row of a server of that service; `servers` are all servers of the service.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn server(
        &mut self,
        out: &mut impl Write,
        service: &VirtualId,
        server: &DestinationEntry,
        servers: &[DestinationEntry],
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
        let labels = self.layout.labels;
        let text = label.set_column(address, port, named_by(service), self.names, labels)?;
        labels.pad(out, text)?;
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
                cell @ (Cell::Rate { .. } | Cell::ShortRate { .. } | Cell::Share { .. })
                    if rates == Rates::Unknown =>
                {
                    self.unknown(out, cell)?;
                }
                Cell::Rate {
                    of,
                    servers: scaling,
                } => match scaling {
                    Scaling::AsAskedFor => {
                        counter(out, of(&server.stats), self.numbers)?;
                    }
                    Scaling::Never => exact(out, of(&server.stats))?,
                },
                Cell::Sum { width, of, .. } => {
                    short(out, of(server).into(), width, self.numbers)?;
                }
                Cell::ShortRate { width, of } => {
                    short(out, of(&server.stats).into(), width, self.numbers)?;
                }
                Cell::Share { of } => {
                    let all = servers.iter().map(|server| u128::from(of(&server.stats)));
                    share(out, of(&server.stats).into(), all.sum(), self.layout.bar)?;
                }
            }
        }
        if emphasis.is_some() {
            out.write_all(NORMAL.as_bytes())?;
        }
        out.write_all(b"\n")
    }

    /// Writes a dash in place of a rate or a share.
    fn unknown(&self, out: &mut impl Write, cell: Cell) -> io::Result<()> {
        match cell {
            Cell::Share { .. } => no_share(out),
            cell => {
                let width = width(cell, self.layout.bar);
                write!(out, "{:>width$}", '-')
            }
        }
    }
}

/// Writes a share in per cent and as a bar, or a dash where the whole is 0.
fn share(out: &mut impl Write, part: u128, all: u128, bar: usize) -> io::Result<()> {
    let of = |whole: usize| {
        let units = part.saturating_mul(whole as u128);
        units.saturating_add(all / 2).checked_div(all)
    };
    match (of(100), of(bar)) {
        (Some(percent), Some(length)) => {
            let length = usize::try_from(length).unwrap_or(bar).min(bar);
            write!(out, " {percent:>3}% {}", "#".repeat(length))
        }
        _ => no_share(out),
    }
}

fn no_share(out: &mut impl Write) -> io::Result<()> {
    write!(out, " {:>4}", '-')
}

/// Returns the addresses in the rows of a service and its servers, with repetitions.
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

/// Returns the addresses in the rows of many services, with repetitions.
pub fn every_address(entries: &[ServiceEntry]) -> impl Iterator<Item = IpAddr> {
    entries
        .iter()
        .flat_map(|entry| addresses(&entry.service.id, &entry.destinations))
}
