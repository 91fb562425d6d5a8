//! Filters that drop clients' packets before IPVS sees them.

use std::net::IpAddr;

use super::super::Check;
use super::super::commands::{Side, accept};
use super::super::losses::{OUT_BYTES, kept_back};
use crate::diagnose::facts::{Chain, Facts, Hook, IPVS_BYTES, Method, ServiceFacts};
use crate::diagnose::finding::Finding;
use crate::routing::{Link, Question};
use ipvs::model::VirtualId;

pub(in crate::diagnose::checks) const RP_FILTER: Check = Check {
    id: "rp-filter",
    symptom: "Some clients time out, others are served. The service counts no packets of theirs.",
    cause: "The strict reverse path filter drops packets that come in by another interface than the one that leads to their sender.",
    seen: "TcpExtIPReversePathFilter rises; the kernel refuses the way of a client that --client names (EXDEV, or EINVAL on Linux 7).",
    remedy: "Make the filter loose on that interface (2), or repair the routes.",
    since: "",
    judge: rp_filter,
};

const COUNTER: &str = "TcpExtIPReversePathFilter";
/// `EXDEV`, and `EINVAL` of newer kernels.
const REFUSED: [i32; 2] = [18, 22];

fn rp_filter(facts: &Facts) -> Vec<Finding> {
    if facts.rise(COUNTER) == 0 {
        return Vec::new();
    }
    let is_strict = |link: &&Link| {
        facts.larger("ipv4", &link.name, "rp_filter") == Some(1) && link.up && !link.loopback
    };
    let strict: Vec<&Link> = facts.links.iter().filter(is_strict).collect();
    let mut found = Vec::new();
    for client in &facts.clients {
        // Packets of a client that is served are not dropped.
        if facts
            .connections
            .as_ref()
            .is_none_or(|all| all.served.contains(client))
        {
            continue;
        }
        let refuses = |link: &&&Link| refuses(facts, *client, link.index);
        let guilty: Vec<_> = strict.iter().filter(refuses).collect();
        if guilty.is_empty() {
            continue;
        }
        let mut finding = Finding::fail(format!(
            "packets of {client} that come in by another interface than the one that leads back to it are dropped: it waits and times out"
        ))
        .affects(client)
        .seen(facts.rose(COUNTER));
        for link in &guilty {
            finding = finding.seen(format!(
                "on {} the strict filter is in effect (the larger of net.ipv4.conf.all.rp_filter and {} is 1)",
                link.name,
                Facts::setting_of("ipv4", &link.name, "rp_filter")
            ));
        }
        for link in guilty {
            finding = finding.set(&Facts::setting_of("ipv4", &link.name, "rp_filter"), "2");
        }
        found.push(finding);
    }
    if found.is_empty() && !strict.is_empty() {
        found.push(
            Finding::note("the strict reverse path filter drops packets; it may be right to do so")
                .seen(facts.rose(COUNTER))
                .say("if a client times out, name it: ipvsadm --diagnose --client ADDRESS"),
        );
    }
    found
}

fn refuses(facts: &Facts, client: IpAddr, input: u32) -> bool {
    let vips = facts.services.iter().filter_map(ServiceFacts::address);
    let mut answers = vips.filter_map(|vip| facts.answer(&Question::through(client, input, vip)));
    answers.any(|answer| answer.is_err_and(|errno| REFUSED.contains(&errno)))
}

pub(in crate::diagnose::checks) const INPUT_FILTER: Check = Check {
    id: "input-filter",
    symptom: "Connections time out. The service counts no packets, and no other counter moves.",
    cause: "A chain of the packet filter for incoming packets drops them. IPVS comes after it.",
    seen: "The service has counted no packet, and there are such chains.",
    remedy: "Let packets to the virtual service through.",
    since: "",
    judge: input_filter,
};

fn input_filter(facts: &Facts) -> Vec<Finding> {
    if !facts.counters_live() {
        return Vec::new();
    }
    let is_before = |hook| matches!(hook, Hook::Input | Hook::Prerouting);
    let chains = facts.filters.iter().flatten();
    let mut chains = chains.filter(|chain| is_before(chain.hook) && chain.may_drop());
    let Some(chain) = chains.next() else {
        return Vec::new();
    };
    let mut finding: Option<Finding> = None;
    for service in &facts.services {
        let nothing = service.traffic.total.in_packets == 0;
        let taken_in = service.address().and_then(|vip| facts.is_taken_in(vip)) == Some(true);
        if nothing && taken_in {
            let finding = finding.get_or_insert_with(|| {
                let finding = Finding::note(
                    "no packet of a client has come so far; if clients time out, the packet filter may drop them before IPVS sees them",
                )
                .seen(format!("chain {} of table {} for incoming packets", chain.name, chain.table));
                match accepting(service, chain) {
                    Some(command) => finding.say("to let them through:").run(command),
                    None => finding,
                }
            });
            finding.add(service.id);
        }
    }
    finding.into_iter().collect()
}

pub(in crate::diagnose::checks) const OUTPUT_FILTER: Check = Check {
    id: "output-filter",
    symptom: "Connections time out. The service counts packets, and the servers get none.",
    cause: "A chain of the packet filter for packets of this machine's own drops those that IPVS gives to servers: they pass it too.",
    seen: "There is such a chain, and the bytes that leave (IpExtOutOctets, Ip6OutOctets) are far fewer than those that IPVS takes in (/proc/net/ip_vs_stats_percpu).",
    remedy: "Let packets to the servers out.",
    since: "",
    judge: output_filter,
};

fn output_filter(facts: &Facts) -> Vec<Finding> {
    let Some(chain) = kept_back(facts).filter(|_| facts.counters_live()) else {
        return Vec::new();
    };
    let mut finding: Option<Finding> = None;
    for service in &facts.services {
        for server in &service.servers {
            let address = server.address();
            // A client that waits is known to be lost, though not for which reason.
            let waits = facts
                .flows_to(server.endpoint)
                .any(|flow| !flow.waiting.is_empty());
            let is_given = server.only_inwards() && !facts.is_own(address);
            let has_way = facts.interface_to(address).is_some() && !facts.is_silent(address);
            if !waits || !is_given || !has_way {
                continue;
            }
            let finding = finding.get_or_insert_with(|| {
                Finding::fail("the packet filter lets no packets to the servers out: clients wait and time out")
                    .seen(format!("chain {} of table {} for packets of this machine", chain.name, chain.table))
                    .seen(facts.rose(IPVS_BYTES))
                    .seen_by(OUT_BYTES.map(|counter| facts.rose(counter)))
                    .say("to let them out:")
            });
            finding.add(service.id);
            // With direct routing, packets still go to the virtual address.
            let there = match server.method {
                Method::DirectRouting => service.address(),
                Method::Nat | Method::Tunnel | Method::Gue | Method::Gre | Method::Other => {
                    Some(address)
                }
            };
            if let Some(there) = there {
                finding.also_run(accept(chain, Side::To, there, None));
            }
        }
    }
    finding.into_iter().collect()
}

/// Returns the command that lets packets to a service through.
fn accepting(service: &ServiceFacts, chain: &Chain) -> Option<String> {
    let VirtualId::Endpoint {
        protocol,
        address,
        port,
    } = service.id
    else {
        return None;
    };
    let protocol = protocol.keyword()?;
    Some(accept(chain, Side::To, address, Some((protocol, port))))
}
