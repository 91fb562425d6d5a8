//! One client on its way: the service that takes its packets, what the director remembers
//! of the client, and the director's facts.

use std::io;
use std::net::IpAddr;

use super::gather::{refused, surroundings};
use super::lookup::{Lookup, look_up, masked, of_template, others};
use super::system::{self, not_read};
use super::{ConnectionFacts, ELSEWHERE, FORM, Facts, table};
use crate::routing::{Answer, Leads, Question, Routing};
use ipvs::client::Client;
use ipvs::connections::{CONNECTIONS, Connection, for_each_connection};
use ipvs::error::Error;
use ipvs::model::{Endpoint, Service, VirtualId};

/// The most connections of the client that are remembered.
const REMEMBERED: usize = 64;
/// The most addresses that are tried for a mark.
const TRIED: usize = 16;

/// One client on its way to a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Journey {
    /// Where its packets go, or the mark that they have.
    pub wanted: VirtualId,
    /// The client.
    pub client: IpAddr,
    /// The port that it sends from, if that is known.
    pub port: Option<u16>,
    /// How the kernel finds the service; none if it finds none.
    pub lookup: Option<Lookup>,
    /// Other services that may take packets to that address.
    pub others: Vec<VirtualId>,
    /// The service's persistence engine.
    pub engine: Option<String>,
    /// Some connections of the client.
    pub connections: Vec<Remembered>,
    /// The template that keeps the client with its server.
    pub template: Option<Remembered>,
    /// Templates of marks that the client has.
    pub marks: Vec<VirtualId>,
    /// Addresses to which packets with the mark may go, each with the route of such a
    /// packet that comes by the client's interface. The last address stands for all
    /// others.
    pub marked: Vec<(IpAddr, Answer)>,
    /// The director's facts, with the service alone.
    pub facts: Facts,
}

/// A connection, or a template, as the director remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The client's end.
    pub client: Endpoint,
    /// The service that it asked for.
    pub service: Endpoint,
    /// The server.
    pub server: Endpoint,
    /// Its state.
    pub state: String,
    /// Seconds until it is forgotten, unless more packets come.
    pub expires: u64,
}

impl From<&Connection<'_>> for Remembered {
    fn from(connection: &Connection<'_>) -> Self {
        Self {
            client: connection.client,
            service: connection.service,
            server: connection.server,
            state: String::from_utf8_lossy(connection.state).into_owned(),
            expires: connection.expires,
        }
    }
}

impl Journey {
    /// Looks at everything that a client meets on its way. Nothing is changed.
    ///
    /// # Errors
    /// Where the table can't be read.
    pub fn gather(
        ipvs: &mut Client,
        wanted: VirtualId,
        client: IpAddr,
        port: Option<u16>,
    ) -> Result<Self, Error> {
        let configured = ipvs.configured()?;
        let ids: Vec<_> = configured.iter().map(|service| service.id).collect();
        let found = look_up(&ids, wanted, system::unprivileged_port());
        let service = configured
            .iter()
            .find(|service| found.is_some_and(|(id, _)| id == service.id));
        let mut facts = Facts {
            form: FORM,
            kernel: system::kernel(),
            only: Some(wanted),
            clients: vec![client],
            buckets: ipvs.info().connection_table_size,
            ..Facts::default()
        };
        if let Some((id, _)) = found {
            facts.services = table::first(ipvs, Some(&id))?;
        }
        let mut journey = Self {
            wanted,
            client,
            port,
            lookup: found.map(|(_, lookup)| lookup),
            others: others(&ids, wanted, found.map(|(id, _)| id)),
            engine: service.and_then(|service| Some(service.engine.as_ref()?.to_string())),
            connections: Vec::new(),
            template: None,
            marks: Vec::new(),
            marked: Vec::new(),
            facts,
        };
        let mut unread = Vec::new();
        if let Err(error) = journey.remember(ipvs, service) {
            unread.push(not_read(CONNECTIONS, &error));
        }
        match ipvs.daemons() {
            Ok(daemons) => journey.facts.daemons = daemons.iter().map(Into::into).collect(),
            Err(error) => unread.push(refused("the synchronization daemons", &error)),
        }
        surroundings(&mut journey.facts, false, &mut unread);
        if let Err(error) = journey.ask_more() {
            unread.push(not_read("routes", &error));
        }
        journey.facts.unread = unread;
        Ok(journey)
    }

    /// Reads the connections and templates of the client.
    fn remember(&mut self, ipvs: &Client, service: Option<&Service>) -> io::Result<()> {
        let mut all = ConnectionFacts::default();
        let outcome = for_each_connection(ipvs.connections()?, |connection| {
            all.add(connection);
            self.note(service, connection);
            Ok(())
        });
        outcome?;
        self.facts.connections = Some(all);
        Ok(())
    }

    /// Notes a row of the connections if it is about this client.
    fn note(&mut self, service: Option<&Service>, connection: &Connection<'_>) {
        if connection.is_template() {
            let through = connection.through();
            if matches!(through, VirtualId::Fwmark { .. })
                && connection.client.address == self.client
                && through != self.wanted
            {
                self.marks.push(through);
            }
            let is_its = |service: &Service| {
                through == of_template(self.wanted, service.id)
                    && connection.client.address == masked(self.client, service.netmask)
            };
            if service.is_some_and(is_its) {
                self.template = Some(connection.into());
            }
            return;
        }
        let wants = match self.wanted {
            VirtualId::Endpoint { .. } => connection.through() == self.wanted,
            // The kernel notes the mark in templates alone.
            VirtualId::Fwmark { .. } => {
                let mut services = self.facts.services.iter();
                services.any(|service| service.server_of(connection.server).is_some())
            }
        };
        let is_its = connection.client.address == self.client
            && self.port.is_none_or(|port| connection.client.port == port);
        if wants && is_its && self.connections.len() < REMEMBERED {
            self.connections.push(connection.into());
        }
    }

    /// Returns the interface by which the client's packets come. It is taken to be the
    /// one by which answers of the virtual address go to the client.
    pub fn input(&self) -> Option<u32> {
        match self.way_back() {
            Some(Ok(route)) if route.leads == Leads::Onward => route.output,
            _ => self.facts.interface_to(self.client),
        }
    }

    /// Returns the way of this machine's own answers to the client. Routing policies may
    /// give answers of the virtual address another way than other packets.
    pub fn way_back(&self) -> Option<Answer> {
        let question = self.answer_of_vip();
        let answer = question.and_then(|question| self.facts.answer(&question));
        let known = answer.filter(Result::is_ok);
        known.or_else(|| self.facts.way_to(self.client))
    }

    fn answer_of_vip(&self) -> Option<Question> {
        let VirtualId::Endpoint { address, .. } = self.wanted else {
            return None;
        };
        Some(Question {
            source: Some(address),
            ..Question::to(self.client)
        })
    }

    /// Asks for the ways to and from the address that is wanted or, for a mark, for the
    /// ways of packets with this mark.
    fn ask_more(&mut self) -> io::Result<()> {
        let mut routing = Routing::open()?;
        let mark = match self.wanted {
            VirtualId::Endpoint { address, .. } => {
                let links = self
                    .facts
                    .links
                    .iter()
                    .filter(|link| link.up && !link.loopback);
                let mut questions: std::collections::BTreeSet<_> = links
                    .map(|link| Question::through(self.client, link.index, address))
                    .collect();
                questions.insert(Question::to(address));
                questions.extend(self.answer_of_vip());
                return self.facts.ask(&mut routing, questions);
            }
            VirtualId::Fwmark { mark, .. } => mark.get(),
        };
        let Some(input) = self.input() else {
            return Ok(());
        };
        let questions: Vec<_> = self
            .destinations()
            .into_iter()
            .map(|address| Question {
                mark,
                ..Question::through(self.client, input, address)
            })
            .collect();
        let answers = routing.routes(&questions)?;
        let pairs = questions.iter().zip(answers);
        self.marked = pairs
            .map(|(question, answer)| (question.destination, answer))
            .collect();
        Ok(())
    }

    /// Returns addresses to which packets with the mark may go: those to which they went,
    /// those of this machine, and one that stands for all others.
    fn destinations(&self) -> Vec<IpAddr> {
        let is_its = |address: &IpAddr| address.is_ipv4() == self.client.is_ipv4();
        let mut found = Vec::new();
        let wanted = self.connections.iter().map(|known| known.service.address);
        let own = self.facts.addresses.iter().map(|own| own.address);
        let own = own.filter(|own| !own.is_loopback() && !is_link_local(*own));
        for address in wanted.chain(own).filter(is_its) {
            if found.len() < TRIED && !found.contains(&address) {
                found.push(address);
            }
        }
        found.extend(ELSEWHERE.into_iter().filter(is_its));
        found
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}
