//! `--probe`: who on the links answers for a virtual address.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Check;
use super::commands::{QUIET_ARP, add_to_lo};
use crate::diagnose::facts::{Facts, Method, Server};
use crate::diagnose::finding::Finding;

pub(super) const DR_SERVER_ANSWERS_ARP: Check = Check {
    id: "dr-server-answers-arp",
    symptom: "Clients go past the director to one server, at times or always: the service counts less than the servers do, and persistence and weights do nothing.",
    cause: "A server has the virtual address, as it must, and tells its neighbours so.",
    seen: "With --probe: who has the virtual address is asked on the link (ARP, neighbour discovery), and a server's hardware address answers. An IPv6 address is not asked for on an interface that has it: the kernel takes no answer there.",
    remedy: "On the server, set arp_ignore to 1 and arp_announce to 2, and keep the virtual address on lo.",
    since: "",
    judge: dr_server_answers_arp,
};

fn dr_server_answers_arp(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<(IpAddr, IpAddr), Finding> = BTreeMap::new();
    for service in &facts.services {
        // If this director stands by, the active one answers, which may be a server too.
        let Some(vip) = service.address().filter(|vip| facts.is_own(*vip)) else {
            continue;
        };
        let answers_directly =
            |server: &&Server| server.method == Method::DirectRouting || server.method.is_tunnel();
        for server in service.servers.iter().filter(answers_directly) {
            let address = server.address();
            let Some((interface, hardware)) = answers(facts, vip, address) else {
                continue;
            };
            let finding = found.entry((vip, address)).or_insert_with(|| {
                let finding = Finding::fail(format!(
                    "the server {address} tells its neighbours that it has {vip}: clients go to it past the director"
                ))
.at(address)
                .seen(format!(
                    "asked on {interface} who has {vip}, {hardware} answered, which ip neigh show {address} names too"
                ));
                match vip {
                    IpAddr::V4(_) => finding
                        .run_on(
                            "the server",
                            QUIET_ARP,
                        )
                        .say(format!("and keep {vip} on its lo; clients and routers forget what they heard within minutes")),
                    IpAddr::V6(_) => finding.say(format!(
                        "on the server, keep {vip} on lo alone: {}", add_to_lo(vip)
                    )),
                }
            });
            finding.add(service.id);
        }
    }
    found.into_values().collect()
}

/// Returns the interface by which a server has answered for the virtual address, and the
/// hardware address with which it has.
fn answers(facts: &Facts, vip: IpAddr, server: IpAddr) -> Option<(&str, &str)> {
    let interface = facts.interface_to(server)?;
    let hardware = facts.neighbour(server, interface)?.hardware.as_deref()?;
    let mut answers = facts
        .answered
        .of(vip)
        .filter(|answer| answer.interface == interface);
    let is_it = |answer: &crate::routing::Neighbour| answer.hardware.as_deref() == Some(hardware);
    answers
        .any(is_it)
        .then(|| (facts.interface(interface), hardware))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity::Fail;
    use crate::diagnose::example::{gravities, link, onward, own, server, service, to, with};
    use crate::routing::{Neighbour, Reach};

    fn neighbour(address: &str, hardware: &str) -> Neighbour {
        Neighbour {
            address: address.parse().unwrap(),
            interface: 2,
            hardware: Some(hardware.to_owned()),
            state: Reach::Reachable,
        }
    }

    #[test]
    fn only_the_hardware_address_of_a_server_tells() {
        let servers = vec![server("10.0.0.2:80", Method::DirectRouting)];
        let mut facts = with(vec![service("TCP 10.0.0.1:80", servers)], &[]);
        facts.links = vec![link(2, "eth0")];
        facts.addresses = vec![own("10.0.0.1/32", 2)].into();
        facts.neighbours = vec![neighbour("10.0.0.2", "02:00:00:00:00:02")].into();
        let mut facts = facts.answers(to("10.0.0.2"), onward(2));
        assert_eq!(gravities(dr_server_answers_arp, &facts), []);
        // A router answers for others, or another director does.
        facts.answered = vec![neighbour("10.0.0.1", "02:00:00:00:00:03")].into();
        assert_eq!(gravities(dr_server_answers_arp, &facts), []);
        facts
            .answered
            .extend([neighbour("10.0.0.1", "02:00:00:00:00:02")]);
        assert_eq!(gravities(dr_server_answers_arp, &facts), [Fail]);
        let mut standby = facts.clone();
        standby.addresses = Vec::new().into();
        assert_eq!(gravities(dr_server_answers_arp, &standby), []);
        facts.services[0].servers[0].method = Method::Nat;
        assert_eq!(gravities(dr_server_answers_arp, &facts), []);
    }
}
