//! The servers of a service: there must be one that takes connections.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::Check;
use crate::diagnose::facts::{Facts, Server, ServiceFacts, errno_text, selector};
use crate::diagnose::finding::{Finding, in_shell};
use crate::routing::{Leads, Link};

pub(in crate::diagnose::checks) const NO_USABLE_SERVER: Check = Check {
    id: "no-usable-server",
    symptom: "New connections are refused at once (port unreachable).",
    cause: "The service has no server, each of its servers has weight 0, or it has no scheduler.",
    seen: "The table. The kernel's log says `no destination available'.",
    remedy: "Add a server, give one a weight, or name a scheduler.",
    since: "",
    judge: no_usable_server,
};

fn no_usable_server(facts: &Facts) -> Vec<Finding> {
    let is_empty = |service: &&ServiceFacts| service.servers.is_empty();
    let is_idle = |service: &&ServiceFacts| {
        !service.servers.is_empty() && service.servers.iter().all(|server| server.weight == 0)
    };
    let mut found = Vec::new();
    let mut empty = facts.services.iter().filter(is_empty).peekable();
    if let Some(first) = empty.peek() {
        let mut finding = Finding::fail("the service has no server: clients are refused")
            .seen(format!(
                "ipvsadm -Ln {} lists no server",
                selector(first.id)
            ))
            .run(format!("ipvsadm -a {} -r SERVER", selector(first.id)));
        for service in empty {
            finding.add(service.id);
        }
        found.push(finding);
    }
    let mut idle = facts.services.iter().filter(is_idle).peekable();
    if let Some(first) = idle.peek() {
        let server = first
            .servers
            .first()
            .map_or_else(String::new, |server| server.option());
        let mut finding =
            Finding::fail("every server of the service has weight 0: new clients are refused")
                .seen(format!(
                    "ipvsadm -Ln {} lists only weights of 0",
                    selector(first.id)
                ))
                .run(format!("ipvsadm -e {} {server} -w 1", selector(first.id)))
                .say("or wait, if the servers are being drained");
        for service in idle {
            finding.add(service.id);
        }
        found.push(finding);
    }
    let mut unscheduled = facts
        .services
        .iter()
        .filter(|service| service.scheduler.is_none())
        .peekable();
    if let Some(first) = unscheduled.peek() {
        let selector = selector(first.id);
        let mut finding = Finding::fail("the service has no scheduler: new clients are refused")
            .seen(format!("ipvsadm -Ln {selector} names the scheduler `none'"))
            .run(format!("ipvsadm -E {selector} -s wlc --keep"));
        for service in unscheduled {
            finding.add(service.id);
        }
        found.push(finding);
    }
    found
}

pub(in crate::diagnose::checks) const ALL_OVERLOADED: Check = Check {
    id: "all-overloaded",
    symptom: "New connections are refused; old ones live on.",
    cause: "Every server has as many connections as its upper threshold. It takes some again only below the lower one, or three quarters of the upper one.",
    seen: "Active and inactive connections against the thresholds.",
    remedy: "Raise the thresholds, or add servers.",
    since: "",
    judge: all_overloaded,
};

fn all_overloaded(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for service in &facts.services {
        let mut usable = service
            .servers
            .iter()
            .filter(|server| server.weight > 0)
            .peekable();
        let Some(first) = usable.peek().copied() else {
            continue;
        };
        // lblc gives a full server the addresses that it gave it before.
        let keeps_on = service.scheduler.as_deref() == Some("lblc");
        if keeps_on || !usable.all(Server::is_full) {
            continue;
        }
        let (upper, lower) = (
            first.upper_threshold.saturating_mul(2),
            first.lower_threshold,
        );
        let connections = u64::from(first.active) + u64::from(first.inactive);
        found.push(
            Finding::fail(
                "every server has as many connections as it may have: new clients are refused",
            )
            .affects(service.id)
            .seen(format!(
                "{} has {connections} connections and an upper threshold of {}",
                first.endpoint, first.upper_threshold
            ))
            .run(format!(
                "ipvsadm -e {} {} -w {} -x {upper} -y {lower}",
                selector(service.id),
                first.option(),
                first.weight
            ))
            .say("or add servers"),
        );
    }
    found
}

pub(in crate::diagnose::checks) const SERVER_UNREACHABLE: Check = Check {
    id: "server-unreachable",
    symptom: "Connections that are given to the server are refused (host or network unreachable) or time out.",
    cause: "The director has no route to a server.",
    seen: "The kernel's route to the server.",
    remedy: "Give the director a route, or switch the interface on.",
    since: "",
    judge: server_unreachable,
};

fn server_unreachable(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for service in &facts.services {
        for server in service.servers.iter().filter(|server| server.weight > 0) {
            let address = server.address();
            let why = match facts.way_to(address) {
                Some(Err(errno)) if errno != 0 => errno_text(errno),
                Some(Ok(route)) if route.leads == Leads::Nowhere => {
                    "a route that leads nowhere".to_owned()
                }
                Some(_) | None => continue,
            };
            let finding = found.entry(address).or_insert_with(|| {
                let finding = Finding::fail(format!(
                    "there is no way to the server {address}: clients that are given to it are refused or time out"
                ))
.at(address)
                .seen(format!("ip route get {address}: {why}"));
                match switched_off(facts, address) {
                    Some(link) => finding
                        .seen(format!("{} is in its network, and switched off", link.name))
                        .run(format!("ip link set {} up", in_shell(&link.name))),
                    None => finding.say(format!("give the director a route: ip route add {address} via GATEWAY")),
                }
            });
            finding.add(service.id);
        }
    }
    found.into_values().collect()
}

/// Returns the interface in the network of an address, if it is switched off.
fn switched_off(facts: &Facts, address: IpAddr) -> Option<&Link> {
    let link = facts.link(facts.on_link(address)?.interface)?;
    (!link.up).then_some(link)
}

pub(in crate::diagnose::checks) const SERVER_SILENT: Check = Check {
    id: "server-silent",
    symptom: "Connections that are given to the server time out.",
    cause: "The server, or the router before it, does not answer on the link: it is down, unplugged, in another VLAN, or has another address.",
    seen: "Its entry among the neighbours is FAILED while packets come for it.",
    remedy: "Repair the server or the way to it; give it weight 0 until then.",
    since: "",
    judge: server_silent,
};

fn server_silent(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for service in &facts.services {
        for server in service.servers.iter().filter(|server| server.weight > 0) {
            let address = server.address();
            if !facts.is_silent(address) {
                continue;
            }
            // An entry may be old, and says little of a server that gets no packets.
            let wanted = server.traffic.rise.is_some_and(|rise| rise.in_packets > 0);
            let router = facts.way_to(address).and_then(|way| way.ok()?.gateway);
            let finding = found.entry(address).or_insert_with(|| {
                let (who, next) = match router {
                    Some(router) => (format!("the router {router} before the server {address}"), router),
                    None => (format!("the server {address}"), address),
                };
                let finding = match wanted {
                    true => Finding::fail(format!(
                        "{who} does not answer on its link: clients that are given to the server wait and time out"
                    )),
                    false => Finding::note(format!("{who} did not answer on its link when it was last asked")),
                };
                let finding = finding.seen(format!("ip neigh show {next} says FAILED")).seen_by(unplugged(facts, next));
                let finding = match router {
                    Some(router) => finding.seen(format!("ip route get {address} says `via {router}'")).say(
                        "see that the router is up and has that address; if the server is on a link of this machine, give this machine an address with the prefix of the server's network there; until then:",
                    ),
                    None => finding.say("see that it is up, plugged in, and has that address; until then:"),
                };
                finding.run(format!("ipvsadm -e {} {} -w 0", selector(service.id), server.option()))
            });
            finding.add(service.id);
        }
    }
    found.into_values().collect()
}

/// Returns evidence if the interface that leads to a machine has no carrier.
fn unplugged(facts: &Facts, address: IpAddr) -> Option<String> {
    let link = facts.link(facts.on_link(address)?.interface)?;
    link.unplugged
        .then(|| format!("ip link show {} says NO-CARRIER", link.name))
}
