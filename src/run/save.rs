//! `-S`: the table as rules or JSON, to standard output or into a file.

use std::io::{self, Write};
use std::slice;

use anyhow::Context;

use super::rows::{Detail, Rows, SAVING};
use super::{Failure, Out, json};
use crate::cli::{Format, Save};
use crate::names::{NameOf, Numeric};
use crate::render::Order;
use crate::rules::output;
use ipvs::client::{Client, Patience};

/// The whole table is read before the first byte is written.
#[inline(never)]
pub(super) fn save(client: &mut Client, wanted: &Save, out: &mut Out) -> Result<(), Failure> {
    client.set_patience(match &wanted.output {
        None => SAVING,
        // What takes the place of older rules is to be whole.
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
        Some(file) => output::write_file(file, |file| file.write_all(&text))
            .with_context(|| format!("cannot write {}", file.display()))
            .map_err(Failure::Files),
    }
}

fn rules(client: &mut Client, wanted: &Save) -> Result<String, Failure> {
    let mut rows = Rows::ask(client, None, Detail::Settings, Order::Sorted)?;
    let names = match wanted.numeric {
        true => None,
        false => Some(rows.names(client)?),
    };
    let restorable = names.as_ref().map(|names| names.restorable());
    let names = restorable
        .as_ref()
        .map_or(&Numeric as &dyn NameOf, |names| names);
    let mut text = String::new();
    rows.for_each(client, |entry| {
        let written = ipvs::rules::write_rules(&mut text, slice::from_ref(&entry), names);
        // A string takes all there is.
        written.map_err(|error| Failure::writing(io::Error::other(error)))
    })?;
    Ok(text)
}
