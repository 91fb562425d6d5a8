//! Directors that are set up in an odd way, and healthy all the same: nothing but
//! notes, and a client's path without a fault.

use std::net::UdpSocket;

use crate::clients::{answered, are_served, by_udp, while_served};
use crate::director::*;
use crate::net::{Host, Side, bound, network, wait_until};
use crate::support::{Namespace, shell};

const VIP: &str = "10.0.0.1:80";

/// Fails the test unless the client is served, nothing but notes is said of the
/// director, and its path is said to be open.
#[track_caller]
fn is_healthy(client: &Host, from: &str, to: &str) -> Diagnosis {
    let named = format!("{WATCHED} --client {from}");
    let named = while_served(client, to, || diagnose(&named)).without_fault();
    let path = ipvsadm(&format!("--explain -t {to} --client {from}"));
    assert!(path.stdout.ends_with("would be served.\n"), "{path}");
    named
}

/// Moves eth0's addresses to a device that this makes of it.
fn instead_of_eth0(lines: &str, device: &str) {
    Host::this("director").ip(&format!(
        "addr flush dev eth0\n{lines}link set {device} up\n\
         addr add 10.0.0.1/24 dev {device}\naddr add fd00::1/64 dev {device}\n"
    ));
}

#[test]
fn a_bond() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("modprobe bonding");
    instead_of_eth0(
        "link add pair type bond mode active-backup miimon 100\n\
         link set eth0 down\nlink set eth0 master pair\n",
        "pair",
    );
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn a_bridge() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    instead_of_eth0(
        "link add br0 type bridge\nlink set eth0 master br0\n",
        "br0",
    );
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn a_vlan() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    instead_of_eth0("link add link eth0 name eth0.7 type vlan id 7\n", "eth0.7");
    client.ip(
        "addr flush dev eth0\nlink add link eth0 name eth0.7 type vlan id 7\n\
         link set eth0.7 up\naddr add 10.0.0.9/24 dev eth0.7\n",
    );
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn a_macvlan() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    instead_of_eth0(
        "link add link eth0 name vip type macvlan mode bridge\n",
        "vip",
    );
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn a_vrf() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    // Both networks are in one routing domain beside the main one.
    shell(
        "modprobe vrf; ip link add red type vrf table 10 && ip link set red up && \
         ip link set eth0 master red && ip route add 10.0.0.0/24 dev eth0 && \
         ip route add table 10 10.1.0.0/24 dev eth1",
    );
    is_healthy(&client, "10.0.0.9", VIP);
}

/// The client has an address that the director's main table knows no way to.
fn from_afar(client: &Host) {
    client.ip("addr add 198.51.100.7/32 dev lo\n\
         route add 10.0.0.1/32 dev eth0 src 198.51.100.7\n");
}

#[test]
fn tables_by_policy() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    from_afar(&client);
    for server in [&a, &b] {
        server.ip("route replace default via 10.1.0.1\n");
    }
    shell(
        "ip route add default via 10.0.0.9 table 100 && ip rule add from 10.0.0.1 lookup 100 && \
         ip rule add iif eth1 lookup 100",
    );
    is_healthy(&client, "198.51.100.7", VIP);
}

#[test]
fn no_way_but_to_what_is_known() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    from_afar(&client);
    shell(
        "ip route add unreachable default metric 4000 && \
         ip route add blackhole 10.0.0.0/8 && ip route add 198.51.100.0/24 via 10.0.0.9",
    );
    is_healthy(&client, "198.51.100.7", VIP);
}

#[test]
fn many_addresses_of_one_network() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    for last in 20..60 {
        shell(&format!("ip addr add 10.0.0.{last}/24 dev eth0"));
        restore(&NAT.replace("10.0.0.1", &format!("10.0.0.{last}")));
    }
    is_healthy(&client, "10.0.0.9", "10.0.0.42:80");
}

#[test]
fn an_address_on_lo_that_routers_lead_to() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    shell("ip addr add 203.0.113.5/32 dev lo");
    client.ip("route add 203.0.113.5/32 via 10.0.0.1\n");
    restore(&NAT.replace("10.0.0.1", "203.0.113.5"));
    is_healthy(&client, "10.0.0.9", "203.0.113.5:80");
}

#[test]
fn a_network_that_a_route_takes_in() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    shell("ip route add local 203.0.113.0/24 dev lo");
    client.ip("route add 203.0.113.0/24 via 10.0.0.1\n");
    restore(&NAT.replace("10.0.0.1", "203.0.113.5"));
    is_healthy(&client, "10.0.0.9", "203.0.113.5:80");
}

#[test]
fn a_loose_reverse_path_filter_and_another_way_back() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    Host::this("director").join("eth2", &client, "eth1");
    shell("ip addr add 10.2.0.1/24 dev eth2 && sysctl -qw net.ipv4.conf.all.rp_filter=2");
    client.set(&[("ipv4/conf/all/arp_announce", "2")]);
    client.ip("addr add 10.2.0.9/24 dev eth1\n\
         route add 10.0.0.1/32 via 10.2.0.1 dev eth1 src 10.0.0.9\n");
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn a_strict_reverse_path_filter_where_ways_are_the_same() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.all.log_martians=1");
    // It happens that strangers' packets are dropped.
    client.ip("addr add 192.0.2.200/32 dev lo\n");
    let stranger = client.run(|| bound(|| UdpSocket::bind("192.0.2.200:4000")));
    stranger.send_to(b"?", "10.0.0.1:9").unwrap();
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn a_gateway_by_its_link_local_address() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    let of_client = client.run(|| shell("ip -6 -br addr show dev eth0 scope link"));
    let gateway = of_client.split_whitespace().nth(2).unwrap();
    let gateway = gateway.split('/').next().unwrap();
    client.ip("addr add 2001:db8:9::9/128 dev lo nodad\n\
         route add fd00::1/128 dev eth0 src 2001:db8:9::9\n");
    shell(&format!("ip -6 route add default via {gateway} dev eth0"));
    restore(
        "-A -t [fd00::1]:80 -s rr\n\
         -a -t [fd00::1]:80 -r [fd01::2]:80 -m\n\
         -a -t [fd00::1]:80 -r [fd01::3]:80 -m\n",
    );
    is_healthy(&client, "2001:db8:9::9", "[fd00::1]:80");
}

#[test]
fn a_server_that_died_and_got_the_weight_0() {
    let (_place, [client, a, _]) = behind_nat();
    let _server = a.serve(80);
    restore(&NAT.replace("10.1.0.3 -m", "10.1.0.77 -m -w 0"));
    assert_eq!(answered(&Host::this("director"), 1, "10.1.0.77:80"), 0);
    wait_until("nobody answers there", || {
        shell("ip neigh show 10.1.0.77").contains("FAILED")
    });
    shell("ip route add unreachable 10.1.0.78");
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.78 -m -w 0");
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn servers_behind_a_router() {
    let (_place, [client, a, b]) = behind_nat();
    let _server = a.serve(80);
    b.set(&[("ipv4/ip_forward", "1")]);
    a.ip("addr add 10.3.0.2/32 dev lo\n");
    b.ip("route add 10.3.0.2/32 via 10.1.0.2\n");
    shell("ip route add 10.3.0.2/32 via 10.1.0.3");
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.3.0.2 -m\n");
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn packets_that_nobody_answers() {
    let (_place, [client, a, _]) = behind_nat();
    let silent = a.run(|| bound(|| UdpSocket::bind("0.0.0.0:514")));
    restore("-A -u 10.0.0.1:514 -s rr\n-a -u 10.0.0.1:514 -r 10.1.0.2 -m\n");
    let say = by_udp(&client, "10.0.0.9:4000", "10.0.0.1:514");
    for _ in 0..6 {
        assert_eq!(say(), None);
    }
    diagnose(WATCHED).without_fault();
    silent.set_nonblocking(true).unwrap();
    assert!(silent.recv(&mut [0; 8]).is_ok());
}

#[test]
fn a_table_without_services() {
    let _place = behind_nat();
    diagnose(GLANCE).without_fault();
}

#[test]
fn a_big_table() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    let services = (1000..4000).map(|port| NAT.replace("1:80", &format!("1:{port}")));
    restore(&services.collect::<String>());
    restore(NAT);
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn links_of_two_machines() {
    let (_place, [client, a, _]) = behind_nat();
    let _server = a.serve(80);
    Host::this("director").join("wire", &a, "wire");
    a.ip("addr add 10.9.0.2 peer 10.9.0.1 dev wire\nroute replace default via 10.9.0.1 dev wire\n");
    shell("ip addr add 10.9.0.1 peer 10.9.0.2 dev wire");
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.9.0.2 -m\n");
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn direct_routing_from_another_network_than_the_servers() {
    let _place = Namespace::fresh();
    let [client, a] = network(
        "10.0.0.1/24",
        "10.1.0.1/24",
        [
            ("client", Side::Front, "10.0.0.9/24"),
            ("A", Side::Back, "10.1.0.2/24"),
        ],
    );
    let _server = a.serve(80);
    // The server has a wire of its own to the clients.
    a.join("out", &client, "in");
    a.ip("addr add 10.4.0.2/24 dev out\nroute add 10.0.0.9/32 via 10.4.0.9\n");
    client.ip("addr add 10.4.0.9/24 dev in\n");
    client.set(&[
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/in/rp_filter", "0"),
    ]);
    a.take_quietly("10.0.0.1");
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -g\n");
    is_healthy(&client, "10.0.0.9", VIP);
}

#[test]
fn servers_that_clients_ask_as_well() {
    // What else the servers do is no business of the director.
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    client.ip("route add 10.1.0.0/24 via 10.0.0.1\n");
    are_served(&client, "10.1.0.2:80");
    is_healthy(&client, "10.0.0.9", VIP);
}
