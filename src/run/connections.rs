//! `-L -c`: the connections.

use std::collections::HashSet;
use std::io;
use std::net::IpAddr;

use anyhow::Context;

use super::rows::or_numbers;
use super::{Failure, Out};
use crate::cli::{Connections, Format};
use crate::json;
use crate::model::VirtualId;
use crate::names::Names;
use crate::procfs::{self, By, CONNECTIONS, Count, Filter, Key};
use crate::render;

/// Lists connections as they are read, or counts them.
pub(super) fn list(wanted: &Connections, out: &mut Out) -> Result<(), Failure> {
    let filter = &Filter {
        service: wanted.service,
        server: wanted.server,
        client: wanted.client,
        state: wanted.state,
    };
    match (wanted.by, wanted.format) {
        (Some(by), _) => count(wanted, filter, by, out),
        (None, Format::Text) => print(wanted, filter, out),
        (None, Format::Json) => {
            let table = open().map_err(Failure::Files)?;
            json::connections(out, table, filter).map_err(Failure::writing)
        }
    }
}

/// Where names are wanted the table is read twice: they are looked up all at
/// the same time.
fn print(wanted: &Connections, filter: &Filter, out: &mut Out) -> Result<(), Failure> {
    let names = match wanted.numeric {
        true => None,
        false => Some(Names::look_up(addresses(filter).map_err(Failure::Files)?)),
    };
    let names = or_numbers(&names);
    let table = open().map_err(Failure::Files)?;
    render::connections(out, table, filter, wanted.persistent, names).map_err(Failure::writing)
}

fn count(wanted: &Connections, filter: &Filter, by: By, out: &mut Out) -> Result<(), Failure> {
    let table = open().map_err(Failure::Files)?;
    let counts = procfs::count(table, filter, by)
        .with_context(|| format!("cannot read {CONNECTIONS}"))
        .map_err(Failure::Files)?;
    match wanted.format {
        Format::Json => json::counts(out, by, &counts),
        Format::Text => {
            let hosts = || counts.iter().filter_map(host);
            let names = (!wanted.numeric).then(|| Names::look_up(hosts()));
            render::counts(out, by, &counts, or_numbers(&names))
        }
    }
    .map_err(Failure::writing)
}

/// The address that may have a name.
fn host(count: &Count) -> Option<IpAddr> {
    match count.key {
        Key::Server(server) => Some(server.address),
        Key::Client(client) => Some(client),
        Key::Service(VirtualId::Endpoint { address, .. }) => Some(address),
        Key::Service(VirtualId::Fwmark { .. }) | Key::State(_) => None,
    }
}

fn addresses(filter: &Filter) -> anyhow::Result<HashSet<IpAddr>> {
    let mut addresses = HashSet::new();
    procfs::for_each_connection(open()?, |connection| {
        if filter.passes(connection) {
            addresses.extend(
                [connection.client, connection.service, connection.server]
                    .map(|endpoint| endpoint.address),
            );
        }
        Ok(())
    })
    .with_context(|| format!("cannot read {CONNECTIONS}"))?;
    Ok(addresses)
}

fn open() -> anyhow::Result<impl io::BufRead> {
    // As ipvsadm 1.31 says it.
    procfs::open(CONNECTIONS).map_err(|_| anyhow::anyhow!("cannot open file {CONNECTIONS}"))
}
