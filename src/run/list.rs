//! `-L`: the table, one service of it, or the connections.

use std::collections::HashSet;
use std::io;

use anyhow::Context;

use super::{Failure, Out};
use crate::cli::{Connections, List};
use crate::client::Client;
use crate::error::Error;
use crate::model::ServiceEntry;
use crate::names::{NameOf, Names, Numeric};
use crate::procfs::{self, Agreement, CONNECTIONS};
use crate::render::{self, Filter, Header, Order, View};

use super::kernel::Kernel;

/// How often the short way is tried before the sure one is taken.
const ATTEMPTS: usize = 3;
/// Up to so many services, asking for the servers of each is the shorter way.
const FEW: usize = 8;

/// Lists services with their servers.
pub(super) fn table(kernel: &mut Kernel, list: &List, out: &mut Out) -> Result<(), Failure> {
    let (header, mut entries) = match &list.service {
        Some(id) => {
            let entry = kernel.client.service(id).map_err(Failure::Unlisted)?;
            (Header { info: None }, vec![entry])
        }
        None => {
            let entries = whole_table(&mut kernel.client, list.view).map_err(Failure::Unlisted)?;
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

/// Every service with as much of its servers as the view shows.
fn whole_table(client: &mut Client, view: View) -> Result<Vec<ServiceEntry>, Error> {
    let mut entries = client.services()?;
    if view == View::Plain && entries.len() > FEW {
        for _ in 0..ATTEMPTS {
            match procfs::add_servers(&mut entries, || procfs::open(procfs::TABLE)) {
                Ok(Agreement::Same) => return Ok(entries),
                // The table is changing.
                Ok(Agreement::Different) => entries = client.services()?,
                // Not every environment shows it.
                Err(_) => break,
            }
        }
    }
    for entry in &mut entries {
        entry.destinations = client.destinations(&entry.service.id)?;
    }
    Ok(entries)
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
    // As ipvsadm 1.31 says it.
    procfs::open(CONNECTIONS).map_err(|_| anyhow::anyhow!("cannot open file {CONNECTIONS}"))
}
