//! The table that rules describe, found by carrying them out without a kernel.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::model::{Change, Destination, Service, VirtualId};
use crate::rules::Numeric;
use crate::rules::{EndpointWords, Selector};

use super::ruled::key;
pub use super::ruled::{Ruled, RuledServers};
use super::scope::Scope;

/// A service that rules describe.
#[derive(Debug)]
pub struct RuledService {
    /// Its settings.
    pub service: Ruled<Service>,
    /// Its servers, in the order of the rules.
    pub servers: RuledServers,
}

/// Services and servers, in the order of the rules.
#[derive(Debug, Default)]
pub struct Table {
    /// `None` where the rules delete a service again.
    services: Vec<Option<RuledService>>,
    places: HashMap<VirtualId, usize>,
    /// The line of the last rule that deleted each service or server.
    deleted: HashMap<Identity, u64>,
    scope: Scope,
    /// The line of the last rule.
    line: u64,
}

/// The identity of a service, or of one of its servers.
type Identity = (VirtualId, Option<(IpAddr, u16)>);

/// The outcome of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The table is as the rule has it.
    Done,
    /// The rule changes nothing: it repeats the rule in this line.
    Repeats(u64),
    /// The rule is about something other than services and servers.
    Other(Change),
}

/// The reason why a rule can't be carried out. The sentences are those for the kernel's
/// refusals, with the words of the service or server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Refusal {
    /// `-A` of a service that is there.
    #[error("Service already exists: {service} (line {line})")]
    ServiceExists {
        /// The service, in the words of a rule.
        service: String,
        /// The line of the rule that added it.
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
        /// The server, in the words of a rule.
        server: String,
        /// The line of the rule that added it.
        line: u64,
    },
    /// `-e` or `-d` of a server that is not there.
    #[error("No such destination: {service} -r {server}")]
    NoServer {
        /// The words of its service.
        service: String,
        /// The server, in the words of a rule.
        server: String,
    },
    /// A lower threshold above the upper one.
    #[error("Numerical result out of range: -y {lower} is more than -x {upper}")]
    Thresholds {
        /// The upper threshold of the rule.
        upper: u32,
        /// The lower threshold of the rule.
        lower: u32,
    },
    /// A rule for a service that the [`Scope`] leaves out.
    #[error("{0} is not in the scope")]
    OutOfScope(String),
    /// A rule that has an effect beyond the services of the [`Scope`].
    #[error("this has an effect beyond the scope")]
    BeyondScope,
}

impl Table {
    /// Returns a table without services. Rules may describe only services of the scope, and
    /// a replacement compares the table as far as the scope goes.
    pub fn within(scope: Scope) -> Self {
        Self {
            scope,
            ..Self::default()
        }
    }

    /// Returns how far a replacement with this table goes.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns the services in the order of the rules.
    pub fn services(&self) -> impl Iterator<Item = &RuledService> {
        self.services.iter().flatten()
    }

    /// Returns the service with that identity.
    pub fn get(&self, id: &VirtualId) -> Option<&RuledService> {
        self.services.get(self.place(id)?)?.as_ref()
    }

    /// Returns the place of a service in the order of the rules.
    pub(super) fn place(&self, id: &VirtualId) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Returns the service at a place; `None` where the rules have deleted it.
    pub(super) fn at(&self, place: usize) -> Option<&RuledService> {
        self.services.get(place)?.as_ref()
    }

    /// Returns how many places there are, those of deleted services included.
    pub(super) fn places(&self) -> usize {
        self.services.len()
    }

    /// Adds a service with its servers, each as a rule in a line of its own: for tables
    /// that come from no file.
    ///
    /// # Errors
    /// The errors of [`apply`](Self::apply).
    pub fn add(
        &mut self,
        service: Service,
        servers: impl IntoIterator<Item = Destination>,
    ) -> Result<(), Refusal> {
        let id = service.id;
        self.apply(self.line.saturating_add(1), Change::AddService(service))?;
        for server in servers {
            self.apply(self.line.saturating_add(1), Change::AddServer(id, server))?;
        }
        Ok(())
    }

    /// Carries out the rule of a line.
    ///
    /// # Errors
    /// The refusals of a kernel that had carried out only the rules before this one, and
    /// rules that are not in the scope.
    pub fn apply(&mut self, line: u64, change: Change) -> Result<Applied, Refusal> {
        self.line = line;
        self.check_scope(&change)?;
        match change {
            Change::AddService(service) => return self.add_service(line, service),
            Change::EditService(service) => {
                let Some(known) = self.get_mut(&service.id) else {
                    return Err(no_service(&service.id));
                };
                known.service = Ruled {
                    value: service,
                    line,
                };
            }
            Change::DeleteService(id) => return self.delete_service(line, id),
            Change::AddServer(id, destination) => return self.add_server(line, id, destination),
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
                return self.delete_server(line, id, &destination);
            }
            Change::Clear => {
                self.services.clear();
                self.places.clear();
            }
            Change::Zero(Some(id)) if self.get(&id).is_none() => return Err(no_service(&id)),
            other @ (Change::Zero(_)
            | Change::SetTimeouts(_)
            | Change::StartDaemon(_)
            | Change::StopDaemon(_)) => return Ok(Applied::Other(other)),
        }
        Ok(Applied::Done)
    }

    fn check_scope(&self, change: &Change) -> Result<(), Refusal> {
        if self.scope.is_whole() {
            return Ok(());
        }
        let id = match change {
            Change::AddService(service) | Change::EditService(service) => &service.id,
            Change::DeleteService(id)
            | Change::AddServer(id, _)
            | Change::EditServer(id, _)
            | Change::DeleteServer(id, _)
            | Change::Zero(Some(id)) => id,
            // `-C` clears only what the rules before it describe.
            Change::Clear => return Ok(()),
            Change::Zero(None)
            | Change::SetTimeouts(_)
            | Change::StartDaemon(_)
            | Change::StopDaemon(_) => return Err(Refusal::BeyondScope),
        };
        match self.scope.covers(id) {
            true => Ok(()),
            false => Err(Refusal::OutOfScope(words(id))),
        }
    }

    fn add_service(&mut self, line: u64, service: Service) -> Result<Applied, Refusal> {
        if let Some(known) = self.get(&service.id) {
            let known = &known.service;
            if known.value == service {
                return Ok(Applied::Repeats(known.line));
            }
            return Err(Refusal::ServiceExists {
                service: words(&service.id),
                line: known.line,
            });
        }
        self.deleted.remove(&(service.id, None));
        self.places.insert(service.id, self.services.len());
        self.services.push(Some(RuledService {
            service: Ruled {
                value: service,
                line,
            },
            servers: RuledServers::default(),
        }));
        Ok(Applied::Done)
    }

    fn delete_service(&mut self, line: u64, id: VirtualId) -> Result<Applied, Refusal> {
        let Some(place) = self.places.remove(&id) else {
            return self.repeats_deletion((id, None), || no_service(&id));
        };
        if let Some(service) = self.services.get_mut(place) {
            *service = None;
        }
        self.deleted.insert((id, None), line);
        Ok(Applied::Done)
    }

    fn add_server(
        &mut self,
        line: u64,
        id: VirtualId,
        destination: Destination,
    ) -> Result<Applied, Refusal> {
        check_thresholds(&destination)?;
        let servers = self.servers_of(&id)?;
        if let Some(known) = servers.get(&destination) {
            if known.value == destination {
                return Ok(Applied::Repeats(known.line));
            }
            return Err(Refusal::ServerExists {
                service: words(&id),
                server: server_words(&id, &destination),
                line: known.line,
            });
        }
        servers.add(line, destination);
        self.deleted.remove(&(id, Some(key(&destination))));
        Ok(Applied::Done)
    }

    fn delete_server(
        &mut self,
        line: u64,
        id: VirtualId,
        destination: &Destination,
    ) -> Result<Applied, Refusal> {
        let name = (id, Some(key(destination)));
        if self.servers_of(&id)?.remove(destination).is_none() {
            return self.repeats_deletion(name, || no_server(&id, destination));
        }
        self.deleted.insert(name, line);
        Ok(Applied::Done)
    }

    /// Returns the line of the rule that deleted this service or server before, or the
    /// refusal.
    fn repeats_deletion(
        &self,
        name: Identity,
        refusal: impl FnOnce() -> Refusal,
    ) -> Result<Applied, Refusal> {
        let line = self.deleted.get(&name).copied();
        line.map(Applied::Repeats).ok_or_else(refusal)
    }

    fn get_mut(&mut self, id: &VirtualId) -> Option<&mut RuledService> {
        let place = self.place(id)?;
        self.services.get_mut(place)?.as_mut()
    }

    fn servers_of(&mut self, id: &VirtualId) -> Result<&mut RuledServers, Refusal> {
        match self.get_mut(id) {
            Some(service) => Ok(&mut service.servers),
            None => Err(Refusal::NotDefined(words(id))),
        }
    }
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
    EndpointWords::server(id, destination, &Numeric).to_string()
}
