//! A restore interrupts nobody: requests, connections and readers of the table
//! go on all the while.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::thread;

use crate::director::{
    many_servers, replace_slowly, restore, saved_by_reference, sorted, with_two_servers,
};
use crate::net::{Ended, Host, Talk, wait_until};
use crate::support::{Program, TIMEOUT, finish};

/// The table of a director that is not small.
const SERVICES: u16 = 1500;
const FIRST_PORT: u16 = 10_000;
/// Every so manieth service has another weight in the other table.
const EVERY: u16 = 150;

#[test]
fn ten_new_weights_among_1500_services() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    let (before, after) = (rules(1), rules(7));
    restore(&before);

    // One connection through a service that stays, one through one that changes.
    let mut kept: Vec<_> = [FIRST_PORT + 1, FIRST_PORT]
        .into_iter()
        .flat_map(|port| [port; 4])
        .map(|port| {
            let mut talk = client.connect(&format!("10.0.0.1:{port}")).unwrap();
            let who = talk.ask().unwrap();
            (talk, who)
        })
        .collect();
    // A server knows a connection by the client's address and port, whatever service it
    // came by. Those that are kept share their ports with no later one.
    client.set(&[("ipv4/ip_local_port_range", "20000 29999")]);

    let unchanged: Vec<u16> = (0..SERVICES)
        .filter(|n| n % EVERY != 0)
        .map(|n| FIRST_PORT + n)
        .collect();
    let rows = unchanged_rows(&unchanged);
    // The kernel skips rows in /proc/net/ip_vs where another namespace has
    // services too; those of the tests before are about to go.
    wait_until("this is the only table", || rows.is_subset(&read_rows()));
    let ended = Ended::default();
    let (asked, polls) = thread::scope(|scope| {
        let requests = scope.spawn(|| ask_until(&ended, &client, &unchanged));
        let reader = scope.spawn(|| poll_until(&ended, &rows));
        ended.after(|| {
            for rules in [&after, &before, &after] {
                restore_command(rules);
                for (talk, who) in &mut kept {
                    let answer = talk.ask().map_err(|error| error.to_string());
                    assert_eq!(answer.as_ref(), Ok(&*who), "a connection broke");
                }
            }
        });
        (requests.join(), reader.join())
    });
    let (asked, polls) = (asked.unwrap(), polls.unwrap());
    assert!(
        asked >= 20 && polls >= 3,
        "too little was tried: {asked} requests, {polls} readings"
    );
    assert_eq!(sorted(&saved_by_reference()), sorted(&after));
}

#[test]
fn a_service_stays_while_its_servers_and_others_change() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80), b.serve(8080));
    // Of its servers one stays, one goes, one comes; the last two are drained,
    // as a request to a server that goes is lost with it.
    let service = |other: &str| {
        format!(
            "-A -t 10.0.0.1:80 -s rr\n\
             -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1\n\
             -a -t 10.0.0.1:80 -r {other} -m -w 0\n"
        )
    };
    let before = many_servers(10) + &service("10.1.0.3:80");
    let after = many_servers(20) + &service("10.1.0.3:8080");
    restore(&before);
    let mut kept = client.connect("10.0.0.1:80").unwrap();
    assert_eq!(kept.ask().unwrap(), "A");
    let ended = Ended::default();
    let asked = thread::scope(|scope| {
        let requests = scope.spawn(|| ask_until(&ended, &client, &[80]));
        ended.after(|| {
            for rules in [&after, &before] {
                finish(replace_slowly(), rules.as_bytes(), TIMEOUT).succeeded();
            }
        });
        requests.join()
    });
    assert!(asked.unwrap() >= 20);
    assert_eq!(kept.ask().unwrap(), "A");
    assert_eq!(sorted(&saved_by_reference()), sorted(&before));
}

fn rules(weight: u16) -> String {
    let mut rules = String::new();
    for n in 0..SERVICES {
        let (port, weight) = (FIRST_PORT + n, if n % EVERY == 0 { weight } else { 1 });
        write!(
            rules,
            "-A -t 10.0.0.1:{port} -s wrr\n\
             -a -t 10.0.0.1:{port} -r 10.1.0.2:80 -m -w 1\n\
             -a -t 10.0.0.1:{port} -r 10.1.0.3:80 -m -w {weight}\n"
        )
        .unwrap();
    }
    rules
}

#[track_caller]
fn restore_command(rules: &str) {
    let command = Program::Ours.command("ipvsadm-restore");
    finish(command, rules.as_bytes(), TIMEOUT).succeeded();
}

/// Asks these services one after another until the end; none may fail. Gives
/// how many were asked.
fn ask_until(ended: &Ended, client: &Host, ports: &[u16]) -> usize {
    client.run(|| {
        let mut asked = 0;
        for port in ports.iter().cycle() {
            if ended.is_so() {
                break;
            }
            let to = SocketAddr::from(([10, 0, 0, 1], *port));
            let answer = Talk::open(to).and_then(|mut talk| talk.ask());
            assert!(
                answer.is_ok(),
                "request {asked}, to port {port}: {answer:?}"
            );
            asked += 1;
        }
        asked
    })
}

/// Rows of `/proc/net/ip_vs`: what is named, without what is counted.
type Rows = BTreeSet<String>;

fn unchanged_rows(ports: &[u16]) -> Rows {
    let mut rows = Rows::new();
    for port in ports {
        let service = format!("TCP 0A000001:{port:04X}");
        rows.insert(format!("{service} 0A010002:0050 1"));
        rows.insert(format!("{service} 0A010003:0050 1"));
        rows.insert(service);
    }
    rows
}

/// Reads the table until the end; none of these rows may ever be missing. Gives
/// how often it was read.
fn poll_until(ended: &Ended, expected: &Rows) -> usize {
    let mut polls = 0;
    while !ended.is_so() {
        let seen = read_rows();
        let missing: Vec<_> = expected.difference(&seen).take(3).collect();
        assert!(missing.is_empty(), "reading {polls} misses {missing:?}");
        polls += 1;
    }
    polls
}

fn read_rows() -> Rows {
    let text = std::fs::read_to_string("/proc/thread-self/net/ip_vs").unwrap();
    let mut service = String::new();
    let mut rows = Rows::new();
    for line in text.lines().skip(3) {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[..] {
            ["->", address, _, weight, ..] => rows.insert(format!("{service} {address} {weight}")),
            [protocol, address, ..] => {
                service = format!("{protocol} {address}");
                rows.insert(service.clone())
            }
            _ => panic!("{line}"),
        };
    }
    rows
}
