//! `-L -c`: the connections.

use std::collections::HashSet;
use std::io;
use std::net::IpAddr;

use anyhow::Context;

use super::rows::or_numbers;
use super::{Failure, Out};
use crate::cli::Connections;
use crate::names::Names;
use crate::procfs::{self, CONNECTIONS};
use crate::render::{self, Filter};

/// Lists connections as they are read. Where names are wanted they are read
/// twice: names are looked up all at the same time.
pub(super) fn list(wanted: &Connections, out: &mut Out) -> Result<(), Failure> {
    let filter = Filter {
        service: wanted.service,
        server: wanted.server,
        client: wanted.client,
        state: wanted.state,
    };
    let names = match wanted.numeric {
        true => None,
        false => Some(Names::look_up(addresses(&filter).map_err(Failure::Files)?)),
    };
    let names = or_numbers(&names);
    let table = open().map_err(Failure::Files)?;
    render::connections(out, table, &filter, wanted.persistent, names).map_err(Failure::writing)
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
