//! `-S`: the table as rules or JSON, to standard output or into a file.

use std::io::{self, Write, stdout};

use super::closed::refuse_closed;
use super::file::to_file;
use super::rows::{Rows, SAVING};
use super::{Failure, Out, json};
use crate::cli::{Format, Save};
use crate::names::{NameOf, Numeric};
use crate::view::Order;
use ipvs::client::{Client, Patience};
use ipvs::model::Service;

/// The whole table is read before the first byte is written.
#[inline(never)]
pub(super) fn save(client: &mut Client, wanted: &Save, out: &mut Out) -> Result<(), Failure> {
    if wanted.output.is_none() {
        refuse_closed(stdout(), "standard output")?;
    }
    client.set_patience(match &wanted.output {
        None => SAVING,
        // A file that takes the place of older rules is to be whole.
        Some(_) => Patience::DEFAULT,
    });
    let text = match wanted.format {
        Format::Text => rules(client, wanted)?.into_bytes(),
        Format::Json => {
            let mut text = Vec::new();
            json::table(client, None, Order::Sorted, &mut text)?;
            text
        }
    };
    match &wanted.output {
        None => out.write_all(&text).map_err(Failure::writing),
        Some(file) => to_file(file, &text),
    }
}

fn rules(client: &mut Client, wanted: &Save) -> Result<String, Failure> {
    let mut rows = Rows::<Service>::ask(client, None, Order::Sorted)?;
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
        let written = ipvs::rules::write_service(&mut text, &service, servers, names);
        // A string takes all there is.
        written.map_err(|error| Failure::writing(io::Error::other(error)))
    })?;
    Ok(text)
}
