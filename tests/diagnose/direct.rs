//! Faults of direct routing, and of IPv6.

use crate::clients::{are_served, while_in_vain, while_served};
use crate::director::*;
use crate::support::shell;

#[test]
fn dr_server_lacks_vip() {
    let _counted = martians();
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
    let _counted = martians();
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
    let _counted = martians();
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
