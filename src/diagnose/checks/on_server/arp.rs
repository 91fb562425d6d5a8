//! A real server must not tell its neighbours of the virtual address: they would
//! send clients' packets past the director.

use super::super::Check;
use super::super::commands::{QUIET_ARP, add_to_lo};
use super::taking_vip;
use crate::diagnose::facts::{Facts, OnServer};
use crate::diagnose::finding::{Finding, Gravity, in_shell};
use crate::routing::{Address, Link};

pub(in crate::diagnose::checks) const SRV_VIP_ON_LINK: Check = Check {
    id: "srv-vip-on-link",
    symptom: "Clients go past the director to this server, all of them or now and then.",
    cause: "The virtual address is on an interface with neighbours, which the server tells of it whatever arp_ignore says.",
    seen: "The interface that has the address.",
    remedy: "Move the address to lo.",
    since: "",
    judge: srv_vip_on_link,
};

fn srv_vip_on_link(facts: &Facts) -> Vec<Finding> {
    let Some(on_server) = taking_vip(facts) else {
        return Vec::new();
    };
    let vip = on_server.vip();
    let mut wires = facts.wires();
    let held = wires.find_map(|link| {
        let is_it = |own: &&Address| own.interface == link.index;
        Some((link, facts.addresses.of(vip).find(is_it)?))
    });
    let Some((link, own)) = held else {
        return Vec::new();
    };
    let name = &link.name;
    // With arp_ignore=8 nobody is answered; a filter for ARP may do the same.
    let is_quiet = facts.larger("ipv4", name, "arp_ignore") == Some(8);
    if vip.is_ipv4() && (is_quiet || filters_arp(facts)) {
        return Vec::new();
    }
    let finding = Finding::fail(format!(
        "{vip} is on {name}, and this server answers who asks there for it: clients go past the director"
    ))
    .seen(format!("ip addr show dev {name} lists {vip}/{}", own.prefix));
    let finding = match vip.is_ipv4() {
        true => finding.run(QUIET_ARP),
        false => finding,
    };
    let has_other = facts.addresses.iter().any(|other| {
        other.interface == link.index
            && other.address != vip
            && other.address.is_ipv4() == vip.is_ipv4()
    });
    let finding = match has_other {
        true => finding,
        false => finding.say(format!(
            "give {name} an address of its own before you take this one from it: it has no other, and the machine could not be reached"
        )),
    };
    vec![
        finding
            .run(format!(
                "ip addr del {vip}/{} dev {}",
                own.prefix,
                in_shell(name)
            ))
            .run(add_to_lo(vip))
            .say("and for good, in the configuration of the network and in /etc/sysctl.d"),
    ]
}

/// Returns whether there are rules for ARP, which may hide the address as well.
fn filters_arp(facts: &Facts) -> bool {
    let mut chains = facts.filters.iter().flatten();
    chains.any(|chain| chain.table.starts_with("arp "))
}

/// Returns the links whose neighbours may ask for the virtual address, and how sure it is
/// that they do.
fn asked(
    facts: &Facts,
    on_server: &OnServer,
    setting: &str,
    wanted: i64,
) -> Vec<(Gravity, String)> {
    let vip = on_server.vip();
    if !vip.is_ipv4() || facts.is_taken_in(vip) != Some(true) || filters_arp(facts) {
        return Vec::new();
    }
    let is_open = |link: &&Link| {
        let value = facts.larger("ipv4", &link.name, setting);
        value.is_some_and(|value| value < wanted)
    };
    let with_director = |link: &Link| {
        let director = on_server.director.filter(|_| !on_server.method.is_tunnel());
        director.is_some_and(|director| facts.interface_to(director) == Some(link.index))
    };
    let in_network = |link: &Link| facts.wire_in_network(vip) == Some(link.index);
    let sure: Vec<&Link> = facts
        .wires()
        .filter(|link| with_director(link) || in_network(link))
        .collect();
    if !sure.is_empty() {
        let open = sure.into_iter().filter(is_open);
        return open
            .map(|link| (Gravity::Fail, link.name.clone()))
            .collect();
    }
    // As a rule, servers behind tunnels are in other networks than the virtual address.
    let addressed = |link: &&Link| {
        let is_it = |own: &Address| own.interface == link.index && own.address.is_ipv4();
        facts.addresses.iter().any(is_it)
    };
    let all: Vec<&Link> = facts.wires().filter(addressed).collect();
    if on_server.method.is_tunnel() || !all.iter().all(is_open) {
        return Vec::new();
    }
    let name = |link: &&Link| (Gravity::Warn, link.name.clone());
    all.iter().map(name).collect()
}

/// Returns one finding for all links.
fn told(
    facts: &Facts,
    (setting, wanted): (&str, i64),
    sentence: impl Fn(&str) -> String,
    worst: Gravity,
) -> Vec<Finding> {
    let Some(on_server) = taking_vip(facts) else {
        return Vec::new();
    };
    let links = asked(facts, on_server, setting, wanted);
    let Some((gravity, _)) = links.first() else {
        return Vec::new();
    };
    let names: Vec<_> = links.iter().map(|(_, name)| name.as_str()).collect();
    let mut finding = Finding::fail(sentence(&names.join(", ")));
    finding.gravity = (*gravity).max(worst);
    for name in ["all"].iter().chain(&names) {
        let value = facts.of_interface("ipv4", name, setting).unwrap_or(0);
        finding = finding.seen(format!(
            "{} = {value}",
            Facts::setting_of("ipv4", name, setting)
        ));
    }
    let name = Facts::setting_of("ipv4", "all", setting);
    vec![finding.set(&name, &wanted.to_string())]
}

pub(in crate::diagnose::checks) const SRV_ANSWERS_ARP: Check = Check {
    id: "srv-answers-arp",
    symptom: "Clients go past the director to this server, all of them or now and then.",
    cause: "The server answers ARP requests for the virtual address, though it is on lo.",
    seen: "The larger of net.ipv4.conf.all.arp_ignore and the interface's own is 0.",
    remedy: "Set arp_ignore to 1.",
    since: "",
    judge: srv_answers_arp,
};

fn srv_answers_arp(facts: &Facts) -> Vec<Finding> {
    let sentence = |names: &str| {
        format!(
            "this server answers ARP requests for the virtual address on {names}: clients go past the director"
        )
    };
    told(facts, ("arp_ignore", 1), sentence, Gravity::Fail)
}

pub(in crate::diagnose::checks) const SRV_ANNOUNCES_VIP: Check = Check {
    id: "srv-announces-vip",
    symptom: "Clients go past the director to this server now and then.",
    cause: "The server's own ARP requests come from the virtual address, and who hears them learns that it is there.",
    seen: "The larger of net.ipv4.conf.all.arp_announce and the interface's own is below 2.",
    remedy: "Set arp_announce to 2.",
    since: "",
    judge: srv_announces_vip,
};

fn srv_announces_vip(facts: &Facts) -> Vec<Finding> {
    let sentence = |names: &str| {
        format!(
            "this server's ARP requests on {names} name the virtual address as its own: who hears them goes past the director"
        )
    };
    told(facts, ("arp_announce", 2), sentence, Gravity::Warn)
}
