//! `-S`: the table as rules or JSON, to standard output or into a file.

use std::fmt::Write as _;
use std::io::{self, Write, stdout};
use std::iter::once;

use super::closed::refuse_closed;
use super::file::to_file;
use super::rows::SAVING;
use super::{Failure, Out, formats};
use crate::cli::Save;
use crate::names::Numeric;
use crate::sysctls;
use anyhow::Context;
use ipvs::client::{Client, Patience};
use ipvs::model::Change;
use ipvs::rules::{ChangeRule, SettingRule};

/// Saves the table. All of it is read before the first byte is written.
#[inline(never)]
pub(super) fn save(client: &mut Client, wanted: &Save, out: &mut Out) -> Result<(), Failure> {
    if wanted.output.is_none() {
        refuse_closed(stdout(), "standard output")?;
    }
    client.set_patience(match &wanted.output {
        None => SAVING,
        // A file that replaces older rules must be whole.
        Some(_) => Patience::DEFAULT,
    });
    let text = formats::of(wanted.format).saved(client, wanted)?;
    match &wanted.output {
        None => out.write_all(&text).map_err(Failure::writing),
        Some(file) => to_file(file, &|file| file.write_all(&text)),
    }
}

/// Writes the rest of the director as rules: timeouts, sync daemons and settings. The settings are
/// last, since ipvsadm 1.31 stops reading at the first of them.
pub(super) fn write_others(client: &mut Client, text: &mut String) -> Result<(), Failure> {
    let timeouts = client.timeouts().map_err(Failure::Unlisted)?;
    let daemons = client.daemons().map_err(Failure::Unlisted)?;
    let daemons = daemons.into_iter().map(Change::StartDaemon);
    let settings = sysctls::made().context("cannot read the settings of IPVS");
    // Writing to a string does not fail.
    let unwritten = |error| Failure::writing(io::Error::other(error));
    for change in once(Change::SetTimeouts(timeouts)).chain(daemons) {
        writeln!(text, "{}", ChangeRule::new(&change, &Numeric)).map_err(unwritten)?;
    }
    for setting in settings.map_err(Failure::Files)? {
        writeln!(text, "{}", SettingRule::new(&setting)).map_err(unwritten)?;
    }
    Ok(())
}
