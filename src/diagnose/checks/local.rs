//! Servers on the director itself, and directors that are servers of one another.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Check;
use crate::diagnose::facts::{Facts, Method, Server, ServiceFacts};
use crate::diagnose::finding::Finding;
use ipvs::model::{Endpoint, Protocol, VirtualId};

pub(super) const LOCAL_NOT_LISTENING: Check = Check {
    id: "local-not-listening",
    symptom: "Some connections are refused at once, those that are given to the director itself.",
    cause: "A server is this machine, and no program listens where its packets arrive: with -g and -i that is the virtual address, with -m the server's.",
    seen: "/proc/net/tcp, tcp6, udp and udp6 have no socket at that port, neither on that address nor on every address.",
    remedy: "Let the program listen on the virtual address, or on every address.",
    since: "",
    judge: local_not_listening,
};

fn local_not_listening(facts: &Facts) -> Vec<Finding> {
    let files = ["tcp", "tcp6", "udp", "udp6"].map(|file| format!("/proc/net/{file}"));
    if files.iter().any(|file| facts.is_unread(file)) {
        return Vec::new();
    }
    let mut found: BTreeMap<(&str, Endpoint), Finding> = BTreeMap::new();
    for service in &facts.services {
        for server in service.servers.iter().filter(|server| server.weight > 0) {
            let Some((protocol, place)) = arrival(facts, service, server) else {
                continue;
            };
            if facts
                .sockets
                .iter()
                .any(|socket| socket.takes(protocol, place))
            {
                continue;
            }
            let finding = found.entry((protocol, place)).or_insert_with(|| {
                let tool = match protocol {
                    "UDP" => "ss -uln",
                    _ => "ss -tln",
                };
                Finding::fail(format!(
                    "no program on this machine listens on {place}, where packets of its server {} arrive: clients that are given to it are refused",
                    server.endpoint
                ))
                .seen(format!("{tool} 'sport = :{}' lists no socket for {}", place.port, place.address))
                .say(format!("let the program listen on {place}, or on every address"))
            });
            finding.add(service.id);
        }
    }
    found.into_values().collect()
}

/// Returns where the packets of a server on this machine arrive, if that is known.
fn arrival(
    facts: &Facts,
    service: &ServiceFacts,
    server: &Server,
) -> Option<(&'static str, Endpoint)> {
    let VirtualId::Endpoint {
        protocol,
        address,
        port,
    } = service.id
    else {
        return None;
    };
    let protocol = match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp | Protocol::Other(_) => return None,
    };
    let place = match server.method {
        Method::Nat => server.endpoint,
        Method::DirectRouting | Method::Tunnel | Method::Gue | Method::Gre => {
            Endpoint::new(address, port)
        }
        Method::Other => return None,
    };
    let is_here = facts.is_own(server.address()) && facts.is_taken_in(address) == Some(true);
    (is_here && place.port != 0).then_some((protocol, place))
}

pub(super) const LOOP_OF_DIRECTORS: Check = Check {
    id: "loop-of-directors",
    symptom: "Some connections time out, those that are given to the standby director.",
    cause: "The standby director is a server too. It does not take in what the active one sends it, but balances it again, and sends some of it back.",
    seen: "A backup daemon and no master daemon run, the virtual address is on lo, this machine is one of several servers with -g or -i, and net.ipv4.vs.backup_only is 0.",
    remedy: "Set net.ipv4.vs.backup_only to 1: while only a backup daemon runs, this director then balances nothing. Whatever makes it active must start the master daemon.",
    since: "Linux 3.9",
    judge: loop_of_directors,
};

const BACKUP_ONLY: &str = "net.ipv4.vs.backup_only";

/// Returns the services whose packets this standby director balances once more.
pub(super) fn looping(facts: &Facts) -> impl Iterator<Item = &ServiceFacts> {
    let stands_by = facts.daemons.iter().any(|daemon| daemon.backup)
        && facts.daemons.iter().all(|daemon| daemon.backup)
        && facts.sysctl(BACKUP_ONLY) == Some(0);
    let loops = move |service: &&ServiceFacts| {
        let answers_directly =
            |server: &&Server| server.method == Method::DirectRouting || server.method.is_tunnel();
        let usable = || {
            let servers = service.servers.iter().filter(answers_directly);
            servers.filter(|server| server.weight > 0)
        };
        stands_by
            && service.address().is_some_and(|vip| is_quiet(facts, vip))
            && usable().any(|server| facts.is_own(server.address()))
            && usable().any(|server| !facts.is_own(server.address()))
    };
    facts.services.iter().filter(loops)
}

/// Returns whether the address is on no link, so that nobody hears of it from here.
fn is_quiet(facts: &Facts, vip: IpAddr) -> bool {
    let mut here = facts.addresses.of(vip).peekable();
    let is_loopback = |index| facts.link(index).is_some_and(|link| link.loopback);
    here.peek().is_some() && here.all(|own| is_loopback(own.interface))
}

fn loop_of_directors(facts: &Facts) -> Vec<Finding> {
    let mut finding: Option<Finding> = None;
    for service in looping(facts) {
        let finding = finding.get_or_insert_with(|| {
            Finding::warn(
                "this standby director is a server too, and balances again what the active one sends it: some of it goes back and forth, and its clients wait and time out",
            )
            .seen(format!("{BACKUP_ONLY} = 0"))
            .seen("ipvsadm -L --daemon has a backup daemon alone")
            .set(BACKUP_ONLY, "1")
            .say("and let what makes this director active start its master daemon: until then it balances nothing")
        });
        finding.add(service.id);
    }
    finding.into_iter().collect()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity::{Fail, Warn};
    use crate::diagnose::example::{daemon, gravities, here, link, own, server, service, to, with};
    use crate::diagnose::facts::{Listener, Unread};

    fn on_director(method: Method, server_at: &str) -> Facts {
        let servers = vec![server(server_at, method)];
        let mut facts = with(vec![service("TCP 10.0.0.1:80", servers)], &[]);
        facts.links = vec![link(1, "lo"), link(2, "eth0"), link(3, "eth1")];
        facts.addresses = vec![own("10.0.0.1/24", 2), own("10.1.0.1/24", 3)].into();
        facts.answers(to("10.0.0.1"), here())
    }

    fn listens(protocol: &str, at: &str) -> Listener {
        let local = at.parse().unwrap();
        Listener {
            protocol: protocol.to_owned(),
            local,
            drops: None,
        }
    }

    #[test]
    fn a_program_listens_where_the_method_brings_packets() {
        let found = |method, at: &str, listener: Option<(&str, &str)>| {
            let mut facts = on_director(method, at);
            let sockets = listener.map(|(protocol, at)| listens(protocol, at));
            facts.sockets = sockets.into_iter().collect();
            gravities(local_not_listening, &facts)
        };
        let (direct, nat) = (Method::DirectRouting, Method::Nat);
        let rip = "10.1.0.1:80";
        assert_eq!(found(direct, rip, None), [Fail]);
        assert_eq!(found(direct, rip, Some(("TCP", rip))), [Fail]);
        assert_eq!(found(direct, rip, Some(("UDP", "0.0.0.0:80"))), [Fail]);
        assert_eq!(found(direct, rip, Some(("TCP", "10.0.0.1:81"))), [Fail]);
        assert_eq!(found(direct, rip, Some(("TCP", "10.0.0.1:80"))), []);
        assert_eq!(
            found(direct, rip, Some(("TCP", "[::ffff:10.0.0.1]:80"))),
            []
        );
        assert_eq!(found(direct, rip, Some(("TCP", "0.0.0.0:80"))), []);
        assert_eq!(found(direct, rip, Some(("TCP", "[::]:80"))), []);
        assert_eq!(
            found(nat, "10.1.0.1:8080", Some(("TCP", "10.0.0.1:80"))),
            [Fail]
        );
        assert_eq!(
            found(nat, "10.1.0.1:8080", Some(("TCP", "10.1.0.1:8080"))),
            []
        );
        // The server is on another machine.
        assert_eq!(found(direct, "10.1.0.2:80", None), []);
    }

    #[test]
    fn where_sockets_are_not_known_nothing_is_said() {
        let mut facts = on_director(Method::DirectRouting, "10.1.0.1:80");
        facts.unread = vec![Unread {
            what: "/proc/net/tcp".to_owned(),
            why: "Permission denied".to_owned(),
        }];
        assert_eq!(gravities(local_not_listening, &facts), []);
    }

    #[test]
    fn a_standby_director_balances_again() {
        let mut facts = on_director(Method::DirectRouting, "10.1.0.1:80");
        facts
            .addresses
            .change(|rows| rows[0] = own("10.0.0.1/32", 1));
        facts.services[0]
            .servers
            .push(server("10.1.0.2:80", Method::DirectRouting));
        facts.sysctls.insert(BACKUP_ONLY.to_owned(), "0".to_owned());
        assert_eq!(gravities(loop_of_directors, &facts), []);
        facts.daemons = vec![daemon(true)];
        assert_eq!(gravities(loop_of_directors, &facts), [Warn]);
        let change = |change: fn(&mut Facts)| {
            let mut changed = facts.clone();
            change(&mut changed);
            gravities(loop_of_directors, &changed)
        };
        // The director is active.
        assert_eq!(
            change(|facts| facts
                .addresses
                .change(|rows| rows[0] = own("10.0.0.1/32", 2))),
            []
        );
        assert_eq!(change(|facts| facts.services[0].servers[0].weight = 0), []);
        assert_eq!(change(|facts| facts.services[0].servers.truncate(1)), []);
        assert_eq!(
            change(|facts| drop(facts.sysctls.insert(BACKUP_ONLY.to_owned(), "1".to_owned()))),
            []
        );
        let mut both = facts.clone();
        both.daemons.push(daemon(false));
        assert_eq!(gravities(loop_of_directors, &both), []);
    }
}
