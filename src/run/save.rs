//! `-S`: the table as rules or JSON, to standard output or into a file.

use std::io::{self, Write, stdout};
use std::path::Path;

use super::closed::refuse_closed;
use super::rows::{Rows, SAVING};
use super::signal::StopSignal;
use super::{Failure, Out, json};
use crate::cli::{Format, Save};
use crate::names::{NameOf, Numeric};
use crate::rules::output::{Output, Written};
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

#[inline(never)]
fn to_file(path: &Path, text: &[u8]) -> Result<(), Failure> {
    let unwritten = |error| Failure::Files(anyhow::Error::new(error));
    match Output::at(path).map_err(unwritten)? {
        // Whoever reads it may let it wait: a signal ends that.
        Output::Stream(stream) => stream.write(text).map_err(unwritten),
        Output::Regular(file) => {
            let stop = StopSignal::watch().map_err(Failure::Files)?;
            match file.write(text, || stop.status()).map_err(unwritten)? {
                Written::Whole => Ok(()),
                Written::Stopped(status) => Err(Failure::Stopped {
                    status,
                    message: format!("interrupted; {} is what it was", path.display()),
                }),
            }
        }
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
