//! Synchronization: the directors must hear one another, or connections break
//! when another one takes over.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Check;
use crate::diagnose::facts::{Facts, SyncDaemon};
use crate::diagnose::finding::{Finding, in_shell};

/// The kernel's own multicast group and port.
const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 81));
const PORT: u16 = 8848;

pub(super) const SYNC_INTERFACE: Check = Check {
    id: "sync-interface",
    symptom: "Connections break when another director takes over.",
    cause: "The interface of a synchronization daemon is gone or switched off. The daemon is listed all the same.",
    seen: "ipvsadm -L --daemon against the interfaces.",
    remedy: "Switch the interface on. If it was removed, even for a moment, the daemon must be started again.",
    since: "",
    judge: sync_interface,
};

fn sync_interface(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for daemon in &facts.daemons {
        let interface = &daemon.interface;
        let part = part(daemon);
        let finding = match facts.links.iter().find(|link| link.name == *interface) {
            // If no link is known, nothing can be said.
            _ if facts.links.is_empty() => continue,
            Some(link) if link.up => continue,
            Some(_) => Finding::warn(format!(
                "{interface}, by which the {part} daemon synchronizes, is switched off: connections will break when another director takes over"
            ))
            .seen(format!("ip link show {interface} has no UP"))
            .run(format!("ip link set {} up", in_shell(interface))),
            None => restart(
                Finding::warn(format!(
                    "{interface}, by which the {part} daemon synchronizes, is gone: connections will break when another director takes over"
                ))
                .seen(format!("ip link show {interface} finds none"))
                .say(format!("when {interface} is back, or with another one:")),
                daemon,
            ),
        };
        found.push(finding.affects(named(daemon)));
    }
    found
}

pub(super) const SYNC_NOT_JOINED: Check = Check {
    id: "sync-not-joined",
    symptom: "Connections break when this director takes over.",
    cause: "The backup daemon is no member of its multicast group on its interface, which was removed and made anew since it was started.",
    seen: "/proc/net/igmp and igmp6 do not have the group on that interface.",
    remedy: "Start the daemon again.",
    since: "",
    judge: sync_not_joined,
};

fn sync_not_joined(facts: &Facts) -> Vec<Finding> {
    let backups = facts.daemons.iter().filter(|daemon| daemon.backup);
    let outside =
        backups.filter(|daemon| has_link(facts, daemon) && is_member(facts, daemon) == Some(false));
    let finding = |daemon: &SyncDaemon| {
        let (group, interface) = (group(daemon), &daemon.interface);
        let finding = Finding::warn(format!(
            "the backup daemon is no member of {group} on {interface} and receives nothing: connections will break when this director takes over"
        ))
        .affects(named(daemon))
        .seen(format!("ip maddr show dev {interface} does not have {group}"));
        restart(finding, daemon)
    };
    outside.map(finding).collect()
}

/// Returns whether the daemon's interface is there and switched on.
fn has_link(facts: &Facts, daemon: &SyncDaemon) -> bool {
    let is_it = |link: &&crate::routing::Link| link.name == daemon.interface;
    facts.links.iter().find(is_it).is_some_and(|link| link.up)
}

/// Returns whether the interface of a daemon is in its multicast group, or none if that
/// is not known.
fn is_member(facts: &Facts, daemon: &SyncDaemon) -> Option<bool> {
    Some(match group(daemon) {
        IpAddr::V4(group) => {
            let text = facts.files.get("/proc/net/igmp")?;
            groups(text).any(|found| found == (&daemon.interface, group))
        }
        IpAddr::V6(group) => {
            let text = facts.files.get("/proc/net/igmp6")?;
            groups6(text).any(|found| found == (&daemon.interface, group))
        }
    })
}

/// Reads `/proc/net/igmp`: a line for each interface, `NUMBER NAME : …`, and below it a
/// line for each group, which is a word of 32 bits in the processor's byte order.
fn groups(text: &str) -> impl Iterator<Item = (&str, Ipv4Addr)> {
    let mut interface = "";
    text.lines().skip(1).filter_map(move |line| {
        let mut words = line.split_whitespace();
        let first = words.next()?;
        if !line.starts_with(char::is_whitespace) {
            interface = words.next()?.trim_end_matches(':');
            return None;
        }
        let word = u32::from_str_radix(first, 16).ok()?;
        Some((interface, Ipv4Addr::from(word.to_ne_bytes())))
    })
}

/// Reads `/proc/net/igmp6`: `NUMBER NAME GROUP …`.
fn groups6(text: &str) -> impl Iterator<Item = (&str, Ipv6Addr)> {
    text.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let interface = words.next()?;
        let word = u128::from_str_radix(words.next()?, 16).ok()?;
        Some((interface, Ipv6Addr::from(word)))
    })
}

pub(super) const SYNC_DROPS: Check = Check {
    id: "sync-drops",
    symptom: "Some connections break when this director takes over.",
    cause: "Connections of the other director came faster than the backup daemon took them in, and found no room.",
    seen: "The last column of the daemon's row in /proc/net/udp or udp6. It is a warning while UdpRcvbufErrors (Udp6RcvbufErrors) rises.",
    remedy: "Give the daemon a larger buffer, net.ipv4.vs.sync_sock_size, and start it again.",
    since: "",
    judge: sync_drops,
};

/// The size that is recommended for a daemon's buffer, in bytes.
const ROOM: i64 = 8 << 20;

fn sync_drops(facts: &Facts) -> Vec<Finding> {
    const NAME: &str = "net.ipv4.vs.sync_sock_size";
    const LIMIT: &str = "net.core.rmem_max";
    let mut found = Vec::new();
    for daemon in facts.daemons.iter().filter(|daemon| daemon.backup) {
        let (group, port) = (group(daemon), daemon.port.unwrap_or(PORT));
        let of_daemon = facts.sockets.iter().filter(|socket| {
            socket.protocol == "UDP" && socket.local.address == group && socket.local.port == port
        });
        let drops: u64 = of_daemon.filter_map(|socket| socket.drops).sum();
        if drops == 0 {
            continue;
        }
        let (counter, file) = match group {
            IpAddr::V4(_) => ("UdpRcvbufErrors", "/proc/net/udp"),
            IpAddr::V6(_) => ("Udp6RcvbufErrors", "/proc/net/udp6"),
        };
        let finding = match facts.rise(counter) {
            0 => Finding::note(
                "some messages of the other director found no room once: their connections would have broken if this director had taken over",
            ),
            _ => Finding::warn(
                "messages of the other director find no room: some connections will break when this director takes over",
            )
            .seen(facts.rose(counter)),
        };
        let room = facts.sysctls.get(NAME).map_or("?", String::as_str);
        let mut finding = finding
            .affects(named(daemon))
            .seen(format!("{file}: {drops} drops of {group}, port {port}"))
            .seen(format!("{NAME} = {room}"));
        if facts.sysctl(LIMIT).is_some_and(|limit| limit < ROOM) {
            finding = finding.set(LIMIT, &ROOM.to_string());
        }
        found.push(restart(finding.set(NAME, &ROOM.to_string()), daemon));
    }
    found
}

pub(super) const SYNC_NOTHING_RECEIVED: Check = Check {
    id: "sync-nothing-received",
    symptom: "Connections break when this director takes over.",
    cause: "The other director sends nothing, or with another syncid, group, port or interface. Messages with another syncid are dropped without a trace.",
    seen: "The backup daemon runs, and no connection in /proc/net/ip_vs_conn_sync is of origin SYNC. It is a note: the other director may have no connections.",
    remedy: "Compare ipvsadm -L --daemon on both directors.",
    since: "",
    judge: sync_nothing_received,
};

fn sync_nothing_received(facts: &Facts) -> Vec<Finding> {
    let none = facts
        .connections
        .as_ref()
        .is_some_and(|all| all.synchronized == Some(0));
    let backups = facts.daemons.iter().filter(|daemon| daemon.backup);
    let hears = |daemon: &&SyncDaemon| {
        none && has_link(facts, daemon) && is_member(facts, daemon) != Some(false)
    };
    let finding = |daemon: &SyncDaemon| {
        Finding::note(
            "nothing was received from the other director; if that has connections, they will break when this one takes over",
        )
        .affects(named(daemon))
        .seen("/proc/net/ip_vs_conn_sync has no line of origin SYNC")
        .say(format!(
            "on the other director, ipvsadm -L --daemon must have a master daemon with syncid {}, group {} and port {}, on an interface of the same link as {} here",
            daemon.sync_id,
            group(daemon),
            daemon.port.unwrap_or(PORT),
            daemon.interface
        ))
    };
    backups.filter(hears).map(finding).collect()
}

pub(super) const SYNC_PERSIST: Check = Check {
    id: "sync-persist",
    symptom: "Connections of persistent services break when this director takes over.",
    cause: "With net.ipv4.vs.sync_persist_mode=1 the directors share which client belongs to which server, but no connections. A director takes the middle of a connection that it does not know for a new one only with net.ipv4.vs.sloppy_tcp=1.",
    seen: "A backup daemon, a persistent service, and the two settings.",
    remedy: "Set net.ipv4.vs.sloppy_tcp to 1 on each director.",
    since: "Linux 3.10",
    judge: sync_persist,
};

fn sync_persist(facts: &Facts) -> Vec<Finding> {
    const MODE: &str = "net.ipv4.vs.sync_persist_mode";
    const SLOPPY: &str = "net.ipv4.vs.sloppy_tcp";
    let receives = facts.daemons.iter().any(|daemon| daemon.backup);
    if !receives || facts.sysctl(MODE) != Some(1) || facts.sysctl(SLOPPY) != Some(0) {
        return Vec::new();
    }
    let mut finding: Option<Finding> = None;
    for service in facts.services.iter().filter(|service| service.persistent) {
        let finding = finding.get_or_insert_with(|| {
            Finding::warn(
                "connections of persistent services are not shared, only where their clients belong: they will break when this director takes over",
            )
            .seen(format!("{MODE} = 1"))
            .seen(format!("{SLOPPY} = 0"))
            .set(SLOPPY, "1")
        });
        finding.add(service.id);
    }
    finding.into_iter().collect()
}

fn group(daemon: &SyncDaemon) -> IpAddr {
    daemon.group.unwrap_or(GROUP)
}

fn part(daemon: &SyncDaemon) -> &'static str {
    match daemon.backup {
        true => "backup",
        false => "master",
    }
}

fn named(daemon: &SyncDaemon) -> String {
    format!("{} daemon on {}", part(daemon), daemon.interface)
}

/// Adds the commands that stop the daemon and start it with the same settings.
fn restart(finding: Finding, daemon: &SyncDaemon) -> Finding {
    let SyncDaemon {
        interface,
        sync_id,
        group,
        port,
        ttl,
        max_len,
        backup: _,
    } = daemon;
    let mut start = format!(
        "ipvsadm --start-daemon {} --mcast-interface {} --syncid {sync_id}",
        part(daemon),
        in_shell(interface)
    );
    let mut add = |option: &str, value: Option<String>| {
        if let Some(value) = value {
            start += &format!(" {option} {value}");
        }
    };
    add("--sync-maxlen", max_len.map(|value| value.to_string()));
    add("--mcast-group", group.map(|value| value.to_string()));
    add("--mcast-port", port.map(|value| value.to_string()));
    add("--mcast-ttl", ttl.map(|value| value.to_string()));
    finding
        .run(format!("ipvsadm --stop-daemon {}", part(daemon)))
        .run(start)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnose::Gravity::{Note, Warn};
    use crate::diagnose::example::{daemon, gravities, link, server, service, with};
    use crate::diagnose::facts::{ConnectionFacts, Listener, Method, SystemCounter};
    use crate::diagnose::finding::Remedy;

    /// `/proc/net/igmp` of a little-endian machine.
    const IGMP: &str = "\
Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     1      V3
\t\t\t\t010000E0     1 0:00000000\t\t0
2\teth0      :     2      V3
\t\t\t\t510000E0     1 0:00000000\t\t0
\t\t\t\t010000E0     1 0:00000000\t\t0
";
    const IGMP6: &str = "\
1    lo              ff020000000000000000000000000001     1 0000000C 0
2    eth0            ff020000000000000000000000000081     1 00000004 0
";

    fn backup(daemon: SyncDaemon) -> Facts {
        let mut facts = with(Vec::new(), &[]);
        facts.links = vec![link(1, "lo"), link(2, "eth0"), link(3, "eth1")];
        facts.daemons = vec![daemon];
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let igmp = if cfg!(target_endian = "little") {
            IGMP.to_owned()
        } else {
            IGMP.replace("510000E0", "E0000051")
        };
        facts.files = [
            file("/proc/net/igmp", &igmp),
            file("/proc/net/igmp6", IGMP6),
        ]
        .into();
        facts
    }

    #[test]
    fn an_interface_that_is_gone_or_off() {
        let mut facts = backup(daemon(true));
        assert_eq!(gravities(sync_interface, &facts), []);
        facts.links[1].up = false;
        assert_eq!(gravities(sync_interface, &facts), [Warn]);
        facts.links.remove(1);
        assert_eq!(gravities(sync_interface, &facts), [Warn]);
        facts.links.clear();
        assert_eq!(gravities(sync_interface, &facts), []);
    }

    #[test]
    fn a_group_on_the_daemons_own_interface() {
        let other = |interface: &str, group: Option<&str>| {
            let group = group.map(|group| group.parse().unwrap());
            let interface = interface.to_owned();
            gravities(
                sync_not_joined,
                &backup(SyncDaemon {
                    interface,
                    group,
                    ..daemon(true)
                }),
            )
        };
        assert_eq!(other("eth0", None), []);
        assert_eq!(other("eth0", Some("224.0.0.81")), []);
        assert_eq!(other("eth0", Some("ff02::81")), []);
        assert_eq!(other("eth1", None), [Warn]);
        assert_eq!(other("eth0", Some("224.0.0.82")), [Warn]);
        assert_eq!(other("eth0", Some("ff02::82")), [Warn]);
        // Another check reports this.
        assert_eq!(other("eth9", None), []);
        let mut unknown = backup(daemon(true));
        unknown.files.clear();
        assert_eq!(gravities(sync_not_joined, &unknown), []);
    }

    #[test]
    fn a_daemon_is_started_as_it_was() {
        let whole = SyncDaemon {
            backup: false,
            group: Some("ff02::82".parse().unwrap()),
            port: Some(9000),
            ttl: Some(2),
            max_len: Some(1400),
            ..daemon(true)
        };
        let commands = restart(Finding::note(""), &whole).remedy;
        let start = "ipvsadm --start-daemon master --mcast-interface eth0 --syncid 7 --sync-maxlen 1400 \
                     --mcast-group ff02::82 --mcast-port 9000 --mcast-ttl 2";
        let stop = "ipvsadm --stop-daemon master";
        assert_eq!(
            commands,
            [stop, start].map(|line| Remedy::Run(line.to_owned()))
        );
    }

    #[test]
    fn drops_are_a_warning_while_they_rise() {
        let mut facts = backup(daemon(true));
        let socket = |address: &str, drops| Listener {
            protocol: "UDP".to_owned(),
            local: ipvs::model::Endpoint::new(address.parse().unwrap(), 8848),
            drops: Some(drops),
        };
        facts.sockets = vec![socket("0.0.0.0", 5), socket("224.0.0.81", 0)];
        assert_eq!(gravities(sync_drops, &facts), []);
        facts.sockets.push(socket("224.0.0.81", 3));
        assert_eq!(gravities(sync_drops, &facts), [Note]);
        let rise = SystemCounter { total: 3, rise: 1 };
        facts.counters.insert("UdpRcvbufErrors".to_owned(), rise);
        assert_eq!(gravities(sync_drops, &facts), [Warn]);
        facts.daemons[0].backup = false;
        assert_eq!(gravities(sync_drops, &facts), []);
    }

    #[test]
    fn nothing_received_is_a_note_where_it_is_known() {
        let mut facts = backup(daemon(true));
        assert_eq!(gravities(sync_nothing_received, &facts), []);
        for (synchronized, found) in [(None, vec![]), (Some(0), vec![Note]), (Some(1), vec![])] {
            facts.connections = Some(ConnectionFacts {
                synchronized,
                ..ConnectionFacts::default()
            });
            assert_eq!(gravities(sync_nothing_received, &facts), found);
        }
    }

    #[test]
    fn persistence_is_shared_without_connections() {
        let mut persistent = service("TCP 10.0.0.1:80", vec![server("10.1.0.2:80", Method::Nat)]);
        persistent.persistent = true;
        let mut facts = backup(daemon(true));
        facts.services = vec![persistent];
        let settings = |mode: &str, sloppy: &str| {
            let mut facts = facts.clone();
            for (name, value) in [("sync_persist_mode", mode), ("sloppy_tcp", sloppy)] {
                facts
                    .sysctls
                    .insert(format!("net.ipv4.vs.{name}"), value.to_owned());
            }
            gravities(sync_persist, &facts)
        };
        assert_eq!(settings("1", "0"), [Warn]);
        assert_eq!(settings("1", "1"), []);
        assert_eq!(settings("0", "0"), []);
    }
}
