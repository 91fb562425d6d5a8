//! How a connection gets to its server.

use std::thread;
use std::time::Duration;

use crate::director::{Place, VIP, VIP6, ipvsadm, mark, place, restore, with_two_servers};
use crate::net::{Host, Side, bound, count, network, wait_until};
use crate::support::shell;

#[test]
fn nat_over_ipv6() {
    let (_place, [client, a, b]) = with_two_servers();
    let (a, b) = (a.serve(8080), b.serve(8081));
    restore(
        "-A -t [fd00::1]:80 -s rr\n\
         -a -t [fd00::1]:80 -r [fd01::2]:8080 -m\n\
         -a -t [fd00::1]:80 -r [fd01::3]:8081 -m\n",
    );
    assert_eq!(
        client.ask(20, "[fd00::1]:80"),
        count(&[("A", 10), ("B", 10)])
    );
    assert_eq!((a.served(), b.served()), (10, 10));
}

#[test]
fn a_firewall_mark_is_one_service_across_ports_and_protocols() {
    marks_are_services(mark);
}

/// Follows clients of marks that `mark` sets: its words are an address, a protocol,
/// ports and the mark.
pub fn marks_are_services(mark: fn(&str, &str, &[u16], u32)) {
    let (_place, [client, a, b]) = with_two_servers();
    let servers = [&a, &b].map(|host| [host.serve(80), host.serve(443), host.serve_udp(53)]);
    mark(VIP, "tcp", &[80, 443], 1);
    mark(VIP, "udp", &[53], 3_000_000_000);
    mark(VIP6, "tcp", &[80, 443], 1);
    restore(
        "-A -f 1 -s rr -p 300\n-a -f 1 -r 10.1.0.2 -m\n-a -f 1 -r 10.1.0.3 -m\n\
         -A -f 3000000000 -s rr\n-a -f 3000000000 -r 10.1.0.2 -m\n-a -f 3000000000 -r 10.1.0.3 -m\n\
         -A -f 1 -6 -s rr\n-a -f 1 -6 -r [fd01::2]:0 -m\n-a -f 1 -6 -r [fd01::3]:0 -m\n",
    );
    // One client, one server for both ports.
    let at_80 = client.ask(6, "10.0.0.1:80");
    assert_eq!(at_80.len(), 1);
    assert_eq!(client.ask(6, "10.0.0.1:443"), at_80);
    let both = count(&[("A", 3), ("B", 3)]);
    assert_eq!(client.ask_udp(6, "10.0.0.9", "10.0.0.1:53"), both);
    assert_eq!(client.ask(6, "[fd00::1]:80"), both);
    assert_eq!(client.ask(6, "[fd00::1]:443"), both);
    let served: usize = servers.iter().flatten().map(|server| server.served()).sum();
    assert_eq!(served, 30);
}

#[test]
fn one_packet_scheduling_sends_each_datagram_of_one_socket_on() {
    let (_place, [client, a, b]) = with_two_servers();
    let (a, b) = (a.serve_udp(53), b.serve_udp(53));
    let send = |times: usize| {
        let before = a.served() + b.served();
        client.run(|| {
            let socket = bound(|| std::net::UdpSocket::bind("10.0.0.9:5353"));
            for _ in 0..times {
                socket.send_to(b"?", "10.0.0.1:53").unwrap();
                thread::sleep(Duration::from_millis(2));
            }
        });
        let arrived = || a.served() + b.served() == before + times;
        wait_until("all have arrived", arrived);
    };
    restore(
        "-A -u 10.0.0.1:53 -s rr -o\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
         -a -u 10.0.0.1:53 -r 10.1.0.3 -m\n",
    );
    send(20);
    assert_eq!((a.served(), b.served()), (10, 10));
    // Without it, a socket is a connection.
    ipvsadm("-E -u 10.0.0.1:53 -s rr");
    send(20);
    assert!(matches!((a.served(), b.served()), (30, 10) | (10, 30)));
}

#[test]
fn direct_routing_answers_past_the_director() {
    let (_place, client, servers) = with_servers_in_front();
    let served = servers.each_ref().map(|server| server.serve(80));
    for server in &servers {
        server.take_quietly(VIP);
    }
    restore(
        "-A -t 10.0.0.1:80 -s wrr\n\
         -a -t 10.0.0.1:80 -r 10.0.0.2 -g -w 1\n\
         -a -t 10.0.0.1:80 -r 10.0.0.3 -g -w 2\n",
    );
    assert_eq!(
        client.ask(30, "10.0.0.1:80"),
        count(&[("A", 10), ("B", 20)])
    );
    assert_eq!(served.map(|server| server.served()), [10, 20]);
    counted_only_inwards();
}

#[test]
fn an_ipip_tunnel() {
    through_a_tunnel("-i", |server, address| {
        server.ip(&format!(
            "link add tunnel type ipip local {address}\nlink set tunnel up\n"
        ));
    });
}

#[test]
fn a_gue_tunnel() {
    through_a_tunnel("-i --tun-type gue --tun-port 6080", |server, address| {
        server.ip(&format!(
            "link add tunnel type ipip local {address}\nlink set tunnel up\n"
        ));
        server.run(|| shell("modprobe fou && ip fou add port 6080 gue"));
    });
}

#[test]
fn a_gre_tunnel() {
    through_a_tunnel("-i --tun-type gre", |server, address| {
        server.ip(&format!(
            "link add tunnel type gre local {address}\nlink set tunnel up\n"
        ));
    });
}

#[test]
fn a_server_of_the_other_family_by_tunnel() {
    let (_place, client, [a, _]) = with_servers_in_front();
    let served = a.serve(80);
    // IPv4 packets in an IPv6 tunnel.
    a.ip("link add tunnel type ip6tnl mode any local fd00::2 remote ::\nlink set tunnel up\n");
    a.set(&[
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/tunnel/rp_filter", "0"),
    ]);
    a.take_quietly(VIP);
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r [fd00::2]:80 -i\n");
    assert_eq!(client.ask(5, "10.0.0.1:80"), count(&[("A", 5)]));
    assert_eq!(served.served(), 5);
}

fn through_a_tunnel(options: &str, prepare: fn(&Host, &str)) {
    let (_place, client, servers) = with_servers_in_front();
    let served = servers.each_ref().map(|server| server.serve(80));
    for (server, address) in servers.iter().zip(["10.0.0.2", "10.0.0.3"]) {
        prepare(server, address);
        server.set(&[
            ("ipv4/conf/all/rp_filter", "0"),
            ("ipv4/conf/tunnel/rp_filter", "0"),
        ]);
        server.take_quietly(VIP);
    }
    restore(&format!(
        "-A -t 10.0.0.1:80 -s rr\n\
         -a -t 10.0.0.1:80 -r 10.0.0.2 {options}\n\
         -a -t 10.0.0.1:80 -r 10.0.0.3 {options}\n",
    ));
    assert_eq!(
        client.ask(20, "10.0.0.1:80"),
        count(&[("A", 10), ("B", 10)])
    );
    assert_eq!(served.map(|server| server.served()), [10, 10]);
}

/// The director has seen what came, and none of the answers.
fn counted_only_inwards() {
    wait_until("the kernel has added up", || {
        let rows = ipvsadm("-Ln --stats --exact").stdout;
        let row = rows
            .lines()
            .find(|row| row.starts_with("TCP"))
            .unwrap()
            .to_owned();
        let numbers: Vec<u64> = row
            .split_whitespace()
            .skip(2)
            .map(|n| n.parse().unwrap())
            .collect();
        assert_eq!((numbers[2], numbers[4]), (0, 0), "{row}");
        numbers[0] > 0 && numbers[1] > numbers[0]
    });
}

/// A client and two servers on the network of the virtual address.
fn with_servers_in_front() -> (Place, Host, [Host; 2]) {
    let place = place();
    // A server would not answer a director that asks from an address which the
    // server has too: the director needs one beside the virtual address.
    let [client, a, b] = network(
        &format!("10.0.0.5/24 {VIP}/32 {VIP6}/64"),
        "",
        [
            ("client", Side::Front, "10.0.0.9/24 fd00::9/64"),
            ("A", Side::Front, "10.0.0.2/24 fd00::2/64"),
            ("B", Side::Front, "10.0.0.3/24 fd00::3/64"),
        ],
    );
    (place, client, [a, b])
}
