//! The director of a test: its namespace, and the program run in it.

use crate::net::{self, Host, Side};
use crate::support::{Namespace, Outcome, Program, run, shell, words};

/// The virtual address of most tests, and its IPv6 one.
pub const VIP: &str = "10.0.0.1";
pub const VIP6: &str = "fd00::1";

/// Moves this thread into a namespace with two servers, A and B, behind NAT, and
/// gives a client and the servers.
pub fn with_two_servers() -> (Namespace, [Host; 3]) {
    let namespace = Namespace::fresh();
    let hosts = net::network(
        "10.0.0.1/24 fd00::1/64",
        "10.1.0.1/24 fd01::1/64",
        [
            ("client", Side::Front, "10.0.0.9/24 10.0.0.8/24 fd00::9/64"),
            ("A", Side::Back, "10.1.0.2/24 fd01::2/64 10.1.0.1 fd01::1"),
            ("B", Side::Back, "10.1.0.3/24 fd01::3/64 10.1.0.1 fd01::1"),
        ],
    );
    (namespace, hosts)
}

/// Runs our program with the words of this line, without a failure.
#[track_caller]
pub fn ipvsadm(line: &str) -> Outcome {
    run(Program::Ours, words(line), "").succeeded()
}

/// Restores these lines, without a failure.
#[track_caller]
pub fn restore(lines: &str) {
    run(Program::Ours, ["-R"], lines).succeeded();
}

/// What our program prints for the words of this line, once it is what the
/// reference prints: between the two the kernel's numbers may change.
#[track_caller]
pub fn as_the_reference(line: &str) -> String {
    let mut tries = 0;
    loop {
        let before = run(Program::Reference, words(line), "").succeeded();
        let ours = run(Program::Ours, words(line), "").succeeded();
        if before == ours {
            return ours.stdout;
        }
        let after = run(Program::Reference, words(line), "").succeeded();
        if after == ours {
            return ours.stdout;
        }
        tries += 1;
        assert!(tries < 5, "{line}\nthe reference:\n{after}ours:\n{ours}");
    }
}

/// Marks what comes in for these ports of an address: with nftables, or with
/// iptables where the kernel's nftables can't (the lab's knows only bridges).
#[track_caller]
pub fn mark(address: &str, protocol: &str, ports: &str, mark: u32) {
    let (nft_family, iptables) = match address.contains(':') {
        false => ("ip", "iptables-legacy"),
        true => ("ip6", "ip6tables-legacy"),
    };
    shell(&format!(
        "nft -f - 2>/dev/null <<EOF || {iptables} -t mangle -A PREROUTING \
            -d {address} -p {protocol} -m multiport --dports {ports} -j MARK --set-mark {mark}
table {nft_family} mangle {{
    chain prerouting {{
        type filter hook prerouting priority mangle
        {nft_family} daddr {address} {protocol} dport {{ {ports} }} meta mark set {mark}
    }}
}}
EOF"
    ));
}
