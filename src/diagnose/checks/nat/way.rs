//! The way of servers' answers back to clients.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::Check;
use super::{forward, here, inwards, tracking, unanswered};
use crate::diagnose::facts::{Facts, Method, version};
use crate::diagnose::finding::{Finding, in_shell};
use ipvs::model::Endpoint;

pub(in crate::diagnose::checks) const NAT_FORWARDING: Check = Check {
    id: "nat-forwarding",
    symptom: "Connections time out. Clients' packets are counted, answers are not.",
    cause: "Forwarding is off, on the whole machine or on the interface by which the servers' answers come in.",
    seen: "net.ipv4.conf.INTERFACE.forwarding is 0; the kernel refuses the route of an answer (EHOSTUNREACH); IpInAddrErrors rises.",
    remedy: "Turn forwarding on.",
    since: "",
    judge: nat_forwarding,
};

fn nat_forwarding(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<String, Finding> = BTreeMap::new();
    for service in &facts.services {
        for server in service
            .servers
            .iter()
            .filter(|server| server.method == Method::Nat)
        {
            let address = server.address();
            // A server on this machine answers without being forwarded. For IPv6
            // one setting counts, that of all interfaces.
            let Some(link) = facts
                .interface_to(address)
                .and_then(|index| facts.link(index))
            else {
                continue;
            };
            if address.is_ipv6() {
                continue;
            }
            let of_link = Facts::setting_of(version(address), &link.name, "forwarding");
            if facts.sysctl(&of_link) != Some(0) {
                continue;
            }
            let whole = facts.sysctl("net.ipv4.ip_forward") == Some(0);
            let name = if whole {
                "net.ipv4.ip_forward".to_owned()
            } else {
                of_link
            };
            let finding = found.entry(name.clone()).or_insert_with(|| {
                let interface = &link.name;
                Finding::fail(format!(
                    "answers of the servers that come in by {interface} are not forwarded: clients wait and time out"
                ))
                .seen(format!("{name} = 0"))
                .seen_by(facts.risen("IpInAddrErrors"))
                .set(&name, "1")
            });
            finding.add(service.id);
        }
    }
    found.into_values().collect()
}

pub(in crate::diagnose::checks) const NAT_CLIENT_ON_LINK: Check = Check {
    id: "nat-client-on-link",
    symptom: "Clients in the servers' own network time out or are reset; others are served.",
    cause: "The server answers such a client directly, past the director, with its own address, which the client did not ask.",
    seen: "The client is on the link of the server; packets to the server are counted, answers are not.",
    remedy: "Give the server a route to the client through the director, or use direct routing.",
    since: "",
    judge: nat_client_on_link,
};

fn nat_client_on_link(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for (service, server) in unanswered(facts) {
        let address = server.address();
        let Some(client) = neighbour_of(facts, address, server.endpoint) else {
            continue;
        };
        let director = facts.on_link(address).map(|own| own.address);
        let link = facts
            .interface_to(address)
            .map_or("?", |index| facts.interface(index));
        let finding = found.entry(address).or_insert_with(|| {
            let finding = Finding::fail(format!(
                "the client {client} is in the network of the server {address}, which answers it past the director: it waits and times out"
            ))
            .at(address)
            .seen(format!("ip route get {client} and ip route get {address} name the same link"))
            .seen(inwards(facts, server.traffic.rise));
            let finding = match director {
                Some(director) => finding.run_on("the server", format!("ip route add {client} via {director}")),
                None => finding.say(format!("give the server a route to {client} through the director")),
            };
            finding
                .say("on the director, so that it does not tell the server of the shorter way:")
                .run(format!(
                    "sysctl -w net.ipv4.conf.all.send_redirects=0 {}",
                    in_shell(&format!("{}=0", Facts::setting_of("ipv4", link, "send_redirects")))
                ))
                .say("or use direct routing")
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

/// Returns a waiting client in the network of its server, if all that wait are in it.
fn neighbour_of(facts: &Facts, server: IpAddr, endpoint: Endpoint) -> Option<IpAddr> {
    let link = facts.interface_to(server)?;
    let on_link = |client: IpAddr| {
        let way = facts.way_to(client);
        way.is_some_and(|way| {
            way.is_ok_and(|route| route.gateway.is_none() && route.output == Some(link))
        })
    };
    let mut waiting = facts
        .flows_to(endpoint)
        .flat_map(|flow| flow.waiting.iter().take(1))
        .copied();
    let first = waiting.next()?;
    (on_link(first) && waiting.all(on_link)).then_some(first)
}

pub(in crate::diagnose::checks) const NAT_ROUTE_BACK: Check = Check {
    id: "nat-route-back",
    symptom: "Connections time out. Packets to the server are counted, answers are not.",
    cause: "The server's way back to clients does not lead through the director, or the server drops or does not answer the packets.",
    seen: "Forwarding is on and the server answers on its link; packets to it are counted, none come back, and clients stay half-open (SYN_RECV).",
    remedy: "Make the director the server's router to the clients.",
    since: "",
    judge: nat_route_back,
};

fn nat_route_back(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    if tracking::explains(facts) || forward::filter(facts).is_some() {
        return Vec::new();
    }
    for (service, server) in unanswered(facts) {
        let address = server.address();
        let explained = here::refusal(facts, server).is_some()
            || neighbour_of(facts, address, server.endpoint).is_some();
        if explained {
            continue;
        }
        let finding = found.entry(address).or_insert_with(|| {
            let finding = Finding::fail(format!(
                "answers of the server {address} do not come back through this director: clients wait and time out"
            ))
.at(address)
            .seen(inwards(facts, server.traffic.rise))
            .seen(format!("ipvsadm -Lnc -r {} --state SYN_RECV", server.endpoint));
            let finding = match facts.on_link(address) {
                Some(own) => finding.run_on("the server", format!("ip route replace default via {}", own.address)),
                None => finding.say("let the server's routes to the clients lead through this director"),
            };
            finding.say("if they do, see that the server is up (ping), and look for a packet filter there")
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}
