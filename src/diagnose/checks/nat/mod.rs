//! Faults of NAT: the servers' answers must come back through the director.

pub(super) mod forward;
pub(super) mod here;
pub(super) mod refusal;
pub(super) mod table;
pub(super) mod tracking;
pub(super) mod way;

use super::losses::{kept_back, vanished};
use crate::diagnose::facts::{Counted, Facts, Method, Server, ServiceFacts};

/// The least number of packets that shows lost answers: a single packet may have been
/// counted, and its answer not yet.
const SURE: u64 = 2;

/// Returns the servers behind NAT on other machines that get packets and whose
/// answers are lost: they, or the routers to them, answer on the link, and clients
/// are seen to wait.
fn unanswered(facts: &Facts) -> Vec<(&ServiceFacts, &Server)> {
    let mut found = Vec::new();
    // Packets that never leave this machine get no answer.
    if !facts.counters_live() || kept_back(facts).is_some() {
        return found;
    }
    for service in &facts.services {
        for server in &service.servers {
            let is_lost = server.method == Method::Nat
                && server.only_inwards()
                && server
                    .traffic
                    .rise
                    .is_some_and(|rise| rise.in_packets >= SURE)
                && !facts.is_own(server.address())
                && !facts.is_silent(server.address())
                && waits(facts, server);
            if is_lost && forwards(facts, server) {
                found.push((service, server));
            }
        }
    }
    found
}

/// Returns whether a client waits for the server's first answer.
fn waits(facts: &Facts, server: &Server) -> bool {
    facts
        .flows_to(server.endpoint)
        .any(|flow| !flow.waiting.is_empty())
}

/// Returns whether answers that come in are sent on.
fn forwards(facts: &Facts, server: &Server) -> bool {
    let Some(link) = facts
        .interface_to(server.address())
        .and_then(|index| facts.link(index))
    else {
        return false;
    };
    match server.address().is_ipv4() {
        true => facts.of_interface("ipv4", &link.name, "forwarding") != Some(0),
        false => facts.of_interface("ipv6", "all", "forwarding") != Some(0),
    }
}

/// Returns whether the answers come back to this machine and are lost here: more than
/// half as many packets as the servers were given come in and are counted nowhere else.
fn come_back(facts: &Facts) -> bool {
    let given = unanswered(facts).into_iter();
    let given = given.filter_map(|(_, server)| Some(server.traffic.rise?.in_packets));
    let given = given.fold(0, u64::saturating_add);
    given > 0 && vanished(facts) > given / 2
}

/// Returns what was counted of a server that gives no answer.
fn inwards(facts: &Facts, rise: Option<Counted>) -> String {
    let rise = rise.unwrap_or_default();
    format!(
        "in {:.1} s {} packets went to the server and {} came back (ipvsadm -Ln --stats)",
        facts.sample, rise.in_packets, rise.out_packets
    )
}
