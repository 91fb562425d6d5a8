//! Tables as the kernel lists them, and text.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use ipvs::model::{
    Change, Destination, DestinationEntry, Family, Forwarding, Netmask, Protocol, Service,
    ServiceEntry, ServiceFlags, Stats, Tunnel, TunnelKind, VirtualId,
};
use ipvs::plan::scope::Scope;
use ipvs::rules::write_rules;
use ipvsadm::cli::{self, Mistake, RuleCommand};
use ipvsadm::names::{Numeric, Resolve};
use ipvsadm::rules::restore::{Checked, DescribedTable, Remark, read_table};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// No names at all.
pub(crate) struct NoNames;

impl Resolve for NoNames {
    fn addresses(&self, _: &str) -> Vec<IpAddr> {
        Vec::new()
    }

    fn port(&self, _: &str, _: Protocol) -> Option<u16> {
        None
    }
}

pub(crate) fn parse(words: &[String]) -> Result<RuleCommand, Mistake> {
    cli::parse_rule("ipvsadm", words).resolve_rule(&NoNames)
}

pub(crate) fn check(rules: &str) -> Checked<DescribedTable> {
    check_within(Scope::default(), rules)
}

pub(crate) fn check_within(scope: Scope, rules: &str) -> Checked<DescribedTable> {
    read_table(rules.as_bytes(), &parse, scope).unwrap()
}

/// What rules describe, if none is wrong.
pub(crate) fn describe(rules: &str) -> Result<DescribedTable, Vec<Remark>> {
    let checked = check(rules);
    match checked.wrong.is_empty() {
        true => Ok(checked.rules),
        false => Err(checked.wrong),
    }
}

/// What is saved of a table.
pub(crate) fn saved(table: &[ServiceEntry]) -> String {
    let mut out = String::new();
    write_rules(&mut out, table, &Numeric).unwrap();
    out
}

/// The table that rules make of an empty one.
pub(crate) fn table(rules: &str) -> Vec<ServiceEntry> {
    let mut kernel = super::kernel::Kernel::default();
    for line in rules.lines() {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match parse(&words).unwrap() {
            RuleCommand::Change(change) => kernel.apply(&change).unwrap(),
            other => panic!("{other:?}"),
        }
    }
    kernel.table
}

/// A table without any order: each service's rule with those of its servers.
pub(crate) type Plain = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn plain(table: &[ServiceEntry]) -> Plain {
    let mut plain = Plain::new();
    let mut service = String::new();
    for line in saved(table).lines() {
        if line.starts_with("-A") {
            service = line.to_owned();
            plain.insert(service.clone(), BTreeSet::new());
        } else {
            let servers = plain.get_mut(&service).unwrap();
            assert!(servers.insert(line.to_owned()));
        }
    }
    plain
}

/// The identities in a table: services, and their servers.
pub(crate) fn identities(table: &[ServiceEntry]) -> BTreeSet<(VirtualId, Option<(IpAddr, u16)>)> {
    let mut identities = BTreeSet::new();
    for row in table {
        identities.insert((row.service.id, None));
        for server in row.destinations.iter().map(|row| &row.destination) {
            identities.insert((row.service.id, Some((server.address, server.port))));
        }
    }
    identities
}

/// Few enough identities that two tables share some of them.
fn ids() -> impl Strategy<Value = VirtualId> {
    let addresses = vec!["10.0.0.1", "10.0.0.2", "fd00::1", "::0.1.2.3", "::"];
    let protocols = vec![
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Sctp,
        Protocol::Other(47),
    ];
    let endpoint = (
        select(protocols),
        select(addresses),
        select(vec![0, 53, 80]),
    )
        .prop_map(|(protocol, address, port)| VirtualId::Endpoint {
            protocol,
            address: address.parse().unwrap(),
            port,
        });
    let marks = select(vec![1, 7, u32::MAX]);
    let mark = (marks, select(vec![Family::V4, Family::V6])).prop_map(|(mark, family)| {
        VirtualId::Fwmark {
            mark: mark.try_into().unwrap(),
            family,
        }
    });
    prop_oneof![3 => endpoint, 1 => mark]
}

/// Any service that the kernel lists.
fn services() -> impl Strategy<Value = Service> {
    let schedulers = vec!["rr", "wrr", "sh", "mh", "none", "a-module"];
    let masks = (any::<[u8; 4]>(), 1..=128_u32);
    let timeouts = prop_oneof![4 => 1..=2_678_400_u32, 1 => Just(0), 1 => any::<u32>()];
    let persistence = option::of(timeouts);
    // The bits that no option sets are those of other programs.
    (
        ids(),
        select(schedulers),
        any::<u32>(),
        persistence,
        masks,
        option::of(Just("sip")),
    )
        .prop_map(|(id, scheduler, flags, timeout, (v4, v6), engine)| {
            let mut service = Service::new(id, scheduler.parse().unwrap());
            service.flags = ServiceFlags(flags).without(ServiceFlags::PERSISTENT);
            service.netmask = match id.family() {
                Family::V4 => Netmask::V4(Ipv4Addr::from(v4)),
                Family::V6 => Netmask::V6(v6.try_into().unwrap()),
            };
            if let Some(timeout) = timeout {
                service.flags = service.flags.with(ServiceFlags::PERSISTENT);
                service.timeout = timeout;
            }
            service.flags = service.flags.with(ServiceFlags::HASHED);
            service.engine = engine.map(|name| name.parse().unwrap());
            service
        })
}

fn tunnels() -> impl Strategy<Value = Tunnel> {
    let known = vec![TunnelKind::Ipip, TunnelKind::Gue, TunnelKind::Gre];
    let kinds = prop_oneof![9 => select(known), 1 => (3..=u8::MAX).prop_map(TunnelKind::Other)];
    let flags = prop_oneof![9 => 0..=2_u16, 1 => any::<u16>()];
    (kinds, 1..=u16::MAX, flags).prop_map(|(kind, port, flags)| Tunnel { kind, port, flags })
}

/// Any server of that service that the kernel lists.
fn server(
    id: VirtualId,
    last: u8,
    port: u16,
    forwarding: Forwarding,
    weight: u32,
    thresholds: (u32, u32),
    tunnel: Tunnel,
) -> Destination {
    let other_family = forwarding == Forwarding::Tunnel && last.is_multiple_of(2);
    let address = match (id.family(), other_family) {
        (Family::V4, false) | (Family::V6, true) => format!("10.1.0.{last}"),
        _ => format!("fd01::{last}"),
    };
    let mut server = Destination::new(address.parse().unwrap(), port, forwarding);
    server.weight = weight;
    server.upper_threshold = thresholds.0.max(thresholds.1);
    server.lower_threshold = thresholds.0.min(thresholds.1);
    server.tunnel = tunnel;
    server
}

fn servers(id: VirtualId) -> impl Strategy<Value = Vec<Destination>> {
    let methods = vec![
        Forwarding::Masquerade,
        Forwarding::Tunnel,
        Forwarding::DirectRoute,
        Forwarding::Local,
        Forwarding::Bypass,
        Forwarding::Other(7),
    ];
    let weights = select(vec![0, 1, 5, i32::MAX as u32]);
    let most = u32::MAX;
    let thresholds = prop_oneof![
        2 => Just((0, 0)),
        1 => (0..=most, 0..=most),
        1 => (0..5_u32, 0..5_u32),
    ];
    let one = (
        1..6_u8,
        select(vec![0, 80, 8080]),
        select(methods),
        weights,
        thresholds,
        tunnels(),
    );
    // Now and then more than a list can be searched for.
    prop_oneof![9 => vec(one, 0..5), 1 => many()].prop_map(move |rows| {
        let mut seen = BTreeSet::new();
        let rows = rows
            .into_iter()
            .map(|(last, port, method, weight, thresholds, tunnel)| {
                server(id, last, port, method, weight, thresholds, tunnel)
            });
        rows.filter(|row| seen.insert((row.address, row.port)))
            .collect()
    })
}

type Row = (u8, u16, Forwarding, u32, (u32, u32), Tunnel);

fn many() -> impl Strategy<Value = Vec<Row>> {
    btree_set((1..40_u8, 0..3_u32), 15..60).prop_map(|rows| {
        let row = |(last, weight)| {
            let method = Forwarding::Masquerade;
            (last, 80, method, weight, (0, 0), Tunnel::default())
        };
        rows.into_iter().map(row).collect()
    })
}

/// Any table that the kernel accepts.
pub(crate) fn tables() -> impl Strategy<Value = Vec<ServiceEntry>> {
    let entry = services().prop_flat_map(|service| {
        let id = service.id;
        (Just(service), servers(id))
    });
    vec(entry, 0..8).prop_map(|entries| {
        let mut seen = BTreeSet::new();
        let entries = entries.into_iter().map(|(service, servers)| {
            let mut entry = ServiceEntry::new(service, Stats::default());
            entry.destinations = servers.into_iter().map(DestinationEntry::new).collect();
            entry
        });
        entries
            .filter(|entry| seen.insert(entry.service.id))
            .collect()
    })
}

/// Two tables that have much in common.
pub(crate) fn pairs() -> impl Strategy<Value = (Vec<ServiceEntry>, Vec<ServiceEntry>)> {
    let choices = vec(0..8_u8, 200);
    (tables(), tables(), choices).prop_map(|(one, two, choices)| {
        let mut choices = choices.into_iter().cycle();
        let mut choose = move || choices.next().unwrap();
        let kept = one.iter().filter(|_| choose() > 0).cloned();
        let mut other: Vec<ServiceEntry> = kept.collect();
        for entry in &mut other {
            vary_service(&mut entry.service, choose());
            entry.destinations.retain(|_| choose() > 0);
            for row in &mut entry.destinations {
                vary_server(&mut row.destination, choose());
            }
        }
        for entry in two {
            let known = other
                .iter()
                .position(|row| row.service.id == entry.service.id);
            match known.map(|at| &mut other[at].destinations) {
                None => other.push(entry),
                Some(rows) => {
                    let new = entry.destinations.iter().map(|row| row.destination);
                    for new in new {
                        let key = (new.address, new.port);
                        let same = |row: &DestinationEntry| {
                            (row.destination.address, row.destination.port) == key
                        };
                        if !rows.iter().any(same) {
                            rows.push(DestinationEntry::new(new));
                        }
                    }
                }
            }
        }
        (one, other)
    })
}

fn vary_service(service: &mut Service, choice: u8) {
    match choice {
        1 => service.scheduler = Some("lc".parse().unwrap()),
        2 => service.flags.0 ^= ServiceFlags::SCHED1.0,
        3 => service.flags.0 ^= ServiceFlags::ONE_PACKET.0,
        4 => service.timeout = service.timeout % 9 + 1,
        5 => service.netmask = Netmask::host(service.id.family()),
        6 => service.engine = None,
        _ => {}
    }
}

fn vary_server(server: &mut Destination, choice: u8) {
    match choice {
        1 => server.weight = 0,
        2 => server.weight = server.weight % 9 + 1,
        3 => server.upper_threshold = server.lower_threshold,
        4 => server.lower_threshold = 0,
        5 => server.tunnel.port = 1,
        6 => server.tunnel.flags = 1,
        _ => {}
    }
}

/// Which row a change is about.
pub(crate) fn subject(change: &Change) -> (VirtualId, Option<(IpAddr, u16)>) {
    match change {
        Change::AddService(service) | Change::EditService(service) => (service.id, None),
        Change::DeleteService(id) => (*id, None),
        Change::AddServer(id, server)
        | Change::EditServer(id, server)
        | Change::DeleteServer(id, server) => (*id, Some((server.address, server.port))),
        other => panic!("{other:?} is about no row"),
    }
}
