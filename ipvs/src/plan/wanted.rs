//! The table that rules describe, found by carrying them out without a kernel.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::model::{Change, Destination, Service, VirtualId};
use crate::rules::Numeric;
use crate::rules::{Endpoint, Selector};

/// A server is looked for in a list up to this length, then in an index.
const LIST: usize = 16;

/// A setting and the line of the last rule that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruled<T> {
    /// What is set.
    pub value: T,
    /// Where.
    pub line: u64,
}

/// A service that rules describe.
#[derive(Debug)]
pub struct RuledService {
    /// Its settings.
    pub service: Ruled<Service>,
    /// Its servers, in the order of the rules.
    pub servers: Servers,
}

/// Services and servers, in the order of the rules.
#[derive(Debug, Default)]
pub struct Table {
    /// None where the rules delete a service again.
    services: Vec<Option<RuledService>>,
    places: HashMap<VirtualId, usize>,
}

/// Why a rule can't be carried out; the sentences are those for the kernel's
/// refusals, with the words that are meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `-A` of a service that is there.
    #[error("Service already exists: {service} (line {line})")]
    ServiceExists {
        /// Its words.
        service: String,
        /// Where it was added.
        line: u64,
    },
    /// `-E`, `-D` or `-Z` of a service that is not there.
    #[error("No such service: {0}")]
    NoService(String),
    /// A server for a service that is not there.
    #[error("Service not defined: {0}")]
    NotDefined(String),
    /// `-a` of a server that is there.
    #[error("Destination already exists: {service} -r {server} (line {line})")]
    ServerExists {
        /// The words of its service.
        service: String,
        /// Its words.
        server: String,
        /// Where it was added.
        line: u64,
    },
    /// `-e` or `-d` of a server that is not there.
    #[error("No such destination: {service} -r {server}")]
    NoServer {
        /// The words of its service.
        service: String,
        /// Its words.
        server: String,
    },
    /// A lower threshold above the upper one.
    #[error("Numerical result out of range: -y {lower} is more than -x {upper}")]
    Thresholds {
        /// Its upper threshold.
        upper: u32,
        /// Its lower threshold.
        lower: u32,
    },
}

impl Table {
    /// The services in the order of the rules.
    pub fn services(&self) -> impl Iterator<Item = &RuledService> {
        self.services.iter().flatten()
    }

    /// The service with that identity.
    pub fn get(&self, id: &VirtualId) -> Option<&RuledService> {
        self.services.get(self.place(id)?)?.as_ref()
    }

    /// The place of a service in the order of the rules.
    pub(super) fn place(&self, id: &VirtualId) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// What is at a place; nothing where the service has been deleted.
    pub(super) fn at(&self, place: usize) -> Option<&RuledService> {
        self.services.get(place)?.as_ref()
    }

    /// How many places there are.
    pub(super) fn places(&self) -> usize {
        self.services.len()
    }

    /// Carries out the rule of a line. A change that is not to services and
    /// servers is given back.
    ///
    /// # Errors
    /// What the kernel would refuse if the rules before were all there is.
    pub fn apply(&mut self, line: u64, change: Change) -> Result<Option<Change>, Refusal> {
        match change {
            Change::AddService(service) => self.add_service(line, service)?,
            Change::EditService(service) => {
                let Some(known) = self.get_mut(&service.id) else {
                    return Err(no_service(&service.id));
                };
                known.service = Ruled {
                    value: service,
                    line,
                };
            }
            Change::DeleteService(id) => {
                let place = self.places.remove(&id).ok_or_else(|| no_service(&id))?;
                if let Some(service) = self.services.get_mut(place) {
                    *service = None;
                }
            }
            Change::AddServer(id, destination) => {
                check_thresholds(&destination)?;
                self.servers_of(&id)?
                    .add(line, destination)
                    .map_err(|line| Refusal::ServerExists {
                        service: words(&id),
                        server: server_words(&id, &destination),
                        line,
                    })?;
            }
            Change::EditServer(id, destination) => {
                check_thresholds(&destination)?;
                let servers = self.servers_of(&id)?;
                let server = servers
                    .get_mut(&destination)
                    .ok_or_else(|| no_server(&id, &destination))?;
                *server = Ruled {
                    value: destination,
                    line,
                };
            }
            Change::DeleteServer(id, destination) => {
                self.servers_of(&id)?
                    .remove(&destination)
                    .ok_or_else(|| no_server(&id, &destination))?;
            }
            Change::Clear => {
                self.services.clear();
                self.places.clear();
            }
            Change::Zero(Some(id)) if self.get(&id).is_none() => return Err(no_service(&id)),
            other @ (Change::Zero(_)
            | Change::SetTimeouts(_)
            | Change::StartDaemon(_)
            | Change::StopDaemon(_)) => return Ok(Some(other)),
        }
        Ok(None)
    }

    fn add_service(&mut self, line: u64, service: Service) -> Result<(), Refusal> {
        if let Some(known) = self.get(&service.id) {
            return Err(Refusal::ServiceExists {
                service: words(&service.id),
                line: known.service.line,
            });
        }
        self.places.insert(service.id, self.services.len());
        self.services.push(Some(RuledService {
            service: Ruled {
                value: service,
                line,
            },
            servers: Servers::default(),
        }));
        Ok(())
    }

    fn get_mut(&mut self, id: &VirtualId) -> Option<&mut RuledService> {
        let place = self.place(id)?;
        self.services.get_mut(place)?.as_mut()
    }

    fn servers_of(&mut self, id: &VirtualId) -> Result<&mut Servers, Refusal> {
        match self.get_mut(id) {
            Some(service) => Ok(&mut service.servers),
            None => Err(Refusal::NotDefined(words(id))),
        }
    }
}

/// Where in a list a server is.
#[derive(Debug)]
struct Places(HashMap<(IpAddr, u16), usize>);

/// The servers of one service.
#[derive(Debug, Default)]
pub struct Servers {
    list: Vec<Ruled<Destination>>,
    /// Built when the list gets long.
    places: Option<Box<Places>>,
}

impl Servers {
    /// All of them, in the order of the rules.
    pub fn iter(&self) -> impl Iterator<Item = &Ruled<Destination>> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The one with that address and port.
    pub fn get(&self, destination: &Destination) -> Option<&Ruled<Destination>> {
        self.list.get(self.place(destination)?)
    }

    /// The one at that place in the list.
    pub(super) fn at(&self, index: usize) -> Option<&Ruled<Destination>> {
        self.list.get(index)
    }

    fn get_mut(&mut self, destination: &Destination) -> Option<&mut Ruled<Destination>> {
        let place = self.place(destination)?;
        self.list.get_mut(place)
    }

    fn place(&self, destination: &Destination) -> Option<usize> {
        let wanted = key(destination);
        match &self.places {
            Some(places) => places.0.get(&wanted).copied(),
            None => self
                .list
                .iter()
                .position(|server| key(&server.value) == wanted),
        }
    }

    /// Adds a server, or gives the line of the one that is there.
    fn add(&mut self, line: u64, destination: Destination) -> Result<(), u64> {
        if let Some(known) = self.get(&destination) {
            return Err(known.line);
        }
        if let Some(places) = &mut self.places {
            places.0.insert(key(&destination), self.list.len());
        }
        // Most services of a large table have one server.
        if self.list.is_empty() {
            self.list.reserve_exact(1);
        }
        self.list.push(Ruled {
            value: destination,
            line,
        });
        if self.places.is_none() && self.list.len() > LIST {
            self.index();
        }
        Ok(())
    }

    fn remove(&mut self, destination: &Destination) -> Option<()> {
        let place = self.place(destination)?;
        self.list.remove(place);
        if self.places.is_some() {
            self.index();
        }
        Some(())
    }

    fn index(&mut self) {
        let places = self.list.iter().enumerate();
        let places = places.map(|(place, server)| (key(&server.value), place));
        self.places = Some(Box::new(Places(places.collect())));
    }
}

/// What tells one server of a service from another.
pub(super) fn key(destination: &Destination) -> (IpAddr, u16) {
    (destination.address, destination.port)
}

fn check_thresholds(destination: &Destination) -> Result<(), Refusal> {
    if destination.lower_threshold > destination.upper_threshold {
        return Err(Refusal::Thresholds {
            upper: destination.upper_threshold,
            lower: destination.lower_threshold,
        });
    }
    Ok(())
}

fn no_service(id: &VirtualId) -> Refusal {
    Refusal::NoService(words(id))
}

fn no_server(id: &VirtualId, destination: &Destination) -> Refusal {
    Refusal::NoServer {
        service: words(id),
        server: server_words(id, destination),
    }
}

fn words(id: &VirtualId) -> String {
    Selector::new(id, &Numeric).to_string()
}

fn server_words(id: &VirtualId, destination: &Destination) -> String {
    Endpoint::server(id, destination, &Numeric).to_string()
}
