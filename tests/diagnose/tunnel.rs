//! Faults of tunnels: what servers lack, and what does not fit.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::clients::{are_served, while_in_vain, while_served};
use crate::director::*;
use crate::net::Host;
use crate::support::shell;

const IPIP: &str = "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -i\n";

/// What the printed remedy says for the server is done there.
#[track_caller]
fn cure_server(diagnosis: &Diagnosis, id: &str, server: &Host) {
    let commands = diagnosis.commands(id, Some("the server"));
    assert!(!commands.is_empty());
    for command in commands {
        server.run(|| shell(&command));
    }
}

/// The server takes the virtual address in, and what comes by any tunnel.
fn prepare(server: &Host) {
    server.set(&[
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/default/rp_filter", "0"),
    ]);
    server.take_quietly("10.0.0.1");
}

#[test]
fn tun_down() {
    is_refused("tun-down", "-i", |_| {});
}

#[test]
fn tun_down_with_the_device_switched_off() {
    is_refused("tun-down", "-i", |server| {
        server.run(|| shell("modprobe ipip && ip link set tunl0 down"));
    });
}

#[test]
fn tun_down_with_gre() {
    is_refused("tun-down", "-i --tun-type gre", |_| {});
}

#[test]
fn tun_gue_port() {
    is_refused(
        "tun-gue-port",
        "-i --tun-type gue --tun-port 6080",
        |server| {
            server.run(|| shell("modprobe fou && ip fou add port 6081 gue"));
        },
    );
}

fn is_refused(id: &str, method: &str, fault: fn(&Host)) {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    prepare(&a);
    fault(&a);
    restore(&IPIP.replace("-i", method));
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names(id);
    cure_server(&diagnosis, id, &a);
    are_served(&client, "10.0.0.1:80");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn tun_rp_filter() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    a.run(|| shell("modprobe ipip && ip link set tunl0 up"));
    a.take_quietly("10.0.0.1");
    a.set(&[
        ("ipv4/conf/all/rp_filter", "1"),
        ("ipv4/conf/tunl0/rp_filter", "0"),
    ]);
    restore(IPIP);
    // The kernel counts the martians of all namespaces together: what the server
    // drops is counted here, too.
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let dropped = a.run(|| shell("nstat -azs TcpExtIPReversePathFilter"));
    assert!(!dropped.contains(" 0 "), "{dropped}");
    let diagnosis = diagnosis.names("tun-rp-filter");
    cure_server(&diagnosis, "tun-rp-filter", &a);
    are_served(&client, "10.0.0.1:80");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn tun_rp_filter_of_a_server_that_lacks_the_address() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    a.run(|| shell("modprobe ipip && ip link set tunl0 up"));
    restore(IPIP);
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("tun-rp-filter");
    cure_server(&diagnosis, "tun-rp-filter", &a);
    are_served(&client, "10.0.0.1:80");
}

#[test]
fn tun_mtu() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    prepare(&a);
    a.run(|| shell("modprobe ipip && ip link set tunl0 up"));
    restore(IPIP);
    // Packets as a network card sends them, and a network that drops ICMP.
    client.ip("link set eth0 gso_max_segs 1\n");
    client.run(|| {
        shell(
            "tc qdisc add dev eth0 clsact && \
             tc filter add dev eth0 ingress protocol ip flower ip_proto icmp action drop",
        )
    });
    are_served(&client, "10.0.0.1:80");
    assert!(
        !uploads(&client, "10.0.0.1:80"),
        "a large request was answered"
    );
    let diagnosis = diagnose(GLANCE).without_fault().notes("tun-mtu");
    let steps = diagnosis.finding("tun-mtu")["remedy"].to_string();
    assert!(
        steps.contains("ip route change ROUTE advmss 1440"),
        "{steps}"
    );
    a.run(|| shell("ip route change 10.0.0.0/24 dev eth0 advmss 1440"));
    assert!(
        uploads(&client, "10.0.0.1:80"),
        "a large request was not answered"
    );
}

/// A request of many packets is answered.
fn uploads(client: &Host, to: &str) -> bool {
    client.run(|| {
        let mut talk = TcpStream::connect(to).unwrap();
        talk.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let line = [vec![b'?'; 20_000], b"\n".to_vec()].concat();
        talk.write_all(&line).unwrap();
        BufReader::new(talk).read_line(&mut String::new()).is_ok()
    })
}
