//! `-L`: the table, one service of it, or the connections.

use std::collections::HashSet;
use std::io;

use anyhow::Context;

use super::{Failure, Out};
use crate::cli::{Connections, List};
use crate::names::{NameOf, Names, Numeric};
use crate::procfs;
use crate::render::{self, Filter, Header, Order};

use super::kernel::Kernel;

/// Where the kernel shows its connections.
const CONNECTIONS: &str = "/proc/net/ip_vs_conn";

/// Lists services with their servers.
pub(super) fn table(kernel: &mut Kernel, list: &List, out: &mut Out) -> Result<(), Failure> {
    let (header, mut entries) = match &list.service {
        Some(id) => {
            let entry = kernel.client.service(id).map_err(Failure::Unlisted)?;
            (Header { info: None }, vec![entry])
        }
        None => {
            let entries = kernel.client.table().map_err(Failure::Unlisted)?;
            let info = Some(kernel.info);
            (Header { info }, entries)
        }
    };
    if list.order == Order::Sorted {
        render::sort(&mut entries);
    }
    let names: &dyn NameOf = if list.numeric {
        &Numeric
    } else {
        &Names::look_up(render::addresses(&entries))
    };
    render::table(out, header, &entries, list.view, list.numbers, names).map_err(Failure::writing)
}

/// Lists connections as they are read. Where names are wanted they are read
/// twice: names are looked up all at the same time.
pub(super) fn connections(wanted: &Connections, out: &mut Out) -> Result<(), Failure> {
    let filter = Filter {
        service: wanted.service,
        server: wanted.server,
    };
    let names: &dyn NameOf = if wanted.numeric {
        &Numeric
    } else {
        &Names::look_up(addresses(&filter).map_err(Failure::Files)?)
    };
    let table = open().map_err(Failure::Files)?;
    render::connections(out, table, &filter, wanted.persistent, names).map_err(Failure::writing)
}

fn addresses(filter: &Filter) -> anyhow::Result<HashSet<std::net::IpAddr>> {
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
    procfs::open(CONNECTIONS).with_context(|| format!("cannot open {CONNECTIONS}"))
}
