//! `-L -c`: the connection table.

use std::io::{self, BufRead, Write};
use std::net::{IpAddr, Ipv4Addr};

use super::label::{Label, pad};
use crate::model::VirtualId;
use crate::names::NameOf;
use crate::procfs::{Connection, Endpoint, for_each_connection};

/// Which connections are listed: those that pass both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of a service. Port 0 is every port of its address. The
    /// kernel notes a firewall mark in persistence templates alone, so these
    /// are all that a mark finds.
    pub service: Option<VirtualId>,
    /// Only those to a server's address, or to one of its ports.
    pub server: Option<(IpAddr, Option<u16>)>,
}

impl Filter {
    /// Whether a connection is listed.
    pub fn passes(&self, connection: &Connection<'_>) -> bool {
        self.service
            .is_none_or(|service| is_of(&service, connection))
            && self.server.is_none_or(|(address, port)| {
                connection.server.address == address
                    && port.is_none_or(|port| connection.server.port == port)
            })
    }
}

fn is_of(service: &VirtualId, connection: &Connection<'_>) -> bool {
    let found = connection.service;
    match service {
        VirtualId::Endpoint {
            protocol,
            address,
            port,
        } => {
            connection.transport() == Some(*protocol)
                && found.address == *address
                && (*port == 0 || found.port == *port)
        }
        VirtualId::Fwmark { mark, family } => {
            let noted = match found.address {
                IpAddr::V4(address) => address,
                IpAddr::V6(address) => {
                    let [a, b, c, d, ..] = address.octets();
                    Ipv4Addr::new(a, b, c, d)
                }
            };
            connection.protocol == b"IP"
                && found.address.is_ipv4() == family.unspecified().is_ipv4()
                && noted.to_bits() == *mark
        }
    }
}

/// Lists the connections of a table as the kernel shows it, row by row as it
/// is read. `engines` adds what persistence engines noted.
pub fn connections(
    out: &mut impl Write,
    table: impl BufRead,
    filter: &Filter,
    engines: bool,
    names: &dyn NameOf,
) -> io::Result<()> {
    out.write_all(b"IPVS connection entries\n")?;
    out.write_all(b"pro expire state       source             virtual            destination")?;
    if engines {
        out.write_all(b"        pe name          pe_data")?;
    }
    out.write_all(b"\n")?;
    let mut label = Label::default();
    for_each_connection(table, |connection| {
        if filter.passes(connection) {
            row(out, &mut label, connection, engines, names)?;
        }
        Ok(())
    })
}

fn row(
    out: &mut impl Write,
    label: &mut Label,
    connection: &Connection<'_>,
    engines: bool,
    names: &dyn NameOf,
) -> io::Result<()> {
    pad(out, connection.protocol, 3)?;
    let (minutes, seconds) = (connection.expires / 60, connection.expires % 60);
    // Two digits each, and the whole six characters wide at least.
    write!(out, " {minutes:02}:{seconds:02}")?;
    out.write_all(if minutes < 100 { b"  " } else { b" " })?;
    pad(out, connection.state, 11)?;
    let protocol = connection.transport();
    let mut column = |out: &mut _, endpoint: Endpoint, width| {
        let text = label.set(endpoint.address, endpoint.port, protocol, names)?;
        pad(out, text, width)
    };
    out.write_all(b" ")?;
    column(out, connection.client, 18)?;
    out.write_all(b" ")?;
    column(out, connection.service, 18)?;
    out.write_all(b" ")?;
    match connection.engine.filter(|_| engines) {
        None => column(out, connection.server, 0)?,
        Some((name, data)) => {
            column(out, connection.server, 16)?;
            out.write_all(b" ")?;
            pad(out, name, 18)?;
            out.write_all(b" ")?;
            out.write_all(data)?;
        }
    }
    out.write_all(b"\n")
}
