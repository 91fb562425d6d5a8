//! Settings of IPVS that cost connections, or the numbers one looks at.

use super::super::Check;
use crate::diagnose::facts::{Facts, Server, ServiceFacts};
use crate::diagnose::finding::{Finding, Gravity};
use crate::estimation::{self, Frozen};
use ipvs::model::{Protocol, VirtualId};

pub(in crate::diagnose::checks) const DEFENCE_ACTIVE: Check = Check {
    id: "defence-active",
    symptom: "Some packets or connections are lost, at random.",
    cause: "A defence against floods of connections is on: drop_packet, drop_entry or secure_tcp is 2 (on by itself, for want of memory) or 3 (always on).",
    seen: "net.ipv4.vs.drop_packet, drop_entry and secure_tcp.",
    remedy: "Where the value is 2, free memory, lower net.ipv4.vs.amemthresh, or set the defence to 0. Where it is 3, set it to 1.",
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
                "net.ipv4.vs.am_droprate = {rate}: one packet in {rate} is dropped"
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
    let Some(why) = facts.frozen() else {
        return Vec::new();
    };
    let finding = Finding::warn(
        "counters and rates stand still, whatever flows: --stats, --rate and monitoring show nothing new",
    )
    .seen(why.to_string());
    vec![match why {
        Frozen::TurnedOff => finding.set(estimation::RUN, "1"),
        Frozen::NoProcessors => finding.set(estimation::PROCESSORS, "0"),
    }]
}

pub(in crate::diagnose::checks) const IDLE_TIMEOUT: Check = Check {
    id: "idle-timeout",
    symptom: "Connections that were idle for a while are reset or hang when they are used again: databases, SSH, message queues.",
    cause: "The director forgets a TCP connection that is silent for longer than its timeout, and programs send keepalives less often (7200 s).",
    seen: "ipvsadm -L --timeout.",
    remedy: "Raise the timeout, or let programs send keepalives more often.",
    since: "",
    judge: idle_timeout,
};

/// The seconds after which Linux sends the first keepalive, if a program asks for
/// keepalives.
const KEEPALIVE: u32 = 7200;

fn idle_timeout(facts: &Facts) -> Vec<Finding> {
    let carries_tcp = |service: &ServiceFacts| match service.id {
        VirtualId::Endpoint { protocol, .. } => protocol == Protocol::Tcp,
        VirtualId::Fwmark { .. } => true,
    };
    let Some(timeouts) = facts.timeouts.filter(|timeouts| timeouts.tcp < KEEPALIVE) else {
        return Vec::new();
    };
    if !facts.services.iter().any(carries_tcp) {
        return Vec::new();
    }
    vec![
        Finding::note(format!(
            "TCP connections that are silent for {} s are forgotten; programs that keep idle connections open longer lose them",
            timeouts.tcp
        ))
        .seen(format!("ipvsadm -L --timeout: {} {} {}", timeouts.tcp, timeouts.tcp_fin, timeouts.udp))
        .say("where that matters:")
        .run(format!("ipvsadm --set {KEEPALIVE} 0 0")),
    ]
}

pub(in crate::diagnose::checks) const REUSE_MODE: Check = Check {
    id: "reuse-mode",
    symptom: "Servers of weight 0 go on getting new connections.",
    cause: "net.ipv4.vs.conn_reuse_mode is 0: a client that uses a port again gets the server that it had.",
    seen: "The setting, and connections on servers of weight 0.",
    remedy: "Set net.ipv4.vs.conn_reuse_mode to 1.",
    since: "",
    judge: reuse_mode,
};

fn reuse_mode(facts: &Facts) -> Vec<Finding> {
    const NAME: &str = "net.ipv4.vs.conn_reuse_mode";
    if facts.sysctl(NAME) != Some(0) {
        return Vec::new();
    }
    let mut leaving = Vec::new();
    for service in &facts.services {
        let quiet =
            |server: &&Server| server.weight == 0 && (server.active > 0 || server.inactive > 0);
        if service.servers.iter().any(|server| server.weight > 0) {
            leaving.extend(
                service
                    .servers
                    .iter()
                    .filter(quiet)
                    .map(|server| (service.id, server)),
            );
        }
    }
    let Some((_, first)) = leaving.first() else {
        return vec![
            Finding::note(
                "a client that uses a port again gets the server that it had, even one of weight 0",
            )
            .seen(format!("{NAME} = 0"))
            .set(NAME, "1"),
        ];
    };
    let mut finding = Finding::warn(
        "servers of weight 0 still get new connections, of clients that use a port again: their connections never end",
    )
    .seen(format!("{NAME} = 0"))
    .seen(format!("{} has weight 0 and {} connections", first.endpoint, first.active.saturating_add(first.inactive)))
    .set(NAME, "1");
    for (service, server) in &leaving {
        finding.add(format_args!("{service} -> {}", server.endpoint));
    }
    vec![finding]
}

pub(in crate::diagnose::checks) const REUSE_DELAY: Check = Check {
    id: "reuse-delay",
    symptom: "Some new connections take a second longer, those of clients behind NAT and proxies above all.",
    cause: "With connection tracking, older kernels drop the first packet of a client that uses a port again.",
    seen: "The kernel's version, net.ipv4.vs.conntrack and net.ipv4.vs.conn_reuse_mode, which are both 1.",
    remedy: "A newer kernel; or net.ipv4.vs.conn_reuse_mode=0, which has a drawback: see reuse-mode.",
    since: "before Linux 5.9",
    judge: reuse_delay,
};

fn reuse_delay(facts: &Facts) -> Vec<Finding> {
    let is_old = facts
        .kernel_version()
        .is_some_and(|version| version < (5, 9));
    let both = ["conntrack", "conn_reuse_mode"].map(|name| format!("net.ipv4.vs.{name}"));
    if !is_old || both.iter().any(|name| facts.sysctl(name) != Some(1)) {
        return Vec::new();
    }
    let [tracked, reused] = both;
    vec![
        Finding::note("clients that use a port again may wait a second for their connection, unless the kernel's vendor has repaired it")
            .seen(format!("Linux {}, {tracked} = 1, {reused} = 1", facts.kernel))
            .say("a kernel from 5.9 on does not do so"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::example::{gravities, with};

    #[test]
    fn reuse_is_delayed_by_older_kernels_that_track() {
        let found = |kernel: &str, tracked: &str, reuse: &str| {
            let settings = [
                ("net.ipv4.vs.conntrack", tracked),
                ("net.ipv4.vs.conn_reuse_mode", reuse),
            ];
            let mut facts = with(Vec::new(), &settings);
            kernel.clone_into(&mut facts.kernel);
            gravities(reuse_delay, &facts)
        };
        assert_eq!(found("5.8.18", "1", "1"), [Gravity::Note]);
        assert_eq!(found("4.18.0-553.el8", "1", "1"), [Gravity::Note]);
        assert_eq!(found("5.9.0", "1", "1"), []);
        assert_eq!(found("5.8.18", "0", "1"), []);
        assert_eq!(found("5.8.18", "1", "0"), []);
    }
}
