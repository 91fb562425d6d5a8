//! Answers of servers that come back to the director, which has no route for them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::Check;
use super::{inwards, unanswered};
use crate::diagnose::facts::{Facts, Server, errno_text};
use crate::diagnose::finding::Finding;
use crate::routing::{Leads, Question};

pub(in crate::diagnose::checks) const NAT_CLIENT_UNREACHABLE: Check = Check {
    id: "nat-client-unreachable",
    symptom: "Connections time out, of all clients or of those in some networks. Clients' packets are counted, answers are not.",
    cause: "The director has no route back to the clients: it drops the servers' answers.",
    seen: "The kernel's route from a server to a client that waits is refused, or leads nowhere.",
    remedy: "Give the director a route to its clients.",
    since: "",
    judge: nat_client_unreachable,
};

/// Returns the refusal that an answer of this server to a waiting client meets here.
pub(super) fn refusal(facts: &Facts, server: &Server) -> Option<(Question, String)> {
    let input = facts.interface_to(server.address())?;
    let mut waiting = facts
        .flows_to(server.endpoint)
        .flat_map(|flow| flow.waiting.iter().take(1));
    waiting.find_map(|client| {
        let question = Question::through(server.address(), input, *client);
        let why = match facts.answer(&question)? {
            Err(errno) => errno_text(errno),
            Ok(route) if route.leads == Leads::Nowhere => "a route that leads nowhere".to_owned(),
            Ok(_) => return None,
        };
        Some((question, why))
    })
}

/// Returns the finding that an answer of a server to a client is refused here; `why` is
/// the refusal.
pub(in crate::diagnose) fn no_way_back(facts: &Facts, answer: &Question, why: &str) -> Finding {
    let Question {
        destination: client,
        source,
        input,
        mark: _,
    } = *answer;
    let server = source.map_or_else(|| "?".to_owned(), |server| server.to_string());
    let input = input.map_or("?", |input| facts.interface(input));
    let finding = Finding::fail(format!(
        "answers of the servers to {client} are not sent on: it waits and times out"
    ))
    .seen(format!(
        "ip route get {client} from {server} iif {input}: {why}"
    ));
    // If this machine's own packets find a way, the refusal is a matter of policy.
    match facts.way_to(client).is_some_and(|way| way.is_ok()) {
        true => finding.say(format!(
            "look for what treats packets that come by {input} otherwise than this machine's own: ip rule, and {}",
            Facts::setting_of("ipv4", input, "rp_filter")
        )),
        false => finding.say(format!(
            "give this director a route to {client}, as a rule a default one: ip route add default via GATEWAY; or remove the one that refuses it"
        )),
    }
}

fn nat_client_unreachable(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for (service, server) in unanswered(facts) {
        let Some((question, why)) = refusal(facts, server) else {
            continue;
        };
        let finding = found.entry(question.destination).or_insert_with(|| {
            no_way_back(facts, &question, &why).seen(inwards(facts, server.traffic.rise))
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}
