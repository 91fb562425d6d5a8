//! Listings compared, to the byte, with those of ipvsadm 1.31 from Debian.
//!
//! Each file in `golden/` is what the program named there printed, on a kernel
//! whose replies were replaced by the table below: no kernel at hand has
//! unknown protocols and full counters. `ip_vs_conn.txt` stood in for
//! `/proc/net/ip_vs_conn`; the names came from `/etc/hosts`.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::IpAddr;

use ipvs::connections::Filter;
use ipvs::model::{
    Daemon, DaemonState, Destination, DestinationEntry, Family, Forwarding, Info, Netmask,
    Protocol, Service, ServiceEntry, ServiceFlags, Stats, Timeouts, Tunnel, TunnelKind, VirtualId,
};
use ipvsadm::names::{NameOf, Numeric};
use ipvsadm::render::{self, ConnectionLayout, Header};
use ipvsadm::view::{Numbers, View};

const LONG: &str = "2001:db8:1111:2222:3333:4444:5555:6666";

struct Names;

impl NameOf for Names {
    fn host(&self, address: IpAddr) -> Option<&str> {
        Some(match address.to_string().as_str() {
            "127.0.0.1" => "localhost",
            "10.0.0.1" => "www.example.com",
            "10.0.0.2" => "a-director-with-a-name.example.com",
            "10.0.0.77" => "real",
            "10.1.0.1" => "web-1",
            "10.1.0.2" => "nineteen-characters",
            "10.1.0.3" => "twenty-seven-characters.org",
            "2001:db8::11" => "six.example.com",
            "2001:db8::12" => "a-very-long-name-of-an-ipv6-only-real-server.example.com",
            LONG => "a-name-that-ends-beyond-the-end-of-all-labels.datacentre.example.com",
            _ => return None,
        })
    }

    fn port(&self, port: u16, protocol: Protocol) -> Option<&str> {
        Some(match (port, protocol) {
            (80, Protocol::Tcp) => "http",
            (443, Protocol::Tcp | Protocol::Udp) => "https",
            (8080, Protocol::Tcp) => "http-alt",
            (53, Protocol::Tcp | Protocol::Udp) => "domain",
            (5060, Protocol::Tcp | Protocol::Udp) => "sip",
            (5672, Protocol::Sctp) => "amqp",
            _ => return None,
        })
    }
}

fn stats(totals: [u64; 5], rates: [u64; 5]) -> Stats {
    let mut stats = Stats::default();
    [
        stats.connections,
        stats.in_packets,
        stats.out_packets,
        stats.in_bytes,
        stats.out_bytes,
    ] = totals;
    [
        stats.connections_per_second,
        stats.in_packets_per_second,
        stats.out_packets_per_second,
        stats.in_bytes_per_second,
        stats.out_bytes_per_second,
    ] = rates;
    stats
}

fn sort(entries: &mut [ServiceEntry]) {
    render::sort_services(entries, |entry| &entry.service.id);
    for entry in entries {
        render::sort_servers(&mut entry.destinations);
    }
}

fn endpoint(protocol: Protocol, address: &str, port: u16) -> VirtualId {
    VirtualId::Endpoint {
        protocol,
        address: address.parse().unwrap(),
        port,
    }
}

fn mark(mark: u32, family: Family) -> VirtualId {
    VirtualId::Fwmark {
        mark: mark.try_into().unwrap(),
        family,
    }
}

fn service<const N: usize>(
    id: VirtualId,
    scheduler: &str,
    set: &[ServiceFlags],
    servers: [DestinationEntry; N],
) -> ServiceEntry {
    let mut service = Service::new(id, scheduler.parse().unwrap());
    service.flags = set
        .iter()
        .fold(ServiceFlags::HASHED, |flags, flag| flags.with(*flag));
    let mut entry = ServiceEntry::new(service, Stats::default());
    entry.destinations.extend(servers);
    entry
}

fn server(address: &str, port: u16, forwarding: Forwarding) -> DestinationEntry {
    DestinationEntry::new(Destination::new(address.parse().unwrap(), port, forwarding))
}

fn masq(address: &str, port: u16) -> DestinationEntry {
    server(address, port, Forwarding::Masquerade)
}

fn tunnel(address: &str, port: u16, kind: TunnelKind, wrap: u16, flags: u16) -> DestinationEntry {
    let mut entry = server(address, port, Forwarding::Tunnel);
    entry.destination.tunnel = Tunnel {
        kind,
        port: wrap,
        flags,
    };
    entry
}

fn weighted(mut entry: DestinationEntry, weight: u32) -> DestinationEntry {
    entry.destination.weight = weight;
    entry
}

/// The whole table, in the kernel's order.
fn table() -> Vec<ServiceEntry> {
    use Protocol::{Other, Sctp, Tcp, Udp};
    const PERSISTENT: ServiceFlags = ServiceFlags::PERSISTENT;
    const OPS: ServiceFlags = ServiceFlags::ONE_PACKET;
    const SCHED1: ServiceFlags = ServiceFlags::SCHED1;
    const SCHED2: ServiceFlags = ServiceFlags::SCHED2;
    const SCHED3: ServiceFlags = ServiceFlags::SCHED3;

    let mark6 = service(
        mark(7, Family::V6),
        "rr",
        &[],
        [
            server("2001:db8::12", 0, Forwarding::DirectRoute),
            tunnel("10.1.0.9", 0, TunnelKind::Gue, 1, Tunnel::CHECKSUM),
        ],
    );

    let mut mark4 = service(
        mark(7, Family::V4),
        "lblcr",
        &[PERSISTENT],
        [
            tunnel("10.1.0.6", 0, TunnelKind::Ipip, 0, 0),
            tunnel("10.1.0.5", 0, TunnelKind::Gre, 0, Tunnel::REMOTE_CHECKSUM),
            tunnel("10.1.0.4", 0, TunnelKind::Gre, 0, Tunnel::NO_CHECKSUM),
            tunnel(
                "10.1.0.3",
                0,
                TunnelKind::Gue,
                65535,
                Tunnel::REMOTE_CHECKSUM,
            ),
            tunnel("10.1.0.2", 0, TunnelKind::Gue, 6080, Tunnel::CHECKSUM),
            tunnel("10.1.0.1", 53, TunnelKind::Gue, 6080, Tunnel::NO_CHECKSUM),
        ],
    );
    mark4.service.timeout = 90;
    mark4.stats = stats(
        [
            100_000_000,
            1_000_000_000,
            100_000_000_000,
            100_000_000_000_000,
            u64::MAX,
        ],
        [
            99_999_999,
            100_000_000,
            999_999_999,
            99_999_999_999,
            1_000_000_000_000,
        ],
    );

    let mut large = weighted(
        tunnel(LONG, 65535, TunnelKind::Gre, 0, Tunnel::CHECKSUM),
        2_147_483_647,
    );
    large.destination.upper_threshold = u32::MAX;
    large.destination.lower_threshold = u32::MAX - 1;
    large.activity.active = u32::MAX;
    large.activity.inactive = u32::MAX;
    large.activity.persistent = u32::MAX;
    large.stats = stats(
        [
            100_000_000,
            999_999_999,
            4_294_967_295,
            10_000_000_000,
            100_000_000_000_000,
        ],
        [100_000_000, 4_294_967_295, 7, 100_000_000, 4_294_967_295],
    );
    let mut six = service(
        endpoint(Tcp, LONG, 80),
        "wlc",
        &[PERSISTENT],
        [
            large,
            masq("2001:db8::11", 8080),
            tunnel("10.1.0.3", 80, TunnelKind::Ipip, 0, 0),
        ],
    );
    six.service.timeout = 300;
    six.service.netmask = Netmask::V6(64.try_into().unwrap());
    six.stats = stats([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]);

    let mut compatible = service(endpoint(Udp, "::1:2", 443), "rr", &[PERSISTENT, OPS], []);
    compatible.service.timeout = u32::MAX;

    let mut engine = service(
        endpoint(Udp, "10.0.0.1", 5060),
        "rr",
        &[PERSISTENT, OPS],
        [],
    );
    engine.service.timeout = 60;
    engine.service.engine = Some("sip".parse().unwrap());

    let mut mh = service(
        endpoint(Tcp, "10.0.0.3", 443),
        "mh",
        &[PERSISTENT, SCHED2],
        [server("10.1.0.2", 443, Forwarding::Other(5))],
    );
    mh.service.timeout = 360;

    let mut masked = weighted(server("10.1.0.3", 443, Forwarding::DirectRoute), 100);
    masked.activity.active = 9;
    masked.activity.persistent = 7;
    let mut sh = service(
        endpoint(Tcp, "10.0.0.2", 443),
        "sh",
        &[PERSISTENT, SCHED1, SCHED2, SCHED3],
        [masked],
    );
    sh.service.timeout = 300;
    sh.service.netmask = Netmask::V4([255, 255, 255, 0].into());

    let mut bounded = weighted(masq("10.1.0.2", 8080), 50);
    bounded.destination.upper_threshold = 100;
    bounded.destination.lower_threshold = 50;
    bounded.activity.active = 1_234_567;
    bounded.activity.inactive = 123_456_789;
    let mut busy = masq("10.1.0.1", 80);
    busy.activity.active = 12;
    busy.activity.inactive = 345;
    busy.stats = stats(
        [99_999_999, 100_000_000, 0, 100_000_999, 12_345_678_901_234],
        [5, 6, 7, 8, 9],
    );
    let mut web = service(
        endpoint(Tcp, "10.0.0.1", 80),
        "rr",
        &[],
        [
            weighted(server("10.0.0.1", 80, Forwarding::Local), 0),
            bounded,
            busy,
        ],
    );
    web.stats = stats([3, 5, 1, 300, 40], [1, 2, 3, 4, 5]);

    vec![
        mark6,
        mark4,
        service(mark(8, Family::V4), "rr", &[OPS], []),
        six,
        compatible,
        service(
            endpoint(Other(33), "10.0.0.1", 0),
            "fo",
            &[],
            [masq("10.1.0.1", 80)],
        ),
        service(
            endpoint(Sctp, "10.0.0.1", 5672),
            "wlc",
            &[],
            [server("10.1.0.2", 5672, Forwarding::DirectRoute)],
        ),
        engine,
        service(
            endpoint(Udp, "10.0.0.1", 53),
            "rr",
            &[OPS],
            [masq("10.1.0.1", 53)],
        ),
        service(
            endpoint(Tcp, "10.0.0.3", 8443),
            "wrr",
            &[SCHED1, SCHED2, SCHED3],
            [],
        ),
        mh,
        sh,
        web,
    ]
}

/// Fails with both texts, for the eye to compare.
fn assert_same(ours: &[u8], golden: &str) {
    let ours = String::from_utf8_lossy(ours);
    if ours != golden {
        panic!("ours:\n{ours}\nipvsadm's:\n{golden}");
    }
}

fn info() -> Header {
    Header {
        info: Some(Info::new(0x01_02_01, 4096)),
    }
}

fn listing(
    header: Header,
    entries: &[ServiceEntry],
    view: View,
    numbers: Numbers,
    names: &dyn NameOf,
) -> Vec<u8> {
    let mut out = Vec::new();
    render::table(&mut out, header, entries, view, numbers, names).unwrap();
    out
}

fn sorted(view: View, numbers: Numbers, names: &dyn NameOf) -> Vec<u8> {
    let mut entries = table();
    sort(&mut entries);
    listing(info(), &entries, view, numbers, names)
}

#[test]
fn every_view_in_numbers() {
    for (view, golden) in [
        // ipvsadm -L -n
        (View::Plain, include_str!("golden/plain.txt")),
        // ipvsadm -L -n --stats, and so on
        (View::Stats, include_str!("golden/stats.txt")),
        (View::Rate, include_str!("golden/rate.txt")),
        (View::Thresholds, include_str!("golden/thresholds.txt")),
        (
            View::PersistentConnections,
            include_str!("golden/persistent-conn.txt"),
        ),
        (View::TunnelInfo, include_str!("golden/tun-info.txt")),
    ] {
        assert_same(&sorted(view, Numbers::Scaled, &Numeric), golden);
    }
}

#[test]
fn exact_changes_the_views_of_counters_alone() {
    for (view, golden) in [
        // ipvsadm -L -n --exact --stats
        (View::Stats, include_str!("golden/stats-exact.txt")),
        // ipvsadm -L -n --exact --rate
        (View::Rate, include_str!("golden/rate-exact.txt")),
        (View::Plain, include_str!("golden/plain.txt")),
        (View::Thresholds, include_str!("golden/thresholds.txt")),
    ] {
        assert_same(&sorted(view, Numbers::Exact, &Numeric), golden);
    }
}

#[test]
fn names_are_cut_to_the_columns() {
    for (view, golden) in [
        // ipvsadm -L
        (View::Plain, include_str!("golden/names.txt")),
        // ipvsadm -L --stats
        (View::Stats, include_str!("golden/names-stats.txt")),
        // ipvsadm -L --tun-info
        (View::TunnelInfo, include_str!("golden/names-tun-info.txt")),
    ] {
        assert_same(&sorted(view, Numbers::Scaled, &Names), golden);
    }
}

// ipvsadm -L -n --nosort
#[test]
fn the_kernels_order_is_kept() {
    let ours = listing(info(), &table(), View::Plain, Numbers::Scaled, &Numeric);
    assert_same(&ours, include_str!("golden/plain-nosort.txt"));
}

// ipvsadm -L -n -t 10.0.0.2:443, ipvsadm -L -n -f 7 --stats
#[test]
fn one_service_has_titles_but_no_version() {
    let sh = endpoint(Protocol::Tcp, "10.0.0.2", 443);
    for (id, view, golden) in [
        (sh, View::Plain, include_str!("golden/service.txt")),
        (
            mark(7, Family::V4),
            View::Stats,
            include_str!("golden/service-stats.txt"),
        ),
    ] {
        let mut entries = table();
        entries.retain(|entry| entry.service.id == id);
        sort(&mut entries);
        let ours = listing(Header::default(), &entries, view, Numbers::Scaled, &Numeric);
        assert_same(&ours, golden);
    }
}

#[test]
fn connections() {
    let table = include_bytes!("golden/ip_vs_conn.txt");
    let filter = Filter::default();
    for (engines, names, golden) in [
        // ipvsadm -L -n -c
        (
            false,
            &Numeric as &dyn NameOf,
            include_str!("golden/connections.txt"),
        ),
        // ipvsadm -L -n -c --persistent-conn
        (
            true,
            &Numeric,
            include_str!("golden/connections-persistent.txt"),
        ),
        // ipvsadm -L -c --persistent-conn
        (true, &Names, include_str!("golden/connections-names.txt")),
    ] {
        let mut out = Vec::new();
        let layout = ConnectionLayout::LISTING;
        render::connections(&mut out, &table[..], &filter, engines, layout, names).unwrap();
        assert_same(&out, golden);
    }
}

// ipvsadm -L --timeout
#[test]
fn timeouts() {
    let mut out = Vec::new();
    let timeouts = Timeouts::new(900, 120, 300);
    render::timeouts(&mut out, &timeouts).unwrap();
    assert_same(&out, "Timeout (tcp tcpfin udp): 900 120 300\n");
}

// ipvsadm -L --daemon
#[test]
fn daemons() {
    let mut master = Daemon::new(DaemonState::Master, "lo", 5);
    master.max_len = Some(1472);
    master.group = Some("224.0.0.81".parse().unwrap());
    master.port = Some(8848);
    master.ttl = Some(1);
    let mut backup = Daemon::new(DaemonState::Backup, "lo", 255);
    backup.max_len = Some(1200);
    backup.group = Some("ff02::6:5".parse().unwrap());
    backup.port = Some(100);
    backup.ttl = Some(20);
    let mut out = Vec::new();
    render::daemons(&mut out, &[master, backup]).unwrap();
    assert_same(
        &out,
        "\
master sync daemon (mcast=lo, syncid=5, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)
backup sync daemon (mcast=lo, syncid=255, maxlen=1200, group=ff02::6:5, port=100, ttl=20)
",
    );
}

#[test]
fn daemons_of_older_kernels_say_less() {
    let mut out = Vec::new();
    let master = Daemon::new(DaemonState::Master, "eth0", 7);
    render::daemons(&mut out, &[master]).unwrap();
    assert_same(&out, "master sync daemon (mcast=eth0, syncid=7)\n");
}
