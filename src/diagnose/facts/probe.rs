//! `--probe`: who on the links has a virtual address.
//!
//! A neighbour entry in use (`NTF_USE`) makes the kernel ask for its address, by ARP or
//! neighbour discovery; the entry is read afterwards. The kernel forgets the entry by
//! itself, but only after a while, so an entry of an earlier look is deleted first.
//! Otherwise the kernel would not ask for an address that it has just asked for, nor for
//! one that another machine had and has given up since. An entry that an admin made is
//! neither deleted nor put to use, because the kernel would take it for one of its own
//! from then on.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use super::{Facts, Keyed};
use crate::routing::{Neighbour, Reach, Routing};

/// How long answers are waited for. The kernel asks three times, a second apart; a
/// machine that is there answers at once.
const PATIENCE: Duration = Duration::from_millis(1500);
/// The most addresses that are asked for.
const ADDRESSES: usize = 256;

/// Asks for every virtual address on the interface in its own network, and on the
/// interfaces that lead to servers on the link. Asks for these servers too, because the
/// kernel may not know a server that clients reach past this director. An IPv6 address is
/// not asked for on an interface that has it: the kernel takes no answer about it there
/// (`ndisc_recv_na`). Returns every neighbour that is known afterwards, and those of them
/// that have a virtual address.
pub(super) fn probe(
    facts: &Facts,
    routing: &mut Routing,
) -> io::Result<(Keyed<Neighbour>, Keyed<Neighbour>)> {
    let mut virtual_addresses: BTreeSet<(IpAddr, u32)> = BTreeSet::new();
    let mut servers: BTreeSet<(IpAddr, u32)> = BTreeSet::new();
    for service in &facts.services {
        let Some(vip) = service.address() else {
            continue;
        };
        // Another machine may have the virtual address too.
        let link = facts.on_link(vip).and_then(|own| facts.link(own.interface));
        if let Some(link) = link.filter(|link| link.up && !link.loopback) {
            virtual_addresses.insert((vip, link.index));
        }
        for server in &service.servers {
            if let Some(Ok(route)) = facts.way_to(server.address())
                && route.gateway.is_none()
                && let Some(output) = route.output
                && facts.link(output).is_some_and(|link| !link.loopback)
            {
                virtual_addresses.insert((vip, output));
                servers.insert((server.address(), output));
            }
        }
    }
    virtual_addresses.retain(|(vip, interface)| {
        vip.is_ipv4()
            || facts
                .addresses
                .of(*vip)
                .all(|own| own.interface != *interface)
    });
    let place = |neighbour: &Neighbour| (neighbour.address, neighbour.interface);
    let (entered, earlier): (Vec<_>, Vec<_>) = routing
        .neighbours()?
        .into_iter()
        .partition(|neighbour| matches!(neighbour.state, Reach::Permanent | Reach::NoArp));
    let entered: BTreeSet<_> = entered.iter().map(place).collect();
    let to_ask = |places: BTreeSet<(IpAddr, u32)>| -> Vec<_> {
        places
            .difference(&entered)
            .copied()
            .take(ADDRESSES)
            .collect()
    };
    let virtual_addresses = to_ask(virtual_addresses);
    let is_wanted = |neighbour: &Neighbour| virtual_addresses.contains(&place(neighbour));
    let earlier: Vec<_> = earlier
        .iter()
        .filter(|known| is_wanted(known))
        .map(place)
        .collect();
    routing.forget(&earlier)?;
    routing.look_for(&virtual_addresses)?;
    routing.look_for(&to_ask(servers))?;
    thread::sleep(PATIENCE);
    let found: Keyed<_> = routing.neighbours()?.into();
    let has_answered = |neighbour: &&Neighbour| {
        let is_there = matches!(
            neighbour.state,
            Reach::Reachable | Reach::Stale | Reach::Delay | Reach::Probe
        );
        is_wanted(neighbour) && is_there && neighbour.hardware.is_some()
    };
    let answered = found.iter().filter(has_answered).cloned().collect();
    Ok((found, answered))
}
