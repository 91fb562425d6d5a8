//! Servers behind NAT that refuse connections. With other methods a server refuses
//! the client directly, past the director.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::Check;
use crate::diagnose::facts::{Counted, Facts, Method, Server, WAITING, selector};
use crate::diagnose::finding::Finding;
use ipvs::connections::states;
use ipvs::model::{Endpoint, Protocol, VirtualId};

pub(in crate::diagnose::checks) const NAT_SERVER_REFUSES: Check = Check {
    id: "nat-server-refuses",
    symptom: "Connections are refused at once, all of them or those that are given to one server.",
    cause: "No program listens at the server's address and port as they are in the table, or a packet filter of the server refuses the packets.",
    seen: "Each connection to the server has one packet from the client and one back, and is in the state CLOSE; or all of its clients stay half-open (SYN_RECV), and what comes back is longer than an answer (ICMP).",
    remedy: "Let the program listen there, or name the port where it does; give the server weight 0 until then.",
    since: "",
    judge: nat_server_refuses,
};

/// The least number of connections: of the last one, a packet may not be counted yet.
const SURE: u64 = 3;

/// How a server refuses.
enum Manner {
    /// It resets each connection.
    Reset,
    /// It says by ICMP that packets are not wanted.
    Icmp,
}

/// Returns how the server refuses, if it does.
fn refuses(facts: &Facts, server: &Server) -> Option<Manner> {
    let Counted {
        connections,
        in_packets,
        out_packets,
        in_bytes: _,
        out_bytes,
    } = server.traffic.rise?;
    // If nobody answers on the link, this machine itself refuses by ICMP.
    let is_there =
        facts.interface_to(server.address()).is_some() && !facts.is_silent(server.address());
    if server.method != Method::Nat || !is_there || connections < SURE {
        return None;
    }
    let in_state = |state| {
        let flows = facts.flows_to(server.endpoint);
        let flows = flows.filter(|flow| flow.protocol == "TCP");
        flows.map(|flow| flow.in_state(state)).sum::<u64>()
    };
    let all: u64 = facts
        .flows_to(server.endpoint)
        .map(|flow| flow.count())
        .sum();
    let one_each =
        in_packets <= connections.saturating_add(1) && out_packets.abs_diff(in_packets) <= 1;
    if one_each && in_state(states::CLOSE) >= 2 {
        return Some(Manner::Reset);
    }
    // The longest answer to a client's first packet has 40 bytes of options.
    let longest = match server.address().is_ipv4() {
        true => 80,
        false => 100,
    };
    let is_icmp = out_packets > 0 && out_bytes / out_packets > longest;
    let waits = in_state(WAITING) >= 2 && in_state(WAITING) == all;
    (is_icmp && waits).then_some(Manner::Icmp)
}

fn nat_server_refuses(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<(IpAddr, u16), Finding> = BTreeMap::new();
    if !facts.counters_live() {
        return Vec::new();
    }
    for service in &facts.services {
        let is_tcp = match service.id {
            VirtualId::Endpoint { protocol, .. } => protocol == Protocol::Tcp,
            VirtualId::Fwmark { .. } => true,
        };
        // The kernel adds its counters up every two seconds: a server that gets no
        // clients any more may still show packets from before.
        let gets_clients = |server: &&Server| server.weight > 0 || service.persistent;
        for server in service
            .servers
            .iter()
            .filter(gets_clients)
            .filter(|_| is_tcp)
        {
            let Some(manner) = refuses(facts, server) else {
                continue;
            };
            let Endpoint { address, port } = server.endpoint;
            let finding = found.entry((address, port)).or_insert_with(|| {
                let rise = server.traffic.rise.unwrap_or_default();
                let finding = match manner {
                    Manner::Reset => Finding::fail(format!(
                        "the server {} refuses connections, since no program listens there: clients are refused at once",
                        server.endpoint
                    ))
                    .seen(format!(
                        "in {:.1} s {} connections went to it, with {} packets there and {} back (ipvsadm -Ln --stats)",
                        facts.sample, rise.connections, rise.in_packets, rise.out_packets
                    ))
                    .seen(format!("ipvsadm -Lnc -r {} --state CLOSE", server.endpoint)),
                    Manner::Icmp => Finding::fail(format!(
                        "the server {} or a router before it refuses packets by ICMP, as packet filters do: clients are refused or time out",
                        server.endpoint
                    ))
                    .seen(format!(
                        "in {:.1} s {} packets of {} bytes came back (ipvsadm -Ln --stats)",
                        facts.sample,
                        rise.out_packets,
                        rise.out_bytes / rise.out_packets.max(1)
                    ))
                    .seen(format!("ipvsadm -Lnc -r {} --state {WAITING}", server.endpoint)),
                };
                let finding = match manner {
                    Manner::Reset if port == 0 => finding.run_on("the server", "ss -ltn"),
                    Manner::Reset => finding.run_on("the server", format!("ss -ltn 'sport = :{port}'")),
                    Manner::Icmp => finding.run_on("the server", "nft list ruleset"),
                };
                let finding = match manner {
                    Manner::Reset => finding.say(format!(
                        "let the program listen on {address} or on every address; if it has another port, name that one in the table (ipvsadm -a, then -d); until then:"
                    )),
                    Manner::Icmp => finding.say("let the packets in there; until then:"),
                };
                finding.run(format!(
                    "ipvsadm -e {} {} -w 0",
                    selector(service.id),
                    server.option()
                ))
            });
            finding.add(service.id);
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity::Fail;
    use crate::diagnose::example::{flow, gravities, onward, server, service, to, with};
    use crate::diagnose::facts::{ConnectionFacts, Traffic};

    /// A director with a server that has this traffic, whose connections are all in one
    /// state.
    fn director(state: &str, rise: Counted) -> Facts {
        let mut server = server("10.1.0.2:80", Method::Nat);
        server.traffic = Traffic {
            total: rise,
            rise: Some(rise),
        };
        let mut facts = with(vec![service("TCP 10.0.0.1:80", vec![server])], &[]);
        let mut flow = flow("10.0.0.1:80", "10.1.0.2:80", 0, 1);
        flow.states = [(state.to_owned(), rise.connections)].into();
        facts.connections = Some(ConnectionFacts {
            flows: vec![flow].into(),
            ..ConnectionFacts::default()
        });
        facts.answers(to("10.1.0.2"), onward(2))
    }

    fn rise(connections: u64, in_packets: u64, out_packets: u64, length: u64) -> Counted {
        Counted {
            connections,
            in_packets,
            out_packets,
            in_bytes: in_packets * 60,
            out_bytes: out_packets * length,
        }
    }

    fn found(state: &str, rise: Counted) -> bool {
        gravities(nat_server_refuses, &director(state, rise)) == [Fail]
    }

    #[test]
    fn one_packet_there_and_one_back_is_a_refusal() {
        assert!(found(states::CLOSE, rise(6, 6, 6, 40)));
        assert!(found(states::CLOSE, rise(6, 7, 6, 40)));
        assert!(!found(states::CLOSE, rise(2, 2, 2, 40)));
        // Connections that are reset after the handshake were let in, as those of health
        // checks.
        assert!(!found(states::CLOSE, rise(6, 18, 12, 50)));
        assert!(!found(states::CLOSE, rise(6, 12, 6, 60)));
        // A flood of first packets is answered.
        assert!(!found(WAITING, rise(6, 6, 6, 60)));
    }

    #[test]
    fn long_answers_to_who_waits_are_refusals() {
        assert!(found(WAITING, rise(6, 9, 5, 88)));
        assert!(!found(WAITING, rise(6, 9, 0, 0)));
        assert!(!found(states::ESTABLISHED, rise(6, 30, 20, 88)));
    }

    #[test]
    fn by_other_methods_nothing_is_seen_of_it() {
        let mut facts = director(states::CLOSE, rise(6, 6, 6, 40));
        facts.services[0].servers[0].method = Method::DirectRouting;
        assert_eq!(gravities(nat_server_refuses, &facts), []);
    }

    #[test]
    fn of_weight_0_nobody_is_refused_but_clients_that_stay() {
        let mut facts = director(states::CLOSE, rise(6, 6, 6, 40));
        facts.services[0].servers[0].weight = 0;
        assert_eq!(gravities(nat_server_refuses, &facts), []);
        facts.services[0].persistent = true;
        assert_eq!(gravities(nat_server_refuses, &facts), [Fail]);
    }
}
