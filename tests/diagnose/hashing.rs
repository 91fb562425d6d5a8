//! The servers that schedulers compute are those that clients get.

use std::collections::HashMap;
use std::net::UdpSocket;

use crate::director::*;
use crate::net::{Host, bound, wait_until};
use crate::support::{Namespace, Program, run, shell, words};

/// Servers, in the order in which they are added, with their weights; nobody needs to
/// be there.
const SERVERS: [(u8, u32); 6] = [(2, 3), (40, 1), (3, 7), (99, 120), (17, 2), (5, 40)];
const CLIENTS: u16 = 40;

/// A client's address and port.
fn client_of(number: u16) -> String {
    format!("10.8.{}.{}:{}", number % 5, number + 1, 4000 + 7 * number)
}

/// Many addresses on one client.
fn crowd() -> (Namespace, Host) {
    let (place, [client, _, _]) = behind_nat();
    client.ip("route add local 10.8.0.0/16 dev lo\n");
    client.ip("route add default via 10.0.0.1\n");
    shell("ip route add 10.8.0.0/16 via 10.0.0.9");
    (place, client)
}

/// Fails the test unless each client of such a service, which more lines change, gets
/// the server that was computed before. Each service has a port of its own, since its
/// connections outlive it.
#[track_caller]
fn clients_get_what_is_computed(client: &Host, port: u16, scheduler: &str, more: &str) {
    let mut lines = format!("-A -u 10.0.0.1:PORT -s {scheduler}\n");
    for (last, weight) in SERVERS {
        lines += &format!("-a -u 10.0.0.1:PORT -r 10.1.0.{last} -m -w {weight}\n");
    }
    restore(&(lines + more).replace("PORT", &port.to_string()));
    let service = format!("10.0.0.1:{port}");
    let wanted: Vec<_> = (0..CLIENTS)
        .map(|number| computed(&service, &client_of(number)))
        .collect();
    for number in 0..CLIENTS {
        let socket = client.run(|| bound(|| UdpSocket::bind(client_of(number))));
        // Some are refused.
        let _ = socket.send_to(b"?", &service);
    }
    let mut rows = HashMap::new();
    wait_until("all packets have come", || {
        let listed = ipvsadm("-Lnc").stdout;
        for line in listed.lines() {
            let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            if let [_, _, _, source, wanted, server] = words.as_slice()
                && *wanted == service
            {
                rows.insert(source.clone(), server.clone());
            }
        }
        rows.len() >= wanted.iter().flatten().count()
    });
    for (number, wanted) in (0..CLIENTS).zip(&wanted) {
        let source = client_of(number);
        assert_eq!(
            rows.get(&source),
            wanted.as_ref(),
            "{scheduler} {more} {source}"
        );
    }
}

/// A client's path, without its line breaks; that it may not be served is no failure:
/// nobody is there.
fn path(service: &str, client: &str) -> String {
    let line = format!("--explain -u {service} --client {client}");
    let text = run(Program::Ours, words(&line), "").stdout;
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The server that a client's path names; none where the client is refused.
#[track_caller]
fn computed(service: &str, client: &str) -> Option<String> {
    let text = path(service, client);
    let (_, said) = text
        .split_once("with a table of the usual ")
        .unwrap_or_else(|| panic!("{client}: {text}"));
    let (_, said) = said.split_once(" places ").unwrap();
    if said.starts_with("there is none") {
        return None;
    }
    let said = said.strip_prefix("it is ").unwrap();
    match said.split_once(", which takes nothing") {
        Some((server, _)) if !server.contains(' ') => None,
        _ => Some(said.split(". ").next().unwrap().to_owned()),
    }
}

#[test]
fn by_the_source() {
    let (_place, client) = crowd();
    let none_99 = "-e -u 10.0.0.1:PORT -r 10.1.0.99 -m -w 0\n";
    let fewer = "-e -u 10.0.0.1:PORT -r 10.1.0.5 -m -w 0\n-d -u 10.0.0.1:PORT -r 10.1.0.3\n";
    for (port, scheduler, more) in [
        (53, "sh", ""),
        (54, "sh -b sh-port", ""),
        (55, "sh", none_99),
        (56, "sh -b sh-fallback", none_99),
        (57, "sh -b sh-fallback,sh-port", fewer),
    ] {
        clients_get_what_is_computed(&client, port, scheduler, more);
    }
}

#[test]
fn by_the_destination() {
    let (_place, client) = crowd();
    clients_get_what_is_computed(&client, 53, "dh", "");
    let fewer = "-d -u 10.0.0.1:PORT -r 10.1.0.40\n";
    clients_get_what_is_computed(&client, 54, "dh", fewer);
}

#[test]
fn by_maglev() {
    let (_place, client) = crowd();
    let heavy = "-e -u 10.0.0.1:PORT -r 10.1.0.99 -m -w 5000\n";
    for (port, scheduler, more) in [
        (53, "mh", ""),
        (54, "mh -b mh-port", ""),
        (55, "mh -b mh-port", heavy),
    ] {
        clients_get_what_is_computed(&client, port, scheduler, more);
    }
    // The places of a server that left by its weight are not told.
    ipvsadm("-e -u 10.0.0.1:53 -r 10.1.0.99 -m -w 0");
    let said = path("10.0.0.1:53", "10.8.9.9:4000");
    assert!(said.contains("is not computed here"), "{said}");
}

#[test]
fn by_an_address_of_ipv6() {
    let (_place, [client, _, _]) = behind_nat();
    client.ip("route add local fd08::/64 dev lo\n");
    client.set(&[("ipv6/ip_nonlocal_bind", "1")]);
    shell("ip route add fd08::/64 via fd00::9");
    for scheduler in ["sh", "mh"] {
        restore(&format!("-A -u [fd00::1]:53 -s {scheduler}\n"));
        for last in 2..9 {
            ipvsadm(&format!(
                "-a -u [fd00::1]:53 -r [fd01::{last}]:53 -m -w {last}"
            ));
        }
        for number in 1..20 {
            let source = format!("[fd08::{number}:{scheduler}]:4000");
            let source = source.replace("sh", "1").replace("mh", "2");
            let wanted = computed("[fd00::1]:53", &source).unwrap();
            let socket = client.run(|| bound(|| UdpSocket::bind(&source)));
            socket.send_to(b"?", "[fd00::1]:53").unwrap();
            wait_until("the packet has come", || {
                let listed = ipvsadm("-Lnc").stdout;
                let row = listed.lines().find(|line| line.contains(&source));
                row.inspect(|row| assert!(row.ends_with(&wanted), "{row}: {wanted}"))
                    .is_some()
            });
        }
        ipvsadm("-D -u [fd00::1]:53");
    }
}
