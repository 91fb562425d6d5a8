//! Clients that come to servers which are to take none: by persistence, or by a
//! scheduler that computes the server from the client.

use super::Check;
use crate::diagnose::facts::{Facts, Server, ServiceFacts, selector};
use crate::diagnose::finding::Finding;
use ipvs::model::ServiceFlags;

pub(super) const PERSISTENT_QUIESCED: Check = Check {
    id: "persistent-quiesced",
    symptom: "Servers of weight 0 go on getting new connections, of clients that were there before.",
    cause: "A persistent service keeps its clients with their server, even when that is to take no new ones.",
    seen: "Templates on servers of weight 0, and net.ipv4.vs.expire_quiescent_template is 0.",
    remedy: "Set net.ipv4.vs.expire_quiescent_template to 1, or wait until the clients stay away for longer than the service's timeout.",
    since: "",
    judge: persistent_quiesced,
};

fn persistent_quiesced(facts: &Facts) -> Vec<Finding> {
    const NAME: &str = "net.ipv4.vs.expire_quiescent_template";
    if facts.sysctl(NAME) != Some(0) {
        return Vec::new();
    }
    let keeps = |server: &&Server| server.weight == 0 && server.persistent > 0;
    let others = |service: &&ServiceFacts| service.servers.iter().any(|server| server.weight > 0);
    let persistent = facts.services.iter().filter(|service| service.persistent);
    let kept: Vec<_> = persistent
        .filter(others)
        .flat_map(|service| {
            let keeping = service.servers.iter().filter(keeps);
            keeping.map(|server| (service.id, server))
        })
        .collect();
    let gets = |server: &Server| server.traffic.rise.is_some_and(|rise| rise.connections > 0);
    let busy = kept.iter().find(|(_, server)| gets(server));
    let Some((_, shown)) = busy.or(kept.first()) else {
        return Vec::new();
    };
    let finding = match busy {
        Some(_) => Finding::warn(
            "servers of weight 0 still get new connections, of clients that were there before: their connections never end",
        ),
        None => Finding::note(
            "servers of weight 0 keep their clients for as long as these come back in time",
        ),
    };
    let mut finding = finding
        .seen(format!("{NAME} = 0"))
        .seen(format!(
            "{} has weight 0 and keeps {} clients (ipvsadm -Ln --persistent-conn)",
            shown.endpoint, shown.persistent
        ))
        .say("if the clients may go to another server:")
        .set(NAME, "1");
    for (service, server) in &kept {
        finding.add(format_args!("{service} -> {}", server.endpoint));
    }
    vec![finding]
}

pub(super) const HASH_NO_FALLBACK: Check = Check {
    id: "hash-no-fallback",
    symptom: "Some clients are refused at once (port unreachable), always the same ones; others are served.",
    cause: "The scheduler (sh, dh, mh) computes the server from an address, and has no other server to turn to where that one takes no connections.",
    seen: "Such a service without sh-fallback or mh-fallback, and one of its servers has weight 0 or as many connections as it may have.",
    remedy: "Give the scheduler its fallback, or remove the server. dh has no fallback; mh with mh-fallback can take its place.",
    since: "",
    judge: hash_no_fallback,
};

fn hash_no_fallback(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for service in &facts.services {
        let Some(hash) = Hash::of(service) else {
            continue;
        };
        let is_closed =
            |server: &Server| server.is_full() || (server.weight == 0 && hash.computes(server));
        let mut closed = service.servers.iter().filter(|server| is_closed(server));
        let (Some(first), true) = (
            closed.next(),
            service.servers.iter().any(|server| !is_closed(server)),
        ) else {
            continue;
        };
        let (id, option) = (service.id, selector(service.id));
        let scheduler = hash.scheduler();
        let mut finding = Finding::fail(format!(
            "clients that {scheduler} gives to a server which takes none are refused, though there are other servers"
        ))
        .affects(format_args!("{id} -> {}", first.endpoint));
        for server in closed {
            finding.add(format_args!("{id} -> {}", server.endpoint));
        }
        let finding = finding.seen(match first.weight {
            0 => format!("ipvsadm -Ln {option}: {} has weight 0", first.endpoint),
            _ => format!(
                "ipvsadm -Ln {option} --thresholds: {} has as many connections as it may have",
                first.endpoint
            ),
        });
        found.push(
            finding
                .seen(format!(
                    "ipvsadm -Sn: -A {option} -s {scheduler} without a fallback"
                ))
                .run(format!("ipvsadm -E {option} --keep {}", hash.remedy())),
        );
    }
    found
}

/// A scheduler that computes the server, without a fallback.
#[derive(Clone, Copy)]
enum Hash {
    /// By the client's address and, if `port`, its port.
    Source { port: bool },
    /// By the virtual address.
    Destination,
    /// By the client's address and, if `port`, its port.
    Maglev { port: bool },
}

impl Hash {
    fn of(service: &ServiceFacts) -> Option<Self> {
        let flags = ServiceFlags(service.flags);
        let port = flags.contains(ServiceFlags::SCHED2);
        let falls_back = flags.contains(ServiceFlags::SCHED1);
        match service.scheduler.as_deref()? {
            "sh" if !falls_back => Some(Self::Source { port }),
            "mh" if !falls_back => Some(Self::Maglev { port }),
            "dh" => Some(Self::Destination),
            _ => None,
        }
    }

    fn scheduler(self) -> &'static str {
        match self {
            Self::Source { .. } => "sh",
            Self::Destination => "dh",
            Self::Maglev { .. } => "mh",
        }
    }

    /// Returns whether clients are given to this server of weight 0. mh keeps the places
    /// that a server had, and gives none to a server that never had a weight.
    fn computes(self, server: &Server) -> bool {
        match self {
            Self::Source { .. } | Self::Destination => true,
            Self::Maglev { .. } => server.had_clients(),
        }
    }

    /// Returns the words for `-E` that give the service a fallback.
    fn remedy(self) -> &'static str {
        match self {
            Self::Source { port: false } => "-b sh-fallback",
            Self::Source { port: true } => "-b sh-fallback,sh-port",
            Self::Destination => "-s mh -b mh-fallback",
            Self::Maglev { port: false } => "-b mh-fallback",
            Self::Maglev { port: true } => "-b mh-fallback,mh-port",
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity;
    use crate::diagnose::example::{gravities, server, service, with};
    use crate::diagnose::facts::{Counted, Method};

    fn kept() -> Facts {
        let mut leaving = server("10.1.0.2:80", Method::Nat);
        (leaving.weight, leaving.persistent) = (0, 3);
        let mut service = service(
            "TCP 10.0.0.1:80",
            vec![leaving, server("10.1.0.3:80", Method::Nat)],
        );
        service.persistent = true;
        with(
            vec![service],
            &[("net.ipv4.vs.expire_quiescent_template", "0")],
        )
    }

    #[test]
    fn kept_clients_are_a_note_until_they_come() {
        let mut facts = kept();
        assert_eq!(gravities(persistent_quiesced, &facts), [Gravity::Note]);
        let connections = 1;
        facts.services[0].servers[0].traffic.rise = Some(Counted {
            connections,
            ..Counted::default()
        });
        assert_eq!(gravities(persistent_quiesced, &facts), [Gravity::Warn]);
        facts.sysctls.insert(
            "net.ipv4.vs.expire_quiescent_template".to_owned(),
            "1".to_owned(),
        );
        assert_eq!(gravities(persistent_quiesced, &facts), []);
    }

    #[test]
    fn clients_are_kept_only_from_servers_that_others_stand_in_for() {
        let mut facts = kept();
        facts.services[0].servers[1].weight = 0;
        assert_eq!(gravities(persistent_quiesced, &facts), []);
        let mut facts = kept();
        facts.services[0].servers[0].persistent = 0;
        assert_eq!(gravities(persistent_quiesced, &facts), []);
        let mut facts = kept();
        facts.services[0].persistent = false;
        assert_eq!(gravities(persistent_quiesced, &facts), []);
    }

    fn hashed(scheduler: &str, flags: ServiceFlags) -> Facts {
        let mut closed = server("10.1.0.2:80", Method::Nat);
        closed.weight = 0;
        closed.traffic.total.connections = 1;
        let mut service = service(
            "TCP 10.0.0.1:80",
            vec![closed, server("10.1.0.3:80", Method::Nat)],
        );
        service.scheduler = Some(scheduler.to_owned());
        service.flags = flags.0;
        with(vec![service], &[])
    }

    #[test]
    fn each_scheduler_has_a_fallback_of_its_own() {
        let none = ServiceFlags(0);
        for (scheduler, flags, remedy) in [
            ("sh", none, "-b sh-fallback"),
            ("sh", ServiceFlags::SCHED2, "-b sh-fallback,sh-port"),
            ("mh", none, "-b mh-fallback"),
            ("mh", ServiceFlags::SCHED2, "-b mh-fallback,mh-port"),
            ("dh", none, "-s mh -b mh-fallback"),
        ] {
            let found = hash_no_fallback(&hashed(scheduler, flags));
            let wanted = format!("ipvsadm -E -t 10.0.0.1:80 --keep {remedy}");
            let wanted = Finding::fail("").run(wanted).remedy;
            assert_eq!(found[0].remedy, wanted);
        }
        for (scheduler, flags) in [
            ("sh", ServiceFlags::SCHED1),
            ("mh", ServiceFlags::SCHED1),
            ("rr", none),
        ] {
            assert_eq!(hash_no_fallback(&hashed(scheduler, flags)), []);
        }
    }

    #[test]
    fn mh_gives_nobody_to_a_server_that_never_had_a_weight() {
        let unused = |scheduler| {
            let mut facts = hashed(scheduler, ServiceFlags(0));
            facts.services[0].servers[0].traffic.total = Counted::default();
            gravities(hash_no_fallback, &facts)
        };
        assert_eq!(unused("mh"), []);
        assert_eq!(unused("sh"), [Gravity::Fail]);
    }

    #[test]
    fn a_full_server_refuses_as_well_and_without_any_other_it_is_another_fault() {
        let mut facts = hashed("sh", ServiceFlags(0));
        let first = &mut facts.services[0].servers[0];
        (first.weight, first.upper_threshold, first.active) = (1, 4, 4);
        assert_eq!(gravities(hash_no_fallback, &facts), [Gravity::Fail]);
        facts.services[0].servers[0].active = 3;
        assert_eq!(gravities(hash_no_fallback, &facts), []);
        let mut facts = hashed("sh", ServiceFlags(0));
        facts.services[0].servers[1].weight = 0;
        assert_eq!(gravities(hash_no_fallback, &facts), []);
    }
}
