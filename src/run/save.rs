//! `-S`: the table as rules, to standard output or into a file.

use std::io::Write;

use anyhow::Context;

use super::kernel::Kernel;
use super::rows::Rows;
use super::{Failure, Out};
use crate::cli::Save;
use crate::names::{NameOf, Numeric};
use crate::render::{Order, View};
use crate::rules::{output, save};

/// The whole table is read before the first byte is written.
pub(super) fn save(kernel: &mut Kernel, wanted: &Save, out: &mut Out) -> Result<(), Failure> {
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
    let mut text = Vec::new();
    rows.for_each(client, |entry| {
        save::write_rules(&mut text, std::slice::from_ref(entry), names).map_err(Failure::writing)
    })?;
    match &wanted.output {
        None => out.write_all(&text).map_err(Failure::writing),
        Some(file) => output::write_file(file, |file| file.write_all(&text))
            .with_context(|| format!("cannot write {}", file.display()))
            .map_err(Failure::Files),
    }
}
