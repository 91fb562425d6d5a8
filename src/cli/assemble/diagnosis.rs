//! Turns flags into diagnoses and explanations.

use std::net::IpAddr;

use crate::cli::additions;
use crate::cli::command::{Command, Diagnose, Explain};
use crate::cli::flags::Flags;
use crate::cli::types::{Label, Verb};
use crate::cli::usage::{Context, Usage};
use crate::cli::value_error::ValueError;
use crate::diagnose::facts::is_of_no_machine;
use crate::diagnose::{Method, OnServer};
use ipvs::model::{Family, Forwarding};

impl Flags<'_> {
    #[inline(never)]
    pub(super) fn into_diagnosis(self) -> Result<Command, Usage> {
        let clients: Result<_, _> = self.clients.iter().map(|client| client.host()).collect();
        let on_server = match self.given.has(Label::OnServer) {
            true => Some(self.on_server()?),
            false => None,
        };
        Ok(Command::Diagnose(Box::new(Diagnose {
            service: self.service.filter(|_| on_server.is_none()),
            on_server,
            clients: clients?,
            sample: self.sample.unwrap_or(additions::DEFAULT_SAMPLE),
            probe: self.given.has(Label::Probe),
            format: self.format(),
            ignored: self.ignored,
            facts: self.facts,
            output: self.output,
        })))
    }

    fn on_server(&self) -> Result<OnServer, Usage> {
        let service = self.service_for(Context::Option(Label::OnServer))?;
        let method = match self.forwarding {
            Some(Forwarding::Masquerade) => Method::Nat,
            Some(Forwarding::Tunnel) => Method::Tunnel,
            _ => Method::DirectRouting,
        };
        let on_server =
            OnServer::new(service, method, self.director).ok_or(ValueError::OnServerMark)?;
        let vip = on_server.vip();
        if is_no_machine(vip) {
            return Err(ValueError::OnServerAddress(vip).into());
        }
        if let Some(director) = self.director {
            if Family::of(director) != Family::of(vip) {
                return Err(ValueError::DirectorFamily.into());
            }
            if is_no_machine(director) {
                return Err(ValueError::DirectorAddress(director).into());
            }
        }
        Ok(on_server)
    }

    #[inline(never)]
    pub(super) fn into_explanation(self, verb: Verb) -> Result<Command, Usage> {
        let service = self.id(verb)?;
        let client = self.clients.first().ok_or(Usage::Missing {
            label: Label::Client,
            context: Context::Command(verb),
        })?;
        let (client, port) = client.one()?;
        if Family::of(client) != service.family() {
            return Err(ValueError::ClientFamily.into());
        }
        Ok(Command::Explain(Explain {
            service,
            client,
            port,
            format: self.format(),
            facts: self.facts,
        }))
    }
}

/// Returns whether packets neither reach a machine nor come from one by this address.
fn is_no_machine(address: IpAddr) -> bool {
    address.is_loopback() || is_of_no_machine(address)
}
