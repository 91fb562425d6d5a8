//! The order of a sorted listing.

use std::net::IpAddr;

use crate::model::{DestinationEntry, Family, Service, ServiceEntry, VirtualId};

/// Sorts services and the servers of each.
pub fn sort(entries: &mut [ServiceEntry]) {
    entries.sort_unstable_by_key(|entry| key(&entry.service.id));
    for entry in entries {
        sort_servers(&mut entry.destinations);
    }
}

/// Sorts services by their numbers: firewall marks last; then family,
/// protocol, address and port.
pub fn sort_services(services: &mut [Service]) {
    services.sort_unstable_by_key(|service| key(&service.id));
}

/// Sorts servers by family, address and port.
pub fn sort_servers(servers: &mut [DestinationEntry]) {
    servers.sort_unstable_by_key(|server| (server.destination.address, server.destination.port));
}

/// The endpoint of a service with a mark counts as all zero, and its absent
/// mark as 0, which no mark is.
fn key(id: &VirtualId) -> (u32, Family, u16, IpAddr, u16) {
    match *id {
        VirtualId::Endpoint {
            protocol,
            address,
            port,
        } => (0, Family::of(address), protocol.number(), address, port),
        VirtualId::Fwmark { mark, family } => (mark, family, 0, family.unspecified(), 0),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::{Destination, Forwarding, Protocol, Stats};

    fn entry(id: VirtualId) -> ServiceEntry {
        ServiceEntry::new(Service::new(id, "rr".parse().unwrap()), Stats::default())
    }

    fn endpoint(protocol: Protocol, address: &str, port: u16) -> VirtualId {
        VirtualId::Endpoint {
            protocol,
            address: address.parse().unwrap(),
            port,
        }
    }

    #[test]
    fn services_go_by_family_protocol_address_and_port() {
        let mark = |mark, family| VirtualId::Fwmark { mark, family };
        let expected = [
            endpoint(Protocol::Other(1), "11.0.0.1", 0),
            endpoint(Protocol::Tcp, "10.0.0.1", 80),
            endpoint(Protocol::Tcp, "10.0.0.1", 443),
            endpoint(Protocol::Tcp, "192.168.0.1", 1),
            endpoint(Protocol::Udp, "9.0.0.1", 80),
            endpoint(Protocol::Other(47), "9.0.0.1", 80),
            endpoint(Protocol::Sctp, "8.0.0.1", 80),
            endpoint(Protocol::Tcp, "2001:db8::1", 80),
            endpoint(Protocol::Tcp, "fd00::1", 80),
            endpoint(Protocol::Udp, "2001:db8::1", 80),
            mark(1, Family::V4),
            mark(1, Family::V6),
            mark(2, Family::V4),
            mark(u32::MAX, Family::V4),
        ];
        let mut entries: Vec<_> = expected.iter().rev().copied().map(entry).collect();
        sort(&mut entries);
        let sorted: Vec<_> = entries.iter().map(|entry| entry.service.id).collect();
        assert_eq!(sorted, expected);
    }

    #[test]
    fn servers_go_by_family_address_and_port() {
        let expected = [
            ("10.0.0.1", 80),
            ("10.0.0.1", 8080),
            ("192.168.0.1", 80),
            ("::1", 80),
            ("fd00::1", 80),
        ];
        let mut service = entry(endpoint(Protocol::Tcp, "fd00::99", 80));
        for (address, port) in expected.iter().rev() {
            let address = address.parse().unwrap();
            let server = Destination::new(address, *port, Forwarding::Tunnel);
            service.destinations.push(DestinationEntry::new(server));
        }
        let mut entries = [service];
        sort(&mut entries);
        let [service] = entries;
        let sorted: Vec<_> = service
            .destinations
            .iter()
            .map(|server| &server.destination)
            .map(|server| (server.address.to_string(), server.port))
            .collect();
        let expected = expected.map(|(address, port)| (address.to_owned(), port));
        assert_eq!(sorted, expected);
    }
}
