//! Facts from the system's files: settings, counters, modules, programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;

use super::{Facts, Listener, SystemCounter, Unread};
use crate::routing::Link;
use crate::sysctls::FOLDER;
use ipvs::model::Endpoint;

/// Settings of every interface that checks ask for.
const OF_INTERFACES: &[(&str, &[&str])] = &[
    (
        "ipv4",
        &[
            "rp_filter",
            "accept_local",
            "arp_ignore",
            "arp_announce",
            "forwarding",
        ],
    ),
    ("ipv6", &["forwarding"]),
];

/// Settings of the whole system.
const OF_SYSTEM: &[&str] = &[
    ALWAYS,
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_count",
    "net.ipv4.tcp_keepalive_time",
    "net.core.rmem_max",
    "net.ipv6.conf.all.disable_ipv6",
    FIRST_UNPRIVILEGED,
];

/// The setting with the first port that any program may listen on.
pub(super) const FIRST_UNPRIVILEGED: &str = "net.ipv4.ip_unprivileged_port_start";

/// Programs that change the table, by their names in `/proc/PID/comm`.
pub const MANAGERS: &[&str] = &["keepalived", "ldirectord", "kube-proxy", "kube-router"];

/// Programs that move virtual addresses between directors.
pub const MOVERS: &[&str] = &[
    "keepalived",
    "corosync",
    "pacemakerd",
    "heartbeat",
    "vrrpd",
    "ucarp",
];

/// The name of the counter of packets that IPVS has taken.
pub const IPVS_PACKETS: &str = "ip_vs.InPkts";

/// The name of the counter of their bytes.
pub const IPVS_BYTES: &str = "ip_vs.InBytes";

/// Files whose text some checks read.
const FILES: &[&str] = &[
    "/proc/net/igmp",
    "/proc/net/igmp6",
    "/proc/net/ip_vs_status",
];

/// Returns the kernel's release.
pub(super) fn kernel() -> String {
    let name = rustix::system::uname();
    name.release().to_string_lossy().into_owned()
}

/// Returns the first port that any program may listen on.
pub(super) fn unprivileged_port() -> u16 {
    let setting = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    let port = setting.ok().and_then(|text| text.trim().parse().ok());
    port.unwrap_or(1024)
}

/// A setting that every kernel has: without it, the settings are hidden, as by the option
/// `subset=pid` of `/proc`.
const ALWAYS: &str = "net.ipv4.ip_forward";

/// Reads all settings that checks ask for. A setting that a kernel lacks is absent.
pub(super) fn sysctls(links: &[Link], unread: &mut Vec<Unread>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut read = |name: String, path: String| match fs::read_to_string(&path) {
        Ok(text) => {
            found.insert(name, text.trim().to_owned());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && name != ALWAYS => {}
        Err(error) => unread.push(not_read(&name, &error)),
    };
    for name in OF_SYSTEM {
        read(
            (*name).to_owned(),
            format!("/proc/sys/{}", name.replace('.', "/")),
        );
    }
    let interfaces = || {
        ["all", "default"]
            .into_iter()
            .chain(links.iter().map(|link| link.name.as_str()))
    };
    for (version, settings) in OF_INTERFACES {
        for interface in interfaces() {
            for setting in *settings {
                // The name of an interface may have a dot in it.
                let path = format!("/proc/sys/net/{version}/conf/{interface}/{setting}");
                read(Facts::setting_of(version, interface, setting), path);
            }
        }
    }
    let of_ipvs = fs::read_dir(FOLDER).into_iter().flatten().flatten();
    for file in of_ipvs {
        let name = file.file_name().to_string_lossy().into_owned();
        let path = format!("{FOLDER}/{name}");
        read(format!("net.ipv4.vs.{name}"), path);
    }
    found
}

/// Returns the system's counters now.
pub(super) fn counters() -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let text = |path| fs::read_to_string(path).unwrap_or_default();
    for path in ["/proc/net/snmp", "/proc/net/netstat"] {
        found.extend(paired(&text(path)));
    }
    for line in text("/proc/net/snmp6").lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(Ok(value))) = (words.next(), words.next().map(str::parse)) {
            found.insert(name.to_owned(), value);
        }
    }
    found.extend(per_processor("rt_cache.", &text("/proc/net/stat/rt_cache")));
    if let Some((packets, bytes)) = taken_by_ipvs(&text("/proc/net/ip_vs_stats_percpu")) {
        found.insert(IPVS_PACKETS.to_owned(), packets);
        found.insert(IPVS_BYTES.to_owned(), bytes);
    }
    found
}

/// Returns the packets that IPVS has taken, and their bytes, added up over the
/// processors. They are counted at once, while the sums of services are added up every
/// two seconds. The rows are, in hexadecimal, the processor's number, connections,
/// packets in, packets out, bytes in and bytes out.
fn taken_by_ipvs(text: &str) -> Option<(u64, u64)> {
    let taken = |line: &str| -> Option<(u64, u64)> {
        let words: Vec<_> = line.split_whitespace().collect();
        let [processor, _, packets, _, bytes, _] = words.as_slice() else {
            return None;
        };
        u32::from_str_radix(processor, 16).ok()?;
        let number = |word| u64::from_str_radix(word, 16).ok();
        Some((number(packets)?, number(bytes)?))
    };
    let add = |one: (u64, u64), other: (u64, u64)| {
        (one.0.saturating_add(other.0), one.1.saturating_add(other.1))
    };
    text.lines().filter_map(taken).reduce(add)
}

/// Reads counters in groups of two lines: `Ip: NAME…` and `Ip: NUMBER…`.
fn paired(text: &str) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
        let mut names = names.split_whitespace();
        let Some(group) = names.next() else { continue };
        let group = group.trim_end_matches(':');
        for (name, value) in names.zip(values.split_whitespace().skip(1)) {
            if let Ok(value) = value.parse() {
                found.insert(format!("{group}{name}"), value);
            }
        }
    }
    found
}

/// Adds up counters from a line of names and a line of hexadecimal numbers for each
/// processor.
fn per_processor(prefix: &str, text: &str) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    let names: Vec<_> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    for line in lines {
        for (name, value) in names.iter().zip(line.split_whitespace()) {
            if let Ok(value) = u64::from_str_radix(value, 16) {
                let sum: &mut u64 = found.entry(format!("{prefix}{name}")).or_default();
                *sum = sum.saturating_add(value);
            }
        }
    }
    found
}

/// Returns the counters with what they rose by.
pub(super) fn risen(
    before: &BTreeMap<String, u64>,
    after: BTreeMap<String, u64>,
) -> BTreeMap<String, SystemCounter> {
    let counter = |(name, total): (String, u64)| {
        let rise = total.saturating_sub(before.get(&name).copied().unwrap_or(total));
        (total > 0).then_some((name, SystemCounter { total, rise }))
    };
    after.into_iter().filter_map(counter).collect()
}

/// Returns the loaded modules, and how many use each.
pub(super) fn modules() -> BTreeMap<String, u32> {
    let text = fs::read_to_string("/proc/modules").unwrap_or_default();
    let module = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        let users = words.nth(1)?.parse().ok()?;
        Some((name, users))
    };
    text.lines().filter_map(module).collect()
}

/// Returns which of the programs that matter run here.
pub(super) fn programs() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_process = name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        if !is_process {
            continue;
        }
        let comm = fs::read_to_string(Path::new("/proc").join(name).join("comm"));
        let comm = comm.unwrap_or_default();
        let known = MANAGERS
            .iter()
            .chain(MOVERS)
            .find(|known| comm.trim_end() == **known);
        found.extend(known.map(|known| (*known).to_owned()));
    }
    found
}

/// Returns the files that some checks read. A file that a kernel lacks is absent.
pub(super) fn files(unread: &mut Vec<Unread>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for path in FILES {
        match fs::read_to_string(path) {
            Ok(text) => {
                found.insert((*path).to_owned(), text);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => unread.push(not_read(path, &error)),
        }
    }
    found
}

/// The states in `/proc/net/tcp` and `/proc/net/udp` of sockets that wait.
const WAITING: [(&str, &str, &[u8]); 4] = [
    ("TCP", "/proc/net/tcp", b"0A"),
    ("TCP", "/proc/net/tcp6", b"0A"),
    ("UDP", "/proc/net/udp", b"07"),
    ("UDP", "/proc/net/udp6", b"07"),
];

/// Returns the sockets that wait for packets. They are read only if this machine is a
/// server or runs a daemon, because the files also have a line for each connection.
pub(super) fn sockets(facts: &Facts, unread: &mut Vec<Unread>) -> Vec<Listener> {
    let mut servers = facts.services.iter().flat_map(|service| &service.servers);
    let is_server = facts.on_server.is_some();
    if !is_server
        && facts.daemons.is_empty()
        && !servers.any(|server| facts.is_own(server.address()))
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (protocol, path, state) in WAITING {
        match fs::read_to_string(path) {
            Ok(text) => found.extend(
                text.lines()
                    .filter_map(|line| socket(protocol, state, line)),
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => unread.push(not_read(path, &error)),
        }
    }
    found
}

/// The most peers that are remembered.
const PEERS: usize = 4;

/// Returns machines with a TCP connection to this port of this machine, answered or not.
pub(super) fn peers(port: u16) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(path).unwrap_or_default().lines() {
            let Some(row) = SocketLine::parse(line) else {
                continue;
            };
            // An IPv4 peer of a socket for both versions is written as IPv6.
            let peer = row.remote.address.to_canonical();
            let wanted = row.local.port == port && row.remote.port != 0 && !peer.is_loopback();
            if wanted && found.len() < PEERS && !found.contains(&peer) {
                found.push(peer);
            }
        }
    }
    found
}

/// Returns the socket in a line of these files, if it waits.
fn socket(protocol: &str, state: &[u8], line: &str) -> Option<Listener> {
    let row = SocketLine::parse(line).filter(|row| row.state.as_bytes() == state)?;
    let drops = line
        .split_whitespace()
        .last()
        .filter(|_| protocol == "UDP")
        .and_then(|word| word.parse().ok());
    Some(Listener {
        protocol: protocol.to_owned(),
        local: row.local,
        drops,
    })
}

/// A line of these files: `sl: ADDRESS:PORT ADDRESS:PORT STATE …`.
struct SocketLine<'a> {
    local: Endpoint,
    remote: Endpoint,
    state: &'a str,
}

impl<'a> SocketLine<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace().skip(1);
        Some(Self {
            local: endpoint(words.next()?)?,
            remote: endpoint(words.next()?)?,
            state: words.next()?,
        })
    }
}

/// Reads `ADDRESS:PORT`, in which the address is words of 32 bits in the processor's byte
/// order.
fn endpoint(word: &str) -> Option<Endpoint> {
    let (address, port) = word.split_once(':')?;
    let word = |at: usize| {
        u32::from_str_radix(address.get(at..at + 8)?, 16)
            .ok()
            .map(u32::to_ne_bytes)
    };
    let address = match address.len() {
        8 => IpAddr::from(word(0)?),
        32 => {
            let mut bytes = [0; 16];
            for (part, at) in bytes.chunks_exact_mut(4).zip([0, 8, 16, 24]) {
                part.copy_from_slice(&word(at)?);
            }
            IpAddr::from(bytes)
        }
        _ => return None,
    };
    Some(Endpoint::new(address, u16::from_str_radix(port, 16).ok()?))
}

pub(super) fn not_read(what: &str, error: &io::Error) -> Unread {
    Unread {
        what: what.to_owned(),
        why: ipvs::error::os_text(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_named_by_their_group() {
        let found = paired("Ip: Forwarding InAddrErrors\nIp: 1 7\nTcpExt: A B\nTcpExt: 3 -1\n");
        assert_eq!(found.get("IpInAddrErrors"), Some(&7));
        assert_eq!(found.get("TcpExtA"), Some(&3));
        assert_eq!(found.get("TcpExtB"), None);
    }

    #[test]
    fn packets_of_ipvs_are_those_of_each_processor() {
        let text = "\
       Total Incoming Outgoing         Incoming         Outgoing
CPU    Conns  Packets  Packets            Bytes            Bytes
  0        1        a        0               3c                0
  1        1        6        0               3c                0
  ~        2        8        0               78                0

     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
           1        2        3                4                5
";
        assert_eq!(taken_by_ipvs(text), Some((16, 0x78)));
        assert_eq!(taken_by_ipvs(""), None);
    }

    #[test]
    fn processors_are_added_up() {
        let found = per_processor("rt_cache.", "entries in_martian_src\n0 0a\n0 01\n");
        assert_eq!(found.get("rt_cache.in_martian_src"), Some(&11));
    }
}
