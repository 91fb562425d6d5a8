//! `-L`: the table, one service of it, or the connections.

use std::collections::HashSet;
use std::io;
use std::net::IpAddr;

use anyhow::Context;

use super::kernel::Kernel;
use super::rows::{Rows, or_numbers};
use super::{Failure, Out};
use crate::cli::{Connections, List};
use crate::names::Names;
use crate::procfs::{self, CONNECTIONS};
use crate::render::{self, Filter, Header};

/// Lists services with their servers.
pub(super) fn table(kernel: &mut Kernel, list: &List, out: &mut Out) -> Result<(), Failure> {
    let Kernel { client, info } = kernel;
    let (header, mut rows) = match &list.service {
        Some(id) => {
            let service = client.service(id).map_err(Failure::Unlisted)?;
            (Header { info: None }, Rows::one(service, list.order))
        }
        None => {
            let rows = Rows::all(client, list.view, list.order).map_err(Failure::Unlisted)?;
            (Header { info: Some(*info) }, rows)
        }
    };
    let names = match list.numeric {
        true => None,
        false => Some(rows.names(client).map_err(Failure::Unlisted)?),
    };
    let names = or_numbers(&names);
    render::titles(out, header, list.view).map_err(Failure::writing)?;
    rows.for_each(client, |entry| {
        let entry = std::slice::from_ref(entry);
        render::rows(out, entry, list.view, list.numbers, names).map_err(Failure::writing)
    })
}

/// Lists connections as they are read. Where names are wanted they are read
/// twice: names are looked up all at the same time.
pub(super) fn connections(wanted: &Connections, out: &mut Out) -> Result<(), Failure> {
    let filter = Filter {
        service: wanted.service,
        server: wanted.server,
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
