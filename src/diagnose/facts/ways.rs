//! The ways of packets: which routes the kernel is asked for.
//!
//! The clients are those that were named, and some of the connection table. It is not
//! known by which interface a client's packets come. It is taken to be the one by which
//! packets go to the client; a named client is also tried on every interface.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Facts, HasKey, Method, Server};
use crate::routing::{Answer, Question, Routing};
use ipvs::model::{Endpoint, VirtualId};

/// The most pairs of clients and virtual addresses that are asked for.
const PAIRS: usize = 256;

/// A question to the kernel, and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// The question.
    pub question: Question,
    /// The route, or the number of the error.
    pub answer: Answer,
}

impl HasKey for Way {
    type LookupKey = Question;

    fn key(&self) -> Question {
        self.question
    }
}

/// A packet as it comes to a service of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The service.
    pub service: VirtualId,
    /// Its mark.
    pub mark: u32,
    /// The way of the packet.
    pub question: Question,
}

/// Returns the system's text for the number of the error with which a route is refused.
pub fn errno_text(errno: i32) -> String {
    ipvs::error::os_text(&std::io::Error::from_raw_os_error(errno))
}

impl Facts {
    /// Asks for all ways that checks want to know: first for the ways out and then,
    /// because they depend on these, for the ways in.
    pub(super) fn ask_ways(&mut self, routing: &mut Routing) -> io::Result<()> {
        let mut out = self.ways_out();
        out.extend(self.ways_of_server());
        self.ask(routing, out)?;
        let mut inwards = self.ways_in();
        inwards.extend(self.ways_into_server());
        self.ask(routing, inwards)
    }

    pub(super) fn ask(
        &mut self,
        routing: &mut Routing,
        questions: BTreeSet<Question>,
    ) -> io::Result<()> {
        let new = |question: &Question| self.answer(question).is_none();
        let questions: Vec<_> = questions.into_iter().filter(new).collect();
        let answers = routing.routes(&questions)?;
        let ways = questions.into_iter().zip(answers);
        self.ways
            .extend(ways.map(|(question, answer)| Way { question, answer }));
        Ok(())
    }

    /// Returns the questions about the ways to virtual addresses, servers and clients.
    fn ways_out(&self) -> BTreeSet<Question> {
        let services = self.services.iter();
        let virtual_addresses = services.clone().filter_map(|service| service.address());
        let servers = services.flat_map(|service| &service.servers);
        let servers = servers.map(|server| server.address());
        let clients = self.pairs().into_iter().map(|(client, _, _)| client);
        let all = virtual_addresses.chain(servers).chain(clients);
        all.chain(self.clients.iter().copied())
            .map(Question::to)
            .collect()
    }

    /// Returns the questions about the ways from clients to virtual addresses, and from
    /// servers to clients.
    fn ways_in(&self) -> BTreeSet<Question> {
        let mut questions = BTreeSet::new();
        for (client, vip, server) in self.pairs() {
            if let Some(input) = self.interface_to(client) {
                questions.insert(Question::through(client, input, vip));
            }
            if let Some(server) = server
                && let Some(input) = self.interface_to(server)
            {
                questions.insert(Question::through(server, input, client));
                questions.insert(Question::through(vip, input, client));
            }
        }
        questions.extend(self.marked().iter().map(|marked| marked.question));
        let inputs = || self.links.iter().filter(|link| link.up && !link.loopback);
        for client in &self.clients {
            for service in &self.services {
                let Some(vip) = service
                    .address()
                    .filter(|vip| vip.is_ipv4() == client.is_ipv4())
                else {
                    continue;
                };
                if questions.len() >= 4 * PAIRS {
                    break;
                }
                questions.extend(inputs().map(|link| Question::through(*client, link.index, vip)));
            }
        }
        questions
    }

    /// Returns the packets of clients as they come to services of a mark. The table does
    /// not tell which virtual addresses these services have, but connections do.
    pub fn marked(&self) -> Vec<Marked> {
        let addressed = self.services.iter().filter_map(|service| match service.id {
            VirtualId::Endpoint { address, port, .. } => Some((address, port)),
            VirtualId::Fwmark { .. } => None,
        });
        let addressed: HashSet<_> = addressed.collect();
        let has_service = |Endpoint { address, port }: Endpoint| {
            addressed.contains(&(address, port)) || addressed.contains(&(address, 0))
        };
        let flows = self.flows();
        // No service of an address has these connections, so they came by a mark.
        let by_mark = flows.filter(|flow| flow.count() > 0 && !has_service(flow.service));
        let by_mark: Vec<_> = by_mark.collect();
        let services = self.services.iter().filter_map(|service| match service.id {
            VirtualId::Fwmark { mark, .. } => Some((service, mark.get())),
            VirtualId::Endpoint { .. } => None,
        });
        let marked = services.take(PAIRS).flat_map(|(service, mark)| {
            let servers: HashSet<_> = service.servers.iter().map(Server::address).collect();
            let flows = by_mark.iter();
            let flows = flows.filter(move |flow| servers.contains(&flow.server.address));
            flows.take(PAIRS).filter_map(move |flow| {
                let client = *flow.clients.first().or(flow.waiting.first())?;
                let input = self.interface_to(client)?;
                let unmarked = Question::through(client, input, flow.service.address);
                Some(Marked {
                    service: service.id,
                    mark,
                    question: Question { mark, ..unmarked },
                })
            })
        });
        marked.collect()
    }

    /// Returns clients, each with the virtual address that it wants and a server that
    /// answers it. There are one or two clients of each server, and every named
    /// client.
    pub fn pairs(&self) -> BTreeSet<(IpAddr, IpAddr, Option<IpAddr>)> {
        let mut pairs = BTreeSet::new();
        let flows = self.flows();
        for flow in flows.take(PAIRS) {
            let clients = flow
                .waiting
                .iter()
                .take(1)
                .chain(flow.clients.iter().take(1));
            for client in clients {
                pairs.insert((*client, flow.service.address, Some(flow.server.address)));
            }
        }
        for client in &self.clients {
            for service in self.services.iter().take(PAIRS) {
                for server in service
                    .servers
                    .iter()
                    .filter(|server| server.method != Method::Other)
                {
                    let vip = service.address().unwrap_or(server.address());
                    if vip.is_ipv4() == client.is_ipv4() {
                        pairs.insert((*client, vip, Some(server.address())));
                    }
                }
            }
        }
        pairs
    }
}
