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
