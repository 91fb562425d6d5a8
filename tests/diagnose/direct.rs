//! Faults of direct routing, and of IPv6.

use ipvs::client::Client;
use ipvs::model::{Change, Destination, Forwarding, Protocol, VirtualId};

use crate::clients::{are_served, while_in_vain, while_served};
use crate::director::*;
use crate::net::count;
use crate::support::shell;

#[test]
fn dr_server_lacks_vip() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -g\n");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("dr-server-lacks-vip");
    for command in diagnosis.commands("dr-server-lacks-vip", Some("the server")) {
        a.run(|| shell(&command));
    }
    are_served(&client, "10.0.0.1:80");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn dr_answers_through_director() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    for server in [&a, &b] {
        server.take_quietly("10.0.0.1");
    }
    restore(&NAT.replace("-m", "-g"));
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("dr-answers-through-director");
    diagnosis.cure("dr-answers-through-director");
    are_served(&client, "10.0.0.1:80");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn dr_behind_router() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    // B is a router before a server that is A's second address.
    b.set(&[("ipv4/ip_forward", "1")]);
    a.ip("addr add 10.3.0.2/32 dev lo\n");
    a.take_quietly("10.0.0.1");
    shell("ip route add 10.3.0.2/32 via 10.1.0.3");
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.3.0.2 -g\n");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.without_fault().notes("dr-behind-router");
}

#[test]
fn dr_port_differs() {
    let (_place, [client, a, _]) = one_network();
    a.take_quietly("10.0.0.1");
    let elsewhere = a.serve(8080);
    // This program does not let another port through; others do.
    ipvsadm("-A -t 10.0.0.1:80 -s rr");
    let service = VirtualId::Endpoint {
        protocol: Protocol::Tcp,
        address: "10.0.0.1".parse().unwrap(),
        port: 80,
    };
    let server = Destination::new("10.0.0.2".parse().unwrap(), 8080, Forwarding::DirectRoute);
    let mut kernel = Client::open().unwrap();
    kernel.apply(&Change::AddServer(service, server)).unwrap();
    let listed = ipvsadm("-Ln").stdout;
    assert!(listed.contains("10.0.0.2:8080"), "{listed}");
    diagnose(GLANCE).without_fault().notes("dr-port-differs");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("dr-server-lacks-vip");
    diagnosis.notes("dr-port-differs");
    assert_eq!(elsewhere.served(), 0);
    let _server = a.serve(80);
    are_served(&client, "10.0.0.1:80");
}

#[test]
fn dr_server_answers_arp() {
    let (_place, [client, a, b]) = one_network();
    let _servers = [a.serve(80), b.serve(80)];
    a.take_quietly("10.0.0.1");
    b.ip("addr add 10.0.0.1/32 dev lo\n");
    restore(&NAT_IN_FRONT.replace("-m", "-g"));
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
    let diagnosis = diagnose(&format!("{GLANCE} --probe")).names("dr-server-answers-arp");
    let sentence = diagnosis.finding("dr-server-answers-arp")["sentence"].to_string();
    assert!(sentence.contains("10.0.0.3"), "{sentence}");
    // Who hears of the server goes to it alone, past the director.
    let of_b = b.run(|| shell("ip -br link show eth0 | awk '{print $3}'"));
    client.ip(&format!(
        "neigh replace 10.0.0.1 lladdr {} dev eth0 nud reachable\n",
        of_b.trim()
    ));
    let before = answers_seen();
    assert_eq!(client.ask(4, "10.0.0.1:80"), count(&[("B", 4)]));
    assert_eq!(answers_seen(), before, "past the director");
    for command in diagnosis.commands("dr-server-answers-arp", Some("the server")) {
        b.run(|| shell(&command));
    }
    client.ip("neigh flush dev eth0\n");
    are_served(&client, "10.0.0.1:80");
    assert!(answers_seen() > before);
    diagnose(&format!("{GLANCE} --probe")).without_fault();
}

/// The kernel takes no answer about an IPv6 address on an interface that has it: it is
/// asked for where the director has the address elsewhere.
#[test]
fn dr_server_answers_neighbour_discovery() {
    let (_place, [_client, a, b]) = one_network();
    restore("-A -t [fd00::1]:80 -s rr\n-a -t [fd00::1]:80 -r [fd00::3]:80 -g\n");
    let probe = format!("{GLANCE} --probe");
    for server in [&a, &b] {
        server.ip("addr add fd00::1/128 dev lo nodad\n");
    }
    diagnose(&probe).without_fault();
    assert_eq!(shell("ip -6 neigh show fd00::1"), "", "nobody was asked");
    shell(
        "ip addr del fd00::1/64 dev eth0 && ip addr add fd00::5/64 dev eth0 nodad && \
         ip addr add fd00::1/128 dev lo nodad",
    );
    diagnose(&probe).without_fault();
    b.ip("addr add fd00::1/128 dev eth0 nodad\n");
    let diagnosis = diagnose(&probe).names("dr-server-answers-arp");
    let sentence = diagnosis.finding("dr-server-answers-arp")["sentence"].to_string();
    assert!(sentence.contains("fd00::3"), "{sentence}");
}

/// How many connections the director knows.
fn answers_seen() -> usize {
    ipvsadm("-Lnc")
        .stdout
        .lines()
        .filter(|line| line.starts_with("TCP"))
        .count()
}

#[test]
fn ipv6_forwarding() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(
        "-A -t [fd00::1]:80 -s rr\n\
         -a -t [fd00::1]:80 -r [fd01::2]:80 -m\n\
         -a -t [fd00::1]:80 -r [fd01::3]:80 -m\n",
    );
    shell("sysctl -qw net.ipv6.conf.all.forwarding=0");
    let diagnosis = while_in_vain(&client, "[fd00::1]:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("ipv6-forwarding");
    diagnosis.cure("ipv6-forwarding");
    are_served(&client, "[fd00::1]:80");
    diagnose(GLANCE).without_fault();
}
