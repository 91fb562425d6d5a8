//! Commands that several checks give.

use std::net::IpAddr;

/// Keeps a machine from telling its neighbours of the addresses on its lo.
pub(super) const QUIET_ARP: &str =
    "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2";

/// Returns the command that gives a machine an address on lo, and nobody else's.
pub(super) fn add_to_lo(address: IpAddr) -> String {
    match address {
        IpAddr::V4(_) => format!("ip addr add {address}/32 dev lo"),
        // Another machine of the network has it too: it must not look for that.
        IpAddr::V6(_) => format!("ip addr add {address}/128 dev lo nodad"),
    }
}
