//! The virtual address on a real server.

use std::net::IpAddr;

use super::super::Check;
use super::super::commands::{QUIET_ARP, add_to_lo};
use super::taking_vip;
use crate::diagnose::facts::{Facts, version};
use crate::diagnose::finding::{Finding, in_shell};
use crate::routing::Address;

pub(in crate::diagnose::checks) const SRV_LACKS_VIP: Check = Check {
    id: "srv-lacks-vip",
    symptom: "Connections that are given to this server time out.",
    cause: "With direct routing and tunnels packets come with the virtual address, and it is no address of the server, which drops them.",
    seen: "The kernel's route to the address is not `local`; IpInAddrErrors rises.",
    remedy: "Give the server the virtual address on lo, without telling its neighbours.",
    since: "",
    judge: srv_lacks_vip,
};

fn srv_lacks_vip(facts: &Facts) -> Vec<Finding> {
    let Some(on_server) = taking_vip(facts) else {
        return Vec::new();
    };
    let vip = on_server.vip();
    if facts.is_taken_in(vip) != Some(false) {
        return Vec::new();
    }
    let counter = match vip {
        IpAddr::V4(_) => "IpInAddrErrors",
        IpAddr::V6(_) => "Ip6InAddrErrors",
    };
    let finding = Finding::fail(format!(
        "{vip} is no address of this server, which drops the packets that the director sends it: clients wait and time out"
    ))
    .seen(format!("ip route get {vip} does not say `local'"))
    .seen(facts.rose(counter));
    let finding = match vip {
        IpAddr::V4(_) => finding.run(QUIET_ARP),
        IpAddr::V6(_) => finding,
    };
    vec![
        finding
            .run(add_to_lo(vip))
            .say("and for good, in the configuration of the network and in /etc/sysctl.d"),
    ]
}

pub(in crate::diagnose::checks) const SRV_VIP_PREFIX: Check = Check {
    id: "srv-vip-prefix",
    symptom: "Clients in the virtual address's own network time out, or all clients, if the router is there.",
    cause: "The virtual address is on lo with the prefix of a whole network, so that the server takes all of its addresses for its own and answers none of them.",
    seen: "The prefix of the address on lo is shorter than /32.",
    remedy: "Give it the prefix /32.",
    since: "",
    judge: srv_vip_prefix,
};

fn srv_vip_prefix(facts: &Facts) -> Vec<Finding> {
    let Some(on_server) = taking_vip(facts) else {
        return Vec::new();
    };
    let vip = on_server.vip();
    let is_wide = |own: &&Address| {
        let on_loopback = facts.link(own.interface).is_some_and(|link| link.loopback);
        vip.is_ipv4() && own.prefix < 32 && on_loopback
    };
    let Some(own) = facts.addresses.of(vip).find(is_wide) else {
        return Vec::new();
    };
    let (prefix, lo) = (own.prefix, facts.interface(own.interface));
    let device = in_shell(lo);
    let sentence = format!(
        "{vip}/{prefix} on {lo} makes every address of that network one of this server: clients and routers in it get no answer"
    );
    // If the network is elsewhere, only the clients in it are harmed.
    let finding = match facts.wire_in_network(vip) {
        Some(_) => Finding::fail(sentence),
        None => Finding::warn(sentence),
    };
    vec![
        finding
            .seen(format!("ip -4 addr show dev {lo} lists {vip}/{prefix}"))
            .run(format!(
                "ip addr add {vip}/32 dev {device} && ip addr del {vip}/{prefix} dev {device}"
            ))
            .say(format!(
                "and for good, in the configuration of the network ({})",
                version(vip)
            )),
    ]
}
