//! Faults of the table itself.

use super::super::Check;
use super::waits;
use crate::diagnose::facts::{Facts, Method, Server, ServiceFacts, selector};
use crate::diagnose::finding::Finding;
use ipvs::model::ServiceFlags;

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
                Finding::note("if this is FTP, it will log in, and list and transfer nothing: nothing changes the addresses inside it")
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

pub(in crate::diagnose::checks) const NAT_ONE_PACKET: Check = Check {
    id: "nat-one-packet",
    symptom: "Clients of a UDP service get no answer, or one from an address that they did not ask. Clients' packets are counted, answers are not.",
    cause: "With -o (--ops) IPVS remembers no connection, so that with NAT the servers' answers keep the servers' own address.",
    seen: "The table: `ops' and Masq. It is a fault where the service's port is of a protocol whose requests are always answered (DNS, NTP, SNMP, RADIUS), packets come, none are counted back, and no rule of the packet filter changes the source of packets; else it is a note, since packets that nobody answers (syslog, flows) are served well.",
    remedy: "Use -g or -i, or leave -o out.",
    since: "",
    judge: nat_one_packet,
};

/// The ports of protocols in which each request has an answer: DNS, NTP, SNMP, and
/// RADIUS, old and new.
const ANSWERED: [u16; 7] = [53, 123, 161, 1645, 1646, 1812, 1813];

fn nat_one_packet(facts: &Facts) -> Vec<Finding> {
    // A rule that changes the source may give answers the virtual address again.
    let filters = facts.filters.as_ref();
    let is_plain = filters.is_some_and(|chains| !chains.iter().any(|chain| chain.changes_source));
    let mut found = Vec::new();
    for service in facts.services.iter().filter(|service| service.one_packet) {
        let mut servers = service.servers.iter().filter(|server| {
            server.method == Method::Nat && server.weight > 0 && !facts.is_own(server.address())
        });
        let Some(first) = servers.next() else {
            continue;
        };
        let id = service.id;
        let is_asked = first.only_inwards() || servers.any(Server::only_inwards);
        let is_answered = id.port().is_some_and(|port| ANSWERED.contains(&port));
        let finding = match is_plain && is_asked && is_answered {
            true => Finding::fail(
                "the service remembers no connections (-o), so that with NAT answers keep the servers' own address: clients do not know them, and wait in vain",
            ),
            false => Finding::note(
                "the service remembers no connections (-o), so that with NAT answers, if there are any, keep the servers' own address",
            ),
        };
        let option = selector(id);
        let finding = finding
            .affects(id)
            .seen(format!(
                "ipvsadm -Ln {option} shows `ops', and {} with Masq",
                first.endpoint
            ))
            .say("if the servers answer, use direct routing or a tunnel (-g, -i), or leave -o out");
        found.push(match anew(service) {
            Some(words) => finding.run(format!("ipvsadm -E {words}")),
            None => finding,
        });
    }
    found
}

/// Returns the words of `-E` for the service without -o, if it has no other flag.
fn anew(service: &ServiceFacts) -> Option<String> {
    const ALONE: u32 = ServiceFlags::HASHED.0 | ServiceFlags::ONE_PACKET.0;
    let scheduler = service.scheduler.as_deref()?;
    let is_plain = service.flags & !ALONE == 0;
    is_plain.then(|| format!("{} -s {scheduler}", selector(service.id)))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity::{Fail, Note};
    use crate::diagnose::example::{carried, gravities, own, server, service, with};

    #[test]
    fn single_packets_are_answered_by_protocols_that_answer() {
        let facts = |id, method, traffic| {
            let mut server = server("10.1.0.2:53", method);
            server.traffic = traffic;
            let mut service = service(id, vec![server]);
            service.one_packet = true;
            let mut facts = with(vec![service], &[]);
            facts.filters = Some(Vec::new());
            facts
        };
        let (dns, syslog) = ("UDP 10.0.0.1:53", "UDP 10.0.0.1:514");
        let found = |facts: &Facts| gravities(nat_one_packet, facts);
        let broken = facts(dns, Method::Nat, carried(4, 0));
        assert_eq!(found(&broken), [Fail]);
        assert_eq!(found(&facts(dns, Method::Nat, carried(0, 0))), [Note]);
        assert_eq!(found(&facts(syslog, Method::Nat, carried(4, 0))), [Note]);
        assert_eq!(found(&facts("FWM 7", Method::Nat, carried(4, 0))), [Note]);
        for method in [Method::DirectRouting, Method::Tunnel] {
            assert_eq!(found(&facts(dns, method, carried(4, 0))), []);
        }
        let mut unread = broken.clone();
        unread.filters = None;
        assert_eq!(found(&unread), [Note]);
        let mut remembered = broken.clone();
        remembered.services[0].one_packet = false;
        assert_eq!(found(&remembered), []);
        let mut local = broken;
        local.addresses = vec![own("10.1.0.2/24", 2)].into();
        assert_eq!(found(&local), []);
    }

    #[test]
    fn ftp_needs_its_module_with_nat_alone() {
        let mut facts = with(
            vec![service(
                "TCP 10.0.0.1:21",
                vec![server("10.1.0.2:21", Method::Nat)],
            )],
            &[],
        );
        // If no module is listed, modules may be built in, or not be told.
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
