//! The way of the servers' answers back to the client.

use std::collections::BTreeSet;

use super::{Leg, Passage, for_each_server, found_of};
use crate::diagnose::checks::no_way_back;
use crate::diagnose::facts::{Facts, Hook, Journey, Method, Server, errno_text, selector};
use crate::diagnose::finding::Finding;
use crate::routing::{Leads, Question, Route};
use ipvs::model::VirtualId;

pub(super) const CHECKS: &[&str] = &["nat-forwarding", "ipv6-forwarding"];
/// The checks of a server that is this machine.
pub(super) const CHECKS_OF_LOCAL: &[&str] = &["local-not-listening"];

pub(super) fn back(journey: &Journey, servers: &[Server]) -> Leg {
    let mut leg = Leg::new("way-back");
    // A sentence that is true of several servers is said once.
    let mut told = BTreeSet::new();
    let mut alone = journey.facts.clone();
    for_each_server(&mut leg, servers, |server| {
        let mut one = one(journey, &mut alone, server);
        one.sentences
            .retain(|sentence| told.insert(sentence.clone()));
        one
    });
    if servers.iter().any(|server| server.method == Method::Nat) {
        filters(&mut leg, &journey.facts);
    }
    leg
}

fn one(journey: &Journey, alone: &mut Facts, server: &Server) -> Leg {
    let mut leg = Leg::new("");
    let facts = &journey.facts;
    if server.method == Method::Other {
        leg.at_most(Passage::Unsure);
    } else if facts.is_own(server.address()) {
        here(&mut leg, journey, alone, server);
    } else if server.method == Method::Nat {
        // Answers to this machine itself are not forwarded.
        if !facts.is_own(journey.client) {
            leg.find(found_of(alone, server, CHECKS));
        }
        through_director(&mut leg, journey, server);
    } else {
        past_director(&mut leg, journey, server);
    }
    leg
}

/// Adds the way back if the server is this machine.
fn here(leg: &mut Leg, journey: &Journey, alone: &mut Facts, server: &Server) {
    let (facts, client, address) = (&journey.facts, journey.client, server.address());
    if address.is_loopback() && server.method == Method::Nat && !facts.is_own(client) {
        leg.find([Finding::fail(format!(
            "no answer of {address} leaves this machine: the client waits and times out"
        ))
        .say("let the program listen on another address of this machine, and name that as the server")]);
        return;
    }
    leg.find(found_of(alone, server, CHECKS_OF_LOCAL));
    match journey.way_back() {
        Some(Err(errno)) => {
            leg.at_most(Passage::Shut);
            leg.say(format!(
                "There is no way from here to {client}: {}.",
                errno_text(errno)
            ));
        }
        Some(Ok(_)) | None => leg.say(format!("{address} answers from this machine.")),
    }
}

/// Adds the way back with NAT: the answer comes back here, and is sent on.
fn through_director(leg: &mut Leg, journey: &Journey, server: &Server) {
    let (facts, client, address) = (&journey.facts, journey.client, server.address());
    let Some(input) = facts.interface_to(address) else {
        return;
    };
    let name = facts.interface(input);
    if client.is_loopback() {
        leg.find([Finding::fail(format!(
            "packets of {client} do not leave this machine, and {address} is another: the client waits and times out"
        ))
        .say("test from another address of this machine, or from another machine")]);
        return;
    }
    let one_packet = facts.services.iter().any(|service| service.one_packet);
    if one_packet {
        leg.find([Finding::warn(format!(
            "the service remembers no connections (-o), so that answers of {address} keep its own address: the client does not know them"
        ))
        .seen("ipvsadm -Ln shows `ops'")
        .say("that is right for packets that nobody answers; else use -g or -i, or leave -o out")]);
        return;
    }
    if facts.is_own(client) {
        leg.say(format!(
            "Answers of {address} come back to this machine by {name}."
        ));
        return;
    }
    match facts.answer(&Question::through(address, input, client)) {
        Some(Ok(Route {
            leads: Leads::Onward,
            output,
            ..
        })) => {
            let output = output.map_or("?", |output| facts.interface(output));
            let sent = match leg.passage {
                Passage::Open => "are sent on to",
                _ => "would be sent on to",
            };
            leg.say(format!(
                "Answers of {address} must come back here, by {name}, and {sent} {client} by {output}. Whether they do is seen on the server alone: {}",
                on_server(journey, server)
            ));
        }
        Some(Ok(_)) => {
            leg.at_most(Passage::Shut);
            leg.say(format!(
                "Answers of {address} that come back by {name} are not sent on to {client}."
            ));
        }
        Some(Err(errno)) => {
            leg.say(format!(
                "Answers of {address} that come back by {name} are not sent on to {client}: {}.",
                errno_text(errno)
            ));
            let is_off = leg
                .findings
                .iter()
                .any(|finding| CHECKS.contains(&finding.id));
            if !is_off {
                let question = Question::through(address, input, client);
                leg.find([no_way_back(facts, &question, &errno_text(errno))]);
            }
            leg.at_most(Passage::Shut);
        }
        None => leg.at_most(Passage::Unsure),
    }
    let on_link = |way: Route| way.gateway.is_none() && way.output == Some(input);
    if facts
        .way_to(client)
        .is_some_and(|way| way.is_ok_and(on_link))
    {
        leg.at_most(Passage::Unsure);
        let finding = Finding::warn(format!(
            "{client} is in the network of the servers, which answer it past the director unless they have a route: it then waits and times out"
        ))
        .seen(format!("ip route get {client} names {name} and no router"));
        leg.find([match facts.on_link(address) {
            Some(own) => finding.run_on(
                "the server",
                format!("ip route add {client} via {}", own.address),
            ),
            None => finding.say("give the servers a route to the client through this director"),
        }]);
    }
}

/// Adds the way back of direct routing and tunnels: the server sends the answer to the
/// client by itself.
fn past_director(leg: &mut Leg, journey: &Journey, server: &Server) {
    let (facts, client, address) = (&journey.facts, journey.client, server.address());
    if facts.is_own(client) {
        leg.find([Finding::fail(format!(
            "with {}, a test from the director itself always hangs: {address} answers {client} past IPVS",
            server.method.words()
        ))
        .say("test from another machine")]);
        return;
    }
    leg.say(format!(
        "Servers reached by {} answer {client} themselves, from the virtual address, past this director. They must have that address, and a program that listens there: {}",
        server.method.words(),
        on_server(journey, server)
    ));
    let VirtualId::Endpoint { address: vip, .. } = journey.wanted else {
        return;
    };
    let Some(input) = facts.interface_to(address) else {
        return;
    };
    let name = facts.interface(input);
    let passes = facts
        .answer(&Question::through(vip, input, client))
        .is_some_and(|answer| answer.is_ok_and(|route| route.leads == Leads::Onward));
    leg.say(match passes {
        true => format!("If this director is their router, the answers that come by {name} are sent on."),
        false => format!(
            "If this director were their router, the answers that come by {name} would be dropped ({} is 0, or forwarding is off).",
            Facts::setting_of("ipv4", name, "accept_local")
        ),
    });
}

/// Returns the command that looks at the server.
fn on_server(journey: &Journey, server: &Server) -> String {
    let method = match server.method {
        Method::Nat => "-m",
        Method::Tunnel | Method::Gue | Method::Gre => "-i",
        Method::DirectRouting | Method::Other => "-g",
    };
    match journey.wanted {
        VirtualId::Endpoint { .. } => format!(
            "ipvsadm --diagnose --on-server {} {method}",
            selector(journey.wanted)
        ),
        VirtualId::Fwmark { .. } => {
            format!("ipvsadm --diagnose --on-server -t ADDRESS:PORT {method}")
        }
    }
}

/// Adds the rules of the packet filter that answers pass, and the rules that do not
/// know IPVS's connections.
fn filters(leg: &mut Leg, facts: &Facts) {
    const NAME: &str = "net.ipv4.vs.conntrack";
    let mut chains = facts.filters.iter().flatten();
    if let Some(chain) = chains
        .clone()
        .find(|chain| chain.hook == Hook::Forward && chain.may_drop())
    {
        leg.say(format!(
            "The answers are forwarded packets and pass the packet filter ({} {}{}). Its rules are not evaluated here.",
            chain.table,
            chain.name,
            if chain.drops { ", which drops what no rule accepts" } else { "" }
        ));
    }
    let suspect = chains.find(|chain| chain.changes_source || chain.looks_at_state);
    if let Some(chain) = suspect.filter(|_| facts.sysctl(NAME) == Some(0)) {
        leg.say(format!(
            "Rules of the packet filter ({} {}) change the source of packets or look at the state of connections, and {NAME} is 0: if they are about these packets, they do not do what they say.",
            chain.table, chain.name
        ));
    }
}
