//! The kernel's IPVS table as raw attributes: read, compared, put back.
//!
//! The numbers are those of the kernel's `linux/ip_vs.h`, written down here a
//! second time so that a mistake in `src/` can't hide itself.

use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::thread;

use super::netlink::{Attribute, Netlink, find, ipvs_family};

const NEW_SERVICE: u8 = 1;
const GET_SERVICE: u8 = 4;
const NEW_DEST: u8 = 5;
const GET_DEST: u8 = 8;
const NEW_DAEMON: u8 = 9;
const DEL_DAEMON: u8 = 10;
const GET_DAEMON: u8 = 11;
const SET_CONFIG: u8 = 12;
const GET_CONFIG: u8 = 13;
const ZERO: u8 = 16;
const FLUSH: u8 = 17;

const SERVICE: u16 = 1;
const DEST: u16 = 2;
const DAEMON: u16 = 3;
const TIMEOUT_TCP: u16 = 4;

const SERVICE_ATTRIBUTES: [&str; 13] = [
    "?", "af", "protocol", "addr", "port", "fwmark", "sched", "flags", "timeout", "netmask",
    "stats", "pe", "stats64",
];
const DEST_ATTRIBUTES: [&str; 16] = [
    "?",
    "addr",
    "port",
    "method",
    "weight",
    "upper",
    "lower",
    "active",
    "inactive",
    "persistent",
    "stats",
    "af",
    "stats64",
    "tun_type",
    "tun_port",
    "tun_flags",
];
const DAEMON_ATTRIBUTES: [&str; 9] = [
    "?",
    "state",
    "interface",
    "syncid",
    "maxlen",
    "group",
    "group6",
    "port",
    "ttl",
];

const SERVICE_FLAGS: u16 = 7;
const SERVICE_STATS: [u16; 2] = [10, 12];
/// Connection counts and statistics.
const DEST_STATS: [u16; 5] = [7, 8, 9, 10, 12];
const DAEMON_STATE: u16 = 1;

/// A service and its servers, all attributes but the counters, each list in
/// the kernel's order, where that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub attributes: Vec<Attribute>,
    pub servers: Vec<Vec<Attribute>>,
}

/// All that ipvsadm can change in one network namespace, but the counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub services: Vec<Service>,
    pub daemons: Vec<Vec<Attribute>>,
    /// Timeouts of TCP, TCP after FIN, and UDP, in seconds.
    pub timeouts: Vec<Attribute>,
}

/// The table of this thread's network namespace. Tests in other namespaces on another
/// processor can tear the kernel's lists: there it is read until it is twice the same.
pub fn kernel_table() -> Table {
    let mut table = table_once();
    if thread::available_parallelism().is_ok_and(|processors| processors.get() > 1) {
        for _ in 0..20 {
            let before = mem::replace(&mut table, table_once());
            if before == table {
                break;
            }
        }
    }
    table
}

fn table_once() -> Table {
    let (socket, family) = (Netlink::generic(), ipvs_family());
    let services = socket
        .dump(family, GET_SERVICE, &[])
        .unwrap()
        .iter()
        .map(|answer| {
            let service = &answer[0];
            assert_eq!(service.kind, SERVICE);
            let key = Attribute::nested(SERVICE, &key(&service.parts()));
            let servers = socket
                .dump(family, GET_DEST, &[key])
                .unwrap()
                .iter()
                .map(|answer| without(&answer[0], &DEST_STATS))
                .collect();
            Service {
                attributes: without(service, &SERVICE_STATS),
                servers,
            }
        })
        .collect();
    let daemons = socket.dump(family, GET_DAEMON, &[]).unwrap();
    let mut timeouts = socket.ask(family, GET_CONFIG, &[]).unwrap();
    let mut table = Table {
        services,
        daemons: daemons.iter().map(|answer| answer[0].parts()).collect(),
        timeouts: timeouts.swap_remove(0),
    };
    if services_are_shuffled() {
        table.sort_services();
    }
    table
}

/// Since its hash table grows with the number of services, Linux lists them in
/// an order that is a new one each time the table is made or grows: it says
/// nothing then. (The servers of each are in order as ever.)
fn services_are_shuffled() -> bool {
    Path::new("/proc/sys/net/ipv4/vs/svc_lfactor").exists()
}

/// What names a service: everything up to its fwmark.
fn key(service: &[Attribute]) -> Vec<Attribute> {
    let is_key = |attribute: &&Attribute| attribute.kind <= 5;
    service.iter().filter(is_key).cloned().collect()
}

fn without(whole: &Attribute, counters: &[u16]) -> Vec<Attribute> {
    let mut parts = whole.parts();
    parts.retain(|part| !counters.contains(&part.kind));
    parts
}

impl Table {
    /// What a network namespace begins with.
    pub fn empty() -> Self {
        let timeout = |(kind, seconds): (u16, u32)| Attribute::new(kind, seconds.to_ne_bytes());
        Self {
            services: Vec::new(),
            daemons: Vec::new(),
            timeouts: (TIMEOUT_TCP..).zip([900, 120, 300]).map(timeout).collect(),
        }
    }

    /// Makes the kernel's table this one, all counters 0, and makes sure of it.
    #[track_caller]
    pub fn put(&self) {
        self.load();
        let now = kernel_table();
        assert!(
            now == *self,
            "the table could not be put back:\n{}",
            self.changes_to(&now)
        );
    }

    fn load(&self) {
        let (socket, family) = (Netlink::generic(), ipvs_family());
        let send = |command, attributes: &[Attribute]| {
            socket
                .ask(family, command, attributes)
                .unwrap_or_else(|errno| {
                    panic!("command {command} with {attributes:?}: errno {errno}")
                });
        };
        send(FLUSH, &[]);
        send(SET_CONFIG, &self.timeouts);
        for state in [1u32, 2] {
            let state = Attribute::new(DAEMON_STATE, state.to_ne_bytes());
            let daemon = Attribute::nested(DAEMON, &[state]);
            // It need not run. One stopped before it has run at all is EINTR.
            socket.tell(family, DEL_DAEMON, &[daemon]);
        }
        // The kernel puts what is new in front.
        for service in self.services.iter().rev() {
            let attributes: Vec<_> = service.attributes.iter().map(settable).collect();
            send(NEW_SERVICE, &[Attribute::nested(SERVICE, &attributes)]);
            let key = Attribute::nested(SERVICE, &key(&service.attributes));
            for server in service.servers.iter().rev() {
                send(NEW_DEST, &[key.clone(), Attribute::nested(DEST, server)]);
            }
        }
        for daemon in &self.daemons {
            send(NEW_DAEMON, &[Attribute::nested(DAEMON, daemon)]);
        }
        send(ZERO, &[]);
    }

    /// The same table with its lists in an order that does not depend on how it
    /// was made.
    pub fn in_any_order(&self) -> Table {
        let mut table = self.clone();
        for service in &mut table.services {
            service.servers.sort_by_key(bytes);
        }
        table.sort_services();
        table.daemons.sort_by_key(bytes);
        table
    }

    fn sort_services(&mut self) {
        self.services
            .sort_by_key(|service| bytes(&service.attributes));
    }

    /// The differences, as lines that begin with `-` and `+`; none when equal.
    pub fn changes_to(&self, other: &Table) -> String {
        let (before, after) = (self.lines(), other.lines());
        let mut text = String::new();
        for (mark, lines, against) in [('-', &before, &after), ('+', &after, &before)] {
            for line in lines.iter().filter(|line| !against.contains(line)) {
                text += &format!("    {mark} {line}\n");
            }
        }
        if text.is_empty() && before != after {
            text = format!("    the same in another order:\n    {before:#?}\n    {after:#?}\n");
        }
        text
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for service in &self.services {
            let name = named(&service.attributes, &SERVICE_ATTRIBUTES);
            lines.push(format!("service {name}"));
            let key = named(&key(&service.attributes), &SERVICE_ATTRIBUTES);
            for server in &service.servers {
                lines.push(format!(
                    "server {} of {key}",
                    named(server, &DEST_ATTRIBUTES)
                ));
            }
        }
        for daemon in &self.daemons {
            lines.push(format!("daemon {}", named(daemon, &DAEMON_ATTRIBUTES)));
        }
        lines.push(format!("timeouts {}", named(&self.timeouts, &[])));
        lines
    }

    /// The service of this address and port, if there.
    pub fn service(&self, addr: std::net::IpAddr, port: u16) -> Option<&Service> {
        self.services.iter().find(|service| {
            let is = |kind, value: &[u8]| {
                find(&service.attributes, kind).is_some_and(|part| part.value.starts_with(value))
            };
            let addr_is = match addr {
                std::net::IpAddr::V4(v4) => is(3, &v4.octets()) && is(1, &2_u16.to_ne_bytes()),
                std::net::IpAddr::V6(v6) => is(3, &v6.octets()) && is(1, &10_u16.to_ne_bytes()),
            };
            addr_is && is(4, &port.to_be_bytes())
        })
    }
}

/// Something to sort by.
fn bytes(attributes: &Vec<Attribute>) -> String {
    format!("{attributes:?}")
}

/// The attribute as it may be sent: without the flag that the kernel keeps for
/// itself (IP_VS_SVC_F_HASHED).
fn settable(attribute: &Attribute) -> Attribute {
    let mut attribute = attribute.clone();
    if attribute.kind == SERVICE_FLAGS {
        let hashed = 2_u32.to_ne_bytes();
        for (byte, bits) in attribute.value.iter_mut().zip(hashed) {
            *byte &= !bits;
        }
    }
    attribute
}

fn named(attributes: &[Attribute], names: &[&str]) -> String {
    let is_family_6 = |kind| find(attributes, kind).is_some_and(|af| af.number() == 10);
    let of_family_6 = is_family_6(1) || is_family_6(11);
    let one = |attribute: &Attribute| {
        let name = names
            .get(usize::from(attribute.kind))
            .copied()
            .unwrap_or("");
        let value = &attribute.value;
        let value = match (name, value.len()) {
            ("addr", 16) if of_family_6 => {
                Ipv6Addr::from(<[u8; 16]>::try_from(value.as_slice()).unwrap()).to_string()
            }
            ("addr", 16) => Ipv4Addr::new(value[0], value[1], value[2], value[3]).to_string(),
            ("port", 2) => u16::from_be_bytes([value[0], value[1]]).to_string(),
            ("sched" | "pe" | "interface", _) => String::from_utf8_lossy(value).replace('\0', ""),
            (_, 1..=4) => attribute.number().to_string(),
            _ => return format!("{attribute:?}"),
        };
        format!("{name}={value}")
    };
    attributes.iter().map(one).collect::<Vec<_>>().join(" ")
}
