//! Faults of direct routing: the servers must take in the virtual address, and
//! answer clients past the director.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Check;
use super::commands::{QUIET_ARP, add_to_lo};
use super::local::looping;
use super::losses::{kept_back, vanished};
use crate::diagnose::facts::{Facts, Flow, Method, Server, ServiceFacts, WAITING, selector};
use crate::diagnose::finding::Finding;
use crate::routing::Question;

const MARTIANS: &str = "rt_cache.in_martian_src";
const EINVAL: i32 = 22;

/// Returns the servers by direct routing or a tunnel whose clients all wait for their
/// first answer. At least two connections must wait, because one may have come a moment
/// ago.
pub(super) fn stuck(facts: &Facts) -> Vec<(&ServiceFacts, &Server, &Flow)> {
    let mut found = Vec::new();
    // Servers are not to blame if directors send packets back and forth, or send none.
    if !facts.counters_live() || looping(facts).next().is_some() || kept_back(facts).is_some() {
        return found;
    }
    for service in &facts.services {
        for server in &service.servers {
            let address = server.address();
            let is_busy = server.traffic.rise.is_some_and(|rise| rise.in_packets > 0);
            let is_other = (server.method == Method::DirectRouting || server.method.is_tunnel())
                && is_busy
                && !facts.is_own(address)
                && !facts.is_silent(address);
            if !is_other || facts.interface_to(address).is_none() {
                continue;
            }
            let waits = |flow: &&Flow| {
                let strangers = flow.waiting.iter().any(|client| !facts.is_own(*client));
                let waiting = flow.in_state(WAITING);
                strangers && waiting >= 2 && waiting == flow.count()
            };
            let mut flows = facts
                .flows_to(server.endpoint)
                .filter(|flow| flow.count() > 0);
            let first = flows.next();
            if let Some(flow) = first
                .filter(waits)
                .filter(|_| flows.all(|flow| waits(&flow)))
            {
                found.push((service, server, flow));
            }
        }
    }
    found
}

/// Returns the interface by which a server's answers come in here and are refused.
pub(super) fn martian(facts: &Facts, server: &Server, flow: &Flow) -> Option<u32> {
    let input = facts.interface_to(server.address())?;
    let link = facts.link(input)?;
    let accepts_own = facts.larger("ipv4", &link.name, "accept_local");
    let question = |client: &IpAddr| Question::through(flow.service.address, input, *client);
    let mut answers = flow
        .waiting
        .iter()
        .filter_map(|client| facts.answer(&question(client)));
    let is_martian = answers.any(|answer| answer == Err(EINVAL));
    // Each packet to the server brings at least one answer; fewer martians have another
    // reason.
    let sent = server.traffic.rise.map_or(0, |rise| rise.in_packets).max(1);
    let are_dropped = facts.rise(MARTIANS) >= sent && vanished(facts) >= sent;
    (are_dropped && is_martian && accepts_own.unwrap_or(0) == 0).then_some(input)
}

pub(super) const DR_ANSWERS_THROUGH_DIRECTOR: Check = Check {
    id: "dr-answers-through-director",
    symptom: "Connections time out.",
    cause: "The servers' answers come back through the director, which drops them: they come from its own address.",
    seen: "Clients stay half-open, rt_cache.in_martian_src rises, as many packets come in here and are counted nowhere else (IpInReceives, IpInDelivers), and the kernel refuses the way of such an answer (EINVAL).",
    remedy: "Give the servers another router, or set accept_local of the interface to 1.",
    since: "",
    judge: dr_answers_through_director,
};

fn dr_answers_through_director(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<u32, Finding> = BTreeMap::new();
    for (service, server, flow) in stuck(facts) {
        let Some(input) = martian(facts, server, flow).filter(|_| server.only_inwards()) else {
            continue;
        };
        let interface = facts.interface(input);
        let finding = found.entry(input).or_insert_with(|| {
            let name = Facts::setting_of("ipv4", interface, "accept_local");
            Finding::fail(format!(
                "answers of the servers come back here by {interface} and are dropped, since they come from an address of this machine: clients wait and time out"
            ))
            .seen(facts.rose(MARTIANS))
            .seen(format!("{name} = 0"))
            .say("give the servers a router other than this director, or let such answers pass:")
            .set(&name, "1")
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

pub(super) const DR_SERVER_LACKS_VIP: Check = Check {
    id: "dr-server-lacks-vip",
    symptom: "Connections time out, or are refused by the server.",
    cause: "The server does not have the virtual address, or its program does not listen there.",
    seen: "The server gets packets, and all of its clients stay half-open (SYN_RECV). On the server IpInAddrErrors rises.",
    remedy: "Give the server the virtual address on lo, without telling its neighbours, and let its program listen there.",
    since: "",
    judge: dr_server_lacks_vip,
};

fn dr_server_lacks_vip(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for (service, server, flow) in stuck(facts) {
        let is_lost = server.method == Method::DirectRouting
            && server.only_inwards()
            && martian(facts, server, flow).is_none()
            && behind(facts, server).is_none();
        if !is_lost {
            continue;
        }
        let (address, vip) = (server.address(), flow.service.address);
        let finding = found.entry(address).or_insert_with(|| {
            let finding = Finding::fail(format!(
                "the server {address} gets packets, and no client gets an answer: it lacks {vip}, or its program does not listen there"
            ))
.at(address)
            .seen(format!(
                "ipvsadm -Lnc -r {} lists {} connections, all in {WAITING}",
                server.endpoint,
                flow.count()
            ));
            let finding = match vip {
                IpAddr::V4(_) => finding.run_on("the server", QUIET_ARP),
                IpAddr::V6(_) => finding,
            };
            finding.run_on("the server", add_to_lo(vip)).say(format!(
                "and see that its program listens on {vip} or on every address, and that no packet filter there stops it"
            ))
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

pub(super) const DR_BEHIND_ROUTER: Check = Check {
    id: "dr-behind-router",
    symptom: "Connections time out.",
    cause: "A router is between the director and a server. It gets packets for the virtual address, and sends them back to the director.",
    seen: "The route to the server has a gateway. It is a note, since such a router may have been set up on purpose.",
    remedy: "Put the server on a link of the director, or use a tunnel (-i).",
    since: "",
    judge: dr_behind_router,
};

fn behind(facts: &Facts, server: &Server) -> Option<IpAddr> {
    let way = facts.way_to(server.address())?;
    way.ok()?.gateway
}

fn dr_behind_router(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for service in &facts.services {
        let direct = |server: &&Server| server.method == Method::DirectRouting;
        for server in service.servers.iter().filter(direct) {
            let Some(gateway) = behind(facts, server) else {
                continue;
            };
            let address = server.address();
            let finding = found.entry(address).or_insert_with(|| {
                Finding::note(format!(
                    "the router {gateway} is before the server {address}; direct routing works only if it hands it packets for the virtual address"
                ))
.at(address)
                    .seen(format!("ip route get {address} says `via {gateway}'"))
                    .say("put the server on a link of the director, or use a tunnel (-i)")
            });
            finding.add(service.id);
        }
    }
    found.into_values().collect()
}

pub(super) const DR_PORT_DIFFERS: Check = Check {
    id: "dr-port-differs",
    symptom: "Connections are refused by the servers, whose programs listen on another port than that of the service.",
    cause: "With -g and -i servers get packets as clients sent them, at the port of the service. Another port in the table is ignored.",
    seen: "The table.",
    remedy: "Let the server's program listen on the port of the service, or use NAT (-m).",
    since: "",
    judge: dr_port_differs,
};

fn dr_port_differs(facts: &Facts) -> Vec<Finding> {
    let mut finding: Option<Finding> = None;
    for service in &facts.services {
        let Some(wanted) = service.id.port().filter(|port| *port != 0) else {
            continue;
        };
        for server in &service.servers {
            let port = server.endpoint.port;
            let is_direct = server.method == Method::DirectRouting || server.method.is_tunnel();
            if !is_direct || port == 0 || port == wanted {
                continue;
            }
            let finding = finding.get_or_insert_with(|| {
                Finding::note(format!(
                    "packets reach the server {} at port {wanted} and not at {port}: with -g and -i the port stays that of the service",
                    server.address()
                ))
                .seen(format!("ipvsadm -Ln {}: {}", selector(service.id), server.endpoint))
                .say(format!("let the server's program listen on port {wanted}, or use NAT (-m)"))
            });
            finding.add(format_args!("{} -> {}", service.id, server.endpoint));
        }
    }
    finding.into_iter().collect()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity::{Fail, Note};
    use crate::diagnose::example::{
        carried, flow, gravities, link, onward, own, server, service, to, with,
    };
    use crate::diagnose::facts::{ConnectionFacts, IPVS_PACKETS, SystemCounter};

    /// Clients wait for a server by direct routing, whose answers would be martians here.
    /// As many martians were counted, in whatever namespace.
    fn waiting(counters: &[(&str, u64)]) -> Facts {
        let mut server = server("10.0.0.2:80", Method::DirectRouting);
        server.traffic = carried(6, 0);
        let mut facts = with(vec![service("TCP 10.0.0.1:80", vec![server])], &[]);
        facts.connections = Some(ConnectionFacts {
            flows: vec![flow("10.0.0.1:80", "10.0.0.2:80", 6, 0)].into(),
            ..ConnectionFacts::default()
        });
        facts.links = vec![link(2, "eth0")];
        let rise = |(name, rise): &(&str, u64)| {
            let (total, rise) = (*rise, *rise);
            ((*name).to_owned(), SystemCounter { total, rise })
        };
        facts.counters = counters.iter().chain(&[(MARTIANS, 6)]).map(rise).collect();
        let [vip, client] = ["10.0.0.1", "192.0.2.9"].map(|text| text.parse().unwrap());
        facts
            .answers(to("10.0.0.2"), onward(2))
            .answers(Question::through(vip, 2, client), Err(EINVAL))
    }

    #[test]
    fn martians_of_other_namespaces_are_not_taken_for_answers() {
        let is_named = |counters: &[(&str, u64)]| {
            let facts = waiting(counters);
            let through = gravities(dr_answers_through_director, &facts);
            let lacks = gravities(dr_server_lacks_vip, &facts);
            assert_eq!(through.len() + lacks.len(), 1);
            through == [Fail]
        };
        let (received, ipvs) = (("IpInReceives", 12), (IPVS_PACKETS, 6));
        assert!(is_named(&[received, ipvs]));
        // Clients' packets alone came in here.
        assert!(!is_named(&[("IpInReceives", 6), ipvs]));
        // The other packets are counted elsewhere.
        assert!(!is_named(&[received, ipvs, ("IpInDelivers", 6)]));
        assert!(!is_named(&[received, ipvs, ("IpForwDatagrams", 6)]));
    }

    #[test]
    fn what_a_server_here_takes_counts_once() {
        let mut facts = waiting(&[
            ("IpInReceives", 20),
            (IPVS_PACKETS, 14),
            ("IpInDelivers", 8),
        ]);
        assert_eq!(gravities(dr_answers_through_director, &facts), []);
        let mut local = server("10.0.0.1:80", Method::DirectRouting);
        local.traffic = carried(8, 0);
        facts.services[0].servers.push(local);
        facts.addresses = vec![own("10.0.0.1/32", 2)].into();
        assert_eq!(gravities(dr_answers_through_director, &facts), [Fail]);
    }

    #[test]
    fn another_port_is_heeded_by_nat_alone() {
        let found = |id, at, method| {
            let facts = with(vec![service(id, vec![server(at, method)])], &[]);
            gravities(dr_port_differs, &facts)
        };
        let one = "TCP 10.0.0.1:80";
        assert_eq!(found(one, "10.0.0.2:8080", Method::DirectRouting), [Note]);
        assert_eq!(found(one, "10.0.0.2:8080", Method::Tunnel), [Note]);
        assert_eq!(found(one, "10.0.0.2:80", Method::DirectRouting), []);
        assert_eq!(found(one, "10.0.0.2:8080", Method::Nat), []);
        assert_eq!(
            found("TCP 10.0.0.1:0", "10.0.0.2:8080", Method::DirectRouting),
            []
        );
        assert_eq!(found("FWM 7", "10.0.0.2:8080", Method::DirectRouting), []);
    }
}
