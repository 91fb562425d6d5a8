//! Faults of the table itself.

use super::super::Check;
use super::waits;
use crate::diagnose::facts::{Facts, Method, selector};
use crate::diagnose::finding::Finding;

pub(in crate::diagnose::checks) const NAT_LOOPBACK: Check = Check {
    id: "nat-loopback",
    symptom: "Connections from other machines time out; from the director itself they work.",
    cause: "A server is 127.0.0.1 (or ::1): no answer from there leaves the machine.",
    seen: "The table.",
    remedy: "Use another address of the director.",
    since: "",
    judge: nat_loopback,
};

fn nat_loopback(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for service in &facts.services {
        for server in &service.servers {
            let address = server.address();
            if !address.is_loopback() || server.method != Method::Nat {
                continue;
            }
            let strangers = facts
                .flows_to(server.endpoint)
                .flat_map(|flow| &flow.waiting)
                .any(|client| !facts.is_own(*client));
            let finding = match strangers && waits(facts, server) {
                true => Finding::fail(format!(
                    "no answer of {address} leaves this machine: clients on other machines wait and time out"
                )),
                false => Finding::note(format!("{address} serves clients on this machine alone")),
            };
            let other = facts.addresses.iter().find(|own| {
                !own.address.is_loopback()
                    && own.address.is_ipv4() == address.is_ipv4()
                    && facts.link(own.interface).is_some_and(|link| link.up)
            });
            let service_option = selector(service.id);
            let finding = finding.affects(service.id).seen(format!(
                "ipvsadm -Ln {service_option} lists {} with Masq",
                server.endpoint
            ));
            found.push(match other {
                Some(own) => {
                    let mut instead = *server;
                    instead.endpoint.address = own.address;
                    finding
                        .run(format!(
                            "ipvsadm -a {service_option} {} -w {}",
                            instead.option(),
                            server.weight
                        ))
                        .run(format!(
                            "ipvsadm -d {service_option} -r {}",
                            server.endpoint
                        ))
                        .say("the program must listen on that address, too")
                }
                None => finding.say("use an address of an interface"),
            });
        }
    }
    found
}

pub(in crate::diagnose::checks) const NAT_FTP: Check = Check {
    id: "nat-ftp",
    symptom: "FTP logs in, and lists or transfers nothing.",
    cause: "With NAT, the addresses inside of FTP must be changed too, and nothing does so.",
    seen: "A service on port 21 with -m, and ip_vs_ftp is not loaded.",
    remedy: "Load ip_vs_ftp, set net.ipv4.vs.conntrack to 1, and from Linux 6.0 on add a rule with the helper: -j CT --helper ftp.",
    since: "",
    judge: nat_ftp,
};

fn nat_ftp(facts: &Facts) -> Vec<Finding> {
    if facts.modules.is_empty() || facts.modules.contains_key("ip_vs_ftp") {
        return Vec::new();
    }
    let mut finding: Option<Finding> = None;
    for service in &facts.services {
        let is_ftp = service.id.port() == Some(21);
        if is_ftp
            && service
                .servers
                .iter()
                .any(|server| server.method == Method::Nat)
        {
            let finding = finding.get_or_insert_with(|| {
                Finding::note("if this is FTP, it will log in, and list and transfer nothing: nobody changes the addresses inside of it")
                    .seen("/proc/modules has no ip_vs_ftp")
                    .run("modprobe ip_vs_ftp")
                    .set("net.ipv4.vs.conntrack", "1")
                    .run("iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp")
            });
            finding.add(service.id);
        }
    }
    finding.into_iter().collect()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity::Note;
    use crate::diagnose::example::{gravities, server, service, with};

    #[test]
    fn ftp_needs_its_module_with_nat_alone() {
        let mut facts = with(
            vec![service(
                "TCP 10.0.0.1:21",
                vec![server("10.1.0.2:21", Method::Nat)],
            )],
            &[],
        );
        // Modules may be built in, or not be told.
        assert_eq!(gravities(nat_ftp, &facts), []);
        facts.modules = [("ip_vs".to_owned(), 1)].into();
        assert_eq!(gravities(nat_ftp, &facts), [Note]);
        facts.services[0].servers[0].method = Method::DirectRouting;
        assert_eq!(gravities(nat_ftp, &facts), []);
        facts.services = vec![service(
            "TCP 10.0.0.1:80",
            vec![server("10.1.0.2:80", Method::Nat)],
        )];
        assert_eq!(gravities(nat_ftp, &facts), []);
        facts.services[0].id = service("TCP 10.0.0.1:21", Vec::new()).id;
        assert_eq!(gravities(nat_ftp, &facts), [Note]);
        facts.modules.insert("ip_vs_ftp".to_owned(), 0);
        assert_eq!(gravities(nat_ftp, &facts), []);
    }
}
