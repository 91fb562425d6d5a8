//! Two looks at a director, and everything around it in between and after.

use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use super::system::{self, not_read};
use super::{Connections, FORM, Facts, Named, SyncDaemon, Timeouts, Unread, filters, table};
use crate::routing::Routing;
use ipvs::client::Client;
use ipvs::connections::CONNECTIONS;
use ipvs::error::Error;
use ipvs::model::VirtualId;

/// The wishes of the user: what to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Only this service; all of them otherwise.
    pub service: Option<VirtualId>,
    /// Clients to ask about besides those of the connection table.
    pub clients: Vec<IpAddr>,
    /// From the first look to the second.
    pub sample: Duration,
    /// Ask on the links who else has the virtual addresses.
    pub probe: bool,
}

/// Looks at this machine. What can't be read is named among the facts.
///
/// # Errors
/// Where the service that is wanted can't be asked for.
pub fn gather(wanted: &Wanted) -> Result<Facts, Error> {
    let mut facts = Facts {
        form: FORM,
        kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")
            .unwrap_or_default()
            .trim()
            .to_owned(),
        clients: wanted.clients.clone(),
        only: wanted.service.map(Named),
        ..Facts::default()
    };
    let mut unread = Vec::new();
    // Not by modprobe: nothing is changed here.
    let mut client = match Client::open() {
        Ok(client) => Some(client),
        Err(error) => {
            unread.push(refused("the table of services", &error));
            None
        }
    };
    if let Some(client) = &mut client {
        facts.buckets = client.info().connection_table_size;
        facts.services = table::first(client, wanted.service.as_ref())?;
    }
    let before = system::counters();
    let start = std::time::Instant::now();
    thread::sleep(wanted.sample);
    facts.counters = system::risen(&before, system::counters());
    facts.sample = start.elapsed().as_secs_f64();
    if let Some(client) = &mut client {
        table::again(client, &mut facts.services)?;
        match client.daemons() {
            Ok(daemons) => facts.daemons = daemons.iter().map(SyncDaemon::from).collect(),
            Err(error) => unread.push(refused("the synchronization daemons", &error)),
        }
        match client.timeouts() {
            Ok(found) => {
                facts.timeouts = Some(Timeouts {
                    tcp: found.tcp,
                    tcp_fin: found.tcp_fin,
                    udp: found.udp,
                });
            }
            Err(error) => unread.push(refused("the timeouts", &error)),
        }
        match Connections::read(&wanted.clients) {
            Ok(connections) => facts.connections = Some(connections),
            Err(error) => unread.push(not_read(CONNECTIONS, &error)),
        }
    }
    facts.modules = system::modules();
    facts.programs = system::programs();
    match filters::read() {
        Ok(chains) => facts.filters = Some(chains),
        Err(error) => unread.push(not_read("the packet filter's chains", &error)),
    }
    match around(&mut facts, wanted.probe) {
        Ok(()) => {}
        Err(error) => unread.push(not_read("links, addresses and routes", &error)),
    }
    facts.sysctls = system::sysctls(&facts.links, &mut unread);
    facts.files = system::files(&mut unread);
    facts.sockets = system::sockets(&facts, &mut unread);
    facts.unread = unread;
    Ok(facts)
}

/// Links, addresses, neighbours and ways.
fn around(facts: &mut Facts, probe: bool) -> std::io::Result<()> {
    let mut routing = Routing::open()?;
    facts.links = routing.links()?;
    facts.addresses = routing.addresses()?;
    facts.neighbours = routing.neighbours()?;
    facts.ask_ways(&mut routing)?;
    if probe {
        facts.answered = super::probe::probe(facts, &mut routing)?;
        facts.probed = true;
    }
    Ok(())
}

fn refused(what: &str, error: &Error) -> Unread {
    Unread {
        what: what.to_owned(),
        why: error.to_string(),
    }
}
