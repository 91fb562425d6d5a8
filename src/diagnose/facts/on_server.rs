//! A real server, on which there is no IPVS: what is asked about it, and the routes that
//! are needed to answer.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::{Facts, Method, Unread, same_network};
use crate::routing::{Address, Link, Question};
use ipvs::model::{Endpoint, VirtualId};

/// Addresses for documentation (RFC 5737, RFC 3849). The way to them is the way to
/// clients anywhere.
pub const ELSEWHERE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// The service that a machine serves as a real server, and how packets reach it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnServer {
    /// `TCP`, `UDP`, `SCTP`, or `IP_` and a number.
    pub protocol: String,
    /// The virtual address and port.
    pub service: Endpoint,
    /// How packets reach it.
    pub method: Method,
    /// The director's address in the server's network, if it is known.
    pub director: Option<IpAddr>,
}

impl OnServer {
    /// Returns the server of a service, or none for a firewall mark, whose address is not
    /// known.
    pub fn new(service: VirtualId, method: Method, director: Option<IpAddr>) -> Option<Self> {
        match service {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => Some(Self {
                protocol: protocol.to_string(),
                service: Endpoint::new(address, port),
                method,
                director,
            }),
            VirtualId::Fwmark { .. } => None,
        }
    }

    /// Returns the virtual address.
    pub fn vip(&self) -> IpAddr {
        self.service.address
    }

    /// Returns whether packets come with the virtual address, as by direct routing and
    /// tunnels.
    pub fn takes_vip(&self) -> bool {
        self.method == Method::DirectRouting || self.method.is_tunnel()
    }
}

impl Facts {
    /// Forgets a director that is this machine itself, so that nothing is judged by it,
    /// and returns a remark on that.
    pub(super) fn drop_own_director(&mut self) -> Option<Unread> {
        let director = self.on_server.as_ref()?.director;
        let own = director.filter(|director| self.is_own(*director))?;
        self.on_server.as_mut()?.director = None;
        Some(Unread {
            what: format!("the director {own}"),
            why: "that is an address of this server".to_owned(),
        })
    }

    /// Returns the clients of a real server: those that were named, and some with
    /// connections.
    pub fn clients_of_server(&self) -> BTreeSet<IpAddr> {
        let vip = self.on_server.as_ref().map(OnServer::vip);
        let clients = self.clients.iter().chain(&self.peers);
        clients
            .copied()
            .filter(|client| vip.is_some_and(|vip| vip.is_ipv4() == client.is_ipv4()))
            .collect()
    }

    /// Returns the question about the packet with which a real server behind NAT answers
    /// a client. Its source is the server's address in the director's network, if that is
    /// known.
    pub fn answer_of_server(&self, client: IpAddr) -> Question {
        let director = self
            .on_server
            .as_ref()
            .and_then(|on_server| on_server.director);
        let own = director.and_then(|director| self.on_link(director));
        Question {
            source: own.map(|own| own.address),
            ..Question::to(client)
        }
    }

    /// Returns the links to other machines that are up: no loopback, no tunnel and no
    /// dummy.
    pub fn wires(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(|link| {
            let is_soft = link.kind.as_deref() == Some("dummy") || link.is_tunnel();
            link.up && !link.loopback && !is_soft
        })
    }

    /// Returns the link to other machines in whose network an address is.
    pub fn wire_in_network(&self, address: IpAddr) -> Option<u32> {
        let has_network = |own: &&Address| {
            own.address != address && same_network(own.address, address, own.prefix)
        };
        let mut wires = self.wires();
        let link = wires.find(|link| {
            let mut here = self
                .addresses
                .iter()
                .filter(|own| own.interface == link.index);
            here.any(|own| has_network(&own))
        })?;
        Some(link.index)
    }

    /// Returns the questions about the ways to the virtual address and the director, and
    /// about the ways of answers.
    pub(super) fn ways_of_server(&self) -> BTreeSet<Question> {
        let Some(on_server) = &self.on_server else {
            return BTreeSet::new();
        };
        let hosts = [Some(on_server.vip()), on_server.director];
        let hosts = hosts.into_iter().flatten().map(Question::to);
        let clients = self.clients_of_server().into_iter().chain(ELSEWHERE);
        let answers = clients.map(|client| self.answer_of_server(client));
        hosts.chain(answers).collect()
    }

    /// Returns the questions about clients' packets, by each link.
    pub(super) fn ways_into_server(&self) -> BTreeSet<Question> {
        let mut questions = BTreeSet::new();
        let Some(on_server) = &self.on_server else {
            return questions;
        };
        for client in self.clients_of_server() {
            let up = self.links.iter().filter(|link| link.up && !link.loopback);
            questions.extend(up.map(|link| Question::through(client, link.index, on_server.vip())));
        }
        questions
    }
}
