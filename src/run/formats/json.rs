//! `--json`: one document for each answer, always with numbers instead of names, whatever the view.

use std::io::{self, Write};

use super::{Audience, OutputFormat, Pages};
use crate::cli::{Connections, List, Save, Selection};
use crate::diagnose::{Explanation, Facts, Finding, Journey, report};
use crate::json;
use crate::netns::KnownNamespace;
use crate::run::connections::{open, unlisted};
use crate::run::out::{LineEnds, set_line_ends};
use crate::run::rows::{LISTING, Rows};
use crate::run::{Failure, Out, Report};
use crate::status::Status;
use crate::view::Order;
use crate::watch::Meter;
use ipvs::client::Client;
use ipvs::connections::{Count, Filter, Grouping};
use ipvs::model::{Change, Daemon, ServiceEntry, Setting, Timeouts};

pub(super) struct Json;

impl OutputFormat for Json {
    fn audience(&self) -> Audience {
        Audience::Programs
    }

    fn table(
        &self,
        client: &mut Client,
        list: &List,
        _: Option<&mut Meter>,
        out: &mut Out,
    ) -> Result<(), Failure> {
        client.set_patience(LISTING);
        table(client, &list.services, list.order, out)
    }

    fn saved(&self, client: &mut Client, wanted: &Save) -> Result<Vec<u8>, Failure> {
        let mut text = Vec::new();
        table(client, &wanted.services, Order::Sorted, &mut text)?;
        Ok(text)
    }

    fn connections(
        &self,
        wanted: &Connections,
        filter: &Filter,
        out: &mut Out,
    ) -> Result<(), Failure> {
        json::connections(out, open(wanted)?, filter).map_err(unlisted)
    }

    fn counts(
        &self,
        _: &Connections,
        by: Grouping,
        counts: &[Count],
        out: &mut Out,
    ) -> io::Result<()> {
        json::counts(out, by, counts)
    }

    fn changes(
        &self,
        settings: &[Setting],
        changes: &[Change],
        out: &mut Out,
        _: &mut Report<'_>,
    ) -> Result<(), Failure> {
        json::changes(out, settings, changes).map_err(Failure::writing)
    }

    fn timeouts(&self, timeouts: &Timeouts, out: &mut Out) -> io::Result<()> {
        json::timeouts(out, timeouts)
    }

    fn daemons(&self, daemons: &[Daemon], out: &mut Out) -> io::Result<()> {
        json::daemons(out, daemons)
    }

    fn status(&self, status: &Status, out: &mut Out) -> io::Result<()> {
        json::status(out, status)
    }

    fn findings(&self, facts: &Facts, findings: &[Finding], out: &mut Out) -> io::Result<()> {
        report::json(out, facts, findings)
    }

    fn explanation(
        &self,
        journey: &Journey,
        explanation: &Explanation,
        out: &mut Out,
    ) -> io::Result<()> {
        report::explanation_json(out, journey, explanation)
    }

    fn pages(&self, out: &mut Out) -> io::Result<Box<dyn Pages>> {
        let pages = json::Namespaces::begin(out)?;
        set_line_ends(out, LineEnds::LeftOut)?;
        Ok(Box::new(pages))
    }
}

impl Pages for json::Namespaces {
    fn begin_one(&mut self, known: &KnownNamespace, out: &mut Out) -> io::Result<()> {
        Self::begin_one(self, out, known.word())
    }

    fn end_one(&mut self, error: Option<&str>, out: &mut Out) -> io::Result<()> {
        Self::end_one(self, out, error)
    }

    fn end(self: Box<Self>, out: &mut Out) -> io::Result<()> {
        set_line_ends(out, LineEnds::Kept)?;
        Self::end(*self, out)
    }
}

/// Writes the selected services of the table. Nothing is written before the kernel has named the
/// services; the servers of each are asked for in its turn.
fn table(
    client: &mut Client,
    services: &Selection,
    order: Order,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let rows = Rows::<ServiceEntry>::ask(client, services, order)?;
    let mut table = json::TableDocument::begin(out, &client.info()).map_err(Failure::writing)?;
    rows.for_each(client, |mut entry, servers| {
        entry.destinations = servers;
        table.push(&entry).map_err(Failure::writing)
    })?;
    table.end().map_err(Failure::writing)
}
