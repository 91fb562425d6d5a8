//! Turns flags into services and real servers.

use crate::cli::command::ServerAnywhere;
use crate::cli::flags::{Flags, TypedServer};
use crate::cli::legality;
use crate::cli::raw::{RawServer, RawService};
use crate::cli::types::{Label, Verb};
use crate::cli::usage::Usage;
use crate::cli::values;
use ipvs::model::{
    Destination, Family, Forwarding, Netmask, Protocol, Service, ServiceFlags, Tunnel, VirtualId,
};
use ipvs::rules::DEFAULT_SCHEDULER;

impl Flags<'_> {
    #[inline(never)]
    pub(super) fn into_service(
        self,
        verb: Verb,
        sched_flags: ServiceFlags,
    ) -> Result<Service, Usage> {
        let id = self.id(verb)?;
        let raw = RawService::read(self.raw, verb, self.given)?;
        let persistence = raw.persistence.or(self.persistence);
        let mut flags = sched_flags;
        if self.given.has(Label::OnePacket) {
            flags = flags.with(ServiceFlags::ONE_PACKET);
        }
        if persistence.is_some() {
            flags = flags.with(ServiceFlags::PERSISTENT);
        }
        if let VirtualId::Endpoint { protocol, port, .. } = id {
            let is_persistent = flags.contains(ServiceFlags::PERSISTENT);
            if port == 0 && !is_persistent && !raw.is_for_every_port {
                return Err(Usage::ZeroPort);
            }
            if flags.contains(ServiceFlags::ONE_PACKET) && protocol != Protocol::Udp {
                return Err(Usage::OnePacket);
            }
        }
        Ok(Service {
            id,
            scheduler: self.scheduler.or_else(|| values::name(DEFAULT_SCHEDULER)),
            flags: flags.with(raw.flags),
            timeout: persistence.unwrap_or(0),
            netmask: self.netmask.unwrap_or(Netmask::host(id.family())),
            engine: self.engine,
        })
    }

    #[inline(never)]
    pub(super) fn destination(&self, verb: Verb) -> Result<Destination, Usage> {
        let id = self.id(verb)?;
        let server = self.server(verb)?.as_written();
        let raw = RawServer::read(self.raw, verb, self.given)?;
        let forwarding = raw.forwarding.or(self.forwarding);
        let forwarding = forwarding.unwrap_or(server.forwarding);
        let tunnelled = forwarding == Forwarding::Tunnel;
        if !tunnelled && Family::of(server.address) != id.family() {
            return Err(Usage::MixedFamilies);
        }
        // Only address translation can change the port.
        let port = match forwarding {
            Forwarding::Masquerade => None,
            _ => id.port(),
        };
        let upper_threshold = raw.upper_threshold.or(self.upper_threshold);
        let lower_threshold = raw.lower_threshold.or(self.lower_threshold);
        Ok(Destination {
            address: server.address,
            port: raw.port.or(port).unwrap_or(server.port),
            forwarding,
            weight: self.weight.unwrap_or(server.weight),
            upper_threshold: upper_threshold.unwrap_or(server.upper_threshold),
            lower_threshold: lower_threshold.unwrap_or(server.lower_threshold),
            tunnel: self.tunnel(forwarding, &raw)?,
        })
    }

    pub(super) fn tunnel(&self, forwarding: Forwarding, raw: &RawServer) -> Result<Tunnel, Usage> {
        let given = |label: &Label| self.given.has(*label);
        let is_given = Label::OF_TUNNELS.iter().any(given) || raw.is_of_tunnels();
        if forwarding != Forwarding::Tunnel && is_given {
            return Err(Usage::TunnelOptions);
        }
        let kind = self.tunnel_kind.unwrap_or_default();
        legality::tunnel(kind, self.given)?;
        let port = raw.tunnel_port.or(self.tunnel_port);
        Ok(Tunnel {
            kind: raw.tunnel_kind.unwrap_or(kind),
            port: port.unwrap_or_default(),
            flags: raw
                .tunnel_flags
                .unwrap_or(self.chosen(&values::TUNNEL_CHECKSUMS)),
        })
    }
}

impl TypedServer {
    /// Returns the server with the port that was written for it, or its service's.
    pub(super) fn as_written(self) -> Destination {
        Destination::new(
            self.endpoint.address,
            self.endpoint.port.unwrap_or(self.default_port),
            Forwarding::DirectRoute,
        )
    }

    /// Returns the server with the port that was written for it, or any port.
    pub(super) fn server(self) -> ServerAnywhere {
        ServerAnywhere {
            address: self.endpoint.address,
            port: self.endpoint.port,
        }
    }
}
