//! Faults of NAT: the servers' answers must come back through the director.

use std::collections::BTreeMap;

use super::Check;
use crate::diagnose::facts::{Facts, Method, version};
use crate::diagnose::finding::Finding;

pub(super) const NAT_FORWARDING: Check = Check {
    id: "nat-forwarding",
    symptom: "Connections time out. Clients' packets are counted, answers are not.",
    cause: "Forwarding is off, on the whole machine or on the interface by which the servers' answers come in.",
    seen: "net.ipv4.conf.INTERFACE.forwarding is 0; the kernel refuses the route of an answer (EHOSTUNREACH); IpInAddrErrors rises.",
    remedy: "Turn forwarding on.",
    since: "",
    judge: nat_forwarding,
};

fn nat_forwarding(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<String, Finding> = BTreeMap::new();
    for service in &facts.services {
        for server in service
            .servers
            .iter()
            .filter(|server| server.method == Method::Nat)
        {
            let address = server.address();
            // A server on this machine answers without being forwarded. For IPv6
            // one setting counts, that of all interfaces.
            let Some(link) = facts
                .interface_to(address)
                .and_then(|index| facts.link(index))
            else {
                continue;
            };
            if address.is_ipv6() {
                continue;
            }
            let of_link = Facts::setting_of(version(address), &link.name, "forwarding");
            if facts.sysctl(&of_link) != Some(0) {
                continue;
            }
            let whole = facts.sysctl("net.ipv4.ip_forward") == Some(0);
            let name = if whole {
                "net.ipv4.ip_forward".to_owned()
            } else {
                of_link
            };
            let finding = found.entry(name.clone()).or_insert_with(|| {
                let interface = &link.name;
                Finding::fail(format!(
                    "answers of the servers that come in by {interface} are not forwarded: clients wait and time out"
                ))
                .seen(format!("{name} = 0"))
                .seen(facts.rose("IpInAddrErrors"))
                .set(&name, "1")
            });
            finding.add(service.id);
        }
    }
    found.into_values().collect()
}
