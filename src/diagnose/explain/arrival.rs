//! The client's packets must be taken in on this machine.

use std::net::IpAddr;

use super::{Leg, Passage, found, list};
use crate::diagnose::facts::{Facts, Journey, errno_text, is_of_no_machine};
use crate::diagnose::finding::Finding;
use crate::routing::{Answer, Leads, Question};
use ipvs::model::VirtualId;

pub(super) const CHECKS: &[&str] = &[
    "vip-not-local",
    "vip-arp-ignored",
    "vip-duplicate",
    "input-filter",
];
pub(super) const CHECKS_OF_MARKS: &[&str] = &["mark-unmarked"];

pub(super) fn arrival(journey: &Journey) -> Leg {
    let mut leg = Leg::new("arrival");
    match journey.wanted {
        VirtualId::Endpoint { address, .. } => at_address(&mut leg, journey, address),
        VirtualId::Fwmark { mark, .. } => marked(&mut leg, journey, mark.get()),
    }
    leg
}

fn at_address(leg: &mut Leg, journey: &Journey, vip: IpAddr) {
    let (facts, client) = (&journey.facts, journey.client);
    if facts.is_taken_in(vip) == Some(false) || is_of_no_machine(vip) {
        leg.at_most(Passage::Shut);
        leg.say(format!(
            "Packets to {vip} are not taken in here: it is no address of this machine, and IPVS never sees them."
        ));
        leg.find(found(facts, CHECKS));
        return;
    }
    if facts.is_own(client) {
        leg.say(format!(
            "{client} is an address of this machine: its packets to {vip} do not leave it, and are taken in."
        ));
        return;
    }
    let answer = |input| facts.answer(&Question::through(client, input, vip));
    let Some(input) = journey.input() else {
        leg.at_most(Passage::Unsure);
        leg.say(format!(
            "{vip} is taken in here. There is no route to {client}, so it is not known by which interface its packets come."
        ));
        return;
    };
    let name = facts.interface(input);
    match answer(input) {
        Some(Ok(route)) if route.leads == Leads::Here => leg.say(format!(
            "Packets of {client} to {vip} are taken in here, as they come by {name}, the interface that leads to the client."
        )),
        Some(refusal) => refused(leg, facts, client, name, vip, refusal),
        None => {
            leg.at_most(Passage::Unsure);
            leg.say(format!("The kernel could not be asked about packets of {client} that come by {name}."));
        }
    }
    let mut others = Vec::new();
    for link in facts.links.iter().filter(|link| link.index != input) {
        let refused = answer(link.index).is_some_and(|answer| answer.is_err());
        let is_filtered = facts.larger("ipv4", &link.name, "rp_filter") == Some(1);
        if refused && is_filtered && vip.is_ipv4() {
            others.push(link.name.clone());
        }
    }
    if !others.is_empty() {
        leg.say(format!(
            "If they came by {} instead, the strict reverse path filter would drop them.",
            list(&others)
        ));
    }
    leg.find(found(facts, CHECKS));
}

fn refused(leg: &mut Leg, facts: &Facts, client: IpAddr, name: &str, vip: IpAddr, answer: Answer) {
    leg.at_most(Passage::Shut);
    let why = match answer {
        Ok(_) => "they are routed on".to_owned(),
        Err(errno) => errno_text(errno),
    };
    leg.say(format!(
        "Packets of {client} to {vip} that come by {name} are not taken in here."
    ));
    let question = format!("ip route get {vip} from {client} iif {name}: {why}");
    let mut finding = Finding::fail(format!(
        "the kernel drops packets of {client} that come by {name}"
    ))
    .seen(question);
    if facts.larger("ipv4", name, "rp_filter") == Some(1) && vip.is_ipv4() {
        finding = finding
            .say("the strict reverse path filter may be the reason:")
            .set(&Facts::setting_of("ipv4", name, "rp_filter"), "2");
    }
    leg.find([finding]);
}

fn marked(leg: &mut Leg, journey: &Journey, mark: u32) {
    let (facts, client) = (&journey.facts, journey.client);
    leg.say(format!(
        "Which packets get the mark {mark} is up to rules of the packet filter or of tc, which are not looked at here. They are shown by: nft list ruleset; iptables-save -t mangle; tc filter show dev {} ingress",
        journey.input().map_or("INTERFACE", |input| facts.interface(input))
    ));
    leg.find(found(facts, CHECKS_OF_MARKS));
    let is_here = |answer: &Answer| answer.is_ok_and(|route| route.leads == Leads::Here);
    let Some(((_, elsewhere), tried)) = journey.marked.split_last() else {
        leg.at_most(Passage::Unsure);
        leg.say(format!(
            "There is no route to {client}, so it is not known by which interface its packets come."
        ));
        return;
    };
    let name = journey.input().map_or("?", |input| facts.interface(input));
    if is_here(elsewhere) {
        leg.say(format!(
            "With that mark, packets of {client} that come by {name} are taken in, whatever their address is."
        ));
        return;
    }
    let taken = tried.iter().filter(|(_, answer)| is_here(answer));
    let taken: Vec<_> = taken.map(|(address, _)| address.to_string()).collect();
    // The client's connections went to this address, and packets to it are lost.
    let lost = tried.iter().find(|(address, answer)| {
        let went = journey
            .connections
            .iter()
            .any(|known| known.service.address == *address);
        went && !is_here(answer)
    });
    if !taken.is_empty() {
        leg.say(format!(
            "With that mark, packets of {client} that come by {name} are taken in where they go to {}; those to other addresses are not.",
            list(&taken)
        ));
    }
    if taken.is_empty() || lost.is_some() {
        leg.at_most(if taken.is_empty() {
            Passage::Shut
        } else {
            Passage::Unsure
        });
        let all = if client.is_ipv4() {
            "0.0.0.0/0"
        } else {
            "::/0"
        };
        let version = if client.is_ipv4() { "" } else { "-6 " };
        let what = lost.map_or_else(
            || "no address".to_owned(),
            |(address, _)| format!("not to {address}"),
        );
        leg.findings.push(
            Finding::warn(format!(
                "packets with the mark {mark} are taken in, but {what}; IPVS never sees the others"
            ))
            .say("to take them in wherever they go:")
            .run(format!("ip {version}rule add fwmark {mark} lookup 100"))
            .run(format!(
                "ip {version}route add local {all} dev lo table 100"
            )),
        );
    }
}
