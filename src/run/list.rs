//! `-L`: the table, or one service of it.

use std::io::{IsTerminal, stdout};

use super::rows::{LISTING, Row, Rows, or_numbers};
use super::{Failure, Out, json};
use crate::cli::{Color, Format, List};
use crate::render::{self, Cells, Header, Paint};
use crate::view::{Detail, ServiceCells};
use ipvs::client::Client;
use ipvs::model::{Service, Stats, VirtualId};

/// Lists services with their servers.
#[inline(never)]
pub(super) fn table(client: &mut Client, list: &List, out: &mut Out) -> Result<(), Failure> {
    if list.format == Format::Json {
        client.set_patience(LISTING);
        return json::table(client, list.service.as_ref(), list.order, out);
    }
    client.set_patience(LISTING);
    let (service, order) = (list.service.as_ref(), list.order);
    let description = list.view.description();
    // `/proc` does not know of thresholds, which colours depend on.
    let is_brief = description.needs() == Detail::Brief && paint(list.color) == Paint::Plain;
    match description.services {
        ServiceCells::Settings if is_brief => {
            let rows = Rows::brief(client, service, order)?;
            show(client, list, rows, out, |service| Cells::Settings(service))
        }
        ServiceCells::Settings => {
            let rows = Rows::<Service>::ask(client, service, order)?;
            show(client, list, rows, out, |service| Cells::Settings(service))
        }
        ServiceCells::Counters => {
            let rows = Rows::<(VirtualId, Stats)>::ask(client, service, order)?;
            show(client, list, rows, out, |(_, stats)| Cells::Counters(stats))
        }
    }
}

fn show<R: Row>(
    client: &mut Client,
    list: &List,
    mut rows: Rows<R>,
    out: &mut Out,
    cells: impl Fn(&R) -> Cells<'_>,
) -> Result<(), Failure> {
    let names = match list.numeric {
        true => None,
        false => Some(rows.names(client)?),
    };
    let names = or_numbers(&names);
    render::titles(out, header(client, list), list.view).map_err(Failure::writing)?;
    let paint = paint(list.color);
    let mut writer = render::Rows::new(list.view, list.numbers, paint, names);
    rows.for_each(client, |row, servers| {
        let written = writer.entry(out, row.id(), cells(&row), &servers);
        written.map_err(Failure::writing)
    })
}

/// The lines above the rows.
pub(super) fn header(client: &Client, list: &List) -> Header {
    Header {
        info: list.service.is_none().then_some(client.info()),
    }
}

/// Returns whether rows are coloured.
pub(super) fn paint(color: Color) -> Paint {
    let wanted = match color {
        Color::Never => false,
        Color::Always => true,
        Color::Auto => {
            // <https://no-color.org>: any text counts, none does not.
            let refused = std::env::var_os("NO_COLOR").is_some_and(|text| !text.is_empty());
            !refused && stdout().is_terminal()
        }
    };
    match wanted {
        true => Paint::Colored,
        false => Paint::Plain,
    }
}
