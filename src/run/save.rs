//! `-S`: the table as rules or JSON, to standard output or into a file.

use std::io::{Write, stdout};

use super::closed::refuse_closed;
use super::file::to_file;
use super::rows::SAVING;
use super::{Failure, Out, formats};
use crate::cli::Save;
use ipvs::client::{Client, Patience};

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
    let text = formats::of(wanted.format).saved(client, wanted)?;
    match &wanted.output {
        None => out.write_all(&text).map_err(Failure::writing),
        Some(file) => to_file(file, &|file| file.write_all(&text)),
    }
}
