//! The virtual address: clients' packets must be taken in on this machine.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::Check;
use crate::diagnose::facts::{Facts, MOVERS, is_of_no_machine, selector};
use crate::diagnose::finding::{Finding, in_shell};
use crate::routing::{Address, Answer, Leads};
use ipvs::model::VirtualId;

pub(in crate::diagnose::checks) const VIP_NOT_LOCAL: Check = Check {
    id: "vip-not-local",
    symptom: "Connections time out. The service counts no packets.",
    cause: "The virtual address is no address of this machine, so that its packets are forwarded or refused and never reach IPVS. Or no client's packet to it can: IPVS takes none that is sent to several machines (multicast, broadcast), and none has the destination 0.0.0.0 or ::.",
    seen: "The kernel's route to the address is not `local`, or the address itself is of that kind and the service has counted no packet.",
    remedy: "Give the address to an interface of the director; in place of one of that kind, make a service of the address that clients ask for.",
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
        if let Some(why) = never_comes(facts, vip) {
            if service.traffic.total.in_packets == 0 {
                let finding = missing
                    .entry(vip)
                    .or_insert_with(|| of_no_machine(service.id, &why));
                finding.add(service.id);
            }
            continue;
        }
        let is_here = facts.addresses.of(vip).next().is_some();
        if facts.is_taken_in(vip) != Some(false) || is_here {
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
    // If its network is on a link, clients ask for it on that link.
    let interface = facts.on_link(vip).map(|own| facts.interface(own.interface));
    let interface = interface.unwrap_or("lo");
    Finding::fail(format!(
        "{vip} is no address of this machine, so that IPVS never sees its packets: clients wait and time out"
    ))
    .seen(format!("ip route get {vip} does not say `local'"))
    .run(format!("ip addr add {vip}/{bits} dev {}", in_shell(interface)))
    .say("and for good, in the configuration of the network or of what moves the address (keepalived)")
}

/// Returns why no client's packet to this address comes to IPVS, if that is so on every
/// director.
fn never_comes(facts: &Facts, vip: IpAddr) -> Option<String> {
    if vip.is_unspecified() {
        return Some(format!(
            "no packet has the destination {vip}, which does not stand for all addresses here"
        ));
    }
    // A link's own broadcast address is known by its route.
    let is_of_several = |answer: Answer| answer.is_ok_and(|way| way.leads == Leads::Elsewhere);
    let is_shared = is_of_no_machine(vip) || facts.way_to(vip).is_some_and(is_of_several);
    is_shared.then(|| {
        let kind = match vip.is_multicast() {
            true => "multicast",
            false => "broadcast",
        };
        format!(
            "{vip} is a {kind} address, and IPVS takes no packet that is sent to several machines"
        )
    })
}

fn of_no_machine(id: VirtualId, why: &str) -> Finding {
    Finding::fail(format!("{why}: no client reaches the service"))
        .seen(format!("ipvsadm -Sn: -A {}", selector(id)))
        .say("make a service of the address that clients ask for in its place; one of a firewall mark (-f) is for several addresses")
}

/// Returns why this machine may well do without the address.
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

pub(in crate::diagnose::checks) const VIP_ARP_IGNORED: Check = Check {
    id: "vip-arp-ignored",
    symptom: "Connections time out, or clients hear that there is no such host. The service counts no packets.",
    cause: "The director itself is silent about the virtual address, as real servers should be: the address is on another interface than the one in its network, and arp_ignore forbids to answer for it there.",
    seen: "The interface that has the address, net.ipv4.conf.INTERFACE.arp_ignore of the one in its network, and a service that has counted no packet.",
    remedy: "Give the address to the interface in its network, or set arp_ignore to 0 on the director.",
    since: "",
    judge: vip_arp_ignored,
};

fn vip_arp_ignored(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    if !facts.counters_live() || stands_by(facts).is_some() {
        return Vec::new();
    }
    for service in &facts.services {
        let Some(vip) = service.address().filter(IpAddr::is_ipv4) else {
            continue;
        };
        if service.traffic.total.in_packets > 0 || !facts.is_own(vip) {
            continue;
        }
        // If no interface is in its network, routers know the way, and do not ask.
        let Some(link) = facts
            .on_link(vip)
            .and_then(|own| facts.link(own.interface))
            .filter(|link| link.up && !link.loopback)
        else {
            continue;
        };
        let is_there = |own: &Address| own.interface == link.index;
        let ignores = facts.larger("ipv4", &link.name, "arp_ignore");
        if facts.addresses.of(vip).any(is_there) || !matches!(ignores, Some(1 | 2)) {
            continue;
        }
        let finding = found.entry(vip).or_insert_with(|| {
            let name = &link.name;
            let has = facts.addresses.of(vip).next();
            let here = has.map_or("?", |own| facts.interface(own.interface));
            Finding::fail(format!(
                "nobody on {name} is told who has {vip}: it is on {here}, and arp_ignore is set, as on a real server; clients wait and time out"
            ))
            .seen(format!("ip addr show to {vip} names {here}"))
            .seen(format!(
                "the larger of net.ipv4.conf.all.arp_ignore and {} is {}",
                Facts::setting_of("ipv4", name, "arp_ignore"),
                ignores.unwrap_or(0)
            ))
            .run(format!("ip addr add {vip}/32 dev {}", in_shell(name)))
            .say("and for good, in the configuration of the network; or set arp_ignore to 0")
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

pub(in crate::diagnose::checks) const VIP_LINK_DOWN: Check = Check {
    id: "vip-link-down",
    symptom: "Connections time out, or clients hear that there is no such host. The service counts no packets.",
    cause: "The interface in the virtual address's network is switched off, or has no carrier.",
    seen: "The interface (ip link show), and a service that counted no packet from the first look to the second.",
    remedy: "Switch the interface on, or plug it in.",
    since: "",
    judge: vip_link_down,
};

fn vip_link_down(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<u32, Finding> = BTreeMap::new();
    if stands_by(facts).is_some() {
        return Vec::new();
    }
    for service in &facts.services {
        let idle = service
            .traffic
            .rise
            .is_some_and(|rise| rise.in_packets == 0);
        let Some(vip) = service.address().filter(|vip| idle && facts.is_own(*vip)) else {
            continue;
        };
        // If several links are in its network, packets can come by any of them.
        let mut links = facts
            .networks(vip)
            .filter_map(|own| facts.link(own.interface))
            .filter(|link| link.kind.as_deref() != Some("dummy"))
            .peekable();
        let Some(first) = links.peek().copied() else {
            continue;
        };
        if links.any(|link| link.loopback || (link.up && !link.unplugged)) {
            continue;
        }
        let finding = found.entry(first.index).or_insert_with(|| {
            let name = &first.name;
            let finding = Finding::fail(format!(
                "{name}, the interface in the network of {vip}, is {}: clients wait and time out",
                if first.up {
                    "not plugged in"
                } else {
                    "switched off"
                }
            ));
            match first.up {
                true => finding
                    .seen(format!("ip link show {name} says NO-CARRIER"))
                    .say("see to the cable, and to the machine or the switch at its other end"),
                false => finding
                    .seen(format!("ip link show {name} does not say UP"))
                    .run(format!("ip link set {} up", in_shell(name)))
                    .say("and see that routes by it are there again: ip route"),
            }
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

pub(in crate::diagnose::checks) const VIP_DUPLICATE: Check = Check {
    id: "vip-duplicate",
    symptom: "Connections time out, are refused or reach another machine.",
    cause: "Another machine on the link has the virtual address too: another director that took it over while this one was thought dead, or a wrong configuration. With IPv6 this one then refuses to use it.",
    seen: "With IPv6 the address is marked `dadfailed'. With IPv4, --probe asks on the link who has it, and a machine that is no server answers.",
    remedy: "Take the address from the other machine; with IPv6 give it to this one again then.",
    since: "",
    judge: vip_duplicate,
};

fn vip_duplicate(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for service in &facts.services {
        let Some(vip) = service.address() else {
            continue;
        };
        if let Some((interface, hardware)) = stranger(facts, vip) {
            let finding = found.entry(vip).or_insert_with(|| {
                Finding::warn(format!(
                    "another machine on {interface} has {vip} too: clients reach the one or the other, whichever their neighbours heard of last"
                ))
                .seen(format!("asked on {interface} who has {vip}, {hardware} answered, which is neither this machine nor a server"))
                .say(format!("find the machine with the hardware address {hardware}, and take {vip} from it; if that is a router which answers for others (proxy_arp), nothing is wrong"))
            });
            finding.add(service.id);
            continue;
        }
        let Some(own) = facts.addresses.of(vip).find(|own| own.duplicate) else {
            continue;
        };
        let interface = facts.interface(own.interface);
        let finding = found.entry(vip).or_insert_with(|| {
            let here = format!("{vip}/{} dev {}", own.prefix, in_shell(interface));
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

/// Returns the interface and the hardware address of another machine that has answered
/// for an address of this one, and is no server.
fn stranger(facts: &Facts, vip: IpAddr) -> Option<(&str, &str)> {
    if !facts.is_own(vip) {
        return None;
    }
    let is_server = |hardware: &str| {
        let mut servers = facts.services.iter().flat_map(|service| &service.servers);
        servers.any(|server| {
            let mut known = facts.neighbours.of(server.address());
            known.any(|known| known.hardware.as_deref() == Some(hardware))
        })
    };
    let is_mine = |hardware: &str| {
        let mut links = facts.links.iter();
        links.any(|link| link.hardware.as_deref() == Some(hardware))
    };
    let answers = facts.answered.of(vip);
    answers
        .filter_map(|answer| Some((answer.interface, answer.hardware.as_deref()?)))
        .find(|(_, hardware)| !is_mine(hardware) && !is_server(hardware))
        .map(|(interface, hardware)| (facts.interface(interface), hardware))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity::Fail;
    use crate::diagnose::example::{
        carried, daemon, gravities, here, onward, own, route, service, to, with,
    };
    use crate::diagnose::finding::Remedy;
    use crate::routing::{Answer, Leads};

    fn missing(vip: &str, answer: Answer) -> Facts {
        let id = match vip.contains(':') {
            true => format!("UDP [{vip}]:53"),
            false => format!("UDP {vip}:53"),
        };
        let mut facts = with(vec![service(&id, Vec::new())], &[]);
        facts.addresses = vec![own("10.0.0.5/24", 2)].into();
        facts.answers(to(vip), answer)
    }

    fn gives_the_address(facts: &Facts) -> bool {
        let found = vip_not_local(facts);
        let mut steps = found.iter().flat_map(|finding| &finding.remedy);
        steps.any(|step| matches!(step, Remedy::Run(_)))
    }

    #[test]
    fn an_address_that_no_machine_has_is_given_to_none() {
        let several = Ok(route(Leads::Elsewhere, 2));
        for (vip, answer) in [
            ("0.0.0.0", here()),
            ("::", Err(101)),
            ("224.0.0.1", Err(101)),
            ("ff02::1", several),
            ("255.255.255.255", Err(101)),
            ("10.0.0.255", several),
        ] {
            let mut facts = missing(vip, answer);
            // No other director has the address.
            facts.daemons = vec![daemon(true)];
            assert_eq!(gravities(vip_not_local, &facts), [Fail], "{vip}");
            assert!(!gives_the_address(&facts), "{vip}");
            // This machine's own packets may come to it.
            for service in &mut facts.services {
                service.traffic = carried(1, 1);
            }
            assert_eq!(gravities(vip_not_local, &facts), [], "{vip}");
        }
        let facts = missing("10.0.0.1", onward(2));
        assert_eq!(gravities(vip_not_local, &facts), [Fail]);
        assert!(gives_the_address(&facts));
    }
}
