//! Healthy directors: nothing but notes.

use crate::clients::while_served;
use crate::director::*;
use crate::net::Host;
use crate::support::{Program, run, shell, words};

#[test]
fn nat() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn one_armed() {
    let (_place, [client, a, b]) = one_network();
    let servers = [a.serve(80), b.serve(80)];
    for server in [&a, &b] {
        // Answers must come back through the director: a host route does it.
        server.ip("route add 10.0.0.9/32 via 10.0.0.5\n");
    }
    // And servers must not be told of the shorter way.
    shell("sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0");
    restore(NAT_IN_FRONT);
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
    assert!(servers.iter().all(|server| server.served() > 0));
}

#[test]
fn a_server_on_the_director_itself() {
    let (_place, [client, a, _]) = behind_nat();
    let _servers = [Host::this("director").serve(80), a.serve(80)];
    restore(
        "-A -t 10.0.0.1:80 -s rr\n\
         -a -t 10.0.0.1:80 -r 10.0.0.1 -g\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2 -m\n",
    );
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn without_traffic() {
    let (_place, _hosts) = behind_nat();
    restore(NAT);
    let named = diagnose("--sample 2.5 --client 10.0.0.9 --client 10.0.0.8");
    named.without_fault();
}

#[test]
fn what_was_looked_at_can_be_judged_again() {
    let (place, _hosts) = behind_nat();
    restore(NAT);
    shell("ip addr del 10.0.0.1/24 dev eth0");
    let file = place.folder().join("facts").display().to_string();
    diagnose(&format!("{GLANCE} --output {file}")).names("vip-not-local");
    diagnose(&format!("--facts {file}")).names("vip-not-local");
    diagnose(&format!("--facts {file} --ignore vip-not-local")).without_fault();
    // A file that something else has written is not a healthy director.
    for text in ["", "{", "{}", "[]", "{\"form\":99}", "null"] {
        std::fs::write(&file, text).unwrap();
        for line in ["--diagnose", "--explain -t 10.0.0.1:80 --client 10.0.0.9"] {
            let outcome = run(Program::Ours, words(&format!("{line} --facts {file}")), "");
            assert_eq!((outcome.status, &*outcome.stdout), (1, ""), "{text}");
            let holds_none = format!("{file} holds no facts: ");
            assert!(outcome.stderr.starts_with(&holds_none), "{outcome}");
        }
    }
}

#[test]
fn direct_routing() {
    let (_place, [client, a, b]) = one_network();
    let _servers = [a.serve(80), b.serve(80)];
    for server in [&a, &b] {
        server.take_quietly("10.0.0.1");
    }
    restore(&NAT_IN_FRONT.replace("-m", "-g"));
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
    diagnose(&format!("{GLANCE} --probe")).without_fault();
}

#[test]
fn a_tunnel() {
    through_a_tunnel("-i", "ipip");
}

#[test]
fn a_tunnel_by_gre() {
    through_a_tunnel("-i --tun-type gre", "gre");
}

#[test]
fn a_tunnel_by_gue() {
    through_a_tunnel("-i --tun-type gue --tun-port 6080", "ipip");
}

fn through_a_tunnel(method: &str, device: &str) {
    let (_place, [client, a, b]) = one_network();
    let _servers = [a.serve(80), b.serve(80)];
    for (server, address) in [(&a, "10.0.0.2"), (&b, "10.0.0.3")] {
        server.ip(&format!(
            "link add tunnel type {device} local {address}\nlink set tunnel up\n"
        ));
        server.run(|| shell("modprobe fou && ip fou add port 6080 gue"));
        server.set(&[
            ("ipv4/conf/all/rp_filter", "0"),
            ("ipv4/conf/tunnel/rp_filter", "0"),
        ]);
        server.take_quietly("10.0.0.1");
    }
    restore(&NAT_IN_FRONT.replace("-m", method));
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn a_mark_with_persistence() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    mark("10.0.0.1", 80);
    restore(
        "-A -f 7 -s rr -p 300\n\
         -a -f 7 -r 10.1.0.2 -m\n\
         -a -f 7 -r 10.1.0.3 -m\n",
    );
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn nat_over_ipv6() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(
        "-A -t [fd00::1]:80 -s rr\n\
         -a -t [fd00::1]:80 -r [fd01::2]:80 -m\n\
         -a -t [fd00::1]:80 -r [fd01::3]:80 -m\n",
    );
    while_served(&client, "[fd00::1]:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn persistence() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(&NAT.replace("-s rr", "-s wlc -p 300"));
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn hashing_with_servers_that_all_take_clients() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(&NAT.replace("-s rr", "-s mh -b mh-port"));
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}
