//! `--diagnose`: what is wrong with this director.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;

use super::file::to_file;
use super::{Failure, Out, formats};
use crate::cli::Diagnose;
use crate::diagnose::{self, FORM, Facts, Gravity, Wanted};
use crate::rules::unseen::shown;

/// Gathers the facts, judges them, and prints the findings.
#[inline(never)]
pub(super) fn diagnose(wanted: &Diagnose, out: &mut Out) -> Result<(), Failure> {
    let facts = match &wanted.facts {
        Some(file) => read(file)?,
        None => diagnose::gather(&Wanted {
            service: wanted.service,
            on_server: wanted.on_server.clone(),
            clients: wanted.clients.clone(),
            sample: wanted.sample,
            probe: wanted.probe,
        })
        .map_err(Failure::Unlisted)?,
    };
    if let Some(file) = &wanted.output {
        let text = serde_json::to_vec(&facts).map(|mut text| {
            text.push(b'\n');
            text
        });
        let text = text.map_err(|error| Failure::Files(error.into()))?;
        to_file(file, &|file| file.write_all(&text))?;
    }
    let findings = diagnose::judge(&facts, &wanted.ignored);
    formats::of(wanted.format)
        .findings(&facts, &findings, out)
        .and_then(|()| out.flush())
        .map_err(Failure::writing)?;
    if findings
        .iter()
        .any(|finding| finding.gravity != Gravity::Note)
    {
        return Err(Failure::Answered { status: 1 });
    }
    match diagnose::is_whole(&facts) {
        true => Ok(()),
        false => Err(Failure::Answered { status: 2 }),
    }
}

/// Reads the facts that a file holds.
pub(super) fn read(file: &Path) -> Result<Facts, Failure> {
    let context = |error| Failure::Files(error);
    let opened = File::open(file).map_err(|error| {
        context(anyhow::Error::new(error).context(format!("cannot read {}", file.display())))
    })?;
    let none = |why: &dyn Display| {
        let why = shown(&why.to_string());
        context(anyhow::anyhow!("{} holds no facts: {why}", file.display()))
    };
    let facts: Facts =
        serde_json::from_reader(BufReader::new(opened)).map_err(|error| none(&error))?;
    match facts.form {
        FORM => Ok(facts),
        other => Err(none(&format_args!(
            "its form is {other}, and {FORM} is known here"
        ))),
    }
}
