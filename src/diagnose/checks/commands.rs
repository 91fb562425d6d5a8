//! Commands that several checks give.

use std::net::IpAddr;

use crate::diagnose::facts::Chain;
use crate::diagnose::finding::in_shell;

/// The command that keeps a machine from telling its neighbours of the addresses on lo.
pub(super) const QUIET_ARP: &str =
    "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2";

/// Returns the command that gives a machine an address on lo, and with it no other
/// address of the network.
pub(super) fn add_to_lo(address: IpAddr) -> String {
    match address {
        IpAddr::V4(_) => format!("ip addr add {address}/32 dev lo"),
        // Another machine of the network has it too: the kernel must not look for it.
        IpAddr::V6(_) => format!("ip addr add {address}/128 dev lo nodad"),
    }
}

/// The end of a packet's way by which a rule knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// It comes from the address.
    From,
    /// It goes to the address.
    To,
}

/// Returns the command that makes a chain of the packet filter accept packets from or to
/// an address, of one protocol and port or of all.
pub(super) fn accept(
    chain: &Chain,
    side: Side,
    address: IpAddr,
    port: Option<(&str, u16)>,
) -> String {
    // The table's family stands before its name.
    let table: Vec<_> = chain.table.splitn(2, ' ').map(in_shell).collect();
    let (table, name) = (table.join(" "), in_shell(&chain.name));
    let is_v4 = address.is_ipv4();
    if chain.legacy {
        let version = if is_v4 { "ip" } else { "ip6" };
        let side = match side {
            Side::From => "-s",
            Side::To => "-d",
        };
        let port = port.map_or_else(String::new, |(protocol, port)| {
            format!(" -p {protocol} --dport {port}")
        });
        return format!("{version}tables-legacy -I {name} {side} {address}{port} -j ACCEPT");
    }
    let version = if is_v4 { "ip" } else { "ip6" };
    let side = match side {
        Side::From => "saddr",
        Side::To => "daddr",
    };
    let port = port.map_or_else(String::new, |(protocol, port)| {
        format!(" {protocol} dport {port}")
    });
    format!("nft insert rule {table} {name} {version} {side} {address}{port} accept")
}
