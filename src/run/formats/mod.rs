//! The formats of the output. A new one is a file that says how it writes each answer, a [`Format`]
//! and its line in [`of`]; commands know no format by name.
//!
//! An answer for which a format has no method of its own is written as text. The table of options
//! says which commands a format goes with.

mod json;
mod text;

use std::io;

pub(super) use text::paint;

use super::{Failure, Out, Report};
use crate::cli::{Connections, Format, List, Save};
use crate::diagnose::{Explanation, Facts, Finding, Journey, report};
use crate::netns::KnownNamespace;
use crate::render;
use crate::status::Status;
use crate::watch::Meter;
use ipvs::client::Client;
use ipvs::connections::{Count, Filter, Grouping};
use ipvs::model::{Change, Daemon, Setting, Timeouts};

/// The readers that a format is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// People: `--watch` fills their screen, or puts a time above each listing.
    People,
    /// Programs: `--watch` gives them one document after another.
    Programs,
}

/// A way to write every answer.
pub(super) trait OutputFormat: Sync {
    /// Returns the readers that the format is made for.
    fn audience(&self) -> Audience;

    /// Lists services with their servers. With `--watch`, `meter` has the counters of earlier
    /// looks.
    fn table(
        &self,
        client: &mut Client,
        list: &List,
        meter: Option<&mut Meter>,
        out: &mut Out,
    ) -> Result<(), Failure>;

    /// Returns the selected services of the table as a file keeps them.
    fn saved(&self, client: &mut Client, wanted: &Save) -> Result<Vec<u8>, Failure> {
        text::saved(client, wanted)
    }

    /// Lists the connections that pass `filter`.
    fn connections(
        &self,
        wanted: &Connections,
        filter: &Filter,
        out: &mut Out,
    ) -> Result<(), Failure> {
        text::connections(wanted, filter, out)
    }

    /// Lists counted connections.
    fn counts(
        &self,
        wanted: &Connections,
        by: Grouping,
        counts: &[Count],
        out: &mut Out,
    ) -> io::Result<()> {
        text::counts(wanted, by, counts, out)
    }

    /// Lists the settings and then the changes that a restore would make, in their order.
    fn changes(
        &self,
        settings: &[Setting],
        changes: &[Change],
        out: &mut Out,
        report: &mut Report<'_>,
    ) -> Result<(), Failure> {
        text::changes(settings, changes, out, report)
    }

    /// Lists the timeouts.
    fn timeouts(&self, timeouts: &Timeouts, out: &mut Out) -> io::Result<()> {
        render::timeouts(out, timeouts)
    }

    /// Lists the sync daemons.
    fn daemons(&self, daemons: &[Daemon], out: &mut Out) -> io::Result<()> {
        render::daemons(out, daemons)
    }

    /// Lists the state of IPVS.
    fn status(&self, status: &Status, out: &mut Out) -> io::Result<()> {
        render::status(out, status)
    }

    /// Lists the findings of a diagnosis.
    fn findings(&self, facts: &Facts, findings: &[Finding], out: &mut Out) -> io::Result<()> {
        report::text(out, facts, findings)
    }

    /// Writes the path of a client.
    fn explanation(
        &self,
        journey: &Journey,
        explanation: &Explanation,
        out: &mut Out,
    ) -> io::Result<()> {
        report::explanation_text(out, journey, explanation)
    }

    /// Begins the output about several network namespaces.
    fn pages(&self, _: &mut Out) -> io::Result<Box<dyn Pages>> {
        Ok(Box::new(text::Headings::default()))
    }
}

/// The output about several network namespaces, one part after another. Each part is written by its
/// command, between `begin_one` and `end_one`.
pub(super) trait Pages {
    /// Begins the part of the next namespace.
    fn begin_one(&mut self, known: &KnownNamespace, out: &mut Out) -> io::Result<()>;

    /// Ends the part. If nothing was written in it, `error` says why.
    fn end_one(&mut self, error: Option<&str>, out: &mut Out) -> io::Result<()>;

    /// Ends the whole output.
    fn end(self: Box<Self>, out: &mut Out) -> io::Result<()>;
}

/// Returns the way in which a format is written.
pub(super) fn of(format: Format) -> &'static dyn OutputFormat {
    match format {
        Format::Text => &text::Text,
        Format::Json => &json::Json,
    }
}
