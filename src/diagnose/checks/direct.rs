//! Faults of direct routing: the servers must take in the virtual address, and
//! answer clients past the director.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Check;
use crate::diagnose::facts::{Facts, Flow, Method, Server, Service, WAITING};
use crate::diagnose::finding::Finding;
use crate::routing::Question;

const MARTIANS: &str = "rt_cache.in_martian_src";
const EINVAL: i32 = 22;

/// Servers on the link whose clients all wait for their first answer: two at
/// least, since one may have come a moment ago.
fn stuck(facts: &Facts) -> Vec<(&Service, &Server, &Flow)> {
    let mut found = Vec::new();
    if !facts.counters_live() {
        return found;
    }
    for service in &facts.services {
        for server in &service.servers {
            let address = server.address();
            let is_other = server.method == Method::DirectRouting
                && server.only_inwards()
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

/// The interface by which a server's answers come in here and are refused.
fn refused(facts: &Facts, server: &Server, flow: &Flow) -> Option<u32> {
    let input = facts.interface_to(server.address())?;
    let link = facts.link(input)?;
    let open = facts.of_interface("ipv4", &link.name, "accept_local") == Some(1);
    let question = |client: &IpAddr| Question::through(flow.service.address, input, *client);
    let mut answers = flow
        .waiting
        .iter()
        .filter_map(|client| facts.answer(&question(client)));
    let is_martian = answers.any(|answer| answer == Err(EINVAL));
    // Each packet to the server brings at least one answer. The kernel counts those
    // of all namespaces together: fewer have another reason.
    let sent = server.traffic.rise.map_or(0, |rise| rise.in_packets);
    (facts.rise(MARTIANS) >= sent.max(1) && is_martian && !open).then_some(input)
}

pub(super) const DR_ANSWERS_THROUGH_DIRECTOR: Check = Check {
    id: "dr-answers-through-director",
    symptom: "Connections time out.",
    cause: "The servers' answers come back through the director, which drops them: they come from its own address.",
    seen: "Clients stay half-open, rt_cache.in_martian_src rises, and the kernel refuses the way of such an answer (EINVAL).",
    remedy: "Give the servers another router, or set accept_local of the interface to 1.",
    since: "",
    judge: dr_answers_through_director,
};

fn dr_answers_through_director(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<u32, Finding> = BTreeMap::new();
    for (service, server, flow) in stuck(facts) {
        let Some(input) = refused(facts, server, flow) else {
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
        if refused(facts, server, flow).is_some() || behind(facts, server).is_some() {
            continue;
        }
        let (address, vip) = (server.address(), flow.service.address);
        let finding = found.entry(address).or_insert_with(|| {
            let finding = Finding::fail(format!(
                "the server {address} gets packets, and no client gets an answer: it lacks {vip}, or its program does not listen there"
            ))
            .seen(format!(
                "ipvsadm -Lnc -r {} lists {} connections, all in {WAITING}",
                server.endpoint,
                flow.count()
            ));
            let finding = match vip {
                IpAddr::V4(_) => finding
                    .run_on(
                        "the server",
                        "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",
                    )
                    .run_on("the server", format!("ip addr add {vip}/32 dev lo")),
                IpAddr::V6(_) => {
                    finding.run_on("the server", format!("ip addr add {vip}/128 dev lo nodad"))
                }
            };
            finding.say(format!(
                "and see that its program listens on {vip} or on every address, and that a packet filter there lets it"
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
                    .seen(format!("ip route get {address} says `via {gateway}'"))
                    .say("put the server on a link of the director, or use a tunnel (-i)")
            });
            finding.add(service.id);
        }
    }
    found.into_values().collect()
}
