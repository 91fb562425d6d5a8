//! Packets that this machine itself loses: packets that come in and that the system
//! counts nowhere else, and packets that IPVS gives away and that never leave.

use crate::diagnose::facts::{Chain, Counted, Facts, Hook, IPVS_BYTES, IPVS_PACKETS, Server};

/// The counters of packets that come in and are not dropped as martians, except those
/// that IPVS takes.
const ACCOUNTED: [&str; 8] = [
    "IpInDelivers",
    "IpInHdrErrors",
    "IpInAddrErrors",
    "IpInDiscards",
    "IpExtInNoRoutes",
    "TcpExtIPReversePathFilter",
    "Ip6InDelivers",
    "Ip6InAddrErrors",
];

/// Returns the sum of counters' rises.
fn rises(facts: &Facts, counters: &[&str]) -> u64 {
    let rises = counters.iter().map(|counter| facts.rise(counter));
    rises.fold(0, u64::saturating_add)
}

/// Returns how many packets were forwarded. From Linux 6.7 on, packets that a filter then
/// drops are counted as forwarded too; but these kernels also count the packets that
/// leave: this machine's own, those of IPVS, and the forwarded ones.
fn forwarded(facts: &Facts, given: u64) -> u64 {
    const TRANSMITTED: [&str; 2] = ["IpOutTransmits", "Ip6OutTransmits"];
    let all = rises(facts, &["IpForwDatagrams", "Ip6OutForwDatagrams"]);
    if !TRANSMITTED
        .iter()
        .any(|name| facts.counters.contains_key(*name))
    {
        return all;
    }
    let own = rises(facts, &["IpOutRequests", "Ip6OutRequests"]).saturating_add(given);
    all.min(rises(facts, &TRANSMITTED).saturating_sub(own))
}

/// Returns how much of something the servers of a kind were given.
fn given_to(facts: &Facts, kind: impl Fn(&Server) -> bool, what: fn(Counted) -> u64) -> u64 {
    let servers = facts.services.iter().flat_map(|service| &service.servers);
    let given = servers
        .filter(|server| kind(server))
        .filter_map(|server| server.traffic.rise.map(what));
    given.fold(0, u64::saturating_add)
}

/// Returns how much of something IPVS took in. The kernel adds up its `total` at another
/// moment than what each server was given, on a busy machine seconds later: the larger
/// one counts.
fn taken(facts: &Facts, total: &str, what: fn(Counted) -> u64) -> u64 {
    facts.rise(total).max(given_to(facts, |_| true, what))
}

/// Returns how many packets came in to this network namespace and are counted nowhere
/// else. Martians are among them; the kernel's own counter has the martians of all
/// namespaces together.
pub(super) fn vanished(facts: &Facts) -> u64 {
    let received = rises(facts, &["IpInReceives", "Ip6InReceives"]);
    // Packets that IPVS gives to a server on this machine are delivered, and counted
    // twice.
    let packets = |counted: Counted| counted.in_packets;
    let twice = given_to(facts, |server| facts.is_own(server.address()), packets);
    // Packets in a tunnel are counted as this machine's own.
    let taken = taken(facts, IPVS_PACKETS, packets);
    let given = taken.saturating_sub(twice).saturating_sub(given_to(
        facts,
        |server| server.method.is_tunnel(),
        packets,
    ));
    let accounted = rises(facts, &ACCOUNTED)
        .saturating_add(taken)
        .saturating_add(forwarded(facts, given));
    received.saturating_sub(accounted.saturating_sub(twice))
}

/// Returns the chain of the packet filter that keeps packets of IPVS from leaving: one
/// that may drop them, if much less has left this machine than IPVS took in and gave
/// away.
pub(super) fn kept_back(facts: &Facts) -> Option<&Chain> {
    let bytes = |counted: Counted| counted.in_bytes;
    let stays = given_to(facts, |server| facts.is_own(server.address()), bytes);
    let given = taken(facts, IPVS_BYTES, bytes).saturating_sub(stays);
    let left = rises(facts, &OUT_BYTES);
    if given == 0 || left > given / 2 {
        return None;
    }
    let mut chains = facts.filters.iter().flatten();
    chains.find(|chain| chain.hook == Hook::Output && chain.may_drop())
}

/// The counters of bytes that left, which count behind the filter of what this machine
/// sends.
pub(super) const OUT_BYTES: [&str; 2] = ["IpExtOutOctets", "Ip6OutOctets"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::example::{chain, counted, own, server, service, with};
    use crate::diagnose::facts::{Counted, Method, Traffic};

    /// A director that gave away `given` bytes, of which `left` went out.
    fn director(given: u64, left: u64) -> Facts {
        let servers = vec![server("10.1.0.2:80", Method::Nat)];
        let facts = with(vec![service("TCP 10.0.0.1:80", servers)], &[]);
        let mut facts = counted(facts, &[(IPVS_BYTES, given), (OUT_BYTES[0], left)]);
        facts.filters = Some(vec![chain(Hook::Output)]);
        facts
    }

    #[test]
    fn what_does_not_leave_is_kept_back_by_a_chain() {
        assert!(kept_back(&director(600, 60)).is_some());
        assert!(kept_back(&director(600, 400)).is_none());
        assert!(kept_back(&director(0, 0)).is_none());
        let mut facts = director(600, 60);
        facts.filters = Some(vec![chain(Hook::Forward)]);
        assert!(kept_back(&facts).is_none());
        facts.filters = None;
        assert!(kept_back(&facts).is_none());
    }

    /// The kernel has added up what servers were given, but not yet the total.
    #[test]
    fn a_total_may_come_later_than_what_it_is_of() {
        let mut facts = director(0, 60);
        facts.counters.clear();
        let mut facts = counted(facts, &[(OUT_BYTES[0], 60), ("IpInReceives", 10)]);
        let rise = Counted {
            in_packets: 10,
            in_bytes: 600,
            ..Counted::default()
        };
        for server in facts.services.iter_mut().flat_map(|all| &mut all.servers) {
            server.traffic.rise = Some(rise);
        }
        assert!(kept_back(&facts).is_some());
        assert_eq!(vanished(&facts), 0);
    }

    #[test]
    fn what_a_filter_drops_vanishes_though_it_counts_as_forwarded() {
        let vanish = |counters: &[(&str, u64)]| vanished(&counted(Facts::default(), counters));
        // Ten packets of clients went to servers, and ten answers came.
        let both = [("IpInReceives", 20), (IPVS_PACKETS, 10)];
        assert_eq!(vanish(&both), 10);
        let forwarded = [both[0], both[1], ("IpForwDatagrams", 10)];
        assert_eq!(vanish(&forwarded), 0);
        let with = |transmitted| {
            let own = ("IpOutRequests", 3);
            vanish(&[&forwarded[..], &[own, ("IpOutTransmits", transmitted)]].concat())
        };
        assert_eq!(with(23), 0);
        assert_eq!(with(13), 10);
    }

    #[test]
    fn what_a_server_here_gets_need_not_leave() {
        let mut facts = director(600, 60);
        facts.addresses = vec![own("10.1.0.2/32", 2)].into();
        let rise = Counted {
            in_packets: 10,
            in_bytes: 600,
            ..Counted::default()
        };
        for service in &mut facts.services {
            for server in &mut service.servers {
                server.traffic = Traffic {
                    total: rise,
                    rise: Some(rise),
                };
            }
        }
        assert!(kept_back(&facts).is_none());
    }
}
