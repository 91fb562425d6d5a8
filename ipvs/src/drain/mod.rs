//! Taking a real server out of service, or a whole virtual service, without hurting its
//! clients: when it may be removed, and when it must stay.
//!
//! [`Draining::close`] keeps new connections away. Then the caller asks [`Draining::look`]
//! again and again, and does what it says. A caller that looks in another way makes the
//! changes that [`Draining::closing`] returns, and asks [`Draining::step`].
//!
//! ```
//! # use ipvs::drain::{Draining, Look, Step};
//! # use ipvs::model::{Destination, DestinationEntry, Forwarding, Protocol};
//! # use ipvs::model::{Service, ServiceEntry, Stats, VirtualId};
//! # let id = VirtualId::Endpoint { protocol: Protocol::Tcp, address: [192, 0, 2, 80].into(), port: 80 };
//! # let service = Service::new(id, "wlc".parse()?);
//! # let mut entry = ServiceEntry::new(service, Stats::default());
//! # let server = Destination::new([192, 168, 10, 11].into(), 80, Forwarding::Masquerade);
//! # entry.destinations.push(DestinationEntry::new(server));
//! let address = ([192, 168, 10, 11].into(), 80);
//! let mut draining = Draining::begin(&entry, Some(address)).ok_or("no such server")?;
//! assert_eq!(draining.closing().count(), 1);
//! // The weight is 0, and nobody is connected.
//! entry.destinations[0].destination.weight = 0;
//! let look = Look { entry: Some(&entry), tally: None, is_last: false };
//! assert_eq!(draining.step(look), Step::Remove);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod together;
mod traffic;

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::ControlFlow;

use crate::client::Patience;
use crate::director::Director;
use crate::error::{Error, ErrorKind};
use crate::model::{
    Change, Destination, DestinationEntry, Protocol, Service, ServiceEntry, Stats, VirtualId,
};

pub use together::{Round, Sight, Together};
pub use traffic::{CLIENT_SILENCE, Tally};

/// The address and the port, which tell a real server from the others of a service.
type ServerAddress = (IpAddr, u16);

/// A drain of one server, or of a service and all its servers.
#[derive(Clone, Debug)]
pub struct Draining {
    service: Service,
    /// The server that goes; `None` if the service goes with all its servers.
    server: Option<ServerAddress>,
    removal: Change,
    /// The servers that go, as they were found at the beginning.
    found: HashMap<ServerAddress, Destination>,
    /// The counters of the last look. They show whether a server was removed and added
    /// again.
    counters: KnownStats,
    /// True if the last look found the service or a server made anew. A second look has to
    /// agree: the kernel sends a service first and its servers later, and both may be
    /// removed or zeroed in between.
    suspects: bool,
}

#[derive(Clone, Debug)]
struct KnownStats {
    service: Stats,
    servers: HashMap<ServerAddress, Stats>,
}

/// One look at the table.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The service with its servers; `None` if there is no such service.
    pub entry: Option<&'a ServiceEntry>,
    /// The connections; `None` if the connection table was not read.
    pub tally: Option<&'a Tally>,
    /// True if no other look follows, because the time is over.
    pub is_last: bool,
}

/// The next thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Step {
    /// Wait: so many connections may still carry data. The number is 0 while closed
    /// connections may still repeat their last packets.
    Wait(u64),
    /// Look again at once, even after the last look.
    LookAgain,
    /// Remove the server or the service.
    Remove,
    /// Do nothing: somebody else has removed the server or the service.
    Gone,
    /// Do nothing: this was the last look, and so many connections are left.
    TimeIsOver(u64),
    /// Do nothing: somebody else is at work on the server or the service.
    Leave(Reason),
}

/// A change by somebody else, for which a server or a service has to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Reason {
    /// Somebody else gave this server a weight.
    Weight(Destination),
    /// Somebody else changed another setting of this server.
    ServerChanged(Destination),
    /// Somebody else removed this server and added it again.
    ServerIsNew(Destination),
    /// Somebody else added this server to the service.
    ServerAdded(Destination),
    /// Somebody else changed a setting of the service.
    ServiceChanged,
    /// None of the servers is there any more, but the service is: somebody else
    /// made it anew, or is at work on it.
    ServiceIsNew,
}

impl Draining {
    /// Begins to drain a server of the service, or the whole service if `server` is `None`.
    /// Returns `None` if that server is not there.
    pub fn begin(entry: &ServiceEntry, server: Option<ServerAddress>) -> Option<Self> {
        let drained = entry
            .destinations
            .iter()
            .filter(|row| server.is_none_or(|server| server == address(row)));
        let found: HashMap<_, _> = drained.map(|row| (address(row), row.destination)).collect();
        let id = entry.service.id;
        let removal = match server {
            Some(server) => Change::DeleteServer(id, *found.get(&server)?),
            None => Change::DeleteService(id),
        };
        let counters = KnownStats::of(entry, &found);
        Some(Self {
            service: entry.service.clone(),
            server,
            removal,
            found,
            counters,
            suspects: false,
        })
    }

    /// Returns the identity of the service.
    pub fn service(&self) -> &VirtualId {
        &self.service.id
    }

    /// Returns the server that goes, as it was found; `None` if the service goes with all
    /// its servers.
    pub fn server(&self) -> Option<&Destination> {
        self.server.and_then(|server| self.found.get(&server))
    }

    /// Returns the servers that go, as they were found.
    pub fn servers(&self) -> impl Iterator<Item = &Destination> {
        self.found.values()
    }

    /// Returns the changes that keep new connections away: they set weights to 0.
    pub fn closing(&self) -> impl Iterator<Item = Change> {
        let open = self.found.values().filter(|server| server.weight != 0);
        open.map(|server| {
            let closed = Destination {
                weight: 0,
                ..*server
            };
            Change::EditServer(self.service.id, closed)
        })
    }

    /// Returns the change that removes the server or the service.
    pub fn removal(&self) -> Change {
        self.removal.clone()
    }

    /// Keeps new connections away. Servers that somebody else has removed are passed over.
    ///
    /// # Errors
    /// As for [`Client::apply`](crate::client::Client::apply).
    pub fn close(&self, director: &mut (impl Director + ?Sized)) -> Result<(), Error> {
        close(director, self.closing())
    }

    /// Looks at the table, and says what to do. Where the connection table can't be read,
    /// closed connections are waited for too.
    ///
    /// # Errors
    /// As for [`Client::service`](crate::client::Client::service).
    pub fn look(
        &mut self,
        director: &mut (impl Director + ?Sized),
        is_last: bool,
    ) -> Result<Step, Error> {
        // A drain may take hours: each look has a patience of its own.
        director.set_patience(Patience::DEFAULT);
        let mut entry = self.seen(director)?;
        let mut tally = None;
        if entry.as_ref().is_some_and(|entry| self.needs_tally(entry)) {
            let timeouts = director.timeouts()?;
            let table = director.connections().ok();
            tally = table.and_then(|table| self.tally(&timeouts, table).ok());
            // The service is read last, so that as little as possible can happen to it
            // before it is removed.
            entry = self.seen(director)?;
        }
        Ok(self.step(Look {
            entry: entry.as_ref(),
            tally: tally.as_ref(),
            is_last,
        }))
    }

    fn seen(&self, director: &mut (impl Director + ?Sized)) -> Result<Option<ServiceEntry>, Error> {
        match director.service(&self.service.id) {
            Err(error) if error.kind() == ErrorKind::NoSuchService => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Returns whether [`step`](Self::step) needs a tally of the connection table: the
    /// kernel counts half-closed connections as inactive, as it does closed ones.
    pub fn needs_tally(&self, entry: &ServiceEntry) -> bool {
        self.has_closed_connections() && self.drained(entry).any(|row| row.activity.inactive > 0)
    }

    /// Says what to do after a look.
    pub fn step(&mut self, look: Look<'_>) -> Step {
        let Some(entry) = look.entry else {
            return Step::Gone;
        };
        if self.server.is_some() && self.drained(entry).next().is_none() {
            return Step::Gone;
        }
        match self.someone_else(entry) {
            Some(Reason::ServerIsNew(_) | Reason::ServiceIsNew) if !self.suspects => {
                self.suspects = true;
                return Step::LookAgain;
            }
            Some(reason) => return Step::Leave(reason),
            None => self.suspects = false,
        }
        self.counters = KnownStats::of(entry, &self.found);
        let left = self.left(entry, look.tally);
        match (left.open, look.is_last) {
            (0, true) => Step::Remove,
            (0, false) if left.closing == 0 => Step::Remove,
            (open, true) => Step::TimeIsOver(open),
            (open, false) => Step::Wait(open),
        }
    }

    /// Returns how many connections may still carry data.
    pub fn open(&self, entry: &ServiceEntry, tally: Option<&Tally>) -> u64 {
        self.left(entry, tally).open
    }

    /// Returns the change that somebody else made, if the table shows one.
    fn someone_else(&self, entry: &ServiceEntry) -> Option<Reason> {
        let weighted = self.drained(entry).find(|row| row.destination.weight != 0);
        if let Some(row) = weighted {
            return Some(Reason::Weight(row.destination));
        }
        // A server that is drained alone is removed whatever becomes of the service.
        if self.server.is_none() {
            if entry.service != self.service {
                return Some(Reason::ServiceChanged);
            }
            let mut is_empty = true;
            for row in &entry.destinations {
                match self.found.contains_key(&address(row)) {
                    true => is_empty = false,
                    false => return Some(Reason::ServerAdded(row.destination)),
                }
            }
            if is_empty && !self.found.is_empty() {
                return Some(Reason::ServiceIsNew);
            }
        }
        // `-Z` sets the counters of the service to 0 too: no server is new then.
        let is_zeroed = went_back(&self.counters.service, &entry.stats);
        self.drained(entry).find_map(|row| {
            let now = row.destination;
            let then = self.found.get(&address(row))?;
            if (Destination { weight: 0, ..*then }) != now {
                return Some(Reason::ServerChanged(now));
            }
            let counters = self.counters.servers.get(&address(row))?;
            let is_new = !is_zeroed && went_back(counters, &row.stats);
            is_new.then_some(Reason::ServerIsNew(now))
        })
    }

    fn left(&self, entry: &ServiceEntry, tally: Option<&Tally>) -> AwaitedConnections {
        let count = |number: fn(&DestinationEntry) -> u32| {
            self.drained(entry)
                .map(|row| u64::from(number(row)))
                .fold(0, u64::saturating_add)
        };
        let active = count(|row| row.activity.active);
        let inactive = count(|row| row.activity.inactive);
        let all = active.saturating_add(inactive);
        match tally {
            _ if !self.has_closed_connections() => AwaitedConnections {
                open: all,
                closing: 0,
            },
            _ if inactive == 0 => AwaitedConnections {
                open: active,
                closing: 0,
            },
            // Without a tally it is unknown which connections are closed.
            None => AwaitedConnections {
                open: all,
                closing: 0,
            },
            Some(tally) => {
                // The text may leave out some connections while others end, and may have
                // some of another service with the same server.
                let missed = all.saturating_sub(tally.all);
                AwaitedConnections {
                    open: tally.open.saturating_add(missed).min(all),
                    closing: tally.closing,
                }
            }
        }
    }

    fn drained<'a>(
        &self,
        entry: &'a ServiceEntry,
    ) -> impl Iterator<Item = &'a DestinationEntry> + use<'a> {
        let server = self.server;
        entry
            .destinations
            .iter()
            .filter(move |row| server.is_none_or(|server| server == address(row)))
    }

    /// Returns whether the kernel sees how the service's connections end, and remembers it.
    /// UDP has no end of a connection, and a mark may be on packets of any protocol.
    fn has_closed_connections(&self) -> bool {
        match self.service.id {
            VirtualId::Endpoint { protocol, .. } => match protocol {
                Protocol::Tcp | Protocol::Sctp => true,
                Protocol::Udp | Protocol::Other(_) => false,
            },
            VirtualId::Fwmark { .. } => false,
        }
    }
}

/// Makes changes, but passes over services and servers that somebody else has removed.
fn close(
    director: &mut (impl Director + ?Sized),
    changes: impl Iterator<Item = Change>,
) -> Result<(), Error> {
    let changes: Vec<_> = changes.collect();
    let mut outcome = Ok(());
    director.apply_all(&changes, &mut |_, error| match error.kind() {
        ErrorKind::NoSuchService | ErrorKind::NoSuchServer => ControlFlow::Continue(()),
        _ => {
            outcome = Err(error);
            ControlFlow::Break(())
        }
    })?;
    outcome
}

impl KnownStats {
    fn of(entry: &ServiceEntry, servers: &HashMap<ServerAddress, Destination>) -> Self {
        let rows = entry.destinations.iter();
        let rows = rows.filter(|row| servers.contains_key(&address(row)));
        Self {
            service: entry.stats,
            servers: rows.map(|row| (address(row), row.stats)).collect(),
        }
    }
}

/// The connections that are waited for.
struct AwaitedConnections {
    /// Connections that may still carry data.
    open: u64,
    /// Connections that were closed a moment ago.
    closing: u64,
}

fn address(row: &DestinationEntry) -> ServerAddress {
    (row.destination.address, row.destination.port)
}

/// Returns whether a counter is lower than before.
fn went_back(before: &Stats, now: &Stats) -> bool {
    let counters = |stats: &Stats| {
        let Stats {
            connections,
            in_packets,
            out_packets,
            in_bytes,
            out_bytes,
            connections_per_second: _,
            in_packets_per_second: _,
            out_packets_per_second: _,
            in_bytes_per_second: _,
            out_bytes_per_second: _,
        } = *stats;
        [connections, in_packets, out_packets, in_bytes, out_bytes]
    };
    let (before, now) = (counters(before), counters(now));
    before.iter().zip(&now).any(|(before, now)| now < before)
}
