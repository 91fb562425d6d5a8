//! Filters of connections.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::{Connection, Origin};
use crate::model::{Destination, Prefix, Protocol, VirtualId};

/// Selects connections: one passes if it passes every part that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only connections of this service. Port 0 is every port of its address. The kernel
    /// notes a firewall mark in persistence templates alone, so a mark finds these only.
    pub service: Option<VirtualId>,
    /// Only connections to this server's address, or to one of its ports.
    pub server: Option<(IpAddr, Option<u16>)>,
    /// Only connections from these clients.
    pub client: Option<Prefix>,
    /// Only connections in this state.
    pub state: Option<&'static str>,
    /// Only connections of this origin, which only
    /// [`CONNECTIONS_WITH_ORIGIN`](super::CONNECTIONS_WITH_ORIGIN) shows.
    pub origin: Option<Origin>,
    /// Only connections to other servers than these.
    pub beside: Option<Arc<KnownServers>>,
}

/// The servers of a table, whatever their services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownServers {
    endpoints: HashSet<(IpAddr, u16)>,
    addresses: HashSet<IpAddr>,
}

/// The port of FTP. A server with this port has data connections on other ports, too.
const FTP: u16 = 21;

impl KnownServers {
    /// Returns whether a connection goes to one of these servers.
    pub fn has(&self, connection: &Connection<'_>) -> bool {
        let super::Endpoint { address, port } = connection.server;
        let knows = |port| self.endpoints.contains(&(address, port));
        // A server with port 0 has every port, and so does a template with port 0.
        knows(port)
            || knows(0)
            || (connection.transport() == Some(Protocol::Tcp) && knows(FTP))
            || (port == 0 && self.addresses.contains(&address))
    }
}

impl<'a> FromIterator<&'a Destination> for KnownServers {
    fn from_iter<T: IntoIterator<Item = &'a Destination>>(servers: T) -> Self {
        let mut known = Self::default();
        known.extend(servers);
        known
    }
}

impl<'a> Extend<&'a Destination> for KnownServers {
    fn extend<T: IntoIterator<Item = &'a Destination>>(&mut self, servers: T) {
        for server in servers {
            self.endpoints.insert((server.address, server.port));
            self.addresses.insert(server.address);
        }
    }
}

impl Filter {
    /// Returns whether a connection passes.
    pub fn passes(&self, connection: &Connection<'_>) -> bool {
        self.service
            .is_none_or(|service| is_of(&service, connection))
            && self.server.is_none_or(|(address, port)| {
                connection.server.address == address
                    && port.is_none_or(|port| connection.server.port == port)
            })
            && self
                .client
                .is_none_or(|clients| clients.contains(connection.client.address))
            && self
                .state
                .is_none_or(|state| connection.state == state.as_bytes())
            && self
                .origin
                .is_none_or(|origin| connection.origin == Some(origin))
            && self
                .beside
                .as_ref()
                .is_none_or(|servers| !servers.has(connection))
    }
}

fn is_of(wanted: &VirtualId, connection: &Connection<'_>) -> bool {
    match (*wanted, connection.through()) {
        // Port 0 is every port.
        (
            VirtualId::Endpoint {
                protocol,
                address,
                port: 0,
            },
            VirtualId::Endpoint {
                protocol: found,
                address: at,
                ..
            },
        ) => (protocol, address) == (found, at),
        (wanted, found) => wanted == found,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::connections::for_each_connection;
    use crate::model::{Family, Forwarding, Protocol};

    const TABLE: &str = "\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP 0A000001 9668 0A000002 0050 0A000003 1F40 CLOSE             9
TCP 0A000001 9669 0A000002 0051 0A000004 1F40 CLOSE             9
UDP 0A000001 966A 0A000002 0050 0A000003 0050 UDP             299
IP  0A000001 0000 00000007 0000 0A00004E 0000 NONE             99
IP  fd00:0000:0000:0000:0000:0000:0000:0001 0000 \
0000:0007:0000:0000:0000:0000:0000:0000 0000 \
fd00:0000:0000:0000:0000:0000:0000:0078 0000 NONE             99
";

    fn lines(filter: &Filter) -> Vec<usize> {
        let mut number = 0;
        let mut found = Vec::new();
        for_each_connection(TABLE.as_bytes(), |connection| {
            number += 1;
            if filter.passes(connection) {
                found.push(number);
            }
            Ok(())
        })
        .unwrap();
        found
    }

    fn service(protocol: Protocol, port: u16) -> Filter {
        let address = "10.0.0.2".parse().unwrap();
        let service = VirtualId::Endpoint {
            protocol,
            address,
            port,
        };
        Filter {
            service: Some(service),
            ..Filter::default()
        }
    }

    fn server(address: &str, port: Option<u16>) -> Filter {
        Filter {
            server: Some((address.parse().unwrap(), port)),
            ..Filter::default()
        }
    }

    #[test]
    fn connections_are_narrowed_to_a_service() {
        assert_eq!(lines(&Filter::default()), [1, 2, 3, 4, 5]);
        assert_eq!(lines(&service(Protocol::Tcp, 80)), [1]);
        assert_eq!(lines(&service(Protocol::Tcp, 0)), [1, 2]);
        assert_eq!(lines(&service(Protocol::Udp, 80)), [3]);
        assert_eq!(lines(&service(Protocol::Sctp, 80)), [0; 0]);
    }

    #[test]
    fn a_firewall_mark_finds_its_templates() {
        for (family, line) in [(Family::V4, 4), (Family::V6, 5)] {
            let service = VirtualId::Fwmark {
                mark: 7.try_into().unwrap(),
                family,
            };
            let filter = Filter {
                service: Some(service),
                ..Filter::default()
            };
            assert_eq!(lines(&filter), [line]);
        }
    }

    #[test]
    fn orphans_go_to_no_known_server() {
        let beside = |servers: &[(&str, u16)]| {
            let servers: Vec<_> = servers
                .iter()
                .map(|(address, port)| {
                    let address = address.parse().unwrap();
                    Destination::new(address, *port, Forwarding::Masquerade)
                })
                .collect();
            let servers: KnownServers = servers.iter().collect();
            Filter {
                beside: Some(Arc::new(servers)),
                ..Filter::default()
            }
        };
        for (servers, orphans) in [
            (&[][..], &[1, 2, 3, 4, 5][..]),
            (&[("10.0.0.3", 8000)], &[2, 3, 4, 5]),
            (&[("10.0.0.3", 0), ("10.0.0.4", 80)], &[2, 4, 5]),
            // A template for every port; and FTP, which is TCP.
            (&[("10.0.0.78", 443), ("10.0.0.3", 21)], &[2, 3, 5]),
        ] {
            assert_eq!(lines(&beside(servers)), orphans, "{servers:?}");
        }
    }

    #[test]
    fn an_origin_that_is_not_told_is_none() {
        let filter = Filter {
            origin: Some(Origin::Local),
            ..Filter::default()
        };
        assert_eq!(lines(&filter), [0; 0]);
    }

    #[test]
    fn connections_are_narrowed_to_a_server() {
        assert_eq!(lines(&server("10.0.0.3", None)), [1, 3]);
        assert_eq!(lines(&server("10.0.0.3", Some(80))), [3]);
        assert_eq!(lines(&server("fd00::78", None)), [5]);
        let mut both = service(Protocol::Tcp, 0);
        both.server = server("10.0.0.4", None).server;
        assert_eq!(lines(&both), [2]);
    }
}
