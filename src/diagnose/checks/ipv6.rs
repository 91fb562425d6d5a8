//! Faults of IPv6 alone.

use super::Check;
use crate::diagnose::facts::{Facts, Method};
use crate::diagnose::finding::Finding;

pub(super) const IPV6_FORWARDING: Check = Check {
    id: "ipv6-forwarding",
    symptom: "Connections over IPv6 time out with NAT.",
    cause: "Forwarding of IPv6 is off: the servers' answers are not sent on to clients.",
    seen: "net.ipv6.conf.all.forwarding is 0.",
    remedy: "Set it to 1.",
    since: "",
    judge: ipv6_forwarding,
};

fn ipv6_forwarding(facts: &Facts) -> Vec<Finding> {
    const NAME: &str = "net.ipv6.conf.all.forwarding";
    if facts.sysctl(NAME) != Some(0) {
        return Vec::new();
    }
    let mut finding: Option<Finding> = None;
    for service in &facts.services {
        let needs = service.servers.iter().any(|server| {
            let address = server.address();
            server.method == Method::Nat
                && address.is_ipv6()
                && facts.interface_to(address).is_some()
        });
        if needs {
            let finding = finding.get_or_insert_with(|| {
                Finding::fail(
                    "answers of the servers over IPv6 are not forwarded: clients wait and time out",
                )
                .seen(format!("{NAME} = 0"))
                .set(NAME, "1")
            });
            finding.add(service.id);
        }
    }
    finding.into_iter().collect()
}
