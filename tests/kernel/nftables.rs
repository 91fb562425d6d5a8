//! Firewall marks as directors have them: nftables sets them. The lab's user-mode
//! kernels have no nftables for IP: there these tests are left out by name.

use crate::director::{restore, with_two_servers};
use crate::forwarding::marks_are_services;
use crate::net::count;
use crate::support::{TIMEOUT, finish};

/// Adds rules to a chain that sees what comes in before IPVS does.
#[track_caller]
fn nft(rules: &[String]) {
    let mut script = String::from(
        "add table inet marks\n\
         add chain inet marks incoming { type filter hook prerouting priority mangle; }\n",
    );
    for rule in rules {
        script += &format!("add rule inet marks incoming {rule}\n");
    }
    let mut nft = std::process::Command::new("nft");
    nft.args(["-f", "-"]);
    finish(nft, script.as_bytes(), TIMEOUT).succeeded();
}

#[test]
fn a_mark_is_one_service_across_ports_and_protocols() {
    marks_are_services(|address, protocol, ports, mark| {
        let family = if address.contains(':') { "ip6" } else { "ip" };
        let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
        nft(&[format!(
            "{family} daddr {address} {protocol} dport {{ {} }} meta mark set {mark}",
            ports.join(", ")
        )]);
    });
}

/// One rule for both families, with a mark for each port.
#[test]
fn a_map_of_ports_makes_services() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = [&a, &b].map(|host| [host.serve(80), host.serve(81), host.serve(443)]);
    nft(&["meta mark set tcp dport map { 80-81 : 1, 443 : 4294967295 }".to_owned()]);
    restore(
        "-A -f 1 -s rr\n-a -f 1 -r 10.1.0.2 -m\n-a -f 1 -r 10.1.0.3 -m\n\
         -A -f 4294967295 -s rr\n-a -f 4294967295 -r 10.1.0.3 -m\n\
         -A -f 1 -6 -s rr\n-a -f 1 -6 -r [fd01::2]:0 -m\n\
         -A -f 4294967295 -6 -s rr\n-a -f 4294967295 -6 -r [fd01::3]:0 -m\n",
    );
    for (service, servers) in [
        ("10.0.0.1:80", count(&[("A", 2), ("B", 2)])),
        ("10.0.0.1:81", count(&[("A", 2), ("B", 2)])),
        ("10.0.0.1:443", count(&[("B", 4)])),
        ("[fd00::1]:81", count(&[("A", 4)])),
        ("[fd00::1]:443", count(&[("B", 4)])),
    ] {
        assert_eq!(client.ask(4, service), servers, "{service}");
    }
}
