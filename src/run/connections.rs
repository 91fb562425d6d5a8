//! `-L -c`: the connections.

use std::io;
use std::sync::Arc;

use super::{Failure, Out, formats};
use crate::cli::{Connections, Standing};
use ipvs::client::Client;
use ipvs::connections::{
    self, CONNECTIONS, CONNECTIONS_WITH_ORIGIN, Filter, Interrupted, KnownServers,
};
use ipvs::error::Error;

/// Lists connections as they are read, or counts them.
#[inline(never)]
pub(super) fn list(wanted: &Connections, out: &mut Out) -> Result<(), Failure> {
    let filter = &filter(wanted)?;
    let format = formats::of(wanted.format);
    let Some(by) = wanted.by else {
        return format.connections(wanted, filter, out);
    };
    let counts = connections::count(open(wanted)?, filter, by).map_err(unlisted)?;
    let written = format.counts(wanted, by, &counts, out);
    written.map_err(Failure::writing)
}

/// Returns the filter that passes the wanted connections.
///
/// # Errors
/// Where the filter needs the table and it can't be read.
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

/// Returns the servers that the table has now.
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

/// Returns the file that has the wanted connections.
pub(super) fn file(wanted: &Connections) -> &'static str {
    match wanted.origin {
        None => CONNECTIONS,
        Some(_) => CONNECTIONS_WITH_ORIGIN,
    }
}

/// Opens the connection table. Where there is none, the failure has the words of ipvsadm 1.31.
pub(super) fn open(wanted: &Connections) -> Result<impl io::BufRead, Failure> {
    let file = file(wanted);
    let complaint = |_| Failure::Files(anyhow::anyhow!("cannot open file {file}"));
    ipvs::procfs::open(file).map_err(complaint)
}

/// Returns the failure of a listing that could not read, or write, every connection.
pub(super) fn unlisted(interrupted: Interrupted) -> Failure {
    match interrupted {
        Interrupted::Unread(error) => {
            Failure::Files(anyhow::Error::new(error).context(format!("cannot read {CONNECTIONS}")))
        }
        Interrupted::Unused(error) => Failure::writing(error),
    }
}
