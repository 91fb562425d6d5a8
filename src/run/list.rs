//! `-L`: the table, or one service of it.

use std::io::{IsTerminal, stdout};

use super::rows::{LISTING, Rows, or_numbers};
use super::{Failure, Out, json};
use crate::cli::{Color, Format, List};
use crate::render::{self, Header, Paint};
use crate::view::Detail;
use ipvs::client::Client;

/// Lists services with their servers.
#[inline(never)]
pub(super) fn table(client: &mut Client, list: &List, out: &mut Out) -> Result<(), Failure> {
    if list.format == Format::Json {
        client.set_patience(LISTING);
        return json::table(client, list.service.as_ref(), list.order, out);
    }
    let paint = paint(list.color);
    let shown = list.view.description().needs();
    let mut rows = match paint {
        Paint::Plain => ask(client, list, shown)?,
        // `/proc` does not know of thresholds.
        Paint::Colored => ask(client, list, shown.max(Detail::Settings))?,
    };
    let names = match list.numeric {
        true => None,
        false => Some(rows.names(client)?),
    };
    let names = or_numbers(&names);
    render::titles(out, header(client, list), list.view).map_err(Failure::writing)?;
    let mut writer = render::Rows::new(list.view, list.numbers, paint, names);
    rows.for_each(client, |entry| {
        writer.entry(out, &entry).map_err(Failure::writing)
    })
}

/// The services, with as much of them as is needed.
pub(super) fn ask(client: &mut Client, list: &List, detail: Detail) -> Result<Rows, Failure> {
    client.set_patience(LISTING);
    Rows::ask(client, list.service.as_ref(), detail, list.order)
}

/// What stands above the rows.
pub(super) fn header(client: &Client, list: &List) -> Header {
    Header {
        info: list.service.is_none().then_some(client.info()),
    }
}

/// Whether rows are coloured.
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
