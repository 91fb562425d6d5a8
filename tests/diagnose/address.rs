//! Virtual addresses that this machine has, and that clients do not find.

use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use crate::clients::{answered, are_served, while_in_vain, while_served};
use crate::director::*;
use crate::explain::explain;
use crate::net::{Host, bound};
use crate::support::shell;

#[test]
fn addresses_that_no_packet_of_a_client_reaches() {
    let (_place, [client, ..]) = behind_nat();
    for vip in ["0.0.0.0", "224.0.0.1", "255.255.255.255", "10.0.0.255"] {
        restore(&format!(
            "-A -u {vip}:53 -s rr\n-a -u {vip}:53 -r 10.1.0.2 -m\n"
        ));
        let socket = client.run(|| bound(|| UdpSocket::bind("10.0.0.9:0")));
        socket.set_broadcast(true).unwrap();
        client.run(|| shell("ip route replace default dev eth0"));
        for _ in 0..3 {
            // The client's own kernel may refuse it.
            let _ = socket.send_to(b"?", (vip, 53));
        }
        let diagnosis = diagnose(WATCHED).names("vip-not-local");
        let steps = diagnosis.finding("vip-not-local")["remedy"].to_string();
        assert!(!steps.contains("ip addr add"), "{steps}");
        let line = format!("-u {vip}:53 --client 10.0.0.9");
        explain(&line).ends_at("arrival", "shut");
        ipvsadm("-C");
    }
}

/// With forwarding, a router of IPv6 has the first address of each network too.
#[test]
fn an_address_of_all_routers_is_taken_in() {
    let (_place, [client, a, _]) = behind_nat();
    let _server = a.serve(80);
    restore("-A -t [fd00::]:80 -s rr\n-a -t [fd00::]:80 -r [fd01::2]:80 -m\n");
    are_served(&client, "[fd00::]:80");
    while_served(&client, "[fd00::]:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn vip_arp_ignored() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    // As on a real server: the virtual address on lo, and nobody is told of it.
    shell(
        "ip addr del 10.0.0.1/24 dev eth0 && ip addr add 10.0.0.5/24 dev eth0 && \
         ip addr add 10.0.0.1/32 dev lo",
    );
    diagnose(GLANCE).without_fault();
    shell("sysctl -qw net.ipv4.conf.all.arp_ignore=1");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("vip-arp-ignored");
    diagnosis.cure("vip-arp-ignored");
    are_served(&client, "10.0.0.1:80");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn a_standby_director_may_ignore_requests_for_the_address() {
    let _place = behind_nat();
    shell(
        "ip addr del 10.0.0.1/24 dev eth0 && ip addr add 10.0.0.5/24 dev eth0 && \
         ip addr add 10.0.0.1/32 dev lo && sysctl -qw net.ipv4.conf.all.arp_ignore=1",
    );
    restore(NAT);
    diagnose(GLANCE).names("vip-arp-ignored");
    ipvsadm("--start-daemon backup --mcast-interface eth1 --syncid 7");
    diagnose(GLANCE).without_fault();
}

#[test]
fn vip_link_down() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("ip link set eth0 down");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("vip-link-down");
    diagnosis.cure("vip-link-down");
    are_served(&client, "10.0.0.1:80");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn vip_link_down_for_want_of_a_carrier() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    let here = Host::this("director");
    here.join("lan0", &client, "lan0");
    here.ip("addr add 10.5.0.1/24 dev lan0\n");
    client.ip("addr add 10.5.0.9/24 dev lan0\n");
    restore(&NAT.replace("10.0.0.1", "10.5.0.1"));
    while_served(&client, "10.5.0.1:80", || diagnose(WATCHED)).without_fault();
    client.ip("link set lan0 down\n");
    diagnose_anew().names("vip-link-down");
    client.ip("link set lan0 up\n");
    are_served(&client, "10.5.0.1:80");
    while_served(&client, "10.5.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn vip_duplicate_that_answers() {
    let (_place, [client, a, stranger]) = one_network();
    let _server = a.serve(80);
    a.take_quietly("10.0.0.1");
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -g\n");
    are_served(&client, "10.0.0.1:80");
    let probe = format!("{GLANCE} --probe");
    diagnose(&probe).without_fault();
    // The kernel has asked for the last time, and has not given up yet.
    thread::sleep(Duration::from_millis(1000));
    stranger.ip("addr add 10.0.0.1/32 dev eth0\n");
    let diagnosis = diagnose(&probe).names("vip-duplicate");
    let evidence = diagnosis.finding("vip-duplicate")["evidence"].to_string();
    let link = stranger.run(|| shell("ip -br link show dev eth0"));
    let hardware = link.split_whitespace().nth(2).unwrap();
    assert!(evidence.contains(hardware), "{evidence}");
    // Clients that hear of it go there, in vain.
    client.ip(&format!(
        "neigh replace 10.0.0.1 lladdr {hardware} dev eth0 nud reachable\n"
    ));
    assert_eq!(answered(&client, 2, "10.0.0.1:80"), 0);
    stranger.ip("addr del 10.0.0.1/32 dev eth0\n");
    client.ip("neigh flush dev eth0\n");
    are_served(&client, "10.0.0.1:80");
    diagnose(&probe).without_fault();
}

/// An admin may have entered who has an address, the virtual one or a server's. That
/// is no answer, and is there afterwards.
#[test]
fn neighbours_that_an_admin_entered_stay() {
    let (_place, [_client, a, _]) = one_network();
    a.take_quietly("10.0.0.1");
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -g\n");
    for address in ["10.0.0.1", "10.0.0.2"] {
        shell(&format!(
            "ip neigh replace {address} lladdr 02:00:00:00:00:77 dev eth0 nud permanent"
        ));
    }
    diagnose(&format!("{GLANCE} --probe")).without_fault();
    let kept = shell("ip neigh show nud permanent");
    assert_eq!(
        kept.matches("02:00:00:00:00:77 PERMANENT").count(),
        2,
        "{kept}"
    );
}

#[test]
fn no_service() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    let diagnosis = while_in_vain(&client, "10.0.0.1:8080", || diagnose(WATCHED));
    diagnosis.without_fault().notes("no-service");
    let diagnosis = while_served(&client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.without_fault().lacks("no-service");
}
