//! Services of a firewall mark: packets must get the mark, and be taken in.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;

use super::Check;
use super::any::address::stands_by;
use super::any::asked::REFUSALS;
use crate::diagnose::facts::{Chain, Facts, Hook, ServiceFacts};
use crate::diagnose::finding::Finding;
use crate::routing::{Answer, Leads};
use ipvs::model::{Family, VirtualId};

pub(super) const MARK_UNMARKED: Check = Check {
    id: "mark-unmarked",
    symptom: "Connections are refused or time out. The service counts no packets.",
    cause: "Nothing on this machine gives packets a mark; or there are rules that do, and none gives this mark to the clients' packets.",
    seen: "The service has counted no packet, the packet filter has no rule for incoming packets that sets marks, and traffic control (tc) has no filter. If one of them may set marks, this is a note: what their rules do to a packet is not computed.",
    remedy: "Add a rule that gives the mark to packets for the virtual address.",
    since: "",
    judge: mark_unmarked,
};

/// Returns the services of a mark that have never counted a packet, with their marks.
fn silent(facts: &Facts) -> impl Iterator<Item = (&ServiceFacts, NonZeroU32, Family)> {
    let live = facts.counters_live();
    facts
        .services
        .iter()
        .filter_map(move |service| match service.id {
            VirtualId::Fwmark { mark, family } if live && service.traffic.total.in_packets == 0 => {
                Some((service, mark, family))
            }
            VirtualId::Fwmark { .. } | VirtualId::Endpoint { .. } => None,
        })
}

/// Returns whether something here may give packets a mark before IPVS sees them, or none
/// if that could not be read.
fn may_mark(facts: &Facts) -> Option<bool> {
    let chains = facts.filters.as_ref()?;
    let is_before = |hook| matches!(hook, Hook::Prerouting | Hook::Input | Hook::Other);
    let marks = |chain: &Chain| is_before(chain.hook) && chain.sets_marks;
    Some(chains.iter().any(marks) || !facts.classified.is_empty())
}

/// Returns findings about services whose mark rules may give, though no packet has
/// come with it.
fn perhaps_unmarked(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<(NonZeroU32, Family), Finding> = BTreeMap::new();
    for (service, mark, family) in silent(facts) {
        let tables = match family {
            Family::V4 => "iptables-save",
            Family::V6 => "ip6tables-save",
        };
        let finding = found.entry((mark, family)).or_insert_with(|| {
            let refused = REFUSALS.iter().filter(|counter| facts.rise(counter) > 0);
            Finding::note(format!(
                "no packet with the mark {mark} has come so far; if clients ask, no rule gives it to their packets"
            ))
            .seen_by(refused.map(|counter| {
                format!("{}: packets that no service takes are refused here", facts.rose(counter))
            }))
            .say("the rules are not evaluated here: see whether one names this mark, and the address, port and protocol that clients ask for, and whether its counter rises:")
            .run("nft list ruleset")
            .run(format!("{tables} -c -t mangle"))
            .say("or, by traffic control, on the interface of the clients: tc -s filter show dev INTERFACE ingress")
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

fn mark_unmarked(facts: &Facts) -> Vec<Finding> {
    match may_mark(facts) {
        Some(false) => {}
        Some(true) if mark_not_local(facts).is_empty() => return perhaps_unmarked(facts),
        Some(true) | None => return Vec::new(),
    }
    let mut found: BTreeMap<(NonZeroU32, Family), Finding> = BTreeMap::new();
    for (service, mark, family) in silent(facts) {
        let finding = found.entry((mark, family)).or_insert_with(|| {
            let ip = match family {
                Family::V4 => "ip",
                Family::V6 => "ip6",
            };
            let sentence = "nothing on this machine gives packets the mark, so that the service gets none: clients are refused or time out";
            let finding = match stands_by(facts) {
                Some(why) => Finding::note(sentence).seen(why),
                None => Finding::fail(sentence),
            };
            finding
                .seen("nft list ruleset: no rule for incoming packets sets a mark")
                .seen("tc qdisc: neither clsact nor ingress")
                .say("with the virtual address and port in place of ADDRESS and PORT:")
                .run(format!("nft add table {ip} ipvs"))
                .run(format!(
                    "nft 'add chain {ip} ipvs marking {{ type filter hook prerouting priority mangle; }}'"
                ))
                .run(format!(
                    "nft add rule {ip} ipvs marking {ip} daddr ADDRESS tcp dport PORT meta mark set {mark}"
                ))
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

pub(super) const MARK_NOT_LOCAL: Check = Check {
    id: "mark-not-local",
    symptom: "Connections time out or are refused. The service counts no packets.",
    cause: "Packets get the mark, and yet are not taken in here, since their address does not belong to this machine: IPVS never sees them.",
    seen: "The kernel's route of a client's packet with the mark is not `local`. Which addresses a mark is for is not in the table: without connections that tell, it is a note.",
    remedy: "Give this machine the address, or a route that takes it in: ip route add local ADDRESS dev lo.",
    since: "",
    judge: mark_not_local,
};

/// Returns the counter that has risen because packets of this family were not taken in.
fn passed_on(facts: &Facts, family: Family) -> Option<&'static str> {
    let counters = match family {
        Family::V4 => ["IpForwDatagrams", "IpExtInNoRoutes"],
        Family::V6 => ["Ip6OutForwDatagrams", "Ip6InNoRoutes"],
    };
    counters.into_iter().find(|counter| facts.rise(counter) > 0)
}

fn mark_not_local(facts: &Facts) -> Vec<Finding> {
    if stands_by(facts).is_some() {
        return Vec::new();
    }
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for marked in facts.marked() {
        let vip = marked.question.destination;
        let is_idle = |service: &&ServiceFacts| service.id == marked.service && !service.is_busy();
        if !is_elsewhere(facts.answer(&marked.question))
            || !facts.services.iter().any(|service| is_idle(&service))
        {
            continue;
        }
        let Some(counter) = passed_on(facts, Family::of(vip)) else {
            continue;
        };
        let mark = marked.mark;
        let finding = found.entry(vip).or_insert_with(|| {
            let bits = if vip.is_ipv4() { 32 } else { 128 };
            Finding::fail(format!(
                "packets for {vip} are not taken in here, with the mark or without: IPVS no longer sees them, and clients wait and time out"
            ))
            .seen(format!("ip route get {vip} mark {mark} does not say `local'"))
            .seen(facts.rose(counter))
            .run(format!("ip route add local {vip}/{bits} dev lo"))
            .say("and for good, in the configuration of the network")
        });
        finding.add(marked.service);
    }
    if !found.is_empty() || may_mark(facts) == Some(false) {
        return found.into_values().collect();
    }
    let mut found: BTreeMap<Family, Finding> = BTreeMap::new();
    for (service, _, family) in silent(facts) {
        let Some(counter) = passed_on(facts, family) else {
            continue;
        };
        let finding = found.entry(family).or_insert_with(|| {
            Finding::note(
                "no packet with the mark has come so far, and packets are passed on: those whose address does not belong to this machine are never seen by IPVS, whatever their mark",
            )
            .seen(facts.rose(counter))
            .say("if the virtual address is not an address of this machine: ip route add local ADDRESS dev lo")
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

/// Returns whether the packet is sent on, or has no route. A refusal by a filter is
/// another fault.
fn is_elsewhere(answer: Option<Answer>) -> bool {
    /// `ENETUNREACH`, `EHOSTUNREACH`
    const NO_WAY: [i32; 2] = [101, 113];
    match answer {
        Some(Ok(route)) => matches!(route.leads, Leads::Onward | Leads::Nowhere),
        Some(Err(errno)) => NO_WAY.contains(&errno),
        None => false,
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity;
    use crate::diagnose::example::{
        carried, chain, counted, daemon, flow, gravities, onward, server, service, to, with,
    };
    use crate::diagnose::facts::{ConnectionFacts, Method, SystemCounter};
    use crate::routing::Question;

    fn marked() -> Facts {
        let services = vec![service("FWM 7", vec![server("10.1.0.2:0", Method::Nat)])];
        let mut facts = with(services, &[]);
        facts.filters = Some(Vec::new());
        facts
    }

    /// A chain whose table has a rule that sets marks.
    fn marking(hook: Hook) -> Chain {
        Chain {
            sets_marks: true,
            ..chain(hook)
        }
    }

    #[test]
    fn who_may_mark_is_trusted() {
        assert_eq!(gravities(mark_unmarked, &marked()), [Gravity::Fail]);
        let mut facts = marked();
        facts.filters = None;
        assert_eq!(gravities(mark_unmarked, &facts), []);
        facts.filters = Some(vec![marking(Hook::Prerouting)]);
        assert_eq!(gravities(mark_unmarked, &facts), [Gravity::Note]);
        // The firewall sets no marks.
        facts.filters.as_mut().unwrap()[0].sets_marks = false;
        assert_eq!(gravities(mark_unmarked, &facts), [Gravity::Fail]);
        facts.filters = Some(vec![marking(Hook::Postrouting)]);
        assert_eq!(gravities(mark_unmarked, &facts), [Gravity::Fail]);
        facts.classified = vec![2];
        assert_eq!(gravities(mark_unmarked, &facts), [Gravity::Note]);
        let mut facts = marked();
        facts.services[0].traffic = carried(1, 1);
        assert_eq!(gravities(mark_unmarked, &facts), []);
        let mut facts = marked();
        facts
            .sysctls
            .insert("net.ipv4.vs.run_estimation".to_owned(), "0".to_owned());
        assert_eq!(gravities(mark_unmarked, &facts), []);
    }

    #[test]
    fn each_mark_and_each_family_has_a_remedy_of_its_own() {
        let ids = ["FWM 7", "FWM 7 IPv6", "FWM 8"];
        let services = ids.map(|id| service(id, vec![server("10.1.0.2:0", Method::Nat)]));
        let mut facts = with(services.into(), &[]);
        let affected = |judge: fn(&Facts) -> Vec<Finding>, facts: &Facts| {
            let found = judge(facts).into_iter();
            found
                .map(|finding| finding.affected.join(", "))
                .collect::<Vec<_>>()
        };
        facts.filters = Some(Vec::new());
        assert_eq!(
            affected(mark_unmarked, &facts),
            ["FWM 7", "FWM 7 IPv6", "FWM 8"]
        );
        let remedies: std::collections::BTreeSet<_> = mark_unmarked(&facts)
            .into_iter()
            .map(|finding| format!("{:?}", finding.remedy))
            .collect();
        assert_eq!(remedies.len(), 3);
        facts.filters = Some(vec![marking(Hook::Prerouting)]);
        assert_eq!(
            affected(mark_unmarked, &facts),
            ["FWM 7", "FWM 7 IPv6", "FWM 8"]
        );
        // The packets of one family that are passed on are no evidence for the other.
        let facts = counted(facts, &[("IpForwDatagrams", 3)]);
        assert_eq!(affected(mark_not_local, &facts), ["FWM 7, FWM 8"]);
        let facts = counted(facts, &[("Ip6OutForwDatagrams", 3)]);
        assert_eq!(
            affected(mark_not_local, &facts),
            ["FWM 7, FWM 8", "FWM 7 IPv6"]
        );
    }

    #[test]
    fn a_standby_director_may_do_without_marks() {
        let mut facts = marked();
        facts.daemons = vec![daemon(true)];
        assert_eq!(gravities(mark_unmarked, &facts), [Gravity::Note]);
    }

    /// A client was served, and now its packets are sent on.
    fn passed_on() -> Facts {
        let mut facts = marked();
        facts.filters = Some(vec![marking(Hook::Prerouting)]);
        facts.connections = Some(ConnectionFacts {
            flows: vec![flow("10.9.9.9:80", "10.1.0.2:80", 0, 1)].into(),
            ..ConnectionFacts::default()
        });
        facts.services[0].traffic = carried(5, 5);
        facts.services[0].traffic.rise = None;
        let rise = SystemCounter { total: 3, rise: 3 };
        facts.counters = [("IpForwDatagrams".to_owned(), rise)].into();
        let client = "192.0.2.9".parse().unwrap();
        let vip = "10.9.9.9".parse().unwrap();
        let mut question = Question::through(client, 2, vip);
        question.mark = 7;
        facts
            .answers(to("192.0.2.9"), onward(2))
            .answers(question, onward(3))
    }

    #[test]
    fn an_address_that_connections_tell_of() {
        let facts = passed_on();
        assert_eq!(gravities(mark_not_local, &facts), [Gravity::Fail]);
        let mut busy = facts.clone();
        busy.services[0].traffic = carried(5, 5);
        assert_eq!(gravities(mark_not_local, &busy), []);
        let mut other = facts.clone();
        other.services.push(service("TCP 10.9.9.9:80", Vec::new()));
        assert_eq!(gravities(mark_not_local, &other), []);
        let mut calm = facts;
        calm.counters.clear();
        assert_eq!(gravities(mark_not_local, &calm), []);
    }

    #[test]
    fn without_connections_it_is_a_note() {
        let mut facts = passed_on();
        facts.connections = None;
        assert_eq!(gravities(mark_not_local, &facts), []);
        facts.services[0].traffic = carried(0, 0);
        assert_eq!(gravities(mark_not_local, &facts), [Gravity::Note]);
    }
}
