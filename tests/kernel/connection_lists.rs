//! Connections: as JSON, narrowed, counted, and many of them.

use std::collections::BTreeMap;
use std::net::UdpSocket;

use serde_json::{Value, json};

use crate::as_text::{endpoint, squeezed, until_alike};
use crate::director::{
    Place, connections_as_the_reference, ipvsadm, mark, place, restore, with_two_servers,
};
use crate::json::document;
use crate::net::{Host, Server, Talk, bound, count, wait_until};
use crate::support::{Program, TIMEOUT, finish, shell, words};

/// A director with connections of several kinds that stay as they are.
struct Busy {
    place: Place,
    _servers: Vec<Server>,
    _kept: Vec<Talk>,
    _hosts: [Host; 3],
}

fn busy() -> Busy {
    let (place, hosts) = with_two_servers();
    let [client, a, b] = &hosts;
    let servers = vec![
        a.serve(80),
        b.serve(80),
        a.serve_udp(53),
        b.serve_udp(53),
        a.serve_udp(54),
    ];
    restore(
        "-A -t 10.0.0.1:80 -s rr\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2 -m\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3 -m\n\
         -A -t [fd00::1]:80 -s rr\n\
         -a -t [fd00::1]:80 -r [fd01::3]:80 -m\n\
         -A -u 10.0.0.1:53 -s rr -p 60\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
         -A -u 10.0.0.1:5060 -s rr -p 60 --pe sip\n\
         -a -u 10.0.0.1:5060 -r 10.1.0.3:53 -m\n\
         -A -f 7 -s rr -p 60\n\
         -a -f 7 -r 10.1.0.2 -m\n",
    );
    mark("10.0.0.1", "udp", &[54], 7);
    let connect = |to| client.connect(to).unwrap();
    let kept = ["10.0.0.1:80", "10.0.0.1:80", "10.0.0.1:80", "[fd00::1]:80"].map(connect);
    client.ask_udp(4, "10.0.0.9", "10.0.0.1:53");
    client.ask_udp(2, "10.0.0.8", "10.0.0.1:53");
    let marked = client.ask_udp(2, "10.0.0.8", "10.0.0.1:54");
    assert_eq!(marked, count(&[("A", 2)]));
    client.run(|| {
        let socket = UdpSocket::bind("10.0.0.9:0").unwrap();
        let invitation = b"INVITE sip:x@10.0.0.1 SIP/2.0\r\nCall-ID: call-1@x\r\n\
            CSeq: 1 INVITE\r\n\r\n";
        socket.send_to(invitation, "10.0.0.1:5060").unwrap();
    });
    Busy {
        place,
        _servers: servers,
        _kept: kept.into(),
        _hosts: hosts,
    }
}

/// The connections without their timers, which run.
fn listed(options: &str) -> Vec<Value> {
    let mut found = document("connections", &format!("-Lc --json {options}"));
    let connections = found["connections"].as_array_mut().unwrap();
    for connection in connections.iter_mut() {
        connection["expires_seconds"] = Value::Null;
    }
    connections.clone()
}

/// The row of a connection in the text, but for its timer.
fn row(connection: &Value) -> String {
    let service = &connection["service"];
    let (protocol, through) = match (connection["protocol"].as_str(), &service["fwmark"]) {
        (Some(protocol), Value::Null) => (protocol.to_uppercase(), endpoint(service)),
        // The text takes a mark for an address.
        (None, mark) => ("IP".to_owned(), format!("0.0.0.{mark}:0")),
        other => panic!("{other:?}"),
    };
    let state = connection["state"].as_str().unwrap();
    let (client, server) = (
        endpoint(&connection["client"]),
        endpoint(&connection["server"]),
    );
    let mut row = format!("{protocol} {state} {client} {through} {server}");
    if let Value::Object(engine) = &connection["engine"] {
        let part = |name| engine[name].as_str().unwrap();
        row += &format!(" {} {}", part("name"), part("data"));
    }
    row
}

/// The rows of a listing, and their timers in seconds.
fn text_rows(options: &str) -> (Vec<String>, Vec<u64>) {
    let text = ipvsadm(&format!("-Lnc {options}")).stdout;
    let rows = squeezed(&text, 2);
    let split = rows.iter().map(|row| {
        let mut words: Vec<_> = row.split(' ').collect();
        let (minutes, seconds) = words.remove(1).split_once(':').unwrap();
        let number = |word: &str| word.parse::<u64>().unwrap();
        (words.join(" "), number(minutes) * 60 + number(seconds))
    });
    split.unzip()
}

#[test]
fn the_connections_are_those_of_the_text() {
    let _busy = busy();
    until_alike("-Lnc --persistent-conn", || {
        let ours: Vec<_> = listed("").iter().map(row).collect();
        assert!(ours.len() > 14, "{ours:#?}");
        [ours, text_rows("--persistent-conn").0]
    });
    let found = listed("");
    let number = |test: fn(&Value) -> bool| found.iter().filter(|row| test(row)).count();
    assert_eq!(number(|row| row["service"]["fwmark"] == 7), 1);
    assert_eq!(number(|row| row["engine"]["data"] == "call-1@x"), 1);
    // Of two clients, of the mark, and of the call.
    assert_eq!(number(|row| row["template"] == true), 4);

    // Timers run down, so ours are between those of two listings around it.
    let before = text_rows("").1;
    let found = document("connections", "-Lc --json");
    let after = text_rows("").1;
    let found = found["connections"].as_array().unwrap();
    assert_eq!([before.len(), after.len()], [found.len(); 2]);
    for (row, (before, after)) in found.iter().zip(before.into_iter().zip(after)) {
        let seconds = row["expires_seconds"].as_u64().unwrap();
        assert!((after..=before).contains(&seconds), "{row}");
    }
}

/// Words that narrow, and what they narrow to.
type Narrowing = (&'static str, fn(&Value) -> bool);

const NARROWINGS: [Narrowing; 11] = [
    ("--client 10.0.0.0/8", |row| {
        !client(row).starts_with("fd00:")
    }),
    ("--client 10.0.0.8", |row| client(row) == "10.0.0.8"),
    ("--client 10.0.0.8/31", |row| {
        ["10.0.0.8", "10.0.0.9"].contains(&client(row))
    }),
    ("--client fd00::/8", |row| row["family"] == "ipv6"),
    ("--state ESTABLISHED", |row| row["state"] == "ESTABLISHED"),
    ("--state assured", |row| row["state"] == "ASSURED"),
    ("-t 10.0.0.1:80", |row| {
        row["protocol"] == "tcp" && row["family"] == "ipv4"
    }),
    ("-f 7", |row| row["service"]["fwmark"] == 7),
    ("-r 10.1.0.2", |row| row["server"]["address"] == "10.1.0.2"),
    ("-r [fd01::3]:80", |row| row["family"] == "ipv6"),
    ("-u 10.0.0.1:53 --client 10.0.0.9 --state UDP", |row| {
        row["service"]["port"] == 53 && client(row) == "10.0.0.9" && row["state"] == "UDP"
    }),
];

fn client(row: &Value) -> &str {
    row["client"]["address"].as_str().unwrap()
}

#[test]
fn narrowed_connections_are_some_of_all() {
    let _busy = busy();
    let all = listed("");
    for (options, passes) in NARROWINGS {
        let expected: Vec<_> = all.iter().filter(|row| passes(row)).cloned().collect();
        assert!((1..all.len()).contains(&expected.len()), "{options}");
        assert_eq!(listed(options), expected, "{options}");
        let rows: Vec<_> = expected.iter().map(row).collect();
        assert_eq!(text_rows(&format!("{options} --persistent-conn")).0, rows);
    }
    assert!(listed("--client 192.0.2.0/24").is_empty());
    assert!(listed("--state LAST_ACK").is_empty());
}

/// The counts of a listing, in no order.
fn counted(connections: &[Value], by: &str) -> BTreeMap<String, [u64; 2]> {
    let mut counts = BTreeMap::new();
    for row in connections {
        let key = match by {
            "server" => row["server"].clone(),
            "client" => json!({ "address": row["client"]["address"] }),
            "state" => row["state"].clone(),
            _ => {
                let mut service = row["service"].clone();
                service["protocol"] = row["protocol"].clone();
                service["family"] = row["family"].clone();
                service
            }
        };
        let [connections, templates] = counts.entry(key.to_string()).or_default();
        match row["template"] == true {
            true => *templates += 1,
            false => *connections += 1,
        }
    }
    counts
}

#[test]
fn counts_are_of_what_is_listed() {
    let _busy = busy();
    for narrowing in ["", "--client 10.0.0.8", "--state LAST_ACK"] {
        let all = listed(narrowing);
        for by in ["server", "client", "state", "service"] {
            let options = format!("--by {by} {narrowing}");
            let document = document("counts", &format!("-Lc --json {options}"));
            assert_eq!(document["by"], by);
            let counts = document["counts"].as_array().unwrap();
            let numbers = |of: &Value| {
                ["connections", "templates"].map(|number| of[number].as_u64().unwrap())
            };
            let found: BTreeMap<_, _> = counts
                .iter()
                .map(|count| (count[by].to_string(), numbers(count)))
                .collect();
            assert_eq!(found, counted(&all, by), "{options}");
            assert!(
                counts.is_sorted_by_key(|count| numbers(count).map(std::cmp::Reverse)),
                "{document:#}"
            );
            let total: u64 = numbers(&document["total"]).iter().sum();
            assert_eq!(total, all.len() as u64);

            let text = ipvsadm(&format!("-Lnc {options}")).stdout;
            let expected: Vec<_> = counts
                .iter()
                .map(|count| {
                    let [connections, templates] = numbers(count);
                    format!("{connections} {templates} {}", label(by, &count[by]))
                })
                .collect();
            assert_eq!(squeezed(&text, 1), expected, "{options}");
        }
    }
}

fn label(by: &str, key: &Value) -> String {
    match by {
        "server" => endpoint(key),
        "client" => key["address"].as_str().unwrap().to_owned(),
        "state" => key.as_str().unwrap().to_owned(),
        _ => match (&key["protocol"], &key["fwmark"]) {
            (Value::String(protocol), _) => {
                format!("{} {}", protocol.to_uppercase(), endpoint(key))
            }
            (_, mark) => format!("FWM {mark}"),
        },
    }
}

#[test]
fn a_client_whose_port_is_0_has_connections_too() {
    let (_place, [client, ..]) = with_two_servers();
    restore(
        "-A -u 10.0.0.1:53 -s rr\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
         -A -u 10.0.0.1:54 -s rr -p 60\n\
         -a -u 10.0.0.1:54 -r 10.1.0.2 -m\n",
    );
    for to in ["10.0.0.1:53", "10.0.0.1:54"] {
        client.send_from_port_0("10.0.0.9".parse().unwrap(), to.parse().unwrap());
    }
    wait_until("both are connections", || listed("").len() == 3);
    let mut found: Vec<_> = listed("")
        .iter()
        .map(|row| {
            assert_eq!(row["client"]["port"], 0, "{row}");
            let state = row["state"].as_str().unwrap().to_owned();
            (
                row["service"]["port"].as_u64(),
                state,
                row["template"].as_bool(),
            )
        })
        .collect();
    found.sort();
    let connection = |port| (Some(port), "UDP".to_owned(), Some(false));
    let template = (Some(54), "NONE".to_owned(), Some(true));
    assert_eq!(found, [connection(53), template, connection(54)]);
    let counts = document("counts", "-Lc --by client --json");
    assert_eq!(counts["total"], json!({ "connections": 2, "templates": 1 }));
    connections_as_the_reference("-Lnc");
}

#[test]
fn counts_have_names_and_columns() {
    let busy = busy();
    busy.place
        .name_hosts("10.1.0.2 alpha\n10.0.0.9 visitor\n10.0.0.1 www\n");
    for (options, expected) in [
        (
            "--by server --client 10.0.0.8",
            "\
Connections Templates Server
          2         1 alpha:53
          2         0 alpha:54
          0         1 alpha:0
",
        ),
        (
            "--by client -u 10.0.0.1:53",
            "\
Connections Templates Client
          4         1 visitor
          2         1 10.0.0.8
",
        ),
        (
            "--by service --client 10.0.0.8",
            "\
Connections Templates Service
          2         1 UDP www:domain
          2         0 UDP www:54
          0         1 FWM 7
",
        ),
    ] {
        let text = ipvsadm(&format!("-Lc {options}")).stdout;
        assert_eq!(text, expected, "{options}");
    }
}

/// Peak resident memory of a run in KiB, and how much it printed.
fn measured(place: &Place, line: &str) -> (u64, usize) {
    let note = place.folder().join("memory");
    let mut time = std::process::Command::new("time");
    time.args(["-f", "%M", "-o"]).arg(&note);
    time.arg(Program::Ours.path()).args(words(line));
    let printed = finish(time, b"", TIMEOUT).succeeded().stdout;
    let memory = std::fs::read_to_string(note).unwrap();
    (memory.trim().parse().unwrap(), printed.len())
}

#[test]
fn many_connections_take_no_more_memory_than_few() {
    let place = place();
    shell(
        "ip addr add 10.0.0.1/32 dev lo && ip link add servers type dummy && \
         ip link set servers up && ip route add 10.1.0.0/24 dev servers",
    );
    restore("-A -u 10.0.0.1:53 -s rr\n-a -u 10.0.0.1:53 -r 10.1.0.2 -g\n");
    let clients = |ports: std::ops::Range<u16>| {
        for port in ports {
            let socket = bound(|| UdpSocket::bind(("127.0.0.1", port)));
            socket.send_to(b"x", "10.0.0.1:53").unwrap();
        }
    };
    let lines = ["-Lc --json", "-Lc --by server --json", "-Lnc"];
    clients(10_000..11_000);
    let few = lines.map(|line| measured(&place, line));
    clients(11_000..20_000);
    let many = lines.map(|line| measured(&place, line));

    assert_eq!(
        document("counts", "-Lc --by state --json")["total"]["connections"],
        10_000
    );
    // Both listings are held against their own size, the counts against the table's.
    assert!(many[0].1 > 2 << 20, "{many:?}");
    for ((line, few), many) in lines.iter().zip(few).zip(many) {
        assert!(many.0 < few.0 + 512, "{line}: {few:?}, {many:?}");
    }
}
