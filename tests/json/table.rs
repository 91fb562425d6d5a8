//! The table.

use ipvs::model::{
    Destination, DestinationEntry, Family, Forwarding, Info, Netmask, Protocol, Service,
    ServiceEntry, ServiceFlags, Stats, Tunnel, TunnelKind, VirtualId,
};
use ipvsadm::json::TableDocument;
use serde_json::{Value, json};

use crate::{document, endpoint};

fn service(id: VirtualId, scheduler: &str, flags: u32) -> ServiceEntry {
    let mut service = Service::new(id, scheduler.parse().unwrap());
    service.flags = ServiceFlags(flags);
    ServiceEntry::new(service, Stats::default())
}

fn server(forwarding: Forwarding, tunnel: Tunnel) -> DestinationEntry {
    let address = "10.1.0.2".parse().unwrap();
    let mut server = Destination::new(address, 8080, forwarding);
    server.tunnel = tunnel;
    DestinationEntry::new(server)
}

/// The services of the document.
#[track_caller]
pub(crate) fn services(entries: &[ServiceEntry]) -> Value {
    let document = document("table", |out| {
        let mut table = TableDocument::begin(out, &Info::new(0x01_02_01, 4096))?;
        entries.iter().try_for_each(|entry| table.push(entry))?;
        table.end()
    });
    let ipvs = json!({ "version": "1.2.1", "connection_table_size": 4096 });
    assert_eq!(document["ipvs"], ipvs);
    document["services"].clone()
}

/// A service and a server with something in every field.
pub(crate) fn full() -> ServiceEntry {
    let id = endpoint(Protocol::Tcp, "2001:db8::80", 80);
    let mut entry = service(id, "wlc", 3);
    entry.service.timeout = 300;
    entry.service.netmask = Netmask::V6(64.try_into().unwrap());
    entry.service.engine = Some("sip".parse().unwrap());
    entry.stats.connections = u64::MAX;
    entry.stats.in_packets = u64::from(u32::MAX) + 1;
    entry.stats.out_packets = 2;
    entry.stats.in_bytes = 3;
    entry.stats.out_bytes = 4;
    entry.stats.connections_per_second = 5;
    entry.stats.in_packets_per_second = 6;
    entry.stats.out_packets_per_second = 7;
    entry.stats.in_bytes_per_second = 8;
    entry.stats.out_bytes_per_second = u64::MAX;
    let tunnel = Tunnel {
        kind: TunnelKind::Gue,
        port: 6080,
        flags: Tunnel::REMOTE_CHECKSUM,
    };
    let mut server = server(Forwarding::Tunnel, tunnel);
    server.destination.weight = 100;
    server.destination.upper_threshold = u32::MAX;
    server.destination.lower_threshold = 9;
    server.activity.active = 10;
    server.activity.inactive = 11;
    server.activity.persistent = 12;
    server.stats = entry.stats;
    entry.destinations.push(server);
    entry
}

#[test]
fn every_field_has_its_value() {
    let counters = json!({
        "connections": u64::MAX,
        "incoming_packets": 4_294_967_296_u64,
        "outgoing_packets": 2,
        "incoming_bytes": 3,
        "outgoing_bytes": 4,
    });
    let rates = json!({
        "connections_per_second": 5,
        "incoming_packets_per_second": 6,
        "outgoing_packets_per_second": 7,
        "incoming_bytes_per_second": 8,
        "outgoing_bytes_per_second": u64::MAX,
    });
    let expected = json!([{
        "protocol": "tcp",
        "address": "2001:db8::80",
        "port": 80,
        "fwmark": null,
        "family": "ipv6",
        "scheduler": "wlc",
        "flags": ["persistent"],
        "flag_bits": 3,
        "one_packet": false,
        "engine": "sip",
        "persistence": {
            "timeout_seconds": 300,
            "netmask": null,
            "prefix_length": 64,
            "engine": "sip",
        },
        "counters": counters,
        "rates": rates,
        "servers": [{
            "address": "10.1.0.2",
            "port": 8080,
            "family": "ipv4",
            "forwarding_method": "tunnel",
            "weight": 100,
            "upper_threshold": u32::MAX,
            "lower_threshold": 9,
            "tunnel": { "type": "gue", "port": 6080, "checksum": "remote", "flag_bits": 2 },
            "active_connections": 10,
            "inactive_connections": 11,
            "persistent_connections": 12,
            "counters": counters,
            "rates": rates,
        }],
    }]);
    assert_eq!(services(&[full()]), expected);
}

#[test]
fn an_empty_table_is_a_document() {
    assert_eq!(services(&[]), json!([]));
}

#[test]
fn a_service_is_known_by_its_endpoint_or_its_mark() {
    let marked = |family| {
        let mark = u32::MAX;
        VirtualId::Fwmark {
            mark: mark.try_into().unwrap(),
            family,
        }
    };
    for (id, expected) in [
        (
            endpoint(Protocol::Udp, "10.0.0.1", 0),
            json!(["udp", "10.0.0.1", 0, null, "ipv4"]),
        ),
        (
            endpoint(Protocol::Sctp, "::1:2", 1),
            json!(["sctp", "::0.1.0.2", 1, null, "ipv6"]),
        ),
        (
            endpoint(Protocol::Other(47), "10.0.0.1", 65535),
            json!(["protocol-47", "10.0.0.1", 65535, null, "ipv4"]),
        ),
        (
            marked(Family::V4),
            json!([null, null, null, u32::MAX, "ipv4"]),
        ),
        (
            marked(Family::V6),
            json!([null, null, null, u32::MAX, "ipv6"]),
        ),
    ] {
        let services = services(&[service(id, "rr", 2)]);
        let parts = ["protocol", "address", "port", "fwmark", "family"];
        let found = parts.map(|part| services[0][part].clone());
        assert_eq!(json!(found), expected, "{id:?}");
    }
}

#[test]
fn flags_have_the_words_of_their_options_and_unknown_bits_stay() {
    for (scheduler, bits, expected) in [
        ("rr", 0x02, json!([])),
        (
            "rr",
            0x3f,
            json!(["persistent", "one-packet", "flag-1", "flag-2", "flag-3"]),
        ),
        ("sh", 0x18, json!(["sh-fallback", "sh-port"])),
        ("mh", 0x32, json!(["mh-port", "flag-3"])),
        ("wrr", 0x8000_0008, json!(["flag-1"])),
    ] {
        let id = endpoint(Protocol::Udp, "10.0.0.1", 53);
        let services = services(&[service(id, scheduler, bits)]);
        assert_eq!(services[0]["flags"], expected, "{scheduler} {bits:#x}");
        assert_eq!(services[0]["flag_bits"], bits);
        assert_eq!(services[0]["one_packet"], bits & 4 != 0);
        assert_eq!(services[0]["persistence"].is_object(), bits & 1 != 0);
    }
}

#[test]
fn a_service_that_is_not_persistent_can_have_an_engine() {
    let id = endpoint(Protocol::Udp, "10.0.0.1", 5060);
    let mut entry = service(id, "rr", 2);
    entry.service.engine = Some("sip".parse().unwrap());
    let services = services(&[entry]);
    assert_eq!(services[0]["engine"], "sip");
    assert!(services[0]["persistence"].is_null());
}

#[test]
fn what_is_not_there_is_null() {
    let id = endpoint(Protocol::Tcp, "10.0.0.1", 80);
    let mut entry = service(id, "rr", 3);
    entry.service.scheduler = None;
    entry.service.netmask = Netmask::V4([255, 255, 0, 255].into());
    let services = services(&[entry]);
    assert_eq!(services[0]["scheduler"], Value::Null);
    let persistence = json!({
        "timeout_seconds": 0,
        "netmask": "255.255.0.255",
        "prefix_length": null,
        "engine": null,
    });
    assert_eq!(services[0]["persistence"], persistence);
}

#[test]
fn forwarding_methods_and_tunnels() {
    let tunnel = |kind, flags| {
        let tunnel = Tunnel {
            kind,
            port: 7,
            flags,
        };
        server(Forwarding::Tunnel, tunnel)
    };
    let other = |method| server(method, Tunnel::default());
    for (entry, method, expected) in [
        (other(Forwarding::Masquerade), "masquerade", json!(null)),
        (other(Forwarding::DirectRoute), "direct_route", json!(null)),
        (other(Forwarding::Local), "local", json!(null)),
        (other(Forwarding::Bypass), "bypass", json!(null)),
        (other(Forwarding::Other(6)), "method-6", json!(null)),
        (
            tunnel(TunnelKind::Ipip, 0),
            "tunnel",
            json!(["ipip", null, null, 0]),
        ),
        (
            tunnel(TunnelKind::Gue, 0),
            "tunnel",
            json!(["gue", 7, "none", 0]),
        ),
        (
            tunnel(TunnelKind::Gre, 1),
            "tunnel",
            json!(["gre", null, "full", 1]),
        ),
        (
            tunnel(TunnelKind::Gue, 3),
            "tunnel",
            json!(["gue", 7, null, 3]),
        ),
        (
            tunnel(TunnelKind::Other(200), u16::MAX),
            "tunnel",
            json!(["type-200", 7, null, 65535]),
        ),
    ] {
        let mut service = service(endpoint(Protocol::Tcp, "10.0.0.1", 80), "rr", 2);
        service.destinations.push(entry);
        let services = services(&[service]);
        let server = &services[0]["servers"][0];
        assert_eq!(server["forwarding_method"], method);
        let tunnel = match &server["tunnel"] {
            Value::Null => Value::Null,
            tunnel => json!(["type", "port", "checksum", "flag_bits"].map(|part| &tunnel[part])),
        };
        assert_eq!(tunnel, expected);
    }
}

#[test]
fn a_weight_is_an_int_as_the_kernel_has_it() {
    for (weight, expected) in [(0, 0), (i32::MAX as u32, i32::MAX), (u32::MAX, -1)] {
        let mut entry = full();
        entry.destinations[0].destination.weight = weight;
        assert_eq!(services(&[entry])[0]["servers"][0]["weight"], expected);
    }
}

#[test]
fn control_characters_of_a_name_are_escaped() {
    let mut entry = full();
    entry.service.engine = Some("a\n\u{1b}\"\\".parse().unwrap());
    let services = services(&[entry]);
    assert_eq!(services[0]["persistence"]["engine"], "a\n\u{1b}\"\\");
}
