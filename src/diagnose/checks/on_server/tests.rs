//! Real servers without a kernel.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::diagnose::example::{self, own};
use crate::diagnose::facts::{Chain, Facts, Hook, Listener, Method, OnServer};
use crate::diagnose::finding::Remedy;
use crate::diagnose::judge;
use crate::routing::{Leads, Link, Neighbour, Question, Reach, Route};
use ipvs::model::Endpoint;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn link(index: u32, name: &str, kind: Option<&str>) -> Link {
    Link {
        kind: kind.map(str::to_owned),
        ..example::link(index, name)
    }
}

fn route(gateway: Option<&str>, output: u32) -> Route {
    Route {
        gateway: gateway.map(ip),
        ..example::route(Leads::Onward, output)
    }
}

/// A healthy server of 10.0.0.1:80 at 10.0.0.2.
fn server(method: Method) -> Facts {
    let on_server = OnServer {
        protocol: "TCP".to_owned(),
        service: Endpoint::new(ip("10.0.0.1"), 80),
        method,
        director: None,
    };
    let mut facts = Facts {
        on_server: Some(on_server),
        links: vec![link(1, "lo", None), link(2, "eth0", None)],
        addresses: vec![own("10.0.0.1/32", 1), own("10.0.0.2/24", 2)].into(),
        sockets: vec![Listener {
            protocol: "TCP".to_owned(),
            local: Endpoint::new(ip("::"), 80),
            drops: None,
        }],
        ..Facts::default()
    };
    for (setting, value) in [
        ("arp_ignore", "1"),
        ("arp_announce", "2"),
        ("rp_filter", "0"),
    ] {
        for name in ["all", "eth0", "eth1", "tunl0"] {
            set(&mut facts, name, setting, value);
        }
    }
    facts
}

fn set(facts: &mut Facts, name: &str, setting: &str, value: &str) {
    let name = Facts::setting_of("ipv4", name, setting);
    facts.sysctls.insert(name, value.to_owned());
}

/// Returns the findings, with their gravity.
fn found(facts: &Facts) -> Vec<String> {
    let findings = judge(facts, &BTreeSet::new());
    findings
        .iter()
        .map(|finding| format!("{} {}", finding.gravity, finding.id))
        .collect()
}

#[test]
fn healthy_ones() {
    assert_eq!(found(&server(Method::DirectRouting)), [""; 0]);
    assert_eq!(found(&server(Method::Nat)), [""; 0]);
}

#[test]
fn of_a_director_nothing_is_said_and_of_a_server_nothing_of_directors() {
    let mut facts = server(Method::DirectRouting);
    facts.addresses = Vec::new().into();
    facts.ways = Vec::new().into();
    let mut facts = facts.answers(Question::to(ip("10.0.0.1")), Ok(route(None, 2)));
    facts.sockets.clear();
    set(&mut facts, "all", "arp_ignore", "0");
    assert_eq!(
        found(&facts),
        ["FAIL srv-lacks-vip", "FAIL srv-not-listening"]
    );
    facts.on_server = None;
    assert_eq!(found(&facts), [""; 0]);
}

#[test]
fn links_where_the_address_may_be_asked_for() {
    let mut facts = server(Method::DirectRouting);
    for name in ["all", "eth0", "eth1"] {
        set(&mut facts, name, "arp_ignore", "0");
    }
    assert_eq!(found(&facts), ["FAIL srv-answers-arp"]);
    // Rules for ARP may keep the server quiet as well.
    let mut filtered = facts.clone();
    filtered.filters = Some(vec![Chain {
        table: "arp filter".to_owned(),
        name: "IN".to_owned(),
        kind: "filter".to_owned(),
        hook: Hook::Other,
        drops: false,
        rules: 1,
        changes_source: false,
        looks_at_state: false,
        sets_marks: false,
        legacy: false,
    }]);
    assert_eq!(found(&filtered), [""; 0]);
    // A link of another network is not asked, as long as one is in the address's network.
    facts.links.push(link(3, "eth1", None));
    facts
        .addresses
        .change(|rows| rows.push(own("172.16.0.2/16", 3)));
    set(&mut facts, "eth0", "arp_ignore", "1");
    assert_eq!(found(&facts), [""; 0]);
    // If no link is in that network, any may be asked; behind a tunnel none is.
    facts
        .addresses
        .change(|rows| rows[1] = own("192.168.0.2/24", 2));
    assert_eq!(found(&facts), [""; 0]);
    set(&mut facts, "eth0", "arp_ignore", "0");
    assert_eq!(found(&facts), ["WARN srv-answers-arp"]);
    facts.links.push(link(4, "tunl0", Some("ipip")));
    facts.on_server.as_mut().unwrap().method = Method::Tunnel;
    assert_eq!(found(&facts), [""; 0]);
}

#[test]
fn the_prefix_and_the_link_of_the_address() {
    let mut facts = server(Method::DirectRouting);
    facts
        .addresses
        .change(|rows| rows[0] = own("10.0.0.1/24", 1));
    assert_eq!(found(&facts), ["FAIL srv-vip-prefix"]);
    // The network is elsewhere: only the clients in it are harmed.
    facts
        .addresses
        .change(|rows| rows[1] = own("192.168.0.2/24", 2));
    assert_eq!(found(&facts), ["WARN srv-vip-prefix"]);
    facts.addresses = vec![own("10.0.0.1/32", 2), own("10.0.0.2/24", 2)].into();
    assert_eq!(found(&facts), ["FAIL srv-vip-on-link"]);
    // The machine must not be robbed of its only address.
    let warns = |facts: &Facts| {
        let found = judge(facts, &BTreeSet::new());
        let is_warning = |step: &Remedy| matches!(step, Remedy::Say(words) if words.starts_with("give eth0 an address of its own"));
        found[0].remedy.iter().any(is_warning)
    };
    assert!(!warns(&facts));
    facts.addresses.change(|rows| rows.truncate(1));
    assert!(warns(&facts));
    facts.links[1].kind = Some("dummy".to_owned());
    assert_eq!(found(&facts), [""; 0]);
}

#[test]
fn devices_of_tunnels() {
    let mut facts = server(Method::Tunnel);
    assert_eq!(found(&facts), ["FAIL srv-tunnel-down"]);
    facts.links.push(link(4, "tunl0", Some("ipip")));
    assert_eq!(found(&facts), [""; 0]);
    facts.links[2].up = false;
    assert_eq!(found(&facts), ["FAIL srv-tunnel-down"]);
    // A module's device of another kind is not the one to switch on.
    facts.links.insert(2, link(5, "gre0", Some("gre")));
    facts.links[2].up = false;
    let remedies: Vec<_> = judge(&facts, &BTreeSet::new())
        .into_iter()
        .flat_map(|found| found.remedy)
        .collect();
    assert_eq!(remedies, [Remedy::Run("ip link set tunl0 up".to_owned())]);
    facts.links.remove(2);
    facts.links[2].up = true;
    set(&mut facts, "all", "rp_filter", "1");
    assert_eq!(found(&facts), ["FAIL srv-rp-filter"]);
    // The loose filter needs an address on the device.
    set(&mut facts, "tunl0", "rp_filter", "2");
    assert_eq!(found(&facts), ["FAIL srv-rp-filter"]);
    facts
        .addresses
        .change(|rows| rows.push(own("10.0.0.1/32", 4)));
    assert_eq!(found(&facts), [""; 0]);
}

#[test]
fn programs_that_listen() {
    let mut facts = server(Method::DirectRouting);
    for (local, verdict) in [
        ("0.0.0.0:80", None),
        ("10.0.0.1:80", None),
        ("[::ffff:10.0.0.1]:80", None),
        ("10.0.0.2:80", Some("FAIL srv-not-listening")),
        ("10.0.0.1:81", Some("FAIL srv-not-listening")),
    ] {
        facts.sockets[0].local = local.parse().unwrap();
        assert_eq!(
            found(&facts),
            verdict.into_iter().collect::<Vec<_>>(),
            "{local}"
        );
    }
    facts.unread.push(crate::diagnose::facts::Unread {
        what: "/proc/net/tcp".to_owned(),
        why: "Permission denied".to_owned(),
    });
    assert_eq!(found(&facts), [""; 0]);
    facts.unread.clear();
    facts.on_server.as_mut().unwrap().method = Method::Nat;
    assert_eq!(found(&facts), ["NOTE srv-not-listening"]);
}

#[test]
fn a_program_for_ipv4_alone_does_not_listen_on_an_ipv6_address() {
    let mut facts = server(Method::DirectRouting);
    let vip = ip("fd00::1");
    facts.on_server.as_mut().unwrap().service = Endpoint::new(vip, 80);
    facts
        .addresses
        .change(|rows| rows.push(own("fd00::1/128", 1)));
    assert_eq!(found(&facts), [""; 0]);
    facts.sockets[0].local = "0.0.0.0:80".parse().unwrap();
    assert_eq!(found(&facts), ["FAIL srv-not-listening"]);
}

#[test]
fn ways_of_answers_behind_nat() {
    let mut facts = server(Method::Nat);
    facts.peers = vec![ip("198.51.100.7")];
    let answer = |facts: &mut Facts, gateway| {
        let question = facts.answer_of_server(ip("198.51.100.7"));
        *facts = std::mem::take(facts).answers(question, Ok(route(gateway, 2)));
    };
    answer(&mut facts, Some("10.0.0.5"));
    assert_eq!(found(&facts), [""; 0], "the director is not known");
    facts.on_server.as_mut().unwrap().director = Some(ip("10.0.0.6"));
    answer(&mut facts, Some("10.0.0.5"));
    assert_eq!(found(&facts), ["FAIL srv-route-back"]);
    answer(&mut facts, Some("10.0.0.6"));
    assert_eq!(found(&facts), [""; 0]);
    answer(&mut facts, None);
    assert_eq!(found(&facts), ["FAIL srv-route-back"]);
    // Both addresses are of one machine.
    answer(&mut facts, Some("10.0.0.5"));
    for host in ["10.0.0.5", "10.0.0.6"] {
        facts.neighbours.extend([Neighbour {
            address: ip(host),
            interface: 2,
            hardware: Some("02:00:00:00:00:05".to_owned()),
            state: Reach::Reachable,
        }]);
        facts = facts.answers(Question::to(ip(host)), Ok(route(None, 2)));
    }
    assert_eq!(found(&facts), [""; 0]);
    // The director itself asks whether the server lives.
    facts.neighbours = Vec::new().into();
    facts.peers = vec![ip("10.0.0.6")];
    assert_eq!(found(&facts), [""; 0]);
}
