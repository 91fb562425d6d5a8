//! Other programs that have a hand in the table, and other namespaces.

use super::super::Check;
use crate::diagnose::facts::{Facts, MANAGERS};
use crate::diagnose::finding::Finding;

pub(in crate::diagnose::checks) const OTHER_NAMESPACE: Check = Check {
    id: "other-namespace",
    symptom: "The table is empty, and yet clients are served or were.",
    cause: "Each network namespace has a table of its own, and the services are in another one.",
    seen: "There is no service here, and modules of schedulers are in use.",
    remedy: "Run ipvsadm with --netns NAME, or with --netns /proc/PID/ns/net; --netns all lists the tables of all that have a name.",
    since: "",
    judge: other_namespace,
};

/// Modules that are no schedulers, though their names begin like those of schedulers.
const NO_SCHEDULERS: [&str; 2] = ["ip_vs_ftp", "ip_vs_pe_sip"];

fn other_namespace(facts: &Facts) -> Vec<Finding> {
    // A table that could not be read is not known to be empty.
    let is_read = facts.timeouts.is_some();
    if !facts.services.is_empty() || !is_read || facts.only.is_some() {
        return Vec::new();
    }
    let of_scheduler = |name: &str| name.starts_with("ip_vs_") && !NO_SCHEDULERS.contains(&name);
    let mut used = facts
        .modules
        .iter()
        .filter(|(name, users)| of_scheduler(name) && **users > 0);
    let Some((name, users)) = used.next() else {
        return Vec::new();
    };
    vec![
        Finding::note("the table is empty here, and another network namespace has services")
            .seen(format!("/proc/modules: {name} has {users} users"))
            .run("ipvsadm -Ln --netns all")
            .say("or, if it has no name: lsns -t net, then ipvsadm -Ln --netns /proc/PID/ns/net"),
    ]
}

pub(in crate::diagnose::checks) const MANAGERS_RUN: Check = Check {
    id: "managers",
    symptom: "What was changed by hand comes back.",
    cause: "A program that changes the table by itself runs: keepalived, ldirectord, kube-proxy or kube-router.",
    seen: "The names of running programs, and the interface kube-ipvs0.",
    remedy: "Change that program's configuration instead.",
    since: "",
    judge: managers,
};

fn managers(facts: &Facts) -> Vec<Finding> {
    let running = MANAGERS.iter().filter(|name| facts.runs(&[name]));
    let mut found: Vec<_> = running.map(|name| format!("{name} runs")).collect();
    if facts.links.iter().any(|link| link.name == "kube-ipvs0") {
        found.push("there is an interface kube-ipvs0, which is kube-proxy's".to_owned());
    }
    if found.is_empty() {
        return Vec::new();
    }
    let mut finding = Finding::note(
        "another program changes this table too, and may undo what is changed by hand",
    );
    for evidence in found {
        finding = finding.seen(evidence);
    }
    vec![finding.say("make changes that are to stay in its configuration")]
}
