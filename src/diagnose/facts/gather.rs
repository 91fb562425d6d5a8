//! Looks at a director twice, and then at everything around it.

use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use super::system::{self, not_read};
use super::{
    ConnectionFacts, FORM, Facts, Listener, OnServer, SyncDaemon, TimeoutFacts, Unread, filters,
    sync, table,
};
use crate::routing::Routing;
use ipvs::client::Client;
use ipvs::connections::{CONNECTIONS, CONNECTIONS_WITH_ORIGIN};
use ipvs::error::Error;
use ipvs::model::VirtualId;

/// The user's wishes about what to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Only this service; every service if none is named.
    pub service: Option<VirtualId>,
    /// The real server that this machine is; none if it is a director.
    pub on_server: Option<OnServer>,
    /// Clients to ask about besides those of the connection table.
    pub clients: Vec<IpAddr>,
    /// The time from the first look to the second.
    pub sample: Duration,
    /// Ask on the links who else has the virtual addresses.
    pub probe: bool,
}

/// Looks at this machine. What can't be read is named among the facts.
///
/// # Errors
/// Where the table can't be read, or does not have the service that is wanted.
pub fn gather(wanted: &Wanted) -> Result<Facts, Error> {
    let mut facts = Facts {
        form: FORM,
        kernel: system::kernel(),
        clients: wanted.clients.clone(),
        only: wanted.service,
        on_server: wanted.on_server.clone(),
        ..Facts::default()
    };
    let mut unread = Vec::new();
    // The client is opened without modprobe, because nothing is changed here. On a
    // real server it is not opened, because even a question could make the kernel
    // load the module, which a real server does not need.
    let mut client = match wanted.on_server {
        Some(_) => None,
        None => match Client::open() {
            Ok(client) => Some(client),
            Err(error) => {
                unread.push(refused("the table of services", &error));
                None
            }
        },
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
                facts.timeouts = Some(TimeoutFacts {
                    tcp: found.tcp,
                    tcp_fin: found.tcp_fin,
                    udp: found.udp,
                });
            }
            Err(error) => unread.push(refused("the timeouts", &error)),
        }
        match ConnectionFacts::read(&wanted.clients) {
            Ok(connections) => facts.connections = Some(connections),
            Err(error) => unread.push(not_read(CONNECTIONS, &error)),
        }
        let receives = facts.daemons.iter().any(|daemon| daemon.backup);
        if let Some(connections) = facts.connections.as_mut().filter(|_| receives) {
            match sync::synchronized() {
                Ok(count) => connections.synchronized = Some(count),
                Err(error) => unread.push(not_read(CONNECTIONS_WITH_ORIGIN, &error)),
            }
        }
    }
    if let Some(on_server) = &facts.on_server {
        facts.peers = system::peers(on_server.service.port);
        if !Listener::PROTOCOLS.contains(&on_server.protocol.as_str()) {
            unread.push(Unread {
                what: format!("programs that listen by {}", on_server.protocol),
                why: "only those of TCP and UDP are read".to_owned(),
            });
        }
    }
    surroundings(&mut facts, wanted.probe, &mut unread);
    facts.unread = unread;
    Ok(facts)
}

/// Reads everything around the table.
pub(super) fn surroundings(facts: &mut Facts, probe: bool, unread: &mut Vec<Unread>) {
    facts.modules = system::modules();
    facts.programs = system::programs();
    match filters::read() {
        Ok(chains) => facts.filters = Some(chains),
        Err(error) => unread.push(not_read("the packet filter's chains", &error)),
    }
    match around(facts, probe, unread) {
        Ok(()) => {}
        Err(error) => unread.push(not_read("links, addresses and routes", &error)),
    }
    facts.sysctls = system::sysctls(&facts.links, unread);
    facts.files = system::files(unread);
    facts.sockets = system::sockets(facts, unread);
}

/// Reads links, addresses, neighbours and ways.
fn around(facts: &mut Facts, probe: bool, unread: &mut Vec<Unread>) -> std::io::Result<()> {
    let mut routing = Routing::open()?;
    facts.links = routing.links()?;
    facts.addresses = routing.addresses()?.into();
    facts.neighbours = routing.neighbours()?.into();
    facts.classified = routing.classified()?;
    unread.extend(facts.drop_own_director());
    facts.ask_ways(&mut routing)?;
    if probe {
        (facts.neighbours, facts.answered) = super::probe::probe(facts, &mut routing)?;
        facts.probed = true;
    }
    Ok(())
}

pub(super) fn refused(what: &str, error: &Error) -> Unread {
    Unread {
        what: what.to_owned(),
        why: error.to_string(),
    }
}
