//! The order of a sorted listing.

use std::net::IpAddr;
use std::num::NonZeroU32;

use ipvs::model::{DestinationEntry, Family, VirtualId};

/// Sorts rows of services by their numbers: firewall marks last; then family,
/// protocol, address and port.
pub fn sort_services<R>(rows: &mut [R], id: impl Fn(&R) -> &VirtualId) {
    rows.sort_by_cached_key(|row| key(id(row)));
}

/// Sorts servers by family, address and port.
pub fn sort_servers(servers: &mut [DestinationEntry]) {
    servers.sort_unstable_by_key(|server| (server.destination.address, server.destination.port));
}

/// Returns the sorting key of a service. The endpoint of a firewall mark counts as all zero.
fn key(id: &VirtualId) -> (Option<NonZeroU32>, Family, u16, IpAddr, u16) {
    match *id {
        VirtualId::Endpoint {
            protocol,
            address,
            port,
        } => (None, Family::of(address), protocol.number(), address, port),
        VirtualId::Fwmark { mark, family } => (Some(mark), family, 0, family.unspecified(), 0),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ipvs::model::{Destination, Forwarding, Protocol};

    fn endpoint(protocol: Protocol, address: &str, port: u16) -> VirtualId {
        VirtualId::Endpoint {
            protocol,
            address: address.parse().unwrap(),
            port,
        }
    }

    #[test]
    fn services_go_by_family_protocol_address_and_port() {
        let mark = |mark: u32, family| VirtualId::Fwmark {
            mark: mark.try_into().unwrap(),
            family,
        };
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
        let mut sorted = expected;
        sorted.reverse();
        sort_services(&mut sorted, |id| id);
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
        let mut servers: Vec<_> = expected
            .iter()
            .rev()
            .map(|(address, port)| {
                let address = address.parse().unwrap();
                DestinationEntry::new(Destination::new(address, *port, Forwarding::Tunnel))
            })
            .collect();
        sort_servers(&mut servers);
        let sorted: Vec<_> = servers
            .iter()
            .map(|server| &server.destination)
            .map(|server| (server.address.to_string(), server.port))
            .collect();
        let expected = expected.map(|(address, port)| (address.to_owned(), port));
        assert_eq!(sorted, expected);
    }
}
