//! The services and servers in the table that may have been meant instead of the named one.

use std::fmt::Display;

use crate::names::Numeric;
use ipvs::client::Client;
use ipvs::model::{Destination, DestinationEntry, Family, Forwarding, VirtualId};
use ipvs::rules::{EndpointWords, Selector};

/// No more are named: that would be a listing.
const MOST: usize = 3;

/// Returns the services that may have been meant instead of this one.
pub(super) fn near_services(client: &mut Client, id: &VirtualId) -> Option<String> {
    let services = client.services().ok()?;
    if services.is_empty() {
        return Some("there are no services at all".to_owned());
    }
    let others = services.iter().map(|entry| &entry.service.id);
    let mut near: Vec<_> = others.filter(|other| are_near(id, other)).collect();
    near.sort_unstable();
    let near = list(near.into_iter().map(|id| Selector::new(id, &Numeric)))?;
    let named_by = match id {
        VirtualId::Endpoint { .. } => "protocol, address and port together name a service",
        VirtualId::Fwmark { .. } => "a mark is another service with -6",
    };
    Some(format!("there is {near}; {named_by}"))
}

/// Returns whether two services differ by protocol or port, or by the family of a mark,
/// and by nothing else.
fn are_near(one: &VirtualId, other: &VirtualId) -> bool {
    match (one, other) {
        (VirtualId::Endpoint { address: one, .. }, VirtualId::Endpoint { address: other, .. }) => {
            one == other
        }
        (VirtualId::Fwmark { mark: one, .. }, VirtualId::Fwmark { mark: other, .. }) => {
            one == other
        }
        _ => false,
    }
}

/// Returns the servers of the service that may have been meant instead of this one.
///
/// An edit without `--keep` resets a server of address translation to direct routing, and only
/// address translation has a port of its own.
pub(super) fn near_servers(
    client: &mut Client,
    id: &VirtualId,
    server: &Destination,
    is_whole_edit: bool,
) -> Option<String> {
    let servers = client.destinations(id).ok()?;
    let servers = servers.iter().map(|row| &row.destination);
    let near = servers.filter(|other| other.address == server.address);
    let near = list(near.map(|server| EndpointWords::server(id, server, &Numeric)))?;
    Some(
        match is_whole_edit && server.forwarding != Forwarding::Masquerade {
            true => format!("the service has {near}; only -m, or --keep, takes another port there"),
            false => format!("the service has {near}; without a port, -r takes the service's"),
        },
    )
}

/// Returns why a server of another address family is refused.
pub(super) fn mixed_server(
    client: &mut Client,
    id: &VirtualId,
    server: &Destination,
) -> Option<String> {
    if Family::of(server.address) == id.family() {
        return None;
    }
    let daemons = client.daemons().ok()?;
    if daemons.is_empty() {
        return None;
    }
    Some(
        "while a sync daemon runs, a service can't have servers of another address family"
            .to_owned(),
    )
}

/// Returns why a sync daemon is refused.
pub(super) fn mixed_service(client: &mut Client) -> Option<String> {
    let table = client.table().ok()?;
    table.iter().find_map(|entry| {
        let id = &entry.service.id;
        let is_other = |row: &&DestinationEntry| Family::of(row.destination.address) != id.family();
        let server = &entry.destinations.iter().find(is_other)?.destination;
        let (service, server) = (
            Selector::new(id, &Numeric),
            EndpointWords::server(id, server, &Numeric),
        );
        Some(format!(
            "no sync daemon runs while a service has servers of another address family, as \
             {service} has {server}"
        ))
    })
}

/// Returns `ONE, ONE and ONE`; none if there are no names.
pub(super) fn list(names: impl Iterator<Item = impl Display>) -> Option<String> {
    let mut names: Vec<String> = names.take(MOST).map(|name| name.to_string()).collect();
    let last = names.pop()?;
    Some(match names.is_empty() {
        true => last,
        false => format!("{} and {last}", names.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let text = |names: &[&str]| list(names.iter());
        assert_eq!(text(&[]), None);
        assert_eq!(text(&["a"]).as_deref(), Some("a"));
        assert_eq!(text(&["a", "b"]).as_deref(), Some("a and b"));
        assert_eq!(text(&["a", "b", "c", "d"]).as_deref(), Some("a, b and c"));
    }
}
