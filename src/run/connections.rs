//! `-L -c`: the connections.

use std::collections::HashSet;
use std::io;
use std::net::IpAddr;

use super::rows::or_numbers;
use super::{Failure, Out};
use crate::cli::{Connections, Format};
use crate::json;
use crate::names::Names;
use crate::render;
use ipvs::connections::{self, By, CONNECTIONS, Filter, Interrupted};

/// Lists connections as they are read, or counts them.
#[inline(never)]
pub(super) fn list(wanted: &Connections, out: &mut Out) -> Result<(), Failure> {
    let filter = &filter(wanted);
    match (wanted.by, wanted.format) {
        (Some(by), _) => count(wanted, filter, by, out),
        (None, Format::Text) => print(wanted, filter, out),
        (None, Format::Json) => json::connections(out, open()?, filter).map_err(unlisted),
    }
}

/// Which connections are wanted.
pub(super) fn filter(wanted: &Connections) -> Filter {
    Filter {
        service: wanted.service,
        server: wanted.server,
        client: wanted.client,
        state: wanted.state,
    }
}

/// Where names are wanted the table is read twice: they are looked up all at
/// the same time.
fn print(wanted: &Connections, filter: &Filter, out: &mut Out) -> Result<(), Failure> {
    let names = match wanted.numeric {
        true => None,
        false => Some(Names::look_up(addresses(filter)?)),
    };
    let names = or_numbers(&names);
    render::connections(out, open()?, filter, wanted.persistent, names).map_err(unlisted)
}

fn count(wanted: &Connections, filter: &Filter, by: By, out: &mut Out) -> Result<(), Failure> {
    let counts = connections::count(open()?, filter, by).map_err(unlisted)?;
    match wanted.format {
        Format::Json => json::counts(out, by, &counts),
        Format::Text => {
            let hosts = || counts.iter().filter_map(|count| count.key.address());
            let names = (!wanted.numeric).then(|| Names::look_up(hosts()));
            render::counts(out, by, &counts, or_numbers(&names))
        }
    }
    .map_err(Failure::writing)
}

fn addresses(filter: &Filter) -> Result<HashSet<IpAddr>, Failure> {
    let mut addresses = HashSet::new();
    connections::for_each_connection(open()?, |connection| {
        if filter.passes(connection) {
            addresses.extend(
                [connection.client, connection.service, connection.server]
                    .map(|endpoint| endpoint.address),
            );
        }
        Ok(())
    })
    .map_err(unlisted)?;
    Ok(addresses)
}

/// The table, as ipvsadm 1.31 complains where there is none.
pub(super) fn open() -> Result<impl io::BufRead, Failure> {
    let complaint = |_| Failure::Files(anyhow::anyhow!("cannot open file {CONNECTIONS}"));
    ipvs::procfs::open(CONNECTIONS).map_err(complaint)
}

/// Not every connection was read, or written.
pub(super) fn unlisted(interrupted: Interrupted) -> Failure {
    match interrupted {
        Interrupted::Unread(error) => {
            Failure::Files(anyhow::Error::new(error).context(format!("cannot read {CONNECTIONS}")))
        }
        Interrupted::Unused(error) => Failure::writing(error),
    }
}
