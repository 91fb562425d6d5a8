//! The table of checks itself.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use super::all;
use crate::diagnose::example::{
    carried, counted, flow, here, link, onward, own, route, server, service, to, with,
};
use crate::diagnose::facts::{ConnectionFacts, Method, Way};
use crate::diagnose::{Facts, judge};
use crate::routing::{Leads, Neighbour, Reach, Route};

#[test]
fn every_check_has_a_name_and_a_text_of_its_own() {
    let ids: BTreeSet<_> = all().map(|check| check.id).collect();
    assert_eq!(ids.len(), all().count());
    for check in all() {
        assert!(
            check
                .id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{}",
            check.id
        );
        for text in [check.symptom, check.cause, check.seen, check.remedy] {
            assert!(text.ends_with('.'), "{}: {text}", check.id);
        }
    }
}

#[test]
fn of_nothing_nothing_is_said() {
    assert_eq!(judge(&Facts::default(), &BTreeSet::new()), []);
}

/// A director with this many services, each with an address and a server of its own,
/// whose clients all wait.
fn large(services: u32, method: Method) -> Facts {
    let address =
        |network: [u8; 4], n| (Ipv4Addr::from(u32::from_be_bytes(network) + n)).to_string();
    let vip = |n| address([10, 16, 0, 0], n);
    let host = |n| address([10, 17, 0, 0], n);
    let all = (1..=services).map(|n| {
        let mut server = server(&format!("{}:80", host(n)), method);
        server.traffic = carried(5, 0);
        service(&format!("TCP {}:80", vip(n)), vec![server])
    });
    let mut facts = with(all.collect(), &[("net.ipv4.conf.eth1.forwarding", "1")]);
    facts.sample = 1.0;
    facts.links = vec![link(1, "lo"), link(2, "eth1")];
    let own = (1..=services).map(|n| own(&format!("{}/32", vip(n)), 1));
    facts.addresses = own.collect();
    let neighbours = (1..=services).map(|n| Neighbour {
        address: host(n).parse().unwrap(),
        interface: 2,
        hardware: None,
        state: Reach::Reachable,
    });
    facts.neighbours = neighbours.collect();
    let ways = (1..=services).flat_map(|n| [(to(&vip(n)), here()), (to(&host(n)), onward(2))]);
    let router = Route {
        gateway: Some(Ipv4Addr::new(10, 18, 0, 1).into()),
        ..route(Leads::Onward, 2)
    };
    let ways = ways.chain([(to("192.0.2.9"), Ok(router))]);
    facts.ways = ways
        .map(|(question, answer)| Way { question, answer })
        .collect();
    let flows =
        (1..=services).map(|n| flow(&format!("{}:80", vip(n)), &format!("{}:80", host(n)), 5, 0));
    facts.connections = Some(ConnectionFacts {
        flows: flows.collect(),
        ..ConnectionFacts::default()
    });
    let packets = u64::from(services) * 5;
    counted(
        facts,
        &[("IpInReceives", packets), ("IpInDelivers", packets)],
    )
}

#[test]
fn a_large_director_with_many_faults_is_judged_soon() {
    for method in [Method::Nat, Method::DirectRouting, Method::Tunnel] {
        let facts = large(4000, method);
        let start = Instant::now();
        let findings = judge(&facts, &BTreeSet::new());
        // If each check looked for servers one by one, it would take minutes.
        assert!(start.elapsed() < Duration::from_secs(20), "{method:?}");
        assert!(!findings.is_empty(), "{method:?}");
    }
}

#[test]
fn servers_with_the_same_fault_are_one_finding() {
    for (method, id, remedies) in [
        (Method::Nat, "nat-route-back", 1),
        (Method::DirectRouting, "dr-server-lacks-vip", 40),
    ] {
        let found = judge(&large(40, method), &BTreeSet::new());
        let found: Vec<_> = found.iter().filter(|found| found.id == id).collect();
        // Each server lacks another virtual address: another command cures it.
        assert_eq!(found.len(), remedies, "{method:?}");
        let servers: usize = found.iter().map(|found| found.servers.len()).sum();
        let affected: usize = found.iter().map(|found| found.affected.len()).sum();
        assert_eq!((servers, affected), (40, 40), "{method:?}");
    }
}
