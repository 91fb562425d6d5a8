//! Turns flags into changes that take more than one request.

use std::time::Duration;

use crate::cli::command::{
    Command, Deed, Drain, Ensure, Everywhere, GivenSettings, Leaving, Ramp, Ramped, ServerEdit,
    ServiceEdit, Undrain,
};
use crate::cli::flags::Flags;
use crate::cli::raw::RawServer;
use crate::cli::types::{Label, Verb};
use crate::cli::usage::Usage;
use ipvs::model::Forwarding;

impl Flags<'_> {
    #[inline(never)]
    pub(super) fn into_edit(self, verb: Verb) -> Result<Ensure, Usage> {
        if verb == Verb::EditService {
            return Ok(Ensure::EditedService(Box::new(ServiceEdit {
                id: self.id(verb)?,
                one_packet: self.given.has(Label::OnePacket),
                scheduler: self.scheduler,
                persistence: self.persistence,
                netmask: self.netmask,
                engine: self.engine,
                sched_flags: self.sched_flags.map(str::to_owned),
            })));
        }
        Ok(Ensure::EditedServer(Box::new(self.server_edit(verb)?)))
    }

    fn server_edit(&self, verb: Verb) -> Result<ServerEdit, Usage> {
        Ok(ServerEdit {
            service: self.id(verb)?,
            server: self.server(verb)?.as_written(),
            settings: self.server_settings(),
        })
    }

    fn server_settings(&self) -> GivenSettings {
        GivenSettings {
            forwarding: self.forwarding,
            weight: self.weight,
            upper_threshold: self.upper_threshold,
            lower_threshold: self.lower_threshold,
            tunnel_kind: self.tunnel_kind,
            tunnel_port: self.tunnel_port,
            given: self.given,
        }
    }

    #[inline(never)]
    pub(super) fn into_everywhere(self, verb: Verb) -> Result<Command, Usage> {
        let server = self.server(verb)?.server();
        let is_given = |label| self.given.has(label);
        let deed = match verb {
            Verb::DeleteServer if is_given(Label::IfExists) => Deed::RemoveIfThere,
            Verb::DeleteServer => Deed::Remove,
            _ if is_given(Label::Keep) => Deed::Edit(self.server_settings()),
            _ => {
                // A mistake in the options of a tunnel is reported even if no service
                // has the server.
                let forwarding = self.forwarding.unwrap_or(Forwarding::DirectRoute);
                self.tunnel(forwarding, &RawServer::default())?;
                Deed::Replace(self.server_settings())
            }
        };
        Ok(Command::Everywhere(Box::new(Everywhere { server, deed })))
    }

    #[inline(never)]
    pub(super) fn into_ramp(self, verb: Verb, time: Duration) -> Result<Command, Usage> {
        let given = |label| self.given.has(label);
        let ramped = match verb {
            Verb::AddServer => {
                let (id, server) = (self.id(verb)?, self.destination(verb)?);
                match given(Label::OrEdit) {
                    true => Ramped::NewOrThere(id, server),
                    false => Ramped::New(id, server),
                }
            }
            _ if given(Label::AllServices) => {
                Ramped::Anywhere(self.server(verb)?.server(), self.server_settings())
            }
            _ => Ramped::Edited(self.server_edit(verb)?),
        };
        Ok(Command::Ramp(Box::new(Ramp { ramped, time })))
    }

    #[inline(never)]
    pub(super) fn into_drain(self, verb: Verb) -> Result<Command, Usage> {
        let leaving = match verb {
            Verb::DeleteService => Leaving::Service(self.id(verb)?),
            _ if self.given.has(Label::AllServices) => {
                Leaving::Anywhere(self.server(verb)?.server())
            }
            _ => Leaving::Server(self.id(verb)?, self.server(verb)?.as_written()),
        };
        Ok(Command::Drain(Drain {
            leaving,
            limit: self.drain_limit,
        }))
    }

    #[inline(never)]
    pub(super) fn into_undrain(self, verb: Verb) -> Result<Command, Usage> {
        let server = self.server(verb)?;
        Ok(Command::Undrain(match self.given.has(Label::AllServices) {
            true => Undrain::Anywhere(server.server()),
            false => Undrain::Server(self.id(verb)?, server.as_written()),
        }))
    }
}
