//! With NAT, the server's answers must go back through the director.

use std::net::IpAddr;

use super::super::Check;
use crate::diagnose::facts::{ELSEWHERE, Facts, Method, OnServer, errno_text};
use crate::diagnose::finding::Finding;
use crate::routing::{Leads, Route};

pub(in crate::diagnose::checks) const SRV_ROUTE_BACK: Check = Check {
    id: "srv-route-back",
    symptom: "Connections that are given to this server time out, of all clients or of those in the server's own network.",
    cause: "With NAT the server's answers must come back through the director, and the route to the client leads elsewhere.",
    seen: "The kernel's route to a client: to those that --client names, and to some that have a connection. Without any, and without --director, it is a note.",
    remedy: "Make the director the router to the clients.",
    since: "",
    judge: srv_route_back,
};

fn srv_route_back(facts: &Facts) -> Vec<Finding> {
    let nat = |on_server: &&OnServer| on_server.method == Method::Nat;
    let Some(on_server) = facts.on_server.as_ref().filter(nat) else {
        return Vec::new();
    };
    let vip = on_server.vip();
    // The director asks too, to see whether the server lives; it is no client.
    let is_client = |client: &IpAddr| Some(*client) != on_server.director;
    let clients = facts.clients_of_server().into_iter().filter(is_client);
    let found: Vec<_> = clients
        .filter_map(|client| astray(facts, on_server, client))
        .collect();
    if !found.is_empty() {
        return found;
    }
    let elsewhere = ELSEWHERE
        .into_iter()
        .filter(|address| address.is_ipv4() == vip.is_ipv4());
    let Some(route) = elsewhere
        .map(|address| answer(facts, address))
        .next()
        .flatten()
    else {
        return Vec::new();
    };
    let gateway = route.ok().and_then(|route| route.gateway);
    let Some(gateway) = gateway.filter(|gateway| !is_director(facts, on_server, *gateway)) else {
        return Vec::new();
    };
    vec![
        Finding::note(format!(
            "answers to clients without a route of their own go to {gateway}; with NAT that must be the director"
        ))
        .seen(format!("ip route get {}", if vip.is_ipv4() { "198.51.100.1" } else { "2001:db8::1" }))
        .say(match on_server.director {
            None => "name the director and a client: --director ADDRESS --client ADDRESS",
            Some(_) => "name a client: --client ADDRESS",
        }),
    ]
}

fn answer(facts: &Facts, client: IpAddr) -> Option<Result<Route, i32>> {
    facts.answer(&facts.answer_of_server(client))
}

/// Returns whether the gateway is the director, by its address or its hardware address.
fn is_director(facts: &Facts, on_server: &OnServer, gateway: IpAddr) -> bool {
    let Some(director) = on_server.director else {
        return false;
    };
    let hardware = |address| {
        let interface = facts.interface_to(address)?;
        facts.neighbour(address, interface)?.hardware.as_deref()
    };
    gateway == director || (hardware(gateway).is_some() && hardware(gateway) == hardware(director))
}

/// Returns the finding that the answer to this client goes past the director.
fn astray(facts: &Facts, on_server: &OnServer, client: IpAddr) -> Option<Finding> {
    let route = answer(facts, client)?;
    let cure = |finding: Finding| match (on_server.director, &route) {
        (Some(director), Ok(route)) if route.gateway.is_none() => {
            finding.run(format!("ip route add {client} via {director}"))
        }
        (Some(director), _) => finding.run(format!("ip route replace default via {director}")),
        (None, _) => finding.say("let the route to the clients lead through the director"),
    };
    let seen = format!("ip route get {client}");
    let finding = match route {
        Ok(route) if route.leads != Leads::Onward => return None,
        Ok(Route { gateway: None, .. }) => Finding::fail(format!(
            "the client {client} is on a link of this server, which answers it past the director: it waits and times out"
        ))
        .seen(format!("{seen} names no router")),
        Ok(Route { gateway: Some(gateway), .. }) => {
            if on_server.director.is_none() || is_director(facts, on_server, gateway) {
                return None;
            }
            Finding::fail(format!(
                "answers to the client {client} go to {gateway}, past the director: it waits and times out"
            ))
            .seen(format!("{seen} says `via {gateway}'"))
        }
        Err(errno) => Finding::fail(format!(
            "there is no way from this server to the client {client}: it waits and times out"
        ))
        .seen(format!(
            "{seen}: {}",
            errno_text(errno)
        )),
    };
    Some(cure(finding).affects(client))
}
