//! The virtual address: clients' packets must be taken in on this machine.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::Check;
use crate::diagnose::facts::{Facts, MOVERS};
use crate::diagnose::finding::Finding;
use crate::routing::Address;

pub(in crate::diagnose::checks) const VIP_NOT_LOCAL: Check = Check {
    id: "vip-not-local",
    symptom: "Connections time out. The service counts no packets.",
    cause: "The virtual address is no address of this machine, so that its packets are forwarded or refused and never reach IPVS.",
    seen: "The kernel's route to the address is not `local`.",
    remedy: "Give the address to an interface of the director.",
    since: "",
    judge: vip_not_local,
};

fn vip_not_local(facts: &Facts) -> Vec<Finding> {
    let mut missing: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    let stands_by = stands_by(facts);
    for service in &facts.services {
        let Some(vip) = service.address() else {
            continue;
        };
        let is_here = |own: &Address| own.address == vip;
        if facts.is_taken_in(vip) != Some(false) || facts.addresses.iter().any(is_here) {
            continue;
        }
        let finding = missing.entry(vip).or_insert_with(|| match &stands_by {
            Some(why) => Finding::note(format!(
                "{vip} is no address of this machine; it seems to stand by for another director"
            ))
            .seen(format!("ip route get {vip} does not say `local'"))
            .seen(why.clone())
            .say("nothing, as long as the other director has the address"),
            None => not_local(facts, vip),
        });
        finding.add(service.id);
    }
    missing.into_values().collect()
}

fn not_local(facts: &Facts, vip: IpAddr) -> Finding {
    let bits = if vip.is_ipv4() { 32 } else { 128 };
    // Where its network is on a link, that link is the one that clients ask.
    let interface = facts.on_link(vip).map(|own| facts.interface(own.interface));
    let interface = interface.unwrap_or("lo");
    Finding::fail(format!(
        "{vip} is no address of this machine, so that IPVS never sees its packets: clients wait and time out"
    ))
    .seen(format!("ip route get {vip} does not say `local'"))
    .run(format!("ip addr add {vip}/{bits} dev {interface}"))
    .say("and for good, in the configuration of the network or of what moves the address (keepalived)")
}

/// Why this machine may well do without the address.
pub(in crate::diagnose::checks) fn stands_by(facts: &Facts) -> Option<String> {
    if let Some(daemon) = facts.daemons.iter().find(|daemon| daemon.backup) {
        return Some(format!(
            "a synchronization daemon runs as backup on {}",
            daemon.interface
        ));
    }
    let mover = MOVERS.iter().find(|name| facts.runs(&[name]))?;
    Some(format!("{mover} runs, which moves virtual addresses"))
}

pub(in crate::diagnose::checks) const VIP_DUPLICATE: Check = Check {
    id: "vip-duplicate",
    symptom: "Connections over IPv6 time out or reach another machine.",
    cause: "Another machine on the link has the IPv6 virtual address, so that this one refuses to use it.",
    seen: "The address is marked `dadfailed'.",
    remedy: "Take the address from the other machine, then give it to this one again.",
    since: "",
    judge: vip_duplicate,
};

fn vip_duplicate(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for service in &facts.services {
        let Some(vip) = service.address() else {
            continue;
        };
        let Some(own) = facts
            .addresses
            .iter()
            .find(|own| own.address == vip && own.duplicate)
        else {
            continue;
        };
        let interface = facts.interface(own.interface);
        let finding = found.entry(vip).or_insert_with(|| {
            let here = format!("{vip}/{} dev {interface}", own.prefix);
            Finding::fail(format!(
                "another machine on {interface} has {vip}, so that it is not used here: clients reach the other machine or none"
            ))
            .seen(format!("ip -6 addr show dev {interface} says `dadfailed' for {vip}"))
            .say("take the address from the other machine, or from what answers for it; then")
            .run(format!("ip addr del {here} && ip addr add {here}"))
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}
