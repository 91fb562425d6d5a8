//! Faults that each forwarding method can have.

use std::net::UdpSocket;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::clients::{answered, are_served, by_udp, while_in_vain, while_served};
use crate::director::*;
use crate::net::{Host, bound, wait_until};
use crate::support::shell;

#[test]
fn vip_not_local() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("ip addr del 10.0.0.1/24 dev eth0 && ip addr add 10.0.0.5/24 dev eth0");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(GLANCE));
    let diagnosis = diagnosis.names("vip-not-local");
    assert_eq!(
        diagnosis.finding("vip-not-local")["affected"],
        serde_json::json!(["TCP 10.0.0.1:80"])
    );
    diagnosis.cure("vip-not-local");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn one_virtual_address_is_one_finding_for_all_its_services() {
    let _place = behind_nat();
    for port in 1..=40 {
        ipvsadm(&format!("-A -t 10.0.0.7:{port} -s rr"));
        ipvsadm(&format!("-a -t 10.0.0.7:{port} -r 10.1.0.2 -m"));
    }
    let diagnosis = diagnose(GLANCE).names("vip-not-local");
    let affected = diagnosis.finding("vip-not-local")["affected"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(affected, 40);
}

#[test]
fn a_standby_director_may_do_without_the_address() {
    let _place = behind_nat();
    shell("ip addr del 10.0.0.1/24 dev eth0 && ip addr add 10.0.0.5/24 dev eth0");
    restore(NAT);
    ipvsadm("--start-daemon backup --mcast-interface eth1 --syncid 7");
    diagnose(GLANCE).without_fault().notes("vip-not-local");
}

#[test]
fn no_usable_server() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    ipvsadm("-A -t 10.0.0.1:80 -s rr");
    while_in_vain(&client, "10.0.0.1:80", || diagnose(GLANCE)).names("no-usable-server");
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.2 -m -w 0");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(GLANCE));
    let diagnosis = diagnosis.names("no-usable-server");
    diagnosis.cure("no-usable-server");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn defence_active() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("sysctl -qw net.ipv4.vs.am_droprate=2 net.ipv4.vs.drop_packet=3");
    let answers = answered(&client, 6, "10.0.0.1:80");
    assert!((1..6).contains(&answers), "{answers} of 6");
    let diagnosis = diagnose(GLANCE).names("defence-active");
    diagnosis.cure("defence-active");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

/// Older kernels always add counters up: there this is left out by name.
mod since_5_16 {
    use super::*;

    #[test]
    fn counters_frozen() {
        let (_place, [client, a, b]) = behind_nat();
        let _servers = [a.serve(80), b.serve(80)];
        shell("sysctl -qw net.ipv4.vs.run_estimation=0");
        restore(NAT);
        let diagnosis = while_served(&client, "10.0.0.1:80", || diagnose(WATCHED));
        let diagnosis = diagnosis.names("counters-frozen");
        let stats = ipvsadm("-Ln --stats -t 10.0.0.1:80").stdout;
        assert!(
            stats.contains("TCP  10.0.0.1:80                         0        0        0"),
            "{stats}"
        );
        diagnosis.cure("counters-frozen");
        while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
        let stats = ipvsadm("-Ln --stats -t 10.0.0.1:80").stdout;
        assert!(
            !stats.contains("TCP  10.0.0.1:80                         0        0        0"),
            "{stats}"
        );
    }
}

#[test]
fn vip_duplicate() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    // The client's side of the network has somebody who has it already.
    client.ip("addr add fd00::7/64 dev eth0\n");
    shell("sysctl -qw net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.eth0.dad_transmits=1");
    shell("ip addr add fd00::7/64 dev eth0");
    restore(
        "-A -t [fd00::7]:80 -s rr\n\
         -a -t [fd00::7]:80 -r [fd01::2]:80 -m\n\
         -a -t [fd00::7]:80 -r [fd01::3]:80 -m\n",
    );
    wait_until("the kernel has found the duplicate", || {
        shell("ip -6 addr show dev eth0").contains("dadfailed")
    });
    let diagnosis = diagnose(GLANCE).names("vip-duplicate");
    client.ip("addr del fd00::7/64 dev eth0\n");
    diagnosis.cure("vip-duplicate");
    wait_until("the address is used", || {
        !shell("ip -6 addr show dev eth0").contains("tentative")
    });
    are_served(&client, "[fd00::7]:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn rp_filter() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    // The client's packets take another way than the answers.
    Host::this("director").join("eth2", &client, "eth1");
    shell("ip addr add 10.2.0.1/24 dev eth2 && sysctl -qw net.ipv4.conf.all.rp_filter=1");
    // It asks for the director's hardware address from an address of that link.
    client.set(&[("ipv4/conf/all/arp_announce", "2")]);
    client.ip("addr add 10.2.0.9/24 dev eth1\n\
         route add 10.0.0.1/32 via 10.2.0.1 dev eth1 src 10.0.0.9\n");
    let line = format!("{GLANCE} --client 10.0.0.9");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || {
        diagnose(WATCHED).without_fault().notes("rp-filter");
        diagnose("--sample 2 --client 10.0.0.9")
    });
    let diagnosis = diagnosis.names("rp-filter");
    diagnosis.cure("rp-filter");
    while_served(&client, "10.0.0.1:80", || diagnose(&line)).without_fault();
}

#[test]
fn all_overloaded() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(
        "-A -t 10.0.0.1:80 -s rr\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2 -m -x 1\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3 -m -x 1\n",
    );
    let _kept = [(); 2].map(|()| client.connect("10.0.0.1:80").unwrap());
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(GLANCE));
    let diagnosis = diagnosis.names("all-overloaded");
    diagnosis.cure("all-overloaded");
    assert_eq!(answered(&client, 1, "10.0.0.1:80"), 1);
    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.2 -m -x 0");
    diagnose(GLANCE).without_fault();
}

#[test]
fn server_unreachable() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("ip link set eth1 down");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(GLANCE));
    let diagnosis = diagnosis.names("server-unreachable");
    diagnosis.cure("server-unreachable");
    wait_until("the link is up", || {
        answered(&client, 1, "10.0.0.1:80") == 1
    });
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
    // The same by a route.
    shell("ip route add unreachable 10.1.0.2/32");
    let diagnosis = diagnose(GLANCE).names("server-unreachable");
    let affected = diagnosis.finding("server-unreachable")["sentence"].to_string();
    assert!(affected.contains("10.1.0.2"), "{affected}");
}

#[test]
fn server_silent() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    a.ip("link set eth0 down\n");
    shell("ip neigh flush dev eth1");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || {
        wait_until("the kernel has given up", || {
            shell("ip neigh show 10.1.0.2").contains("FAILED")
        });
        diagnose(WATCHED)
    });
    let diagnosis = diagnosis.names("server-silent");
    // Another server stands in for it.
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.3 -m");
    diagnosis.cure("server-silent");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn server_silent_behind_a_router() {
    let (_place, [client, _, _]) = behind_nat();
    shell("ip route add 10.9.0.0/24 via 10.1.0.250");
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.9.0.2 -m\n");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || {
        wait_until("the kernel has given up", || {
            shell("ip neigh show 10.1.0.250").contains("FAILED")
        });
        diagnose(WATCHED)
    });
    let diagnosis = diagnosis.names("server-silent");
    let finding = diagnosis.finding("server-silent");
    for key in ["sentence", "evidence"] {
        let said = finding[key].to_string();
        assert!(said.contains("10.1.0.250"), "{said}");
    }
}

#[test]
fn orphaned_connections() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve_udp(53), b.serve_udp(53)];
    restore("-A -u 10.0.0.1:53 -s rr\n-a -u 10.0.0.1:53 -r 10.1.0.2 -m\n");
    let ask = by_udp(&client, "10.0.0.9:4000", "10.0.0.1:53");
    assert_eq!(ask().as_deref(), Some(&b"A"[..]));
    ipvsadm("-a -u 10.0.0.1:53 -r 10.1.0.3 -m");
    ipvsadm("-d -u 10.0.0.1:53 -r 10.1.0.2");
    assert_eq!(ask(), None);
    let diagnosis = diagnose(GLANCE).names("orphaned-connections");
    diagnosis.cure("orphaned-connections");
    wait_until("the other server answers", || {
        ask().as_deref() == Some(&b"B"[..])
    });
    diagnose(GLANCE).without_fault();
}

#[test]
fn reuse_mode() {
    let (_place, [client, a, b]) = behind_nat();
    let (a, b) = (a.serve(80), b.serve(80));
    shell("sysctl -qw net.ipv4.vs.conn_reuse_mode=0");
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    diagnose(GLANCE).without_fault().notes("reuse-mode");
    let connect = || {
        // The end of the connection that is closed first waits; here it is the
        // server's, by the reset.
        let ask = "exec 3<>/dev/tcp/10.0.0.1/80; echo '?' >&3; read -r answer <&3; echo $answer";
        client.run(|| shell(&format!("bash -c '{ask}'")))
    };
    client.run(|| {
        shell("sysctl -qw net.ipv4.ip_local_port_range='5000 5000' net.ipv4.tcp_tw_reuse=1")
    });
    assert_eq!(connect(), "A\n");
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.3 -m");
    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.2 -m -w 0");
    thread::sleep(Duration::from_millis(1200));
    assert_eq!(connect(), "A\n", "to the server of weight 0");
    let diagnosis = diagnose(GLANCE).names("reuse-mode");
    diagnosis.cure("reuse-mode");
    thread::sleep(Duration::from_millis(1200));
    assert_eq!(connect(), "B\n");
    diagnose(GLANCE).without_fault();
    assert_eq!((a.served(), b.served()), (2, 1));
}

#[test]
fn client_is_director() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    a.take_quietly("10.0.0.1");
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -g\n");
    are_served(&client, "10.0.0.1:80");
    let here = Host::this("director");
    let diagnosis = while_in_vain(&here, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.without_fault().notes("client-is-director");
}

#[test]
fn other_namespace() {
    let place = behind_nat();
    restore(NAT);
    thread::spawn(|| {
        let (_elsewhere, _hosts) = behind_nat();
        diagnose(GLANCE).without_fault().notes("other-namespace");
    })
    .join()
    .unwrap();
    diagnose(GLANCE).without_fault().lacks("other-namespace");
    drop(place);
}

#[test]
fn idle_timeout() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    ipvsadm("--set 2 1 1");
    let idle = || {
        let mut talk = client.connect("10.0.0.1:80").unwrap();
        talk.ask().unwrap();
        thread::sleep(Duration::from_millis(4500));
        talk.ask().is_ok()
    };
    assert!(!idle());
    let diagnosis = diagnose(GLANCE).without_fault().notes("idle-timeout");
    diagnosis.cure("idle-timeout");
    assert!(idle());
    diagnose(GLANCE).without_fault().lacks("idle-timeout");
}

#[test]
fn table_small() {
    let (_place, [client, a, _]) = behind_nat();
    // Behind so many packets a question for the server could wait for too long.
    let link = a.run(|| shell("ip -br link show dev eth0"));
    let hardware = link.split_whitespace().nth(2).unwrap();
    shell(&format!(
        "ip neigh replace 10.1.0.2 lladdr {hardware} dev eth1 nud permanent"
    ));
    restore("-A -u 10.0.0.1:53 -s rr\n-a -u 10.0.0.1:53 -r 10.1.0.2 -m\n");
    let info = ipvsadm("-Ln").stdout;
    let places = info
        .split("(size=")
        .nth(1)
        .unwrap()
        .split(')')
        .next()
        .unwrap();
    // A few may be lost.
    let wanted = 4 * places.parse::<u16>().unwrap() + 100;
    client.run(|| {
        for port in 2000..2000 + wanted {
            let socket = bound(|| UdpSocket::bind(("10.0.0.9", port)));
            socket.send_to(b"?", "10.0.0.1:53").unwrap();
        }
    });
    let kernel = shell("uname -r");
    let major: u32 = kernel.split('.').next().unwrap().parse().unwrap();
    let diagnosis = diagnose(GLANCE).without_fault();
    // Later kernels enlarge the table by themselves.
    match major {
        ..7 => diagnosis.notes("table-small"),
        7.. => diagnosis.lacks("table-small"),
    };
}

#[test]
fn managers() {
    let (place, _hosts) = behind_nat();
    restore(NAT);
    // A program of that name; the tests beside this one see it too.
    let program = place.folder().join("ldirectord");
    std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
    let mut ldirectord = Command::new(&program).arg("60").spawn().unwrap();
    let diagnosis = diagnose(GLANCE).without_fault().notes("managers");
    ldirectord.kill().unwrap();
    ldirectord.wait().unwrap();
    assert!(
        diagnosis.finding("managers")["evidence"]
            .to_string()
            .contains("ldirectord")
    );
}

#[test]
fn a_service_without_a_scheduler() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(&NAT.replace("-s rr", "-s none"));
    assert_eq!(answered(&client, 2, "10.0.0.1:80"), 0);
    let diagnosis = diagnose(GLANCE).names("no-usable-server");
    diagnosis.cure("no-usable-server");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}
