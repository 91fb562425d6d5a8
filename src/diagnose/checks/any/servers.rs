//! The servers of a service: there must be one that takes connections.

use super::super::Check;
use crate::diagnose::facts::{Facts, Service};
use crate::diagnose::finding::Finding;

pub(in crate::diagnose::checks) const NO_USABLE_SERVER: Check = Check {
    id: "no-usable-server",
    symptom: "New connections are refused at once (port unreachable).",
    cause: "The service has no server, or each of its servers has weight 0.",
    seen: "The table. The kernel's log says `no destination available'.",
    remedy: "Add a server, or give one a weight.",
    since: "",
    judge: no_usable_server,
};

fn no_usable_server(facts: &Facts) -> Vec<Finding> {
    let is_empty = |service: &&Service| service.servers.is_empty();
    let is_idle = |service: &&Service| {
        !service.servers.is_empty() && service.servers.iter().all(|server| server.weight == 0)
    };
    let mut found = Vec::new();
    let mut empty = facts.services.iter().filter(is_empty).peekable();
    if let Some(first) = empty.peek() {
        let mut finding = Finding::fail("the service has no server: clients are refused")
            .seen(format!("ipvsadm -Ln {} lists no server", first.id.option()))
            .run(format!("ipvsadm -a {} -r SERVER", first.id.option()));
        for service in empty {
            finding.add(service.id);
        }
        found.push(finding);
    }
    let mut idle = facts.services.iter().filter(is_idle).peekable();
    if let Some(first) = idle.peek() {
        let server = first
            .servers
            .first()
            .map_or_else(String::new, |server| server.option());
        let mut finding =
            Finding::fail("every server of the service has weight 0: new clients are refused")
                .seen(format!(
                    "ipvsadm -Ln {} lists only weights of 0",
                    first.id.option()
                ))
                .run(format!("ipvsadm -e {} {server} -w 1", first.id.option()))
                .say("or wait, if the servers are being drained");
        for service in idle {
            finding.add(service.id);
        }
        found.push(finding);
    }
    found
}
