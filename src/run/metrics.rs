//! `-L --openmetrics`: what a monitoring system reads.

use super::file::to_file;
use super::rows::{LISTING, Rows};
use super::{Failure, Out};
use crate::cli::{Metrics, Selection};
use crate::estimation::Frozen;
use crate::openmetrics::{self, Scrape, Sysctls};
use crate::view::Order;
use crate::{status, sysctls};
use ipvs::client::Client;
use ipvs::model::ServiceEntry;

/// Writes the metrics of this director. The kernel is asked for everything before the first byte is
/// written.
#[inline(never)]
pub(super) fn metrics(client: &mut Client, wanted: &Metrics, out: &mut Out) -> Result<(), Failure> {
    client.set_patience(LISTING);
    let scrape = scrape(client)?;
    match &wanted.output {
        None => openmetrics::write(out, &scrape).map_err(Failure::writing),
        Some(file) => to_file(file, &|out| openmetrics::write(out, &scrape)),
    }
}

fn scrape(client: &mut Client) -> Result<Scrape, Failure> {
    Ok(Scrape {
        info: client.info(),
        connections: status::connections(),
        // If a file of /proc is missing, its metrics are left out.
        totals: client.totals().ok().flatten(),
        settings: Sysctls::read(|name| sysctls::value(name)?.parse().ok()),
        estimates: sysctls::are_shown().then(|| Frozen::now().is_none()),
        timeouts: client.timeouts().map_err(Failure::Unlisted)?,
        daemons: client.daemons().map_err(Failure::Unlisted)?,
        services: services(client)?,
    })
}

fn services(client: &mut Client) -> Result<Vec<ServiceEntry>, Failure> {
    let rows = Rows::<ServiceEntry>::ask(client, &Selection::All, Order::Sorted)?;
    let mut services = Vec::new();
    rows.for_each(client, |mut entry, mut servers| {
        servers.shrink_to_fit();
        entry.destinations = servers;
        services.push(entry);
        Ok(())
    })?;
    Ok(services)
}
