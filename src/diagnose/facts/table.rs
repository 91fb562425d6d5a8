//! The table of services and servers, and what they carried between two looks.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use ipvs::client::Client;
use ipvs::error::Error;
use ipvs::model::{
    DestinationEntry, Endpoint, Forwarding, Name, Service, ServiceEntry, ServiceFlags, Stats,
    Tunnel, TunnelKind, VirtualId,
};

/// The most services whose servers are looked at twice: each takes a question of its own.
const SERVERS_TWICE: usize = 1000;

/// Counters of a service or a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Connections.
    pub connections: u64,
    /// Packets from clients.
    pub in_packets: u64,
    /// Packets to clients.
    pub out_packets: u64,
    /// Bytes from clients.
    pub in_bytes: u64,
    /// Bytes to clients.
    pub out_bytes: u64,
}

impl From<&Stats> for Counted {
    fn from(stats: &Stats) -> Self {
        Self {
            connections: stats.connections,
            in_packets: stats.in_packets,
            out_packets: stats.out_packets,
            in_bytes: stats.in_bytes,
            out_bytes: stats.out_bytes,
        }
    }
}

impl Counted {
    /// Returns by how much they rose, or none if they were set to 0 meanwhile.
    fn since(self, before: Self) -> Option<Self> {
        Some(Self {
            connections: self.connections.checked_sub(before.connections)?,
            in_packets: self.in_packets.checked_sub(before.in_packets)?,
            out_packets: self.out_packets.checked_sub(before.out_packets)?,
            in_bytes: self.in_bytes.checked_sub(before.in_bytes)?,
            out_bytes: self.out_bytes.checked_sub(before.out_bytes)?,
        })
    }
}

/// Counters, and by how much they rose from the first look to the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// The counters at the second look.
    pub total: Counted,
    /// Their rise from the first look to the second; none if there was only one.
    pub rise: Option<Counted>,
}

impl Traffic {
    fn only(counted: Counted) -> Self {
        Self {
            total: counted,
            rise: None,
        }
    }

    /// Notes the second look.
    fn again(&mut self, after: Counted) {
        let before = std::mem::replace(&mut self.total, after);
        self.rise = after.since(before);
    }
}

/// How packets reach a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// `-m`
    Nat,
    /// `-g`
    DirectRouting,
    /// `-i`
    Tunnel,
    /// `-i --tun-type gue`
    Gue,
    /// `-i --tun-type gre`
    Gre,
    /// One that this program does not know.
    Other,
}

impl Method {
    /// Returns the method in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nat => "NAT",
            Self::DirectRouting => "direct routing",
            Self::Tunnel => "a tunnel",
            Self::Gue => "a GUE tunnel",
            Self::Gre => "a GRE tunnel",
            Self::Other => "an unknown method",
        }
    }

    /// Returns whether packets are wrapped into packets of this director's own.
    pub fn is_tunnel(self) -> bool {
        matches!(self, Self::Tunnel | Self::Gue | Self::Gre)
    }
}

/// A real server of one service.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Its address and port.
    pub endpoint: Endpoint,
    /// How packets reach it.
    pub method: Method,
    /// The UDP port of a GUE tunnel.
    pub tunnel_port: u16,
    /// The checksum flags of a tunnel (`IP_VS_TUNNEL_ENCAP_FLAG_CSUM` is 1).
    #[serde(default)]
    pub tunnel_flags: u16,
    /// Its weight. With 0 it takes no new connections.
    pub weight: u32,
    /// The number of connections from which on it takes no more; 0 is no limit.
    pub upper_threshold: u32,
    /// The number of connections below which a full server takes some again.
    pub lower_threshold: u32,
    /// Active connections.
    pub active: u32,
    /// Inactive connections.
    pub inactive: u32,
    /// Templates of persistent clients.
    pub persistent: u32,
    /// Its traffic.
    pub traffic: Traffic,
}

impl Server {
    fn new(entry: &DestinationEntry) -> Self {
        let destination = &entry.destination;
        Self {
            endpoint: destination.endpoint(),
            method: match (destination.forwarding, destination.tunnel.kind) {
                (Forwarding::Masquerade, _) => Method::Nat,
                (Forwarding::DirectRoute, _) => Method::DirectRouting,
                (Forwarding::Tunnel, TunnelKind::Ipip) => Method::Tunnel,
                (Forwarding::Tunnel, TunnelKind::Gue) => Method::Gue,
                (Forwarding::Tunnel, TunnelKind::Gre) => Method::Gre,
                _ => Method::Other,
            },
            tunnel_port: destination.tunnel.port,
            tunnel_flags: destination.tunnel.flags,
            weight: destination.weight,
            upper_threshold: destination.upper_threshold,
            lower_threshold: destination.lower_threshold,
            active: entry.activity.active,
            inactive: entry.activity.inactive,
            persistent: entry.activity.persistent,
            traffic: Traffic::only((&entry.stats).into()),
        }
    }

    /// Returns its address.
    pub fn address(&self) -> IpAddr {
        self.endpoint.address
    }

    /// Returns whether it has as many connections as it may have.
    pub fn is_full(&self) -> bool {
        let connections = u64::from(self.active) + u64::from(self.inactive);
        self.upper_threshold > 0 && connections >= self.upper_threshold.into()
    }

    /// Returns whether clients have come to it. The total of connections is added up only
    /// every two seconds, so open connections count too.
    pub fn had_clients(&self) -> bool {
        self.traffic.total.connections > 0 || self.active > 0 || self.inactive > 0
    }

    /// Returns whether packets came for it, and nothing was sent back through this
    /// director.
    pub fn only_inwards(&self) -> bool {
        let is_so = |rise: Counted| rise.in_packets > 0 && rise.out_packets == 0;
        self.traffic.rise.is_some_and(is_so)
    }
}

/// A virtual service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceFacts {
    /// Its address or mark.
    pub id: VirtualId,
    /// Its scheduler. Without one, no client is given a server.
    pub scheduler: Option<String>,
    /// Clients stay with their server.
    pub persistent: bool,
    /// How many seconds they stay.
    pub persistence: u32,
    /// Each packet is scheduled by itself.
    pub one_packet: bool,
    /// The scheduler's own flags, as bits (`IP_VS_SVC_F_SCHED1` is 8).
    pub flags: u32,
    /// Its traffic.
    pub traffic: Traffic,
    /// Its servers.
    pub servers: Vec<Server>,
}

impl ServiceFacts {
    fn new(configured: &Service, traffic: Traffic) -> Self {
        Self {
            id: configured.id,
            scheduler: configured
                .scheduler
                .as_ref()
                .filter(|_| configured.is_scheduled())
                .map(Name::to_string),
            persistent: configured.is_persistent(),
            persistence: configured.timeout,
            one_packet: configured.flags.contains(ServiceFlags::ONE_PACKET),
            flags: configured.flags.0,
            traffic,
            servers: Vec::new(),
        }
    }

    /// Returns the virtual address, or none for a firewall mark.
    pub fn address(&self) -> Option<IpAddr> {
        match self.id {
            VirtualId::Endpoint { address, .. } => Some(address),
            VirtualId::Fwmark { .. } => None,
        }
    }

    /// Returns the server that a connection goes to; port 0 of a server is every port.
    pub fn server_of(&self, endpoint: Endpoint) -> Option<&Server> {
        self.servers.iter().find(|server| {
            let port = server.endpoint.port;
            server.address() == endpoint.address && (port == endpoint.port || port == 0)
        })
    }

    /// Returns whether packets came for it between the two looks.
    pub fn is_busy(&self) -> bool {
        self.traffic.rise.is_some_and(|rise| rise.in_packets > 0)
    }
}

/// Takes the first look: at every service, or one.
pub(super) fn first(
    client: &mut Client,
    only: Option<&VirtualId>,
) -> Result<Vec<ServiceFacts>, Error> {
    let entries = match only {
        Some(id) => vec![client.service(id)?],
        None => client.table()?,
    };
    let service = |entry: &ServiceEntry| {
        let mut service = ServiceFacts::new(&entry.service, Traffic::only((&entry.stats).into()));
        service.servers = entry.destinations.iter().map(Server::new).collect();
        service
    };
    Ok(entries.iter().map(service).collect())
}

/// Takes the second look, at the counters.
pub(super) fn again(client: &mut Client, services: &mut [ServiceFacts]) -> Result<(), Error> {
    let counters: HashMap<VirtualId, Counted> = match services {
        [one] => {
            let entry = client.service(&one.id)?;
            [(one.id, Counted::from(&entry.stats))].into()
        }
        _ => {
            let all = client.counters()?;
            all.iter().map(|(id, stats)| (*id, stats.into())).collect()
        }
    };
    for service in &mut *services {
        if let Some(counted) = counters.get(&service.id) {
            service.traffic.again(*counted);
        }
    }
    for service in services
        .iter_mut()
        .filter(|service| service.is_busy())
        .take(SERVERS_TWICE)
    {
        let entries = client.destinations(&service.id)?;
        let entries: HashMap<Endpoint, DestinationEntry> = entries
            .into_iter()
            .map(|entry| (entry.destination.endpoint(), entry))
            .collect();
        for server in &mut service.servers {
            if let Some(entry) = entries.get(&server.endpoint) {
                server.traffic.again((&entry.stats).into());
                server.active = entry.activity.active;
                server.inactive = entry.activity.inactive;
                server.persistent = entry.activity.persistent;
            }
        }
    }
    Ok(())
}

impl Server {
    /// Returns the server and its method as words of the command line.
    pub fn option(&self) -> String {
        let method = match self.method {
            Method::Nat => "-m".to_owned(),
            Method::DirectRouting | Method::Other => "-g".to_owned(),
            Method::Tunnel => "-i".to_owned(),
            Method::Gre => "-i --tun-type gre".to_owned(),
            Method::Gue => format!("-i --tun-type gue --tun-port {}", self.tunnel_port),
        };
        let checksum = match (self.method, self.tunnel_flags) {
            (Method::Gre | Method::Gue, Tunnel::CHECKSUM) => " --tun-csum",
            (Method::Gre | Method::Gue, Tunnel::REMOTE_CHECKSUM) => " --tun-remcsum",
            _ => "",
        };
        format!("-r {} {method}{checksum}", self.endpoint)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnose::example::server;

    #[test]
    fn a_changed_server_keeps_its_checksums() {
        for (method, flags, words) in [
            (Method::Gre, 0, "-r 10.0.0.2:80 -i --tun-type gre"),
            (
                Method::Gre,
                1,
                "-r 10.0.0.2:80 -i --tun-type gre --tun-csum",
            ),
            (
                Method::Gue,
                2,
                "-r 10.0.0.2:80 -i --tun-type gue --tun-port 6080 --tun-remcsum",
            ),
        ] {
            let mut server = server("10.0.0.2:80", method);
            (server.tunnel_port, server.tunnel_flags) = (6080, flags);
            assert_eq!(server.option(), words);
        }
    }
}
