//! The formats of what is printed. A new one is a file that says how it writes each
//! answer, a [`Format`] and its line in [`of`]; commands know no format by name.
//!
//! An answer that a format has no way of its own for is written as text: the table
//! of options says which commands a format goes with.

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
    /// Returns for whom it is.
    fn audience(&self) -> Audience;

    /// Lists services with their servers. With `--watch`, `meter` knows the looks
    /// before this one.
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

    /// Lists the settings and then the changes that a restore would make, in their
    /// order.
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

    /// Tells the path of a client.
    fn explanation(
        &self,
        journey: &Journey,
        explanation: &Explanation,
        out: &mut Out,
    ) -> io::Result<()> {
        report::explanation_text(out, journey, explanation)
    }

    /// Begins what is written of several network namespaces.
    fn pages(&self, _: &mut Out) -> io::Result<Box<dyn Pages>> {
        Ok(Box::new(text::Headings::default()))
    }
}

/// The parts about several network namespaces, one behind another. Each is written by
/// its command, between `begin_one` and `end_one`.
pub(super) trait Pages {
    /// Begins the next one.
    fn begin_one(&mut self, known: &KnownNamespace, out: &mut Out) -> io::Result<()>;

    /// Ends it. If nothing was written of it, `error` says why.
    fn end_one(&mut self, error: Option<&str>, out: &mut Out) -> io::Result<()>;

    /// Ends the whole.
    fn end(self: Box<Self>, out: &mut Out) -> io::Result<()>;
}

/// Returns the way in which a format is written.
pub(super) fn of(format: Format) -> &'static dyn OutputFormat {
    match format {
        Format::Text => &text::Text,
        Format::Json => &json::Json,
    }
}
