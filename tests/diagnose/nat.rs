//! Faults of NAT.

use std::thread;

use crate::clients::{are_served, by_udp, while_in_vain, while_served, while_some_are};
use crate::director::*;
use crate::net::{Ended, Host, wait_until};
use crate::support::shell;

#[test]
fn nat_forwarding_of_the_whole_machine() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("sysctl -qw net.ipv4.ip_forward=0");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("nat-forwarding");
    diagnosis.cure("nat-forwarding");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn nat_forwarding_of_the_servers_interface_alone() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("sysctl -qw net.ipv4.conf.eth1.forwarding=0");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("nat-forwarding");
    diagnosis.cure("nat-forwarding");
    are_served(&client, "10.0.0.1:80");
    // Towards the clients it does no harm.
    shell("sysctl -qw net.ipv4.conf.eth0.forwarding=0");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn nat_route_back() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    for server in [&a, &b] {
        server.ip("route replace default via 10.1.0.250\n");
    }
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names_of("nat-route-back", &["10.1.0.2", "10.1.0.3"]);
    for server in [&a, &b] {
        for command in diagnosis.commands("nat-route-back", Some("the server")) {
            server.run(|| shell(&command));
        }
    }
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn nat_client_on_link() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m\n");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("nat-client-on-link");
    for command in diagnosis.commands("nat-client-on-link", Some("the server")) {
        a.run(|| shell(&command));
    }
    diagnosis.cure("nat-client-on-link");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn nat_one_packet() {
    let (_place, [client, a, _]) = behind_nat();
    let servers = [a.serve_udp(53), a.serve_udp(514)];
    restore(
        "-A -u 10.0.0.1:53 -s rr -o\n-a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
         -A -u 10.0.0.1:514 -s rr -o\n-a -u 10.0.0.1:514 -r 10.1.0.2 -m\n",
    );
    diagnose(GLANCE).without_fault();
    let asks = |port| by_udp(&client, "10.0.0.9:4000", &format!("10.0.0.1:{port}"));
    let in_vain = |line: &'static str, port| {
        let (ask, ended) = (asks(port), Ended::default());
        thread::scope(|scope| {
            scope.spawn(|| {
                while !ended.is_so() {
                    assert_eq!(ask(), None);
                }
            });
            ended.after(|| diagnose(line))
        })
    };
    // Nobody waits for an answer of syslog.
    in_vain(WATCHED, 514).without_fault();
    let diagnosis = in_vain(WATCHED, 53).names("nat-one-packet");
    assert!(servers.iter().all(|server| server.served() > 0));
    // The other service has a note of the same check.
    diagnosis.cure("nat-one-packet");
    let ask = asks(53);
    wait_until("the answer is known", || ask().is_some());
    diagnose(GLANCE).without_fault();
}

#[test]
fn nat_loopback() {
    let (_place, [client, _, _]) = behind_nat();
    let _server = Host::this("director").serve(8080);
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 127.0.0.1:8080 -m\n");
    diagnose(GLANCE).without_fault().notes("nat-loopback");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(GLANCE));
    let diagnosis = diagnosis.names("nat-loopback");
    diagnosis.cure("nat-loopback");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault().lacks("nat-loopback");
}

#[test]
fn nat_server_refuses() {
    let (_place, [client, a, b]) = behind_nat();
    restore(NAT);
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names_each("nat-server-refuses", 2);
    for command in diagnosis.commands("nat-server-refuses", Some("the server")) {
        assert!(!a.run(|| shell(&command)).contains(":80"));
    }
    // One server gets no clients, and the program of the other is started.
    diagnosis.cure("nat-server-refuses");
    let _server = b.serve(80);
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
    // A program at another port is none at this one.
    let _other = a.serve(8080);
    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.2 -m -w 1");
    let diagnosis = while_some_are(&client, "10.0.0.1:80", diagnose_anew);
    let diagnosis = diagnosis.names_each("nat-server-refuses", 1);
    let sentence = diagnosis.finding("nat-server-refuses")["sentence"].to_string();
    assert!(sentence.contains("10.1.0.2:80"), "{sentence}");
}

/// The client sends from an address of another network.
fn from_another_network(client: &Host) {
    client.ip("addr add 10.7.0.9/32 dev lo\n\
         route replace 10.0.0.0/24 dev eth0 src 10.7.0.9\n");
}

#[test]
fn nat_client_unreachable() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    from_another_network(&client);
    restore(NAT);
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("nat-client-unreachable");
    let remedy = diagnosis.finding("nat-client-unreachable")["remedy"].to_string();
    assert!(remedy.contains("ip route add default via"), "{remedy}");
    shell("ip route add default via 10.0.0.9");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
    // Policies have a say in the way of answers alone.
    shell("ip rule add iif eth1 lookup 77 && ip route add unreachable default table 77");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("nat-client-unreachable");
    let remedy = diagnosis.finding("nat-client-unreachable")["remedy"].to_string();
    assert!(remedy.contains("ip rule"), "{remedy}");
    shell("ip rule del iif eth1 lookup 77");
    are_served(&client, "10.0.0.1:80");
}

#[test]
fn nat_client_unreachable_over_ipv6() {
    let (_place, [client, a, _]) = behind_nat();
    let _server = a.serve(80);
    client.ip("addr add fd07::9/128 dev eth0 nodad\n\
         route add fd00::/64 dev eth0 metric 1 src fd07::9\n");
    restore("-A -t [fd00::1]:80 -s rr\n-a -t [fd00::1]:80 -r [fd01::2]:80 -m\n");
    let diagnosis = while_in_vain(&client, "[fd00::1]:80", || diagnose(WATCHED));
    diagnosis.names("nat-client-unreachable");
    shell("ip route add default via fd00::9");
    are_served(&client, "[fd00::1]:80");
    while_served(&client, "[fd00::1]:80", || diagnose(WATCHED)).without_fault();
}
