//! `-E --keep`, `-e --keep`: settings that are changed one by one. A setting that
//! is not given stays as it is, so the change is made to the service or server that
//! the table has.

use super::command::{GivenSettings, ServerAnywhere, ServerEdit, ServiceEdit};
use super::legality;
use super::types::{Given, Label};
use super::usage::Usage;
use super::values;
use ipvs::model::{
    Destination, Family, Forwarding, Name, Protocol, Service, ServiceFlags, Tunnel, TunnelKind,
    VirtualId,
};

impl ServiceEdit {
    /// Returns the service with these settings, where `now` is the one in the
    /// table.
    ///
    /// # Errors
    /// Fails if the given settings do not go with those that stay.
    pub fn of(self, now: Service) -> Result<Service, Usage> {
        let Self {
            id,
            scheduler,
            persistence,
            netmask,
            engine,
            sched_flags,
            one_packet,
        } = self;
        let scheduler = scheduler.or(now.scheduler);
        let mut flags = now.flags;
        if let Some(names) = sched_flags {
            let others = flags.without(ServiceFlags::SCHEDULER);
            let name = scheduler.as_ref().map_or("", Name::as_str);
            flags = others.with(values::sched_flags(&names, name)?);
        }
        if persistence.is_some() {
            flags = flags.with(ServiceFlags::PERSISTENT);
        }
        if one_packet {
            flags = flags.with(ServiceFlags::ONE_PACKET);
        }
        if let VirtualId::Endpoint { protocol, .. } = id
            && one_packet
            && protocol != Protocol::Udp
        {
            return Err(Usage::OnePacket);
        }
        Ok(Service {
            id,
            scheduler,
            flags,
            timeout: persistence.unwrap_or(now.timeout),
            netmask: netmask.unwrap_or(now.netmask),
            engine: engine.or(now.engine),
        })
    }
}

impl ServerEdit {
    /// Returns whether a server of the service is the one that is meant. Its port
    /// may be the service's though another was written, see [`Destination`].
    pub fn is_of(&self, server: &Destination) -> bool {
        let port = self.service.port().filter(|_| {
            self.settings.forwarding.unwrap_or(server.forwarding) != Forwarding::Masquerade
        });
        server.address == self.server.address
            && (server.port == self.server.port || Some(server.port) == port)
    }
}

impl ServerAnywhere {
    /// Returns whether a server of any service is the one that is meant.
    pub fn is_of(&self, server: &Destination) -> bool {
        server.address == self.address && self.port.is_none_or(|port| port == server.port)
    }
}

impl GivenSettings {
    /// Returns the server with these settings in this service, where `now` is the
    /// one in the table.
    ///
    /// # Errors
    /// Fails if the given settings do not go with those that stay.
    pub fn of(self, service: &VirtualId, now: Destination) -> Result<Destination, Usage> {
        let Self {
            forwarding,
            weight,
            upper_threshold,
            lower_threshold,
            tunnel_kind,
            tunnel_port,
            given,
        } = self;
        let forwarding = forwarding.unwrap_or(now.forwarding);
        let is_tunnel = forwarding == Forwarding::Tunnel;
        if !is_tunnel && Family::of(now.address) != service.family() {
            return Err(Usage::MixedFamilies);
        }
        let tunnel = match Label::OF_TUNNELS.iter().any(|label| given.has(*label)) {
            false => now.tunnel,
            true if !is_tunnel => return Err(Usage::TunnelOptions),
            true => tunnel(now.tunnel, tunnel_kind, tunnel_port, given)?,
        };
        Ok(Destination {
            address: now.address,
            port: now.port,
            forwarding,
            weight: weight.unwrap_or(now.weight),
            upper_threshold: upper_threshold.unwrap_or(now.upper_threshold),
            lower_threshold: lower_threshold.unwrap_or(now.lower_threshold),
            tunnel,
        })
    }
}

/// Returns the tunnel with these settings. If the kind changes, a setting that is
/// not given gets the default of the new kind.
fn tunnel(
    now: Tunnel,
    kind: Option<TunnelKind>,
    port: Option<u16>,
    mut given: Given,
) -> Result<Tunnel, Usage> {
    let now = match kind {
        Some(kind) if kind != now.kind => Tunnel {
            kind,
            ..Tunnel::default()
        },
        _ => now,
    };
    if now.port != 0 && now.kind == TunnelKind::Gue {
        given.insert(Label::TunPort);
    }
    legality::tunnel(now.kind, given)?;
    let flags = given.chosen(&values::TUNNEL_CHECKSUMS);
    Ok(Tunnel {
        kind: now.kind,
        port: port.unwrap_or(now.port),
        flags: flags.unwrap_or(now.flags),
    })
}
