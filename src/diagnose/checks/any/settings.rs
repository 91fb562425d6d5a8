//! Settings of IPVS that cost connections, or the numbers one looks at.

use super::super::Check;
use crate::diagnose::facts::Facts;
use crate::diagnose::finding::{Finding, Gravity};

pub(in crate::diagnose::checks) const DEFENCE_ACTIVE: Check = Check {
    id: "defence-active",
    symptom: "Some packets or connections are lost, at random.",
    cause: "A defence against floods of connections is on: drop_packet, drop_entry or secure_tcp is 2 (on by itself, for want of memory) or 3 (always on).",
    seen: "net.ipv4.vs.drop_packet, drop_entry and secure_tcp.",
    remedy: "Set them to 1, or raise net.ipv4.vs.amemthresh's memory.",
    since: "",
    judge: defence_active,
};

/// The settings, with what each does to clients.
const DEFENCES: [(&str, &str, Gravity); 3] = [
    (
        "drop_packet",
        "drops some of the packets that clients send first",
        Gravity::Warn,
    ),
    (
        "drop_entry",
        "forgets connections at random, half-open ones first",
        Gravity::Warn,
    ),
    (
        "secure_tcp",
        "ends connections by shorter timeouts",
        Gravity::Note,
    ),
];

fn defence_active(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for (setting, deed, wanted) in DEFENCES {
        let name = format!("net.ipv4.vs.{setting}");
        let (value, finding) = match facts.sysctl(&name) {
            Some(2) => (
                2,
                Finding::warn(format!(
                    "memory is short and the defence against floods {deed}: clients fail at random"
                )),
            ),
            Some(3) if wanted == Gravity::Warn => (
                3,
                Finding::warn(format!(
                    "the defence against floods is always on and {deed}: clients fail at random"
                )),
            ),
            Some(3) => (
                3,
                Finding::note(format!(
                    "the defence against floods is always on and {deed}"
                )),
            ),
            _ => continue,
        };
        let mut finding = finding.seen(format!("{name} = {value}"));
        if setting == "drop_packet"
            && let Some(rate) = facts.sysctls.get("net.ipv4.vs.am_droprate")
        {
            finding = finding.seen(format!(
                "net.ipv4.vs.am_droprate = {rate}: one in so many is dropped"
            ));
        }
        if value == 2 {
            let pages = facts
                .sysctls
                .get("net.ipv4.vs.amemthresh")
                .map_or("?", String::as_str);
            finding = finding
                .seen(format!(
                    "net.ipv4.vs.amemthresh = {pages} pages: less memory than that is available"
                ))
                .say("free memory, or lower net.ipv4.vs.amemthresh");
        }
        let calm = if value == 2 { "0" } else { "1" };
        found.push(finding.set(&name, calm));
    }
    found
}

pub(in crate::diagnose::checks) const COUNTERS_FROZEN: Check = Check {
    id: "counters-frozen",
    symptom: "--stats, --rate and monitoring stand still while traffic flows.",
    cause: "Nobody adds the counters up: net.ipv4.vs.run_estimation is 0, or net.ipv4.vs.est_cpulist is empty.",
    seen: "The two settings.",
    remedy: "Set net.ipv4.vs.run_estimation to 1, and name processors in net.ipv4.vs.est_cpulist.",
    since: "est_cpulist: Linux 6.2",
    judge: counters_frozen,
};

fn counters_frozen(facts: &Facts) -> Vec<Finding> {
    const RUN: &str = "net.ipv4.vs.run_estimation";
    const CPUS: &str = "net.ipv4.vs.est_cpulist";
    let frozen = || {
        Finding::warn(
            "counters and rates stand still, whatever flows: --stats, --rate and monitoring show nothing new",
        )
    };
    if facts.sysctl(RUN) == Some(0) {
        return vec![frozen().seen(format!("{RUN} = 0")).set(RUN, "1")];
    }
    if facts
        .sysctls
        .get(CPUS)
        .is_some_and(|list| list.trim().is_empty())
    {
        return vec![frozen().seen(format!("{CPUS} is empty")).set(CPUS, "0")];
    }
    Vec::new()
}
