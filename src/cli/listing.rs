//! Flags into listings.

use super::command::{
    Access, BriefList, Command, Connections, Format, List, Metrics, Require, Selection, Standing,
    Watch,
};
use super::flags::Flags;
use super::legality;
use super::types::Label;
use super::usage::{Context, Usage};
use crate::view::{Numbers, Order, View};

impl Flags<'_> {
    /// How a command's output is written.
    pub(super) fn format(&self) -> Format {
        let formats = [
            // The option, and its format.
            (Label::Json, Format::Json),
        ];
        let mut given = formats.iter().filter(|(label, _)| self.given.has(*label));
        given.next().map_or(Format::Text, |&(_, format)| format)
    }

    /// Returns what `-L` asks for.
    #[inline(never)]
    pub(super) fn into_listing(self) -> Result<Command, Usage> {
        let given = |label| self.given.has(label);
        let view = [
            (Label::Stats, View::Stats),
            (Label::Rate, View::Rate),
            (Label::Thresholds, View::Thresholds),
            (Label::PersistentConn, View::PersistentConnections),
            (Label::TunInfo, View::TunnelInfo),
        ]
        .into_iter()
        .find(|&(label, _)| given(label))
        .map_or(View::Plain, |(_, view)| view);
        let numeric = given(Label::Numeric);
        let format = self.format();
        let watch = given(Label::Watch).then_some(Watch {
            interval: self.interval,
            count: self.count,
        });

        legality::view(self.given)?;
        if let Some(least) = self.least {
            let service = self.service.ok_or(Usage::Missing {
                label: Label::Service,
                context: Context::Option(Label::Require),
            })?;
            return Ok(Command::Require(Require { service, least }));
        }
        if given(Label::OpenMetrics) {
            return Ok(Command::Metrics(Metrics {
                output: self.output,
            }));
        }
        let order = match given(Label::NoSort) {
            true => Order::Kernel,
            false => Order::Sorted,
        };
        if given(Label::Connection) {
            let client = self.clients.first().map(|client| client.prefix());
            let client = client.transpose()?;
            let persistent = view == View::PersistentConnections;
            legality::origin(self.given)?;
            return Ok(Command::Connections(Box::new(Connections {
                service: self.service,
                server: self
                    .server
                    .map(|server| (server.endpoint.address, server.endpoint.port)),
                client,
                state: self.state,
                origin: self.origin,
                standing: match given(Label::Orphans) {
                    true => Standing::Orphaned,
                    false => Standing::Any,
                },
                by: self.by,
                persistent,
                numeric,
                format,
                watch,
                access: match given(Label::FromProc) {
                    true => Access::Proc,
                    false => Access::Netlink,
                },
            })));
        }
        if given(Label::Timeout) || given(Label::Daemon) {
            return Ok(match given(Label::Timeout) {
                true => Command::ShowTimeouts(format),
                false => Command::ShowDaemons(format),
            });
        }
        if given(Label::Status) {
            return Ok(Command::ShowStatus(format));
        }
        if given(Label::FromProc) {
            legality::brief(self.given)?;
            return Ok(Command::ListFromProc(BriefList {
                services: Selection::of(self.service, self.only),
                order,
                numeric,
            }));
        }
        Ok(Command::List(List {
            services: Selection::of(self.service, self.only),
            view,
            numbers: if given(Label::Exact) {
                Numbers::Exact
            } else {
                Numbers::Scaled
            },
            order,
            numeric,
            format,
            color: self.color,
            watch,
        }))
    }
}
