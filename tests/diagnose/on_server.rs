//! Faults of real servers, seen on the server itself.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use crate::clients::{answered, are_served, while_in_vain, while_served};
use crate::director::*;
use crate::net::{Host, bound};
use crate::support::{Program, run, shell, words};

const DR: &str = "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -g\n";
const VIP: &str = "10.0.0.1:80";

/// What is said on a server of the virtual address.
fn on(server: &Host, line: &str) -> Diagnosis {
    let line = format!("--on-server {line}");
    server.run(|| diagnose(&line))
}

/// Does on the server what the remedy of this check says.
fn cure(server: &Host, diagnosis: &Diagnosis, id: &str) {
    server.run(|| diagnosis.cure(id));
}

/// The hardware address that a host has of the virtual address.
fn neighbour(of: &Host) -> String {
    let line = of.run(|| shell("ip neigh show 10.0.0.1 dev eth0"));
    let mut words = line.split_whitespace().skip_while(|word| *word != "lladdr");
    words.nth(1).unwrap_or_default().to_owned()
}

fn hardware(of: &Host) -> String {
    let line = of.run(|| shell("ip -br link show eth0"));
    line.split_whitespace()
        .nth(2)
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn srv_lacks_vip() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    restore(DR);
    let diagnosis = while_in_vain(&client, VIP, || on(&a, "-t 10.0.0.1:80"));
    let diagnosis = diagnosis.names("srv-lacks-vip");
    let evidence = diagnosis.finding("srv-lacks-vip")["evidence"].to_string();
    assert!(
        evidence.contains("IpInAddrErrors rose by") && !evidence.contains("rose by 0"),
        "{evidence}"
    );
    cure(&a, &diagnosis, "srv-lacks-vip");
    are_served(&client, VIP);
    on(&a, "-t 10.0.0.1:80").without_fault();
}

#[test]
fn srv_lacks_vip_of_ipv6() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    restore("-A -t [fd00::1]:80 -s rr\n-a -t [fd00::1]:80 -r [fd00::2]:80 -g\n");
    let diagnosis = while_in_vain(&client, "[fd00::1]:80", || on(&a, "-t [fd00::1]:80"));
    let diagnosis = diagnosis.names("srv-lacks-vip");
    cure(&a, &diagnosis, "srv-lacks-vip");
    are_served(&client, "[fd00::1]:80");
    on(&a, "-t [fd00::1]:80").without_fault();
}

#[test]
fn srv_vip_prefix() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    a.set(&[
        ("ipv4/conf/all/arp_ignore", "1"),
        ("ipv4/conf/all/arp_announce", "2"),
    ]);
    a.ip("addr add 10.0.0.1/24 dev lo\n");
    restore(DR);
    let diagnosis = while_in_vain(&client, VIP, || on(&a, "-t 10.0.0.1:80"));
    let diagnosis = diagnosis.names("srv-vip-prefix");
    cure(&a, &diagnosis, "srv-vip-prefix");
    are_served(&client, VIP);
    on(&a, "-t 10.0.0.1:80").without_fault();
}

#[test]
fn srv_vip_on_link() {
    let (_place, [client, a, _]) = one_network();
    a.set(&[
        ("ipv4/conf/all/arp_ignore", "1"),
        ("ipv4/conf/all/arp_announce", "2"),
    ]);
    a.ip("addr add 10.0.0.1/32 dev eth0\n");
    let _server = a.serve(80);
    restore(DR);
    // The director is away: only the server can answer.
    shell("ip link set eth0 down");
    assert_eq!(answered(&client, 3, VIP), 3, "past the director");
    let diagnosis = on(&a, "-t 10.0.0.1:80").names("srv-vip-on-link");
    cure(&a, &diagnosis, "srv-vip-on-link");
    client.run(|| shell("ip neigh flush dev eth0"));
    assert_eq!(answered(&client, 2, VIP), 0);
    shell("ip link set eth0 up");
    are_served(&client, VIP);
    on(&a, "-t 10.0.0.1:80").without_fault();
}

#[test]
fn srv_answers_arp() {
    let (_place, [client, a, _]) = one_network();
    a.ip("addr add 10.0.0.1/32 dev lo\n");
    a.set(&[("ipv4/conf/all/arp_announce", "2")]);
    let _server = a.serve(80);
    restore(DR);
    // The director is away: only the server can answer.
    shell("ip link set eth0 down");
    assert_eq!(answered(&client, 3, VIP), 3, "past the director");
    assert_eq!(neighbour(&client), hardware(&a));
    let diagnosis = on(&a, "-t 10.0.0.1:80").names("srv-answers-arp");
    cure(&a, &diagnosis, "srv-answers-arp");
    client.run(|| shell("ip neigh flush dev eth0"));
    assert_eq!(answered(&client, 2, VIP), 0);
    shell("ip link set eth0 up");
    are_served(&client, VIP);
    assert_eq!(neighbour(&client), hardware(&Host::this("director")));
    on(&a, "-t 10.0.0.1:80").without_fault();
}

#[test]
fn srv_announces_vip() {
    let (_place, [client, a, _]) = one_network();
    a.ip("addr add 10.0.0.1/32 dev lo\n");
    a.set(&[("ipv4/conf/all/arp_ignore", "1")]);
    let _server = a.serve(80);
    restore(DR);
    let ask_anew = || {
        for host in [&a, &client] {
            host.run(|| shell("ip neigh flush dev eth0"));
        }
        are_served(&client, VIP);
        neighbour(&client)
    };
    // The server asks for the client from the virtual address.
    assert_eq!(ask_anew(), hardware(&a));
    let diagnosis = on(&a, "-t 10.0.0.1:80").names("srv-announces-vip");
    cure(&a, &diagnosis, "srv-announces-vip");
    assert_eq!(ask_anew(), hardware(&Host::this("director")));
    on(&a, "-t 10.0.0.1:80").without_fault();
}

#[test]
fn srv_tunnel_down() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    a.take_quietly("10.0.0.1");
    restore(&DR.replace("-g", "-i"));
    let diagnosis = while_in_vain(&client, VIP, || on(&a, "-t 10.0.0.1:80 -i"));
    let diagnosis = diagnosis.names("srv-tunnel-down");
    cure(&a, &diagnosis, "srv-tunnel-down");
    are_served(&client, VIP);
    on(&a, "-t 10.0.0.1:80 -i").without_fault();
}

#[test]
fn srv_rp_filter_of_a_tunnel() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    a.take_quietly("10.0.0.1");
    a.ip("link add tunnel type ipip local 10.0.0.2\nlink set tunnel up\n");
    a.set(&[
        ("ipv4/conf/all/rp_filter", "1"),
        ("ipv4/conf/tunnel/rp_filter", "0"),
    ]);
    restore(&DR.replace("-g", "-i"));
    let diagnosis = while_in_vain(&client, VIP, || on(&a, "-t 10.0.0.1:80 -i"));
    let diagnosis = diagnosis.names("srv-rp-filter");
    let evidence = diagnosis.finding("srv-rp-filter")["evidence"].to_string();
    assert!(
        evidence.contains("TcpExtIPReversePathFilter rose by") && !evidence.contains("rose by 0"),
        "{evidence}"
    );
    cure(&a, &diagnosis, "srv-rp-filter");
    are_served(&client, VIP);
    on(&a, "-t 10.0.0.1:80 -i").without_fault();
    // Without an address a loose filter is not enough.
    a.ip("addr del 10.0.0.1/32 dev tunnel\n");
    while_in_vain(&client, VIP, || on(&a, "-t 10.0.0.1:80 -i")).names("srv-rp-filter");
    a.set(&[
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/tunnel/rp_filter", "0"),
    ]);
    are_served(&client, VIP);
    on(&a, "-t 10.0.0.1:80 -i").without_fault();
}

#[test]
fn srv_rp_filter_of_two_links() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    a.take_quietly("10.0.0.1");
    // The way to the client is another than that by which its packets come.
    a.join("eth1", &client, "eth1");
    a.ip("addr add 10.9.0.2/24 dev eth1\nroute add 10.0.0.9/32 dev eth1 src 10.9.0.2\n");
    a.set(&[("ipv4/conf/all/rp_filter", "1")]);
    restore(DR);
    let line = "-t 10.0.0.1:80 --client 10.0.0.9";
    let diagnosis = while_in_vain(&client, VIP, || on(&a, line));
    let diagnosis = diagnosis.names("srv-rp-filter");
    cure(&a, &diagnosis, "srv-rp-filter");
    are_served(&client, VIP);
    while_served(&client, VIP, || on(&a, line)).without_fault();
}

#[test]
fn srv_not_listening() {
    let (_place, [client, a, _]) = one_network();
    a.take_quietly("10.0.0.1");
    restore(DR);
    let elsewhere = a.run(|| bound(|| TcpListener::bind("10.0.0.2:80")));
    let diagnosis = while_in_vain(&client, VIP, || on(&a, "-t 10.0.0.1:80"));
    let diagnosis = diagnosis.names("srv-not-listening");
    assert_eq!(
        diagnosis.finding("srv-not-listening")["evidence"],
        serde_json::json!(["ss -ltn lists 10.0.0.2:80 alone"])
    );
    // Bound to every address, as it says.
    TcpStream::from(OwnedFd::from(elsewhere))
        .shutdown(Shutdown::Both)
        .unwrap();
    let _server = a.serve(80);
    are_served(&client, VIP);
    on(&a, "-t 10.0.0.1:80").without_fault();
}

#[test]
fn a_program_on_the_virtual_address_alone() {
    let (_place, [_, a, _]) = one_network();
    a.take_quietly("10.0.0.1");
    let _program = a.run(|| bound(|| TcpListener::bind(VIP)));
    on(&a, &format!("-t 10.0.0.1:80 {GLANCE}")).without_fault();
    on(&a, &format!("-u 10.0.0.1:80 {GLANCE}")).names("srv-not-listening");
}

#[test]
fn srv_route_back() {
    let (_place, [client, a, _]) = behind_nat();
    let _server = a.serve(80);
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    a.ip("route replace default via 10.1.0.250\n");
    let line = "-t 10.0.0.1:80 -m --director 10.1.0.1";
    // The client is known by its connection.
    let diagnosis = while_in_vain(&client, VIP, || on(&a, line));
    let diagnosis = diagnosis.names("srv-route-back");
    let affected = &diagnosis.finding("srv-route-back")["affected"];
    assert_eq!(*affected, serde_json::json!(["10.0.0.9"]));
    on(&a, &format!("-t 10.0.0.1:80 -m {GLANCE}")).without_fault();
    cure(&a, &diagnosis, "srv-route-back");
    are_served(&client, VIP);
    while_served(&client, VIP, || on(&a, line))
        .without_fault()
        .lacks("srv-route-back");
}

#[test]
fn srv_route_back_of_a_client_on_the_link() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    restore(&DR.replace("-g", "-m"));
    let line = "-t 10.0.0.1:80 -m --director 10.0.0.5 --client 10.0.0.9";
    let diagnosis = while_in_vain(&client, VIP, || on(&a, line));
    let diagnosis = diagnosis.names("srv-route-back");
    shell("sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0");
    cure(&a, &diagnosis, "srv-route-back");
    are_served(&client, VIP);
    while_served(&client, VIP, || on(&a, line)).without_fault();
}

#[test]
fn healthy_servers() {
    let (_place, [client, a, b]) = one_network();
    let _servers = [a.serve(80), b.serve(80)];
    for server in [&a, &b] {
        server.take_quietly("10.0.0.1");
    }
    restore(&NAT_IN_FRONT.replace("-m", "-g"));
    for line in [
        "-t 10.0.0.1:80",
        "-t 10.0.0.1:80 -g --director 10.0.0.5 --client 10.0.0.9",
    ] {
        while_served(&client, VIP, || on(&a, line)).without_fault();
    }
}

#[test]
fn what_was_looked_at_on_a_server_can_be_judged_again() {
    let (place, [_, a, _]) = one_network();
    let _server = a.serve(80);
    let file = place.folder().join("facts").display().to_string();
    on(&a, &format!("-t 10.0.0.1:80 {GLANCE} --output {file}")).names("srv-lacks-vip");
    diagnose(&format!("--facts {file}")).names("srv-lacks-vip");
}

#[test]
fn programs_that_can_not_be_found_are_named_as_not_looked_at() {
    let (_place, [_, a, _]) = one_network();
    a.take_quietly("10.0.0.1");
    let line = "--diagnose --on-server --sctp-service 10.0.0.1:80 --sample 0.1";
    let outcome = a.run(|| run(Program::Ours, words(line), ""));
    assert_eq!(outcome.status, 2, "{outcome}");
    let found = "Nothing was found in what could be looked at.\n";
    assert!(outcome.stdout.starts_with(found), "{outcome}");
    let told = "Not looked at: programs that listen by SCTP: only those of TCP and UDP are read\n";
    assert!(outcome.stdout.ends_with(told), "{outcome}");
}

#[test]
fn a_director_that_is_this_server() {
    let (_place, [_, a, _]) = behind_nat();
    let _server = a.serve(80);
    let line = "--diagnose --on-server -t 10.0.0.1:80 -m --client 10.0.0.9";
    let with = |director| {
        let line = format!("{line} {GLANCE} --director {director}");
        a.run(|| run(Program::Ours, words(&line), ""))
    };
    assert_eq!(with("10.1.0.1").status, 0);
    let said = with("10.1.0.2");
    let part = "Not looked at: the director 10.1.0.2: that is an address of this server";
    assert!(said.status == 2 && said.stdout.contains(part), "{said}");
}
