//! `-S`: the table as rules or JSON, to standard output or into a file.

use std::io::Write;

use anyhow::Context;

use super::kernel::Kernel;
use super::rows::Rows;
use super::{Failure, Out, json};
use crate::cli::{Format, Save};
use crate::names::{NameOf, Numeric};
use crate::render::{Order, View};
use crate::rules::{output, save};

/// The whole table is read before the first byte is written.
pub(super) fn save(kernel: &mut Kernel, wanted: &Save, out: &mut Out) -> Result<(), Failure> {
    let mut text = Vec::new();
    match wanted.format {
        Format::Text => rules(kernel, wanted, &mut text)?,
        Format::Json => json::table(kernel, None, Order::Sorted, &mut text)?,
    }
    match &wanted.output {
        None => out.write_all(&text).map_err(Failure::writing),
        Some(file) => output::write_file(file, |file| file.write_all(&text))
            .with_context(|| format!("cannot write {}", file.display()))
            .map_err(Failure::Files),
    }
}

fn rules(kernel: &mut Kernel, wanted: &Save, text: &mut Vec<u8>) -> Result<(), Failure> {
    let client = &mut kernel.client;
    // Thresholds and tunnels are what the plain view has not.
    let rows = Rows::all(client, View::Thresholds, Order::Sorted);
    let mut rows = rows.map_err(Failure::Unlisted)?;
    let names = match wanted.numeric {
        true => None,
        false => Some(rows.names(client).map_err(Failure::Unlisted)?),
    };
    let restorable = names.as_ref().map(|names| names.restorable());
    let names = restorable
        .as_ref()
        .map_or(&Numeric as &dyn NameOf, |names| names);
    rows.for_each(client, |entry| {
        save::write_rules(text, std::slice::from_ref(&entry), names).map_err(Failure::writing)
    })
}
