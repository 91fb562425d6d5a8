//! The kernel's connection table, as `/proc/net/ip_vs_conn` shows it.
//!
//! The table may hold hundreds of thousands of connections, so it is never
//! held here: lines are handed on one by one and nothing is allocated for
//! them. The kernel walks the table from its start at every `read()`, which
//! makes large reads worth their buffer; see [`open`].

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::str;

use crate::model::Protocol;

/// Where the kernel shows the connections of the network namespace.
pub const CONNECTIONS: &str = "/proc/net/ip_vs_conn";

const READ_SIZE: usize = 1 << 20;

/// Opens a table for reading in large pieces.
pub fn open(path: impl AsRef<Path>) -> io::Result<impl BufRead> {
    Ok(BufReader::with_capacity(READ_SIZE, File::open(path)?))
}

/// An address and a port of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address; a server's family may differ from its clients'.
    pub address: IpAddr,
    /// Host byte order; 0 in templates means every port.
    pub port: u16,
}

/// A connection, or the template that keeps a client with its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection<'a> {
    /// The protocol's name; `IP` in templates of a firewall mark.
    pub protocol: &'a [u8],
    /// Whom it comes from.
    pub client: Endpoint,
    /// The virtual service. Templates of a firewall mark have the mark in
    /// place of the address, in its first four bytes.
    pub service: Endpoint,
    /// The real server.
    pub server: Endpoint,
    /// The name of the protocol's state.
    pub state: &'a [u8],
    /// Seconds until it is forgotten.
    pub expires: u64,
    /// Name and data of the persistence engine that made it.
    pub engine: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> Connection<'a> {
    /// A line of the table; none if it is the title line or malformed.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let protocol = words.next()?;
        let mut endpoint = || {
            Some(Endpoint {
                address: address(words.next()?)?,
                port: u16::try_from(hex(words.next()?)?).ok()?,
            })
        };
        let (client, service, server) = (endpoint()?, endpoint()?, endpoint()?);
        let state = words.next()?;
        let expires = str::from_utf8(words.next()?).ok()?.parse().ok()?;
        let engine = words.next().zip(words.next());
        Some(Self {
            protocol,
            client,
            service,
            server,
            state,
            expires,
            engine,
        })
    }

    /// The transport protocol, if it is one that this crate has a name for.
    pub fn transport(&self) -> Option<Protocol> {
        match self.protocol {
            b"TCP" => Some(Protocol::Tcp),
            b"UDP" => Some(Protocol::Udp),
            b"SCTP" => Some(Protocol::Sctp),
            _ => None,
        }
    }
}

/// Hands every connection of a table to `each`, until it fails or the table
/// ends. Lines that are none are passed over.
pub fn for_each_connection(
    mut table: impl BufRead,
    mut each: impl FnMut(&Connection<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut line = Vec::new();
    while table.read_until(b'\n', &mut line)? > 0 {
        if let Some(connection) = Connection::parse(&line) {
            each(&connection)?;
        }
        line.clear();
    }
    Ok(())
}

/// `0A000001`, or eight groups of hexadecimal digits between colons.
fn address(word: &[u8]) -> Option<IpAddr> {
    if word.len() == 8
        && let Some(bits) = hex(word)
    {
        return Some(Ipv4Addr::from_bits(bits).into());
    }
    let address: Ipv6Addr = str::from_utf8(word).ok()?.parse().ok()?;
    Some(address.into())
}

/// At most eight hexadecimal digits of either case, and nothing else.
fn hex(word: &[u8]) -> Option<u32> {
    if word.is_empty() || word.len() > 8 {
        return None;
    }
    word.iter().try_fold(0, |value, byte| {
        let digit = char::from(*byte).to_digit(16)?;
        Some(value << 4 | digit)
    })
}
