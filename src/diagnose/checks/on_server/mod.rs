//! Faults of a real server, seen on the server itself (`--on-server`).

pub(super) mod address;
pub(super) mod arp;
pub(super) mod program;
pub(super) mod route;
#[cfg(test)]
mod tests;
pub(super) mod tunnel;

use crate::diagnose::facts::{Facts, OnServer};

/// Returns the server, if packets come to it with the virtual address.
fn taking_vip(facts: &Facts) -> Option<&OnServer> {
    facts
        .on_server
        .as_ref()
        .filter(|on_server| on_server.takes_vip())
}
