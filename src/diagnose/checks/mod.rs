//! The one table of checks.
//!
//! A check has its text, from which the manual and `docs/diagnoses.md` are made, and one
//! function from facts to findings. The function returns one finding for each cause, with
//! everything that the cause affects. If a check is not sure, it returns nothing or a
//! note: a false alarm is worse than a missed fault.

mod any;
mod arp;
mod commands;
mod direct;
mod ipv6;
mod local;
mod losses;
mod marks;
mod nat;
mod on_server;
mod persistence;
mod sync;
mod tunnel;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use super::facts::Facts;
use super::finding::Finding;

pub(super) use nat::here::no_way_back;

/// A check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its name: `nat-forwarding`. `--ignore` takes it.
    pub id: &'static str,
    /// The fault as clients see it.
    pub symptom: &'static str,
    /// The fault, and its effect on packets.
    pub cause: &'static str,
    /// The evidence that is looked at.
    pub seen: &'static str,
    /// The cure.
    pub remedy: &'static str,
    /// The kernels that have the fault; empty if all have it.
    pub since: &'static str,
    /// The judgement: from facts to findings.
    pub judge: fn(&Facts) -> Vec<Finding>,
}

/// The kind of a machine that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// It has IPVS and its table.
    Director,
    /// Directors send it packets (`--on-server`).
    RealServer,
}

/// A family of checks, as documents have it.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its title.
    pub title: &'static str,
    /// The machines that it is about.
    pub machine: Machine,
    /// Its checks.
    pub checks: &'static [&'static Check],
}

/// Every check by family, in the order in which they are documented.
pub const FAMILIES: &[Family] = &[
    Family {
        title: "Any method",
        machine: Machine::Director,
        checks: &[
            &any::address::VIP_NOT_LOCAL,
            &any::address::VIP_LINK_DOWN,
            &any::address::VIP_ARP_IGNORED,
            &any::address::VIP_DUPLICATE,
            &any::filters::RP_FILTER,
            &any::filters::INPUT_FILTER,
            &any::filters::OUTPUT_FILTER,
            &any::asked::NO_SERVICE,
            &any::servers::NO_USABLE_SERVER,
            &any::servers::ALL_OVERLOADED,
            &any::servers::SERVER_UNREACHABLE,
            &any::servers::SERVER_SILENT,
            &any::connections::CONN_MAX,
            &any::connections::ORPHANED_CONNECTIONS,
            &any::connections::CLIENT_IS_DIRECTOR,
            &any::connections::TABLE_SMALL,
            &any::settings::DEFENCE_ACTIVE,
            &any::settings::COUNTERS_FROZEN,
            &any::settings::IDLE_TIMEOUT,
            &any::settings::REUSE_MODE,
            &any::settings::REUSE_DELAY,
            &any::surroundings::OTHER_NAMESPACE,
            &any::surroundings::MANAGERS_RUN,
        ],
    },
    Family {
        title: "NAT (-m)",
        machine: Machine::Director,
        checks: &[
            &nat::way::NAT_FORWARDING,
            &nat::way::NAT_CLIENT_ON_LINK,
            &nat::way::NAT_ROUTE_BACK,
            &nat::here::NAT_CLIENT_UNREACHABLE,
            &nat::forward::NAT_FORWARD_FILTER,
            &nat::refusal::NAT_SERVER_REFUSES,
            &nat::tracking::NAT_MASQUERADE,
            &nat::tracking::NAT_STATEFUL_FORWARD,
            &nat::tracking::CONNTRACK_FULL,
            &nat::table::NAT_LOOPBACK,
            &nat::table::NAT_FTP,
            &nat::table::NAT_ONE_PACKET,
        ],
    },
    Family {
        title: "Direct routing (-g)",
        machine: Machine::Director,
        checks: &[
            &direct::DR_SERVER_LACKS_VIP,
            &direct::DR_ANSWERS_THROUGH_DIRECTOR,
            &direct::DR_BEHIND_ROUTER,
            &direct::DR_PORT_DIFFERS,
            &arp::DR_SERVER_ANSWERS_ARP,
        ],
    },
    Family {
        title: "Servers on the director itself",
        machine: Machine::Director,
        checks: &[&local::LOCAL_NOT_LISTENING, &local::LOOP_OF_DIRECTORS],
    },
    Family {
        title: "Tunnels (-i)",
        machine: Machine::Director,
        checks: &[
            &tunnel::TUN_DOWN,
            &tunnel::TUN_GUE_PORT,
            &tunnel::TUN_RP_FILTER,
            &tunnel::TUN_MTU,
        ],
    },
    Family {
        title: "Firewall marks (-f)",
        machine: Machine::Director,
        checks: &[&marks::MARK_UNMARKED, &marks::MARK_NOT_LOCAL],
    },
    Family {
        title: "IPv6",
        machine: Machine::Director,
        checks: &[&ipv6::IPV6_FORWARDING],
    },
    Family {
        title: "Persistence (-p) and hashing schedulers",
        machine: Machine::Director,
        checks: &[
            &persistence::PERSISTENT_QUIESCED,
            &persistence::HASH_NO_FALLBACK,
        ],
    },
    Family {
        title: "Synchronization",
        machine: Machine::Director,
        checks: &[
            &sync::SYNC_INTERFACE,
            &sync::SYNC_NOT_JOINED,
            &sync::SYNC_DROPS,
            &sync::SYNC_NOTHING_RECEIVED,
            &sync::SYNC_PERSIST,
        ],
    },
    Family {
        title: "On a real server (--on-server)",
        machine: Machine::RealServer,
        checks: &[
            &on_server::address::SRV_LACKS_VIP,
            &on_server::address::SRV_VIP_PREFIX,
            &on_server::arp::SRV_VIP_ON_LINK,
            &on_server::arp::SRV_ANSWERS_ARP,
            &on_server::arp::SRV_ANNOUNCES_VIP,
            &on_server::tunnel::SRV_TUNNEL_DOWN,
            &on_server::tunnel::SRV_RP_FILTER,
            &on_server::program::SRV_NOT_LISTENING,
            &on_server::route::SRV_ROUTE_BACK,
        ],
    },
];

/// Returns every check.
pub fn all() -> impl Iterator<Item = &'static Check> {
    FAMILIES.iter().flat_map(|family| family.checks).copied()
}

/// Returns the checks that are about the machine that was looked at.
pub fn of(facts: &Facts) -> impl Iterator<Item = &'static Check> {
    let machine = match facts.on_server {
        Some(_) => Machine::RealServer,
        None => Machine::Director,
    };
    let families = FAMILIES
        .iter()
        .filter(move |family| family.machine == machine);
    families.flat_map(|family| family.checks).copied()
}
