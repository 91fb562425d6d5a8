//! Text, in the form of ipvsadm 1.31 where it has the same listing.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write, stdout};
use std::net::IpAddr;
use std::time::Instant;

use super::{Audience, OutputFormat, Pages};
use crate::cli::{Color, Connections, Coverage, List, Save};
use crate::names::{NameOf, Names, Numeric};
use crate::netns::KnownNamespace;
use crate::render::{self, Cells, ConnectionLayout, Header};
use crate::run::connections::{open, unlisted};
use crate::run::rows::{LISTING, RowDetail, Rows, or_numbers};
use crate::run::save::write_others;
use crate::run::watch::look;
use crate::run::{Failure, Out, Report};
use crate::view::{Detail, Order, Paint, ServiceCells, View};
use crate::watch::{Meter, RowId};
use ipvs::client::Client;
use ipvs::connections::{Count, Filter, Grouping, for_each_connection};
use ipvs::model::{
    Change, Counts, DestinationEntry, Service, ServiceEntry, Setting, Stats, VirtualId,
};
use ipvs::rules::{ChangeRule, SettingRule, write_service};

pub(super) struct Text;

impl OutputFormat for Text {
    fn audience(&self) -> Audience {
        Audience::People
    }

    #[inline(never)]
    fn table(
        &self,
        client: &mut Client,
        list: &List,
        meter: Option<&mut Meter>,
        out: &mut Out,
    ) -> Result<(), Failure> {
        match (meter, list.view) {
            (Some(meter), View::Rate) => rates(client, list, meter, out),
            _ => table(client, list, out),
        }
    }
}

/// Writes a line with its name above the part of each network namespace, and an empty line between
/// the parts.
#[derive(Default)]
pub(super) struct Headings {
    separator: &'static str,
}

impl Pages for Headings {
    fn begin_one(&mut self, known: &KnownNamespace, out: &mut Out) -> io::Result<()> {
        let mut heading = known.to_string();
        heading.get_mut(..1).map(str::make_ascii_uppercase);
        writeln!(out, "{}{heading}:", self.separator)?;
        self.separator = "\n";
        Ok(())
    }

    fn end_one(&mut self, _: Option<&str>, _: &mut Out) -> io::Result<()> {
        Ok(())
    }

    fn end(self: Box<Self>, _: &mut Out) -> io::Result<()> {
        Ok(())
    }
}

/// Lists services with their servers.
fn table(client: &mut Client, list: &List, out: &mut Out) -> Result<(), Failure> {
    client.set_patience(LISTING);
    let (services, order) = (&list.services, list.order);
    let description = list.view.description();
    // `/proc` does not know of thresholds, which colours depend on.
    let is_brief = description.needs() == Detail::Brief && paint(list.color) == Paint::Plain;
    match description.services {
        ServiceCells::Settings if is_brief => {
            let rows = Rows::brief(client, services, order)?;
            show(client, list, rows, out, |service, _| {
                Cells::Settings(service)
            })
        }
        ServiceCells::Settings => {
            let rows = Rows::<Service>::ask(client, services, order)?;
            show(client, list, rows, out, |service, _| {
                Cells::Settings(service)
            })
        }
        ServiceCells::Counters => {
            let rows = Rows::<(VirtualId, Stats)>::ask(client, services, order)?;
            show(client, list, rows, out, |(_, stats), _| {
                Cells::Counters(stats)
            })
        }
        ServiceCells::Totals => {
            let rows = Rows::<ServiceEntry>::ask(client, services, order)?;
            show(client, list, rows, out, |entry, servers| Cells::Totals {
                service: &entry.service,
                stats: &entry.stats,
                servers,
            })
        }
    }
}

fn show<R: RowDetail>(
    client: &mut Client,
    list: &List,
    mut rows: Rows<R>,
    out: &mut Out,
    cells: impl for<'a> Fn(&'a R, &'a [DestinationEntry]) -> Cells<'a>,
) -> Result<(), Failure> {
    let names = match list.numeric {
        true => None,
        false => Some(rows.names(client)?),
    };
    let names = or_numbers(&names);
    render::titles(out, header(client, list), list.view).map_err(Failure::writing)?;
    let paint = paint(list.color);
    let mut writer = render::RowWriter::new(list.view, list.numbers, paint, names);
    rows.for_each(client, |row, servers| {
        let written = writer.entry(out, row.id(), cells(&row, &servers), &servers);
        written.map_err(Failure::writing)
    })
}

/// Lists rates that are computed here, from the counters of two looks.
fn rates(
    client: &mut Client,
    list: &List,
    meter: &mut Meter,
    out: &mut Out,
) -> Result<(), Failure> {
    let entries = look(client, list, |entry, services_at| {
        meter.measure(entry, services_at, Instant::now());
    })?;
    meter.end_look();
    let addresses = || render::every_address(&entries);
    let names = (!list.numeric).then(|| Names::look_up(addresses()));
    let names = or_numbers(&names);
    let header = header(client, list);
    render::titles(out, header, list.view).map_err(Failure::writing)?;
    let mut rows = render::RowWriter::new(list.view, list.numbers, paint(list.color), names);
    for entry in &entries {
        let id = &entry.service.id;
        let known = meter.rates(&RowId::service(id));
        rows.service(out, id, Cells::of(list.view, entry), known)
            .map_err(Failure::writing)?;
        for server in &entry.destinations {
            let known = meter.rates(&RowId::server(id, server));
            rows.server(out, id, server, &entry.destinations, known)
                .map_err(Failure::writing)?;
        }
    }
    Ok(())
}

/// Returns the lines above the rows.
fn header(client: &Client, list: &List) -> Header {
    Header {
        info: list.services.one().is_none().then_some(client.info()),
    }
}

/// Returns whether rows are coloured.
pub(in crate::run) fn paint(color: Color) -> Paint {
    let wanted = match color {
        Color::Never => false,
        Color::Always => true,
        Color::Auto => {
            // <https://no-color.org>: any text in the variable counts, an empty one does not.
            let refused = std::env::var_os("NO_COLOR").is_some_and(|text| !text.is_empty());
            !refused && stdout().is_terminal()
        }
    };
    match wanted {
        true => Paint::Colored,
        false => Paint::Plain,
    }
}

/// Returns the selected services of the table as rules.
pub(super) fn saved(client: &mut Client, wanted: &Save) -> Result<Vec<u8>, Failure> {
    let mut rows = Rows::<Service>::ask(client, &wanted.services, Order::Sorted)?;
    let names = match wanted.numeric {
        true => None,
        false => Some(rows.names(client)?),
    };
    let restorable = names.as_ref().map(|names| names.restorable());
    let names = restorable
        .as_ref()
        .map_or(&Numeric as &dyn NameOf, |names| names);
    let mut text = String::new();
    rows.for_each(client, |service, servers| {
        let servers = servers.iter().map(|row| &row.destination);
        let written = write_service(&mut text, &service, servers, names);
        // Writing to a string does not fail.
        written.map_err(|error| Failure::writing(io::Error::other(error)))
    })?;
    if wanted.coverage == Coverage::All {
        write_others(client, &mut text)?;
    }
    Ok(text.into_bytes())
}

/// Lists connections. Where names are wanted the table is read twice, so that all names can be
/// looked up at once.
pub(super) fn connections(
    wanted: &Connections,
    filter: &Filter,
    out: &mut Out,
) -> Result<(), Failure> {
    let names = match wanted.numeric {
        true => None,
        false => Some(Names::look_up(addresses(wanted, filter)?)),
    };
    let names = or_numbers(&names);
    let layout = ConnectionLayout::LISTING;
    let table = open(wanted)?;
    render::connections(out, table, filter, wanted.persistent, layout, names).map_err(unlisted)
}

fn addresses(wanted: &Connections, filter: &Filter) -> Result<HashSet<IpAddr>, Failure> {
    let mut addresses = HashSet::new();
    for_each_connection(open(wanted)?, |connection| {
        if filter.passes(connection) {
            addresses.extend(
                [connection.client, connection.service, connection.server]
                    .map(|endpoint| endpoint.address),
            );
        }
        Ok(())
    })
    .map_err(unlisted)?;
    Ok(addresses)
}

pub(super) fn counts(
    wanted: &Connections,
    by: Grouping,
    counts: &[Count],
    out: &mut Out,
) -> io::Result<()> {
    let hosts = || counts.iter().flat_map(Count::addresses);
    let names = (!wanted.numeric).then(|| Names::look_up(hosts()));
    render::counts(out, by, counts, None, or_numbers(&names))
}

/// Writes the settings and changes as rules, and says how many changes to the table are among them.
pub(super) fn changes(
    settings: &[Setting],
    changes: &[Change],
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    for setting in settings {
        writeln!(out, "{}", SettingRule::new(setting)).map_err(Failure::writing)?;
    }
    for change in changes {
        writeln!(out, "{}", ChangeRule::new(change, &Numeric)).map_err(Failure::writing)?;
    }
    out.flush().map_err(Failure::writing)?;
    report(&Counts::of(changes));
    Ok(())
}
