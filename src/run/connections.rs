//! `-L -c`: the connections.

use std::collections::HashSet;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use super::rows::or_numbers;
use super::{Failure, Out};
use crate::cli::{Connections, Format, Standing};
use crate::json;
use crate::names::Names;
use crate::render;
use ipvs::client::Client;
use ipvs::connections::{
    self, CONNECTIONS, CONNECTIONS_WITH_ORIGIN, Count, Filter, Grouping, Interrupted, KnownServers,
};
use ipvs::error::Error;

/// Lists connections as they are read, or counts them.
#[inline(never)]
pub(super) fn list(wanted: &Connections, out: &mut Out) -> Result<(), Failure> {
    let filter = &filter(wanted)?;
    match (wanted.by, wanted.format) {
        (Some(by), _) => count(wanted, filter, by, out),
        (None, Format::Text) => print(wanted, filter, out),
        (None, Format::Json) => json::connections(out, open(wanted)?, filter).map_err(unlisted),
    }
}

/// Which connections are wanted.
///
/// # Errors
/// Where the table is needed for it and can't be read.
pub(super) fn filter(wanted: &Connections) -> Result<Filter, Failure> {
    let beside = match wanted.standing {
        Standing::Any => None,
        Standing::Orphaned => Some(Arc::new(known_servers().map_err(Failure::Unlisted)?)),
    };
    Ok(Filter {
        service: wanted.service,
        server: wanted.server,
        client: wanted.client,
        state: wanted.state,
        origin: wanted.origin,
        beside,
    })
}

/// The servers that the table has now.
fn known_servers() -> Result<KnownServers, Error> {
    let mut client = Client::open()?;
    let mut known = KnownServers::default();
    let mut rows = Vec::new();
    for service in client.configured()? {
        client.configured_destinations(&service.id, &mut rows)?;
        known.extend(rows.iter().map(|row| &row.destination));
    }
    Ok(known)
}

/// The file that tells what is wanted.
pub(super) fn file(wanted: &Connections) -> &'static str {
    match wanted.origin {
        None => CONNECTIONS,
        Some(_) => CONNECTIONS_WITH_ORIGIN,
    }
}

/// Where names are wanted the table is read twice: they are looked up all at
/// the same time.
fn print(wanted: &Connections, filter: &Filter, out: &mut Out) -> Result<(), Failure> {
    let names = match wanted.numeric {
        true => None,
        false => Some(Names::look_up(addresses(wanted, filter)?)),
    };
    let names = or_numbers(&names);
    render::connections(out, open(wanted)?, filter, wanted.persistent, names).map_err(unlisted)
}

fn count(
    wanted: &Connections,
    filter: &Filter,
    by: Grouping,
    out: &mut Out,
) -> Result<(), Failure> {
    let counts = connections::count(open(wanted)?, filter, by).map_err(unlisted)?;
    match wanted.format {
        Format::Json => json::counts(out, by, &counts),
        Format::Text => {
            let hosts = || counts.iter().flat_map(Count::addresses);
            let names = (!wanted.numeric).then(|| Names::look_up(hosts()));
            render::counts(out, by, &counts, or_numbers(&names))
        }
    }
    .map_err(Failure::writing)
}

fn addresses(wanted: &Connections, filter: &Filter) -> Result<HashSet<IpAddr>, Failure> {
    let mut addresses = HashSet::new();
    connections::for_each_connection(open(wanted)?, |connection| {
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
pub(super) fn open(wanted: &Connections) -> Result<impl io::BufRead, Failure> {
    let file = file(wanted);
    let complaint = |_| Failure::Files(anyhow::anyhow!("cannot open file {file}"));
    ipvs::procfs::open(file).map_err(complaint)
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
