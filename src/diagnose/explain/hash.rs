//! The server to which a scheduler that hashes gives a client, computed as the kernel
//! computes it: `sh` and `mh` from the client, `dh` from the virtual address.
//!
//! The sizes of their tables are chosen when a kernel is built, and it does not tell
//! them. The usual sizes are taken here.

use std::hash::Hasher;
use std::net::IpAddr;

use siphasher::sip::SipHasher13;

use crate::diagnose::facts::{Journey, Server, ServiceFacts};
use ipvs::model::{ServiceFlags, VirtualId};

/// The server that the scheduler comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Computed<'a> {
    /// It takes the client.
    Takes(&'a Server),
    /// It takes nothing, and no other stands in for it.
    Refuses(&'a Server),
    /// No server takes the client.
    Nobody,
    /// It can't be computed, for this reason.
    Unknown(&'static str),
}

/// Returns what the service's scheduler computes, and how many places its table usually
/// has, or none if it does not hash.
pub(super) fn computed<'a>(
    journey: &Journey,
    service: &'a ServiceFacts,
) -> Option<(Computed<'a>, usize)> {
    let flags = ServiceFlags(service.flags);
    let falls_back = flags.contains(ServiceFlags::SCHED1);
    let with_port = flags.contains(ServiceFlags::SCHED2);
    let port = match (with_port, journey.port) {
        (false, _) => Some(0),
        (true, port) => port,
    };
    let client = || port.map(|port| fold(journey.client).wrapping_add(port.into()));
    let servers = &service.servers;
    Some(match service.scheduler.as_deref()? {
        "sh" => {
            let table = by_weight(servers);
            let found = client().map_or(UNKNOWN_PORT, |key| {
                walk(servers, &table, falls_back, |more| {
                    (small_hash(key) + more) % SMALL
                })
            });
            (found, SMALL)
        }
        "dh" => {
            let table: Vec<_> = (0..servers.len()).cycle().take(SMALL).collect();
            let found = match journey.wanted {
                VirtualId::Endpoint { address, .. } => {
                    walk(servers, &table, false, |_| small_hash(fold(address)))
                }
                VirtualId::Fwmark { .. } => Computed::Unknown(
                    "it computes from the address that the client wants, which a mark does not tell",
                ),
            };
            (found, SMALL)
        }
        "mh" => (maglev(journey, servers, client(), falls_back), LARGE),
        _ => return None,
    })
}

const UNKNOWN_PORT: Computed<'_> = Computed::Unknown(
    "it also computes from the port that the client sends from: name that with --client ADDRESS:PORT",
);

/// Goes to the first place of the table and, with a fallback, to further places, until
/// a server takes the client.
fn walk<'a>(
    servers: &'a [Server],
    table: &[usize],
    falls_back: bool,
    place: impl Fn(usize) -> usize,
) -> Computed<'a> {
    let first = place(0);
    // A fallback begins at the number of the first place, as the kernel does.
    let further = (0..table.len()).map(|more| place((first + more) % table.len()));
    let further = further.filter(|_| falls_back);
    let mut refusing = None;
    for place in std::iter::once(first).chain(further) {
        let number = table.get(place).copied();
        let Some(server) = number.and_then(|number| servers.get(number)) else {
            break;
        };
        match takes(server) {
            Some(true) => return Computed::Takes(server),
            Some(false) => refusing = Some(server),
            None => {
                return Computed::Unknown(
                    "a server that was full may still wait for fewer connections",
                );
            }
        }
    }
    match refusing {
        Some(server) if !falls_back => Computed::Refuses(server),
        _ => Computed::Nobody,
    }
}

/// Returns whether a server takes a new connection, or none if that is not known: a
/// server that was full takes connections again only when it has few enough, and the
/// kernel does not tell that it was full.
fn takes(server: &Server) -> Option<bool> {
    if server.weight == 0 {
        return Some(false);
    }
    if server.upper_threshold == 0 {
        return Some(true);
    }
    let connections = u64::from(server.active) + u64::from(server.inactive);
    let upper = u64::from(server.upper_threshold);
    let has_few = match u64::from(server.lower_threshold) {
        0 => connections * 4 < upper * 3,
        lower => connections < lower,
    };
    match (has_few, connections >= upper) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// Returns an address as one number: the four parts of an IPv6 address are joined by
/// XOR.
fn fold(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(address) => address.to_bits(),
        IpAddr::V6(address) => {
            let parts = address.octets();
            let parts = parts
                .chunks_exact(4)
                .filter_map(|part| part.try_into().ok());
            parts
                .map(u32::from_be_bytes)
                .fold(0, |all, part| all ^ part)
        }
    }
}

/// The places of a table of `sh` or `dh`, which is 2 to the power of the usual 8 of
/// `CONFIG_IP_VS_SH_TAB_BITS` and `CONFIG_IP_VS_DH_TAB_BITS`.
const SMALL: usize = 256;

/// Returns the highest 8 bits of the product of a number and the kernel's golden ratio
/// (`hash_32`).
fn small_hash(key: u32) -> usize {
    let [highest, ..] = key.wrapping_mul(0x61c8_8647).to_be_bytes();
    highest.into()
}

/// Returns the table of `sh`. Each server, in the kernel's order, gets as many places
/// in a row as its weight is, at least one. This is repeated until the table is full.
fn by_weight(servers: &[Server]) -> Vec<usize> {
    let rows = servers.iter().enumerate().flat_map(|(number, server)| {
        let places = usize::try_from(server.weight).unwrap_or(SMALL);
        std::iter::repeat_n(number, places.clamp(1, SMALL))
    });
    rows.cycle().take(SMALL).collect()
}

/// The places of a table of `mh`: the kernel's prime number for the usual 12 of
/// `CONFIG_IP_VS_MH_TAB_INDEX`.
const LARGE: usize = 4093;
/// Weights that have more bits than this are made smaller (`IP_VS_MH_TAB_BITS`).
const WEIGHT_BITS: u32 = 6;
const FIRST_KEY: u64 = 2_654_435_761;
const SECOND_KEY: u64 = 2_654_446_892;

fn maglev<'a>(
    journey: &Journey,
    servers: &'a [Server],
    key: Option<u32>,
    falls_back: bool,
) -> Computed<'a> {
    let Some(key) = key else {
        return UNKNOWN_PORT;
    };
    if size_of::<usize>() < 8 {
        return Computed::Unknown("kernels of 32 bits compute otherwise");
    }
    let mixed = servers
        .iter()
        .any(|server| server.address().is_ipv4() != journey.client.is_ipv4());
    if mixed {
        return Computed::Unknown("servers are of another address family than the client");
    }
    if servers.iter().any(|server| server.weight == 0) {
        return Computed::Unknown(
            "a server of weight 0 keeps the places that it had, and the kernel does not tell which",
        );
    }
    let table = permuted(servers);
    walk(servers, &table, falls_back, |more| {
        let more = u32::try_from(more).unwrap_or(0);
        large_hash(key.wrapping_add(more), FIRST_KEY, LARGE)
    })
}

/// Returns the table of `mh`. The servers take turns: each takes as many free places as
/// its weight is, in an order of places of its own.
fn permuted(servers: &[Server]) -> Vec<usize> {
    let weights = || servers.iter().map(|server| server.weight);
    let divisor = weights().fold(0, greatest_common_divisor);
    let Some(largest) = weights().max().and_then(|max| max.checked_div(divisor)) else {
        return Vec::new();
    };
    let bits = u32::BITS - largest.leading_zeros();
    let shift = bits.saturating_sub(WEIGHT_BITS);
    let mut turns: Vec<_> = servers
        .iter()
        .enumerate()
        .map(|(number, server)| {
            let key = fold(server.address()).wrapping_add(server.endpoint.port.into());
            let weight = (server.weight / divisor) >> shift;
            ServerSteps {
                number,
                place: large_hash(key, FIRST_KEY, LARGE),
                step: large_hash(key, SECOND_KEY, LARGE - 1) + 1,
                places: weight.max(1),
            }
        })
        .collect();
    let mut table = vec![usize::MAX; LARGE];
    let mut free = LARGE;
    while free > 0 {
        for turn in &mut turns {
            for _ in 0..turn.places {
                if free == 0 {
                    break;
                }
                turn.take(&mut table);
                free -= 1;
            }
        }
    }
    table
}

/// The walk of a server over the table's places.
struct ServerSteps {
    number: usize,
    place: usize,
    step: usize,
    places: u32,
}

impl ServerSteps {
    /// Takes the next place that is free. There must be one; the steps come to every
    /// place, because the table's size is a prime number.
    fn take(&mut self, table: &mut [usize]) {
        loop {
            if let Some(place) = table.get_mut(self.place)
                && *place == usize::MAX
            {
                *place = self.number;
                return;
            }
            self.place = (self.place + self.step) % LARGE;
        }
    }
}

fn greatest_common_divisor(one: u32, other: u32) -> u32 {
    match other {
        0 => one,
        _ => greatest_common_divisor(other, one % other),
    }
}

/// Returns a place by SipHash-1-3 of one number. The lowest 32 bits of the hash count.
fn large_hash(number: u32, key: u64, places: usize) -> usize {
    let mut hasher = SipHasher13::new_with_keys(key, key);
    hasher.write(&number.to_ne_bytes());
    let [_, _, _, _, lowest @ ..] = hasher.finish().to_be_bytes();
    let hash = usize::try_from(u32::from_be_bytes(lowest)).unwrap_or(0);
    hash % places
}
