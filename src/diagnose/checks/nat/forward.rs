//! Answers of servers that come back to the director, and that its packet filter drops.

use super::super::Check;
use super::super::commands::{Side, accept};
use super::{come_back, here, inwards, tracking, unanswered};
use crate::diagnose::facts::{Chain, Facts, Hook};
use crate::diagnose::finding::Finding;

pub(in crate::diagnose::checks) const NAT_FORWARD_FILTER: Check = Check {
    id: "nat-forward-filter",
    symptom: "Connections time out. Clients' packets are counted, answers are not.",
    cause: "A chain of the packet filter for forwarded packets drops the servers' answers. Where containers run, such a chain drops whatever is not theirs.",
    seen: "There is such a chain, and as many packets as the servers were given come in here and are counted nowhere else (IpInReceives, IpInDelivers, IpForwDatagrams).",
    remedy: "Let the servers' answers through.",
    since: "",
    judge: nat_forward_filter,
};

/// Returns the chain that drops the servers' answers, if they come back.
pub(super) fn filter(facts: &Facts) -> Option<&Chain> {
    let chains = || facts.filters.iter().flatten();
    let mut chains = chains()
        .filter(|chain| chain.drops)
        .chain(chains().filter(|chain| !chain.drops));
    let chain = chains.find(|chain| chain.hook == Hook::Forward && chain.may_drop())?;
    come_back(facts).then_some(chain)
}

fn nat_forward_filter(facts: &Facts) -> Vec<Finding> {
    let Some(chain) = filter(facts) else {
        return Vec::new();
    };
    if tracking::explains(facts) {
        return Vec::new();
    }
    let mut finding: Option<Finding> = None;
    for (service, server) in unanswered(facts) {
        if here::refusal(facts, server).is_some() {
            continue;
        }
        let finding = finding.get_or_insert_with(|| {
            Finding::fail("answers of the servers come back here, and the packet filter drops them: clients wait and time out")
                .seen(format!("chain {} of table {} for forwarded packets", chain.name, chain.table))
                .seen(inwards(facts, server.traffic.rise))
                .say("to let them through:")
        });
        finding.add(service.id);
        finding.also_run(accept(chain, Side::From, server.address(), None));
    }
    finding.into_iter().collect()
}
