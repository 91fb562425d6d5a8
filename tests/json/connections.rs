//! Connections, and how many there are.

use std::io::Error;

use ipvs::connections::{By, Filter, Grouping, count};
use ipvsadm::json;
use serde_json::{Value, json};

use crate::document;

const TABLE: &[u8] = include_bytes!("../golden/ip_vs_conn.txt");

fn connections(table: &[u8], filter: &Filter) -> Vec<Value> {
    let document = document("connections", |out| {
        json::connections(out, table, filter).map_err(Error::other)
    });
    document["connections"].as_array().unwrap().clone()
}

#[test]
fn every_line_is_an_item() {
    let found = connections(TABLE, &Filter::default());
    assert_eq!(found.len(), 13);
    let expected = json!({
        "protocol": "tcp",
        "family": "ipv4",
        "client": { "address": "10.0.0.1", "port": 38504 },
        "service": { "address": "10.0.0.1", "port": 80, "fwmark": null },
        "server": { "address": "127.0.0.1", "port": 8000 },
        "state": "CLOSE",
        "expires_seconds": 9,
        "template": false,
        "engine": null,
    });
    assert_eq!(found[1], expected);
    let expected = json!({
        "protocol": "udp",
        "family": "ipv4",
        "client": { "address": "10.0.0.1", "port": 0 },
        "service": { "address": "10.0.0.1", "port": 5060, "fwmark": null },
        "server": { "address": "10.0.0.78", "port": 5060 },
        "state": "NONE",
        "expires_seconds": 59,
        "template": true,
        "engine": { "name": "sip", "data": "abc-def@host.example" },
    });
    assert_eq!(found[9], expected);
}

#[test]
fn a_template_of_a_mark_has_no_address() {
    let found = connections(TABLE, &Filter::default());
    let mark = found.last().unwrap();
    assert_eq!(mark["protocol"], Value::Null);
    let expected = json!({ "address": null, "port": null, "fwmark": 7 });
    assert_eq!(mark["service"], expected);
    assert_eq!(mark["template"], true);
}

#[test]
fn only_those_that_pass() {
    let filter = Filter {
        client: "2001:db8::/32".parse().ok(),
        ..Filter::default()
    };
    let found = connections(TABLE, &filter);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["family"], "ipv6");
    let filter = Filter {
        client: "192.0.2.0/24".parse().ok(),
        ..Filter::default()
    };
    assert!(connections(TABLE, &filter).is_empty());
}

#[test]
fn data_of_engines_may_be_any_bytes() {
    let line = b"IP_50 0A000001 0001 0A000002 0002 fd00::1 0003 A\"\x1b 18446744073709551615 \xff\0 \\\xc3\n";
    let found = connections(line, &Filter::default());
    let expected = json!({
        "protocol": "protocol-50",
        "family": "ipv4",
        "client": { "address": "10.0.0.1", "port": 1 },
        "service": { "address": "10.0.0.2", "port": 2, "fwmark": null },
        "server": { "address": "fd00::1", "port": 3 },
        "state": "A\"\u{1b}",
        "expires_seconds": u64::MAX,
        "template": false,
        "engine": { "name": "\u{fffd}\0", "data": "\\\u{fffd}" },
    });
    assert_eq!(found, [expected]);
}

#[test]
fn counts_of_each_kind() {
    for (by, name, first) in [
        (
            By::Server,
            "server",
            json!({ "address": "10.0.0.77", "port": 80 }),
        ),
        (By::Client, "client", json!({ "address": "10.0.0.1" })),
        (By::State, "state", json!("SYN_RECV")),
        (
            By::Service,
            "service",
            json!({
                "protocol": "tcp",
                "address": "10.0.0.1",
                "port": 80,
                "fwmark": null,
                "family": "ipv4",
            }),
        ),
    ] {
        let counts = count(TABLE, &Filter::default(), by).unwrap();
        let document = document("counts", |out| json::counts(out, by, &counts));
        assert_eq!(document["by"], name);
        assert_eq!(document["counts"][0][name], first);
        let total = json!({ "connections": 9, "templates": 4 });
        assert_eq!(document["total"], total);
        for field in ["connections", "templates"] {
            let counts = document["counts"].as_array().unwrap().iter();
            let sum: u64 = counts.map(|count| count[field].as_u64().unwrap()).sum();
            assert_eq!(total[field], sum);
        }
    }
}

#[test]
fn counts_by_two_things() {
    let grouping = Grouping {
        by: By::Client,
        then: Some(By::State),
    };
    let counts = count(TABLE, &Filter::default(), grouping).unwrap();
    let document = document("counts", |out| json::counts(out, grouping, &counts));
    assert_eq!(
        (&document["by"], &document["then_by"]),
        (&json!("client"), &json!("state"))
    );
    let rows = document["counts"].as_array().unwrap();
    assert_eq!(rows.len(), counts.len());
    for row in rows {
        assert!(
            row["client"]["address"].is_string() && row["state"].is_string(),
            "{row}"
        );
    }
}

#[test]
fn nothing_counted_is_a_document() {
    let document = document("counts", |out| json::counts(out, By::State, &[]));
    let total = json!({ "connections": 0, "templates": 0 });
    assert_eq!(document["counts"], json!([]));
    assert_eq!(document["total"], total);
}
