//! Tunnels that end on a real server, and the reverse path filter.

use std::net::IpAddr;

use super::super::Check;
use super::taking_vip;
use crate::diagnose::facts::{Facts, Method, OnServer};
use crate::diagnose::finding::{Finding, in_shell};
use crate::routing::{Address, Link, Question};

pub(in crate::diagnose::checks) const SRV_TUNNEL_DOWN: Check = Check {
    id: "srv-tunnel-down",
    symptom: "Connections that are given to this server time out or are refused.",
    cause: "No device of this server takes tunnelled packets.",
    seen: "There is no device of the kind ipip, gre, sit or ip6tnl, or none that is up.",
    remedy: "Switch tunl0 on, or make a device for the tunnel.",
    since: "",
    judge: srv_tunnel_down,
};

fn srv_tunnel_down(facts: &Facts) -> Vec<Finding> {
    let Some(on_server) = tunnelled(facts) else {
        return Vec::new();
    };
    if facts.links.iter().any(|link| link.is_tunnel() && link.up) {
        return Vec::new();
    }
    let (name, module, kind) = match on_server.vip() {
        IpAddr::V4(_) => ("tunl0", "ipip", "ipip"),
        IpAddr::V6(_) => ("ip6tnl0", "ip6_tunnel", "ip6tnl"),
    };
    // Devices of other kinds, which their modules make, are not meant.
    let is_meant = |link: &&Link| link.kind.as_deref() == Some(kind);
    let finding = Finding::fail(
        "no device of this server takes packets out of a tunnel: clients wait and time out",
    );
    vec![match facts.links.iter().find(is_meant) {
        Some(link) => finding
            .seen(format!("ip link show {} does not say UP", link.name))
            .run(format!("ip link set {} up", in_shell(&link.name))),
        None => finding
            .seen("ip -d link lists no device of the kind ipip, gre, sit or ip6tnl that is up")
            .run(format!("modprobe {module}"))
            .run(format!("ip link set {name} up")),
    }]
}

fn tunnelled(facts: &Facts) -> Option<&OnServer> {
    taking_vip(facts).filter(|on_server| on_server.method != Method::DirectRouting)
}

pub(in crate::diagnose::checks) const SRV_RP_FILTER: Check = Check {
    id: "srv-rp-filter",
    symptom: "Connections that are given to this server time out.",
    cause: "The reverse path filter drops clients' packets that come in by another interface than the one that leads to the client: tunnelled ones always do. On an interface without an address the loose filter (2) drops them too.",
    seen: "The larger of net.ipv4.conf.all.rp_filter and that of the tunnel's device, and the device's addresses. On other interfaces: TcpExtIPReversePathFilter rises, and the kernel refuses the way of a client's packet.",
    remedy: "Make the filter loose on that interface, and give a tunnel's device the virtual address too.",
    since: "",
    judge: srv_rp_filter,
};

const COUNTER: &str = "TcpExtIPReversePathFilter";

fn srv_rp_filter(facts: &Facts) -> Vec<Finding> {
    let Some(on_server) = &facts.on_server else {
        return Vec::new();
    };
    let vip = on_server.vip();
    if !vip.is_ipv4() {
        return Vec::new();
    }
    let guilty: Vec<&Link> = match tunnelled(facts) {
        Some(_) => {
            let tunnels = facts
                .links
                .iter()
                .filter(|link| link.is_tunnel() && link.up);
            // A device that lets strangers pass may be the one that is used.
            let open = tunnels.clone().any(|link| !drops_strangers(facts, link));
            tunnels.filter(|_| !open).collect()
        }
        None if facts.rise(COUNTER) > 0 => facts
            .wires()
            .filter(|link| drops_strangers(facts, link) && refuses(facts, link.index, vip))
            .collect(),
        None => Vec::new(),
    };
    if guilty.is_empty() {
        return Vec::new();
    }
    let names: Vec<_> = guilty.iter().map(|link| link.name.as_str()).collect();
    let mut finding = Finding::fail(format!(
        "the reverse path filter drops clients' packets that come in by {}: they wait and time out",
        names.join(", ")
    ))
    .seen(facts.rose(COUNTER));
    for name in ["all"].iter().chain(&names) {
        let value = facts.of_interface("ipv4", name, "rp_filter").unwrap_or(0);
        finding = finding.seen(format!(
            "{} = {value}",
            Facts::setting_of("ipv4", name, "rp_filter")
        ));
    }
    for link in guilty {
        let name = &link.name;
        finding = finding.set(&Facts::setting_of("ipv4", name, "rp_filter"), "2");
        if !has_address(facts, link) {
            finding = finding
                .seen(format!("ip -4 addr show dev {name} lists no address"))
                .say("on an interface without an address that is not enough; give it the virtual address:")
                .run(format!("ip addr add {vip}/32 dev {}", in_shell(name)));
        }
    }
    vec![finding]
}

/// Returns whether packets from senders that other interfaces lead to are dropped: the
/// filter is strict, or it is loose and the interface has no address.
fn drops_strangers(facts: &Facts, link: &Link) -> bool {
    match facts.larger("ipv4", &link.name, "rp_filter") {
        Some(1) => true,
        Some(2) => !has_address(facts, link),
        Some(_) | None => false,
    }
}

fn has_address(facts: &Facts, link: &Link) -> bool {
    let here = |own: &Address| own.interface == link.index && own.address.is_ipv4();
    facts.addresses.iter().any(here)
}

/// Returns whether the packets of a client are refused by this link and not by every
/// link: if every link refuses them, the virtual address is the reason.
fn refuses(facts: &Facts, link: u32, vip: IpAddr) -> bool {
    let clients = facts.clients_of_server();
    clients.into_iter().any(|client| {
        let answer = |input| facts.answer(&Question::through(client, input, vip));
        let refused = answer(link).is_some_and(|answer| answer.is_err());
        refused
            && facts
                .wires()
                .any(|other| answer(other.index).is_some_and(|answer| answer.is_ok()))
    })
}
