//! Paths without a kernel.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::net::IpAddr;

use super::{Explanation, Passage, arrival, back, choice, explain, memory, onward};
use crate::diagnose::example::{self, link, own, route, service};
use crate::diagnose::facts::{Facts, Journey, Lookup, Method, Remembered, Server, Way};
use crate::routing::{Leads, Question};
use ipvs::model::Endpoint;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn end(text: &str) -> Endpoint {
    text.parse().unwrap()
}

fn server(endpoint: &str, method: Method, weight: u32) -> Server {
    Server {
        weight,
        ..example::server(endpoint, method)
    }
}

/// A client at 10.0.0.9, before a director with one service and these servers in
/// the network of eth1.
fn journey(servers: Vec<Server>) -> Journey {
    let (client, vip) = (ip("10.0.0.9"), ip("10.0.0.1"));
    let mut ways = vec![
        (Question::to(client), route(Leads::Onward, 1)),
        (Question::through(client, 1, vip), route(Leads::Here, 1)),
    ];
    for server in &servers {
        ways.push((Question::to(server.address()), route(Leads::Onward, 2)));
        let answer = Question::through(server.address(), 2, client);
        ways.push((answer, route(Leads::Onward, 1)));
    }
    let ways = ways.into_iter().map(|(question, route)| Way {
        question,
        answer: Ok(route),
    });
    Journey {
        wanted: "TCP 10.0.0.1:80".parse().unwrap(),
        client,
        port: None,
        lookup: Some(Lookup::Port),
        others: Vec::new(),
        engine: None,
        connections: Vec::new(),
        template: None,
        marks: Vec::new(),
        marked: Vec::new(),
        facts: Facts {
            services: vec![service("TCP 10.0.0.1:80", servers)],
            links: vec![link(1, "eth0"), link(2, "eth1")],
            addresses: vec![own("10.0.0.1/24", 1)].into(),
            ways: ways.collect(),
            ..Facts::default()
        },
    }
}

fn two() -> Vec<Server> {
    vec![
        server("10.1.0.2:80", Method::Nat, 1),
        server("10.1.0.3:80", Method::Nat, 1),
    ]
}

fn remembered(client: &str, server: &str, state: &str) -> Remembered {
    Remembered {
        client: end(client),
        service: end("10.0.0.1:80"),
        server: end(server),
        state: state.to_owned(),
        expires: 60,
    }
}

/// Returns the step at which the path ends, how it ends, and the servers that the
/// client may get.
fn summary(explanation: &Explanation) -> (&str, Passage, Vec<String>) {
    let mut legs = explanation.legs.iter();
    let worst = legs
        .find(|leg| leg.passage == explanation.passage())
        .unwrap();
    let eligible = explanation.servers.iter().filter(|one| one.eligible);
    let servers = eligible
        .map(|one| one.server.endpoint.to_string())
        .collect();
    (worst.name, explanation.passage(), servers)
}

fn outcome(journey: &Journey) -> (String, Passage, Vec<String>) {
    let explanation = explain(journey);
    let (name, passage, servers) = summary(&explanation);
    (name.to_owned(), passage, servers)
}

fn ends(name: &str, passage: Passage, servers: &[&str]) -> (String, Passage, Vec<String>) {
    let servers = servers.iter().map(|server| (*server).to_owned()).collect();
    (name.to_owned(), passage, servers)
}

const BOTH: [&str; 2] = ["10.1.0.2:80", "10.1.0.3:80"];

#[test]
fn every_check_that_is_asked_is_one() {
    let lists = [
        arrival::CHECKS,
        arrival::CHECKS_OF_MARKS,
        memory::CHECKS,
        choice::CHECKS,
        onward::CHECKS,
        back::CHECKS,
        back::CHECKS_OF_LOCAL,
    ];
    for id in lists.into_iter().flatten() {
        let mut all = crate::diagnose::all();
        assert!(all.any(|check| check.id == *id), "{id}");
    }
}

#[test]
fn a_path_without_a_fault() {
    assert_eq!(
        outcome(&journey(two())),
        ends("arrival", Passage::Open, &BOTH)
    );
}

#[test]
fn answers_of_the_virtual_address_may_have_a_way_of_their_own() {
    let mut journey = journey(two());
    let to_client = Question::to(journey.client);
    journey.facts = journey.facts.answers(to_client, Err(101));
    assert_eq!(outcome(&journey).1, Passage::Unsure);
    let question = Question {
        source: Some(ip("10.0.0.1")),
        ..Question::to(journey.client)
    };
    let answer = Ok(route(Leads::Onward, 1));
    journey.facts = journey.facts.answers(question, answer);
    assert_eq!(outcome(&journey), ends("arrival", Passage::Open, &BOTH));
}

#[test]
fn nothing_is_known() {
    let mut journey = journey(two());
    journey.facts = Facts::default();
    journey.lookup = None;
    assert_eq!(outcome(&journey).1, Passage::Shut);
}

#[test]
fn one_of_two_servers_has_no_way() {
    let mut journey = journey(two());
    let lost = Question::to(ip("10.1.0.3"));
    journey.facts = journey.facts.answers(lost, Err(101));
    assert_eq!(
        outcome(&journey),
        ends("way-to-server", Passage::Unsure, &BOTH)
    );
    journey.facts.services[0].servers.remove(0);
    assert_eq!(
        outcome(&journey),
        ends("way-to-server", Passage::Shut, &["10.1.0.3:80"])
    );
}

#[test]
fn a_connection_has_its_server_and_another_port_has_none() {
    let mut journey = journey(two());
    journey.connections = vec![remembered("10.0.0.9:4000", "10.1.0.3:80", "ESTABLISHED")];
    assert_eq!(outcome(&journey).2, BOTH);
    journey.port = Some(4000);
    assert_eq!(outcome(&journey).2, ["10.1.0.3:80"]);
    journey.connections[0].server = end("10.1.0.4:80");
    let name = "net.ipv4.vs.expire_nodest_conn".to_owned();
    journey.facts.sysctls.insert(name.clone(), "0".to_owned());
    assert_eq!(outcome(&journey).1, Passage::Shut);
    journey.facts.sysctls.insert(name, "1".to_owned());
    assert_eq!(outcome(&journey), ends("arrival", Passage::Open, &BOTH));
}

#[test]
fn a_template_counts_where_the_service_is_persistent_by_address() {
    let mut journey = journey(two());
    journey.template = Some(remembered("10.0.0.9:0", "10.1.0.3:80", "ASSURED"));
    assert_eq!(outcome(&journey).2, BOTH);
    // Single packets ask for it too.
    journey.facts.services[0].one_packet = true;
    assert_eq!(outcome(&journey).2, BOTH);
    journey.facts.services[0].persistent = true;
    assert_eq!(outcome(&journey).2, ["10.1.0.3:80"]);
    journey.facts.services[0].one_packet = false;
    assert_eq!(outcome(&journey).2, ["10.1.0.3:80"]);
    journey.engine = Some("sip".to_owned());
    assert_eq!(outcome(&journey).2, BOTH);
    journey.engine = None;
    // The way to the server is asked for whatever its weight is.
    journey.facts.services[0].servers[1].weight = 0;
    let lost = Question::to(ip("10.1.0.3"));
    journey.facts = journey.facts.answers(lost, Err(101));
    let explanation = explain(&journey);
    assert_eq!(summary(&explanation).0, "way-to-server");
    let leg = explanation
        .legs
        .iter()
        .find(|leg| leg.name == "way-to-server");
    assert_eq!(leg.unwrap().findings[0].id, "server-unreachable");
}

#[test]
fn schedulers_that_hash_may_come_to_a_server_that_takes_nothing() {
    for (scheduler, flags, weights, passage) in [
        ("rr", 0, [0, 1], Passage::Open),
        // The client comes to the first server.
        ("sh", 0, [1, 1], Passage::Open),
        ("sh", 0, [0, 1], Passage::Unsure),
        ("sh", 0, [1, 0], Passage::Open),
        ("sh", 8, [0, 1], Passage::Open),
        // The client's port is not known.
        ("sh", 16, [1, 0], Passage::Unsure),
        // The virtual address comes to the second one.
        ("dh", 8, [0, 1], Passage::Open),
        ("dh", 8, [1, 0], Passage::Unsure),
        ("mh", 0, [0, 1], Passage::Open),
    ] {
        let mut journey = journey(two());
        let service = &mut journey.facts.services[0];
        service.scheduler = Some(scheduler.to_owned());
        service.flags = flags;
        for (server, weight) in service.servers.iter_mut().zip(weights) {
            server.weight = weight;
        }
        assert_eq!(
            outcome(&journey).1,
            passage,
            "{scheduler} {flags} {weights:?}"
        );
    }
}

#[test]
fn maglev_may_come_to_a_server_of_weight_0_that_had_clients() {
    let mut journey = journey(two());
    let service = &mut journey.facts.services[0];
    service.scheduler = Some("mh".to_owned());
    let server = &mut service.servers[0];
    server.weight = 0;
    server.traffic.total.connections = 1;
    assert_eq!(outcome(&journey).1, Passage::Unsure);
    journey.facts.services[0].flags = 8;
    assert_eq!(outcome(&journey).1, Passage::Open);
}

#[test]
fn a_server_that_may_still_wait_is_not_computed() {
    let mut journey = journey(two());
    let service = &mut journey.facts.services[0];
    service.scheduler = Some("sh".to_owned());
    let server = &mut service.servers[0];
    (server.upper_threshold, server.lower_threshold) = (10, 5);
    for (active, said) in [
        (4, "it is 10.1.0.2:80."),
        (5, "may still wait"),
        (10, "it is 10.1.0.2:80, which takes nothing"),
    ] {
        journey.facts.services[0].servers[0].active = active;
        let explanation = explain(&journey);
        let leg = explanation.legs.iter().find(|leg| leg.name == "servers");
        let sentences = leg.unwrap().sentences.join(" ");
        assert!(sentences.contains(said), "{active}: {sentences}");
    }
}

#[test]
fn other_ports_need_a_persistent_service() {
    let mut journey = journey(two());
    for lookup in [Lookup::EveryPort, Lookup::FtpData] {
        journey.lookup = Some(lookup);
        journey.facts.services[0].persistent = false;
        assert_eq!(outcome(&journey), ends("service", Passage::Shut, &BOTH));
        journey.facts.services[0].persistent = true;
        assert_eq!(outcome(&journey).1, Passage::Open);
    }
}

#[test]
fn a_leg_of_many_servers_tells_of_some() {
    let servers: Vec<_> = (1..=100)
        .map(|number| server(&format!("10.1.0.{number}:80"), Method::Nat, 1))
        .collect();
    let explanation = explain(&journey(servers));
    assert_eq!(explanation.servers.len(), 100);
    assert!(explanation.legs.iter().all(|leg| leg.sentences.len() < 20));
}

#[test]
fn protocols_that_are_not_balanced() {
    let mut journey = journey(two());
    let id = "IP_47 10.0.0.1:0".parse().unwrap();
    journey.wanted = id;
    journey.facts.services[0].id = id;
    assert_eq!(explain(&journey).passage(), Passage::Shut);
}
