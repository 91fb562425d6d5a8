//! Clients that ask for what no service has.

use super::super::Check;
use crate::diagnose::facts::{Facts, ServiceFacts};
use crate::diagnose::finding::Finding;

pub(in crate::diagnose::checks) const NO_SERVICE: Check = Check {
    id: "no-service",
    symptom: "Connections are refused at once (TCP reset, port unreachable). The service counts no packets.",
    cause: "Clients ask for an address, port or protocol that no service has, so that the director takes the packets for its own, and no program of it waits for them.",
    seen: "TcpOutRsts or UdpNoPorts rises, and no service of an address counted a packet meanwhile. It is a note: others may ask for what is not there, too.",
    remedy: "Compare what clients ask for with ipvsadm -Ln.",
    since: "",
    judge: no_service,
};

/// The counters that rise when this machine refuses packets that none of its programs
/// waits for.
pub(in crate::diagnose::checks) const REFUSALS: [&str; 2] = ["TcpOutRsts", "UdpNoPorts"];

/// The number of refusals that is needed: a single one may have any reason.
const SURE: u64 = 3;

fn no_service(facts: &Facts) -> Vec<Finding> {
    let has_address = |service: &&ServiceFacts| service.address().is_some();
    let mut addressed = facts.services.iter().filter(has_address).peekable();
    let is_idle = addressed.peek().is_some() && addressed.all(|service| !service.is_busy());
    let refused = REFUSALS
        .into_iter()
        .filter(|counter| facts.rise(counter) >= SURE);
    let refused: Vec<_> = refused.map(|counter| facts.rose(counter)).collect();
    if refused.is_empty() || !is_idle || !facts.counters_live() {
        return Vec::new();
    }
    vec![
        Finding::note(
            "this machine refuses packets, and no service counted any: clients may ask for an address, port or protocol that no service has",
        )
        .seen_by(refused)
        .say("compare what clients ask for with:")
        .run("ipvsadm -Ln")
        .say("or name it: ipvsadm --explain -t ADDRESS:PORT --client ADDRESS"),
    ]
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity::Note;
    use crate::diagnose::example::{carried, counted, gravities, service, with};

    #[test]
    fn who_refuses_while_services_are_idle_is_told() {
        let mut facts = with(vec![service("TCP 10.0.0.1:80", Vec::new())], &[]);
        facts.services[0].traffic = carried(0, 0);
        assert_eq!(gravities(no_service, &facts), []);
        facts = counted(facts, &[(REFUSALS[0], SURE)]);
        assert_eq!(gravities(no_service, &facts), [Note]);
        facts.services[0].traffic = carried(5, 5);
        assert_eq!(gravities(no_service, &facts), []);
        facts.services[0] = service("FWM 7", Vec::new());
        assert_eq!(gravities(no_service, &facts), []);
    }
}
