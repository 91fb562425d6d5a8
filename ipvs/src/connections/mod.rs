//! The connections, from the kernel's `/proc/net/ip_vs_conn`.
//!
//! There may be hundreds of thousands of connections, so they are never held:
//! lines are handed on one by one and nothing is allocated for them.

mod count;
mod filter;
pub mod states;

use std::io::{self, BufRead};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::str;

use crate::model::{Family, Protocol, VirtualId};

pub use crate::model::Endpoint;
use crate::procfs::words::{LineWords, address, decimal, hex};

pub use count::{By, Count, Grouping, Key, count};
pub use filter::{Filter, KnownServers};

/// Where the kernel shows the connections of the network namespace.
pub const CONNECTIONS: &str = "/proc/net/ip_vs_conn";

/// Where the kernel shows the connections with their [`Origin`], but without the data of
/// persistence engines.
pub const CONNECTIONS_WITH_ORIGIN: &str = "/proc/net/ip_vs_conn_sync";

/// How the kernel came to know a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Origin {
    /// `LOCAL`: its packets passed this director.
    Local,
    /// `SYNC`: a sync daemon received it from another director.
    Sync,
}

/// A connection, or the template that keeps a client with its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Connection<'a> {
    /// The protocol's name; `IP` in templates of a firewall mark.
    pub protocol: &'a [u8],
    /// The client's address and port.
    pub client: Endpoint,
    /// The virtual service. Templates of a firewall mark have the mark in
    /// place of the address, in its first four bytes.
    pub service: Endpoint,
    /// The real server.
    pub server: Endpoint,
    /// The name of the protocol's state.
    pub state: &'a [u8],
    /// Seconds until the kernel forgets the connection.
    pub expires: u64,
    /// Name and data of the persistence engine that made the connection.
    pub engine: Option<(&'a [u8], &'a [u8])>,
    /// The origin, which [`CONNECTIONS_WITH_ORIGIN`] alone shows.
    pub origin: Option<Origin>,
}

impl<'a> Connection<'a> {
    /// Reads a line of the table; `None` if it is the title line or malformed.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let mut words = LineWords::of(line);
        let protocol = words.next()?;
        let mut endpoint = || {
            Some(Endpoint {
                address: address(words.next()?)?,
                port: u16::try_from(hex(words.next()?)?).ok()?,
            })
        };
        let (client, service, server) = (endpoint()?, endpoint()?, endpoint()?);
        let state = words.next()?;
        let mut word = words.next()?;
        let origin = match word {
            b"LOCAL" => Some(Origin::Local),
            b"SYNC" => Some(Origin::Sync),
            _ => None,
        };
        if origin.is_some() {
            word = words.next()?;
        }
        let expires = decimal(word)?;
        // An engine's data came over the network: any byte may be in it.
        let mut noted = || {
            let mut parts = words.next()?.split(u8::is_ascii_whitespace);
            parts.find(|part| !part.is_empty())
        };
        let engine = noted().zip(noted());
        Some(Self {
            protocol,
            client,
            service,
            server,
            state,
            expires,
            engine,
            origin,
        })
    }

    /// Returns the transport protocol, if it is one that this crate has a name for.
    pub fn transport(&self) -> Option<Protocol> {
        Protocol::named(self.protocol)
    }

    /// Returns the service that the connection came through. The kernel notes a firewall
    /// mark in templates alone: other connections of a mark's service show the address and
    /// port that the client wanted.
    pub fn through(&self) -> VirtualId {
        let Endpoint { address, port } = self.service;
        if self.protocol == b"IP" {
            let (family, mark) = match address {
                IpAddr::V4(address) => (Family::V4, address),
                IpAddr::V6(address) => {
                    let [a, b, c, d, ..] = address.octets();
                    (Family::V6, Ipv4Addr::new(a, b, c, d))
                }
            };
            if let Some(mark) = NonZeroU32::new(mark.to_bits()) {
                return VirtualId::Fwmark { mark, family };
            }
        }
        let word = str::from_utf8(self.protocol).ok();
        let protocol = word.and_then(|word| word.parse().ok());
        VirtualId::Endpoint {
            // The kernel writes no other name for a connection.
            protocol: protocol.unwrap_or(Protocol::Other(0)),
            address,
            port,
        }
    }

    /// Returns the name of the state, one of [`states`]. It is empty where the bytes are no
    /// text, which no kernel writes.
    pub fn state_name(&self) -> &'a str {
        str::from_utf8(self.state).unwrap_or_default()
    }

    /// Returns whether this is a template, which keeps a client with its server.
    ///
    /// A template has no client port and one of two states. Data connections of FTP have no
    /// client port either, as long as they wait for their first packet (`LISTEN`), and a
    /// client may really send from port 0 (`UDP` and the like).
    pub fn is_template(&self) -> bool {
        self.client.port == 0 && [states::NONE, states::ASSURED].contains(&self.state_name())
    }
}

/// The reason why not every connection of a table was handed on.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    /// The table could not be read any further.
    #[error("the connections can't be read: {0}")]
    Unread(#[source] io::Error),
    /// The caller failed to use a connection.
    #[error(transparent)]
    Unused(#[from] io::Error),
}

/// Returns the error behind it, for callers that treat both alike.
impl From<Interrupted> for io::Error {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Unread(error) | Interrupted::Unused(error) => error,
        }
    }
}

/// Hands every connection of a table to `each`, until `each` fails or the table
/// ends. Lines that are not connections are passed over.
///
/// # Errors
/// The errors of the table and of `each`.
pub fn for_each_connection(
    table: impl BufRead,
    mut each: impl FnMut(&Connection<'_>) -> io::Result<()>,
) -> Result<(), Interrupted> {
    for_each_line(table, |_, connection| each(connection))
}

/// Does the same as [`for_each_connection`], and also hands on the line of each connection.
///
/// # Errors
/// The errors of the table and of `each`.
pub fn for_each_line(
    mut table: impl BufRead,
    mut each: impl FnMut(&[u8], &Connection<'_>) -> io::Result<()>,
) -> Result<(), Interrupted> {
    let mut line = Vec::new();
    while table
        .read_until(b'\n', &mut line)
        .map_err(Interrupted::Unread)?
        > 0
    {
        if let Some(connection) = Connection::parse(&line) {
            each(&line, &connection)?;
        }
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"TCP 0A000001 9668 0A000002 0050 7F000001 1F40 CLOSE             9\n";

    fn protocols(table: &[u8]) -> Vec<String> {
        let mut seen = Vec::new();
        for_each_connection(table, |connection| {
            seen.push(String::from_utf8_lossy(connection.protocol).into_owned());
            Ok(())
        })
        .unwrap();
        seen
    }

    fn endpoint(address: &str, port: u16) -> Endpoint {
        let address = address.parse().unwrap();
        Endpoint { address, port }
    }

    #[test]
    fn a_line_is_a_connection() {
        let connection = Connection::parse(LINE).unwrap();
        assert_eq!(connection.protocol, b"TCP");
        assert_eq!(connection.transport(), Some(Protocol::Tcp));
        assert_eq!(connection.client, endpoint("10.0.0.1", 0x9668));
        assert_eq!(connection.service, endpoint("10.0.0.2", 80));
        assert_eq!(connection.server, endpoint("127.0.0.1", 8000));
        assert_eq!(connection.state, b"CLOSE");
        assert_eq!(connection.expires, 9);
        assert_eq!(connection.engine, None);
    }

    #[test]
    fn the_other_table_has_origins() {
        for (word, origin) in [("LOCAL", Origin::Local), ("SYNC ", Origin::Sync)] {
            let line = format!(
                "TCP 0A000001 9668 0A000002 0050 7F000001 1F40 CLOSE       {word}        9\n"
            );
            let connection = Connection::parse(line.as_bytes()).unwrap();
            assert_eq!(connection.origin, Some(origin));
            assert_eq!((connection.state, connection.expires), (&b"CLOSE"[..], 9));
        }
        assert_eq!(Connection::parse(LINE).unwrap().origin, None);
        let line = b"TCP 0A000001 9668 0A000002 0050 7F000001 1F40 CLOSE       LOCAL\n";
        assert_eq!(Connection::parse(line), None);
    }

    #[test]
    fn a_mark_is_no_address() {
        let through = |line: &[u8]| Connection::parse(line).map(|found| found.through());
        let mark = b"IP  0A000001 0000 FFFFFFFF 0000 0A00004E 0000 NONE 99";
        let family = Family::V4;
        assert_eq!(
            through(mark),
            Some(VirtualId::Fwmark {
                mark: NonZeroU32::MAX,
                family
            })
        );
        for (name, protocol) in [
            ("TCP", Protocol::Tcp),
            ("IP_50", Protocol::Other(50)),
            ("ESP", Protocol::Other(0)),
        ] {
            let line = format!("{name} 0A000001 0000 00000007 0050 0A00004E 0000 NONE 99");
            let endpoint = VirtualId::Endpoint {
                protocol,
                address: [0, 0, 0, 7].into(),
                port: 80,
            };
            assert_eq!(through(line.as_bytes()), Some(endpoint), "{name}");
        }
    }

    #[test]
    fn a_template_has_no_port_of_a_client() {
        for (port, state, is_template) in [
            ("9668", "NONE", false),
            ("0000", "NONE", true),
            ("0000", "ASSURED", true),
            ("0000", "UDP", false),
            ("0000", "SYN_RECV", false),
            ("0000", "LISTEN", false),
        ] {
            let line = format!("TCP 0A000001 {port} 0A000002 0050 0A000003 0050 {state} 9");
            let connection = Connection::parse(line.as_bytes()).unwrap();
            assert_eq!(connection.is_template(), is_template, "{line}");
        }
    }

    #[test]
    fn families_may_be_mixed_and_engines_leave_data() {
        for data in ["abc-def@host.example\n", "\tabc-def@host.example\r\n"] {
            let line = format!(
                "UDP fd00:0000:0000:0000:0000:0000:0000:0001 0000 \
                 fd00:0000:0000:0000:0000:0000:0000:0002 13C4 0A00004E 13C4 NONE             59 \
                 sip {data}"
            );
            let connection = Connection::parse(line.as_bytes()).unwrap();
            assert_eq!(connection.client, endpoint("fd00::1", 0));
            assert_eq!(connection.service, endpoint("fd00::2", 5060));
            assert_eq!(connection.server, endpoint("10.0.0.78", 5060));
            let engine: (&[u8], &[u8]) = (b"sip", b"abc-def@host.example");
            assert_eq!(connection.engine, Some(engine));
        }
    }

    #[test]
    fn malformed_lines_cost_no_other_line() {
        let title = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires";
        for line in [
            title,
            "",
            "   ",
            "TCP",
            "TCP 0A000001 9668 0A000002 0050 7F000001 1F40",
            "TCP 0A000001 9668 0A000002 0050 7F000001 1F40 CLOSE",
            "TCP 0A000001 9668 0A000002 0050 7F000001 1F40 CLOSE x",
            "TCP 0A000001 9668 0A000002 0050 7F000001 1F40 CLOSE -1",
            "TCP 0A000001 9668 0A000002 0050 7F000001 1F40 CLOSE 18446744073709551616",
            "TCP 0A00000 9668 0A000002 0050 7F000001 1F40 CLOSE 9",
            "TCP 0A00000G 9668 0A000002 0050 7F000001 1F40 CLOSE 9",
            "TCP +A000001 9668 0A000002 0050 7F000001 1F40 CLOSE 9",
            "TCP 0A000001 19668 0A000002 0050 7F000001 1F40 CLOSE 9",
            "TCP 0A000001 966G 0A000002 0050 7F000001 1F40 CLOSE 9",
            "TCP fd00:1 9668 0A000002 0050 7F000001 1F40 CLOSE 9",
            "TCP \u{fffd} 9668 0A000002 0050 7F000001 1F40 CLOSE 9",
        ] {
            let mut table = format!("{line}\n").into_bytes();
            table.extend_from_slice(LINE);
            assert_eq!(protocols(&table), ["TCP"], "{line}");
        }
        let mut table = b"\xff\0\n".to_vec();
        table.extend_from_slice(LINE);
        assert_eq!(protocols(&table), ["TCP"]);
    }

    #[test]
    fn no_prefix_of_a_line_is_a_panic() {
        for end in 0..LINE.len() {
            let line = LINE.get(..end).unwrap_or_default();
            let _ = Connection::parse(line);
        }
    }

    #[test]
    fn a_failure_of_the_listing_ends_it() {
        let table = [LINE, LINE].concat();
        let mut calls = 0;
        let result = for_each_connection(&table[..], |_| {
            calls += 1;
            Err(io::ErrorKind::BrokenPipe.into())
        });
        assert!(matches!(
            result,
            Err(Interrupted::Unused(error)) if error.kind() == io::ErrorKind::BrokenPipe
        ));
        assert_eq!(calls, 1);
    }
}
