//! The table of connections.

use std::collections::{BTreeMap, HashSet};

use super::super::Check;
use crate::diagnose::facts::{Facts, Flow, Method, WAITING};
use crate::diagnose::finding::Finding;
use ipvs::connections::states;
use ipvs::model::Endpoint;

pub(in crate::diagnose::checks) const CONN_MAX: Check = Check {
    id: "conn-max",
    symptom: "New connections time out; old ones live on.",
    cause: "The table of connections is full: there are as many as net.ipv4.vs.conn_max allows.",
    seen: "The number of connections against net.ipv4.vs.conn_max.",
    remedy: "Raise net.ipv4.vs.conn_max.",
    since: "Linux 7.2",
    judge: conn_max,
};

fn conn_max(facts: &Facts) -> Vec<Finding> {
    const NAME: &str = "net.ipv4.vs.conn_max";
    let Some(all) = &facts.connections else {
        return Vec::new();
    };
    let count = all.total.saturating_add(all.templates);
    let limit = facts
        .sysctl(NAME)
        .and_then(|limit| u64::try_from(limit).ok());
    let Some(limit) = limit.filter(|limit| *limit > 0 && count >= *limit) else {
        return Vec::new();
    };
    let more = limit.saturating_mul(4).to_string();
    vec![
        Finding::fail("the table of connections is full: new clients wait and time out")
            .seen(format!("{NAME} = {limit}"))
            .seen(format!("{count} connections and templates"))
            .set(NAME, &more),
    ]
}

pub(in crate::diagnose::checks) const ORPHANED_CONNECTIONS: Check = Check {
    id: "orphaned-connections",
    symptom: "Clients that were connected hang, and those of UDP that go on sending from the same port.",
    cause: "Their server was removed from the table while they had connections. Their packets are dropped until the connections are forgotten.",
    seen: "Connections to a server that is in no service, and net.ipv4.vs.expire_nodest_conn is 0.",
    remedy: "Set net.ipv4.vs.expire_nodest_conn to 1; remove servers with --drain.",
    since: "",
    judge: orphaned_connections,
};

/// The states in which a client may still send.
const ALIVE: [&str; 3] = [states::ESTABLISHED, states::UDP, states::CLOSE_WAIT];

fn orphaned_connections(facts: &Facts) -> Vec<Finding> {
    const NAME: &str = "net.ipv4.vs.expire_nodest_conn";
    let receives = facts.daemons.iter().any(|daemon| daemon.backup);
    let bypasses = facts.sysctl("net.ipv4.vs.cache_bypass").unwrap_or(0) != 0;
    if facts.sysctl(NAME) != Some(0) || facts.only.is_some() || receives || bypasses {
        return Vec::new();
    }
    let servers = facts.services.iter().flat_map(|service| &service.servers);
    let known: HashSet<Endpoint> = servers.map(|server| server.endpoint).collect();
    // A server of a service for every port has port 0, and with it every port.
    let is_known = |server: Endpoint| {
        known.contains(&server) || known.contains(&Endpoint::new(server.address, 0))
    };
    let mut orphans: BTreeMap<Endpoint, u64> = BTreeMap::new();
    for flow in facts.flows() {
        let alive: u64 = ALIVE.iter().map(|state| flow.in_state(state)).sum();
        if alive > 0 && !is_known(flow.server) {
            let count = orphans.entry(flow.server).or_default();
            *count = count.saturating_add(alive);
        }
    }
    if orphans.is_empty() {
        return Vec::new();
    }
    let mut finding = Finding::warn(
        "connections belong to a server that is no longer in the table: their clients' packets are dropped until the connections are forgotten",
    );
    for (server, count) in orphans.iter().take(3) {
        finding = finding.seen(format!(
            "{count} connections to {server}, which is in no service"
        ));
    }
    for server in orphans.keys() {
        finding.add(server);
    }
    vec![finding.seen(format!("{NAME} = 0")).set(NAME, "1")]
}

pub(in crate::diagnose::checks) const CLIENT_IS_DIRECTOR: Check = Check {
    id: "client-is-director",
    symptom: "A test from the director itself hangs, whatever is right or wrong.",
    cause: "With direct routing and tunnels a server answers the client at its address, and here that is one that the server has too, or one whose packets IPVS does not see.",
    seen: "Half-open connections whose client is an address of the director.",
    remedy: "Test from another machine.",
    since: "",
    judge: client_is_director,
};

fn client_is_director(facts: &Facts) -> Vec<Finding> {
    let mut finding: Option<Finding> = None;
    for service in &facts.services {
        for server in &service.servers {
            let answers_directly =
                server.method == Method::DirectRouting || server.method.is_tunnel();
            if !answers_directly || facts.is_own(server.address()) {
                continue;
            }
            let waiting = facts
                .flows_to(server.endpoint)
                .flat_map(|flow: &Flow| &flow.waiting);
            let mut own = waiting.filter(|client| facts.is_own(**client));
            if let Some(client) = own.next() {
                let finding = finding.get_or_insert_with(|| {
                    Finding::note(format!(
                        "{client}, an address of this director, waits as a client; with direct routing and tunnels it waits in vain, whatever is right or wrong"
                    ))
                    .seen(format!("ipvsadm -Lnc --client {client} --state {WAITING}"))
                    .say("test from another machine")
                });
                finding.add(service.id);
            }
        }
    }
    finding.into_iter().collect()
}

pub(in crate::diagnose::checks) const TABLE_SMALL: Check = Check {
    id: "table-small",
    symptom: "Much time of the processors goes into each packet.",
    cause: "There are many more connections than the hash table has places.",
    seen: "The number of connections against the size that ipvsadm -L prints.",
    remedy: "Load ip_vs with a larger conn_tab_bits.",
    since: "to Linux 6; later kernels enlarge it by themselves",
    judge: table_small,
};

fn table_small(facts: &Facts) -> Vec<Finding> {
    let grows = facts
        .kernel_version()
        .is_none_or(|version| version >= (7, 0));
    let count = facts
        .connections
        .as_ref()
        .map_or(0, |all| all.total.saturating_add(all.templates));
    let buckets = u64::from(facts.buckets);
    if grows || buckets == 0 || count < buckets.saturating_mul(4) {
        return Vec::new();
    }
    let bits = count.next_power_of_two().trailing_zeros().min(20);
    vec![
        Finding::note("there are many more connections than the hash table has places: each packet takes longer")
            .seen(format!("{count} connections and templates, {buckets} places (ipvsadm -Ln)"))
            .say(format!(
                "in /etc/modprobe.d/ip_vs.conf: options ip_vs conn_tab_bits={bits}; it counts when ip_vs is loaded next"
            )),
    ]
}
