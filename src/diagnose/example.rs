//! Directors and servers made up for tests.

use super::facts::{
    Chain, Counted, Facts, Flow, Hook, Method, Server, ServiceFacts, SyncDaemon, SystemCounter,
    Traffic, WAITING, Way,
};
use super::finding::{Finding, Gravity};
use crate::routing::{Address, Answer, Leads, Link, Question, Route};
use ipvs::model::Endpoint;
use std::net::IpAddr;

/// A server of weight 1.
pub(super) fn server(endpoint: &str, method: Method) -> Server {
    Server {
        endpoint: endpoint.parse().unwrap(),
        method,
        tunnel_port: 0,
        tunnel_flags: 0,
        weight: 1,
        upper_threshold: 0,
        lower_threshold: 0,
        active: 0,
        inactive: 0,
        persistent: 0,
        traffic: Traffic::default(),
    }
}

/// A service with round robin.
pub(super) fn service(id: &str, servers: Vec<Server>) -> ServiceFacts {
    ServiceFacts {
        id: id.parse().unwrap(),
        scheduler: Some("rr".to_owned()),
        persistent: false,
        persistence: 0,
        one_packet: false,
        flags: 0,
        traffic: Traffic::default(),
        servers,
    }
}

/// A director with these services and settings.
pub(super) fn with(services: Vec<ServiceFacts>, settings: &[(&str, &str)]) -> Facts {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Facts {
        services,
        sysctls: settings.iter().map(own).collect(),
        ..Facts::default()
    }
}

/// Traffic of this many packets from clients and to clients between two looks.
pub(super) fn carried(in_packets: u64, out_packets: u64) -> Traffic {
    let counted = Counted {
        in_packets,
        out_packets,
        ..Counted::default()
    };
    Traffic {
        total: counted,
        rise: Some(counted),
    }
}

/// An interface that is up.
pub(super) fn link(index: u32, name: &str) -> Link {
    Link {
        index,
        name: name.to_owned(),
        kind: None,
        mtu: 1500,
        up: true,
        unplugged: false,
        loopback: name == "lo",
        hardware: None,
    }
}

/// An address of this machine.
pub(super) fn own(address: &str, interface: u32) -> Address {
    let (address, prefix) = address.split_once('/').unwrap();
    Address {
        address: address.parse().unwrap(),
        prefix: prefix.parse().unwrap(),
        interface,
        duplicate: false,
        tentative: false,
    }
}

/// A route by an interface.
pub(super) fn route(leads: Leads, output: u32) -> Route {
    Route {
        leads,
        gateway: None,
        output: Some(output),
        source: None,
        mtu: None,
    }
}

/// A route to a machine on the link of an interface.
pub(super) fn onward(output: u32) -> Answer {
    Ok(route(Leads::Onward, output))
}

/// A route to this machine.
pub(super) fn here() -> Answer {
    Ok(route(Leads::Here, 1))
}

/// A sync daemon on eth0.
pub(super) fn daemon(backup: bool) -> SyncDaemon {
    SyncDaemon {
        backup,
        interface: "eth0".to_owned(),
        sync_id: 7,
        group: None,
        port: None,
        ttl: None,
        max_len: None,
    }
}

impl Facts {
    /// Makes the kernel answer a question with this, whatever it answered before.
    pub(super) fn answers(mut self, question: Question, answer: Answer) -> Self {
        self.ways.change(|ways| {
            ways.retain(|way| way.question != question);
            ways.push(Way { question, answer });
        });
        self
    }
}

/// A packet of this machine to an address.
pub(super) fn to(address: &str) -> Question {
    Question::to(address.parse().unwrap())
}

/// Connections of a service to a server: `waiting` of them wait for an answer.
pub(super) fn flow(service: &str, server: &str, waiting: u64, others: u64) -> Flow {
    let endpoint = |text: &str| -> Endpoint { text.parse().unwrap() };
    let client: IpAddr = "192.0.2.9".parse().unwrap();
    let clients = |count: u64| (count > 0).then_some(client).into_iter().collect();
    let states = [(WAITING, waiting), ("ESTABLISHED", others)];
    let states = states.into_iter().filter(|(_, count)| *count > 0);
    Flow {
        protocol: "TCP".to_owned(),
        service: endpoint(service),
        server: endpoint(server),
        states: states
            .map(|(state, count)| (state.to_owned(), count))
            .collect(),
        templates: 0,
        clients: clients(others),
        waiting: clients(waiting),
    }
}

/// A chain of the packet filter with a rule.
pub(super) fn chain(hook: Hook) -> Chain {
    Chain {
        table: "ip mangle".to_owned(),
        name: "PREROUTING".to_owned(),
        kind: "filter".to_owned(),
        hook,
        drops: false,
        rules: 1,
        changes_source: false,
        looks_at_state: false,
        sets_marks: false,
        legacy: false,
    }
}

/// Returns these facts with counters that rose by these numbers.
pub(super) fn counted(mut facts: Facts, counters: &[(&str, u64)]) -> Facts {
    facts.counters.extend(counters.iter().map(|(name, rise)| {
        let (total, rise) = (*rise, *rise);
        ((*name).to_owned(), SystemCounter { total, rise })
    }));
    facts
}

/// Returns the gravity of each finding of a check.
pub(super) fn gravities(judge: fn(&Facts) -> Vec<Finding>, facts: &Facts) -> Vec<Gravity> {
    judge(facts)
        .into_iter()
        .map(|found| found.gravity)
        .collect()
}
