//! Turns flags into listings.

use crate::cli::additions;
use crate::cli::command::{
    Access, BriefList, Command, Connections, List, Metrics, Require, RuleCommand, Selection,
    Standing, Watch,
};
use crate::cli::flags::Flags;
use crate::cli::legality;
use crate::cli::types::Label;
use crate::cli::usage::{Context, Usage};
use crate::view::{Numbers, Order, View};

impl Flags<'_> {
    /// Returns what `-L` asks for.
    #[inline(never)]
    pub(super) fn into_listing(self) -> Result<Command, Usage> {
        let given = |label| self.given.has(label);
        let format = self.format();
        legality::view(self.given)?;
        if let Some(least) = self.least {
            let service = self.service_for(Context::Option(Label::Require))?;
            return Ok(Command::Require(Require { service, least }));
        }
        if given(Label::OpenMetrics) {
            return Ok(Command::Metrics(Metrics {
                output: self.output,
            }));
        }
        if given(Label::Connection) {
            return self.into_connections();
        }
        if given(Label::Timeout) {
            return Ok(RuleCommand::ShowTimeouts(format).into());
        }
        if given(Label::Daemon) {
            return Ok(RuleCommand::ShowDaemons(format).into());
        }
        if given(Label::Status) {
            return Ok(RuleCommand::ShowStatus(format).into());
        }
        let order = self.chosen(&[(Label::NoSort, Order::Kernel)]);
        let numeric = given(Label::Numeric);
        if given(Label::FromProc) {
            legality::brief(self.given)?;
            return Ok(Command::ListFromProc(BriefList {
                services: Selection::of(self.service, self.only),
                order,
                numeric,
            }));
        }
        Ok(Command::Rule(RuleCommand::List(List {
            view: self.chosen(&[
                (Label::Stats, View::Stats),
                (Label::Rate, View::Rate),
                (Label::Thresholds, View::Thresholds),
                (Label::PersistentConn, View::PersistentConnections),
                (Label::TunInfo, View::TunnelInfo),
            ]),
            numbers: self.chosen(&[(Label::Exact, Numbers::Exact)]),
            order,
            numeric,
            format,
            color: self.color.unwrap_or_default(),
            watch: self.watch(),
            services: Selection::of(self.service, self.only),
        })))
    }

    fn into_connections(self) -> Result<Command, Usage> {
        let client = self.clients.first().map(|client| client.prefix());
        let client = client.transpose()?;
        legality::origin(self.given)?;
        let server = self.server.map(|server| server.endpoint);
        Ok(Command::Rule(RuleCommand::Connections(Box::new(
            Connections {
                service: self.service,
                server: server.map(|server| (server.address, server.port)),
                client,
                state: self.state,
                origin: self.origin,
                standing: self.chosen(&[(Label::Orphans, Standing::Orphaned)]),
                by: self.by,
                persistent: self.given.has(Label::PersistentConn),
                numeric: self.given.has(Label::Numeric),
                format: self.format(),
                watch: self.watch(),
                access: self.chosen(&[(Label::FromProc, Access::Proc)]),
            },
        ))))
    }

    fn watch(&self) -> Option<Watch> {
        self.given.has(Label::Watch).then_some(Watch {
            interval: self.interval.unwrap_or(additions::DEFAULT_INTERVAL),
            count: self.count,
        })
    }
}
