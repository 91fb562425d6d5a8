//! `--probe`: who on the links has a virtual address.
//!
//! An entry for the address that is in use makes the kernel ask for it (ARP, or
//! neighbour discovery), and is read afterwards. The kernel forgets it by itself.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use super::Facts;
use crate::routing::{Neighbour, Reach, Routing};

/// The kernel asks three times, a second apart; who is there answers at once.
const PATIENCE: Duration = Duration::from_millis(1500);
/// So many addresses are asked for.
const ADDRESSES: usize = 256;

/// Asks for every virtual address on the interfaces that lead to servers on the
/// link, and returns who answered.
pub(super) fn probe(facts: &Facts, routing: &mut Routing) -> io::Result<Vec<Neighbour>> {
    let mut wanted: BTreeSet<(IpAddr, u32)> = BTreeSet::new();
    for service in &facts.services {
        let Some(vip) = service.address() else {
            continue;
        };
        for server in &service.servers {
            if let Some(Ok(route)) = facts.way_to(server.address())
                && route.gateway.is_none()
                && let Some(output) = route.output
                && facts.link(output).is_some_and(|link| !link.loopback)
            {
                wanted.insert((vip, output));
            }
        }
    }
    let wanted: Vec<_> = wanted.into_iter().take(ADDRESSES).collect();
    routing.look_for(&wanted)?;
    thread::sleep(PATIENCE);
    let found = routing.neighbours()?;
    let answered = |neighbour: &Neighbour| {
        let is_wanted = wanted.contains(&(neighbour.address, neighbour.interface));
        let is_there = matches!(
            neighbour.state,
            Reach::Reachable | Reach::Stale | Reach::Delay | Reach::Probe
        );
        is_wanted && is_there && neighbour.hardware.is_some()
    };
    Ok(found.into_iter().filter(answered).collect())
}
