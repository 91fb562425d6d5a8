//! Connection tracking: rules of the packet filter need to know of a connection, and IPVS
//! tells them of its connections only if it is asked to.

use super::super::Check;
use super::{come_back, here, inwards, unanswered};
use crate::diagnose::facts::{Chain, Facts, Hook};
use crate::diagnose::finding::Finding;

const CONNTRACK: &str = "net.ipv4.vs.conntrack";

pub(in crate::diagnose::checks) const NAT_MASQUERADE: Check = Check {
    id: "nat-masquerade",
    symptom: "Connections time out. Packets to the server are counted, answers are not.",
    cause: "A rule of the packet filter (MASQUERADE, SNAT) is to change the source of IPVS's packets, so that servers answer to the director. It does nothing, since connection tracking does not know of IPVS's connections, and the answers go elsewhere.",
    seen: "There is such a rule, net.ipv4.vs.conntrack is 0, and no answers come back.",
    remedy: "Set net.ipv4.vs.conntrack to 1, or make the director the servers' router.",
    since: "",
    judge: nat_masquerade,
};

pub(in crate::diagnose::checks) const NAT_STATEFUL_FORWARD: Check = Check {
    id: "nat-stateful-forward",
    symptom: "Connections time out. Packets to the server are counted, answers are not.",
    cause: "The packet filter lets only packets of established connections through, and connection tracking does not know of IPVS's connections: the servers' answers look like strangers' packets.",
    seen: "There is such a chain for forwarded packets, net.ipv4.vs.conntrack is 0, and no answers come back.",
    remedy: "Set net.ipv4.vs.conntrack to 1, or accept packets from the servers.",
    since: "",
    judge: nat_stateful_forward,
};

/// Returns a chain that changes the source of packets, if IPVS does not track. Servers
/// then answer elsewhere: no answer comes back.
fn masquerade(facts: &Facts) -> Option<&Chain> {
    if facts.sysctl(CONNTRACK) != Some(0) || come_back(facts) {
        return None;
    }
    let mut chains = facts.filters.iter().flatten();
    chains.find(|chain| {
        chain.hook == Hook::Postrouting && chain.kind == "nat" && chain.changes_source
    })
}

/// Returns a chain that looks at the state of forwarded packets, if IPVS does not track,
/// and drops answers that come back.
fn stateful(facts: &Facts) -> Option<&Chain> {
    if facts.sysctl(CONNTRACK) != Some(0) || !come_back(facts) {
        return None;
    }
    let mut chains = facts.filters.iter().flatten();
    chains
        .find(|chain| chain.hook == Hook::Forward && chain.kind == "filter" && chain.looks_at_state)
}

/// Returns whether connection tracking explains the lost answers.
pub(super) fn explains(facts: &Facts) -> bool {
    masquerade(facts).or_else(|| stateful(facts)).is_some()
}

fn nat_masquerade(facts: &Facts) -> Vec<Finding> {
    let Some(chain) = masquerade(facts) else {
        return Vec::new();
    };
    let sentence = "rules of the packet filter are to change the source of packets, but do nothing to those of IPVS, and the servers' answers go elsewhere: clients wait and time out";
    found(facts, chain, sentence)
}

fn nat_stateful_forward(facts: &Facts) -> Vec<Finding> {
    let Some(chain) = stateful(facts) else {
        return Vec::new();
    };
    let sentence = "the packet filter takes the servers' answers for packets of strangers, since it does not know IPVS's connections: clients wait and time out";
    found(facts, chain, sentence)
}

fn found(facts: &Facts, chain: &Chain, sentence: &str) -> Vec<Finding> {
    let mut finding: Option<Finding> = None;
    for (service, server) in unanswered(facts) {
        if here::refusal(facts, server).is_some() {
            continue;
        }
        let finding = finding.get_or_insert_with(|| {
            Finding::fail(sentence)
                .seen(format!("chain {} of table {}", chain.name, chain.table))
                .seen(format!("{CONNTRACK} = 0"))
                .seen(inwards(facts, server.traffic.rise))
                .set(CONNTRACK, "1")
                .say("if that changes nothing, diagnose again: with it, other causes can be told apart")
        });
        finding.add(service.id);
    }
    finding.into_iter().collect()
}

pub(in crate::diagnose::checks) const CONNTRACK_FULL: Check = Check {
    id: "conntrack-full",
    symptom: "Some new connections time out, more under load.",
    cause: "The table of connection tracking is full, which IPVS's connections are in too with net.ipv4.vs.conntrack=1.",
    seen: "net.netfilter.nf_conntrack_count against nf_conntrack_max. The kernel's log says `table full, dropping packet'.",
    remedy: "Raise net.netfilter.nf_conntrack_max.",
    since: "",
    judge: conntrack_full,
};

fn conntrack_full(facts: &Facts) -> Vec<Finding> {
    const MAX: &str = "net.netfilter.nf_conntrack_max";
    const COUNT: &str = "net.netfilter.nf_conntrack_count";
    let (Some(count), Some(max)) = (facts.sysctl(COUNT), facts.sysctl(MAX)) else {
        return Vec::new();
    };
    if facts.sysctl(CONNTRACK) != Some(1) || max <= 0 || count < max {
        return Vec::new();
    }
    let more = max.saturating_mul(4).max(65_536).to_string();
    vec![
        Finding::fail("the table of connection tracking is full: new clients wait and time out")
            .seen(format!("{COUNT} = {count}"))
            .seen(format!("{MAX} = {max}"))
            .set(MAX, &more),
    ]
}
