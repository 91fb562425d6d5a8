//! The way from the table that is there to the table that is wanted: only the differences
//! are changed.
//!
//! [`transaction::replace`] goes all the way: it reads the table, plans, makes the changes,
//! plans again where another program came between, and takes back what it has done where
//! the kernel refuses. A [`Plan`] alone shows what would happen.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//!
//! use ipvs::client::Client;
//! use ipvs::model::{Change, Destination, Forwarding, Protocol, Service, VirtualId};
//! use ipvs::plan::transaction::{Outcome, replace};
//! use ipvs::plan::wanted::Table;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let id = VirtualId::Endpoint {
//!     protocol: Protocol::Tcp,
//!     address: "192.0.2.80".parse()?,
//!     port: 80,
//! };
//! let server = Destination::new("192.168.10.11".parse()?, 80, Forwarding::Masquerade);
//!
//! let mut wanted = Table::default();
//! wanted.apply(1, Change::AddService(Service::new(id, "wlc".parse()?)))?;
//! wanted.apply(2, Change::AddServer(id, server))?;
//! let mut client = Client::open()?;
//! match replace(&mut client, &wanted, &mut |_| ControlFlow::Continue(()))? {
//!     Outcome::Done => {}
//!     Outcome::Undone(undone) => println!("{:?}: {:?}", undone.cause, undone.remains),
//! }
//! # Ok(())
//! # }
//! ```

mod journal;
pub mod load;
mod outcome;
mod ruled;
pub mod scope;
pub mod transaction;
pub mod wanted;

use std::collections::HashMap;

use crate::client::Patience;
use crate::director::Director;
use crate::error::Error;
use crate::model::equivalence::{same_server, same_service};
use crate::model::{Change, Destination, DestinationEntry, Service, ServiceEntry, VirtualId};
use ruled::key;
use scope::Removals;
use wanted::{RuledService, Table};

/// One change. The wanted settings stay in the table, where the step has their place.
#[derive(Debug)]
enum PlanStep {
    AddService {
        place: usize,
    },
    AddServer {
        place: usize,
        index: usize,
    },
    EditService {
        place: usize,
        before: Box<Service>,
    },
    EditServer {
        place: usize,
        index: usize,
        before: Box<Destination>,
    },
    DeleteServer {
        id: Box<VirtualId>,
        before: Box<DepartingServer>,
    },
    DeleteService {
        before: Box<(Service, Vec<DepartingServer>)>,
    },
}

/// A server that goes.
#[derive(Clone, Copy, Debug)]
struct DepartingServer {
    destination: Destination,
    /// How many connections it has.
    connections: u64,
}

impl DepartingServer {
    fn of(row: &DestinationEntry) -> Self {
        let activity = &row.activity;
        Self {
            destination: row.destination,
            connections: u64::from(activity.active).saturating_add(activity.inactive.into()),
        }
    }
}

/// A change of a plan, with the rule that asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The change to be made.
    pub change: Change,
    /// The line of the rule; `None` for a removal, which no rule asks for.
    pub line: Option<u64>,
}

/// The steps from the table that is there to the wanted one. There is none where the two
/// are equal.
///
/// The kernel can edit everything but the identity of a service or a server, so nothing is
/// removed only to be added again. New services and servers come first, then edits, then
/// removals: a service always has at least the servers that both tables give it.
#[derive(Debug)]
pub struct Plan<'a> {
    wanted: &'a Table,
    /// True if the table has no service yet.
    begins_empty: bool,
    additions: Vec<PlanStep>,
    edits: Vec<PlanStep>,
    removals: Vec<PlanStep>,
}

impl<'a> Plan<'a> {
    /// Reads the table and compares each service as it comes. What is as it should be is
    /// not kept in memory.
    ///
    /// # Errors
    /// Where the table can't be read.
    pub fn read(director: &mut (impl Director + ?Sized), wanted: &'a Table) -> Result<Self, Error> {
        // Each reading has a patience of its own.
        director.set_patience(Patience::DEFAULT);
        let (mut planner, seen) = Planner::new(wanted, director.configured()?);
        let mut rows = Vec::new();
        for seen in seen {
            if let Some(id) = planner.id(&seen) {
                director.configured_destinations(&id, &mut rows)?;
                planner.see_servers(seen, &rows);
            }
        }
        Ok(planner.finish())
    }

    /// Compares a table that has been read with the wanted one.
    pub fn between(current: impl IntoIterator<Item = ServiceEntry>, wanted: &'a Table) -> Self {
        let current = current.into_iter();
        let (services, rows): (Vec<_>, Vec<_>) = current
            .map(|entry| (entry.service, entry.destinations))
            .unzip();
        let (mut planner, seen) = Planner::new(wanted, services);
        for (seen, rows) in seen.into_iter().zip(rows) {
            planner.see_servers(seen, &rows);
        }
        planner.finish()
    }

    /// Returns how many changes there are.
    pub fn len(&self) -> usize {
        self.phases().into_iter().map(<[PlanStep]>::len).sum()
    }

    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the changes, in the order in which they are to be made.
    pub fn steps(&self) -> impl Iterator<Item = Planned> + Clone {
        let steps = self.phases().into_iter().flatten();
        steps.filter_map(|step| self.planned(step))
    }

    /// Returns the additions, edits and removals. All steps of one phase are made before
    /// the next phase begins.
    fn phases(&self) -> [&[PlanStep]; 3] {
        [&self.additions, &self.edits, &self.removals]
    }

    /// Returns a step as its change and line; `None` where its place is empty, which no
    /// plan has.
    fn planned(&self, step: &PlanStep) -> Option<Planned> {
        let service = |place: usize| self.wanted.at(place).map(|ruled| &ruled.service);
        let server = |place: usize, index| {
            let RuledService { service, servers } = self.wanted.at(place)?;
            Some((service.value.id, servers.at(index)?))
        };
        let (change, line) = match step {
            PlanStep::AddService { place } => {
                let service = service(*place)?;
                (
                    Change::AddService(service.value.clone()),
                    Some(service.line),
                )
            }
            PlanStep::EditService { place, .. } => {
                let service = service(*place)?;
                (
                    Change::EditService(service.value.clone()),
                    Some(service.line),
                )
            }
            PlanStep::AddServer { place, index } => {
                let (id, server) = server(*place, *index)?;
                (Change::AddServer(id, server.value), Some(server.line))
            }
            PlanStep::EditServer {
                place,
                index,
                before,
            } => {
                let (id, server) = server(*place, *index)?;
                let edited = self.wanted.scope().edited(&server.value, before);
                (Change::EditServer(id, edited), Some(server.line))
            }
            PlanStep::DeleteServer { id, before } => {
                (Change::DeleteServer(**id, before.destination), None)
            }
            PlanStep::DeleteService { before } => (Change::DeleteService(before.0.id), None),
        };
        Some(Planned { change, line })
    }
}

/// A service that is in the table: no more of it than is needed when its servers are seen.
#[derive(Debug)]
enum SeenService {
    /// The service stays; this is its place among the rules.
    Wanted(usize),
    /// The service has to go.
    Unwanted(Box<Service>),
    /// The service is left as it is, with its servers.
    Left,
}

/// Makes a plan while the table is being listed.
#[derive(Debug)]
struct Planner<'a> {
    plan: Plan<'a>,
    /// True for each wanted service that has been seen with its servers.
    seen: Vec<bool>,
}

impl<'a> Planner<'a> {
    /// Notes every service that is there. The servers of each are to be seen next, in any
    /// order.
    fn new(
        wanted: &'a Table,
        services: impl IntoIterator<Item = Service>,
    ) -> (Self, Vec<SeenService>) {
        let mut planner = Self {
            plan: Plan {
                wanted,
                begins_empty: false,
                additions: Vec::new(),
                edits: Vec::new(),
                removals: Vec::new(),
            },
            seen: vec![false; wanted.places()],
        };
        let services = services.into_iter();
        let seen: Vec<_> = services.map(|service| planner.see(service)).collect();
        planner.plan.begins_empty = seen.is_empty();
        (planner, seen)
    }

    fn see(&mut self, found: Service) -> SeenService {
        let wanted = self.plan.wanted;
        let Some(place) = wanted.place(&found.id) else {
            let scope = wanted.scope();
            return match (scope.covers(&found.id), scope.removals) {
                (true, Removals::Made) => SeenService::Unwanted(Box::new(found)),
                (true, Removals::LeftOut) | (false, _) => SeenService::Left,
            };
        };
        if let Some(RuledService { service, .. }) = wanted.at(place)
            && !same_service(&found, &service.value)
        {
            let before = Box::new(found);
            self.plan
                .edits
                .push(PlanStep::EditService { place, before });
        }
        SeenService::Wanted(place)
    }

    /// Returns the identity of the service; `None` if its servers need not be seen.
    fn id(&self, seen: &SeenService) -> Option<VirtualId> {
        match seen {
            SeenService::Wanted(place) => {
                let ruled = self.plan.wanted.at(*place);
                ruled.map(|ruled| ruled.service.value.id)
            }
            SeenService::Unwanted(service) => Some(service.id),
            SeenService::Left => None,
        }
    }

    /// Notes the servers of a service.
    fn see_servers(&mut self, seen: SeenService, rows: &[DestinationEntry]) {
        match seen {
            SeenService::Wanted(place) => {
                if let Some(seen) = self.seen.get_mut(place)
                    && !std::mem::replace(seen, true)
                    && let Some(ruled) = self.plan.wanted.at(place)
                {
                    self.compare(place, ruled, rows);
                }
            }
            SeenService::Unwanted(service) => {
                let servers = rows.iter().map(DepartingServer::of).collect();
                let before = Box::new((*service, servers));
                self.plan.removals.push(PlanStep::DeleteService { before });
            }
            SeenService::Left => {}
        }
    }

    /// Returns the plan, once everything has been seen.
    fn finish(mut self) -> Plan<'a> {
        // A new service is followed at once by its servers: packets that another service
        // took may go to the new one from now on.
        for (place, _) in self.seen.iter().enumerate().filter(|(_, seen)| !**seen) {
            let Some(ruled) = self.plan.wanted.at(place) else {
                continue;
            };
            let servers = ruled.servers.places();
            let servers = servers.map(|(index, _)| PlanStep::AddServer { place, index });
            self.plan.additions.push(PlanStep::AddService { place });
            self.plan.additions.extend(servers);
        }
        self.plan.additions.sort_by_key(PlanStep::place);
        self.plan.edits.sort_by_key(PlanStep::place);
        self.plan
    }

    /// Compares the servers of a service that both tables have.
    fn compare(&mut self, place: usize, ruled: &RuledService, rows: &[DestinationEntry]) {
        let wanted = &ruled.servers;
        let scope = self.plan.wanted.scope();
        let is_same =
            |server: &Destination, row: &Destination| same_server(&scope.edited(server, row), row);
        let as_wanted = |row: &DestinationEntry| {
            let server = wanted.get(&row.destination);
            server.is_some_and(|server| is_same(&server.value, &row.destination))
        };
        if wanted.len() == rows.len() && rows.iter().all(as_wanted) {
            return;
        }

        let there: HashMap<_, _> = rows
            .iter()
            .map(|row| (key(&row.destination), row.destination))
            .collect();
        // Edits to weight 0 come last, so that at each moment some server takes new work.
        let mut resting = Vec::new();
        let plan = &mut self.plan;
        for (index, server) in wanted.places() {
            let Some(row) = there.get(&key(&server.value)) else {
                plan.additions.push(PlanStep::AddServer { place, index });
                continue;
            };
            if is_same(&server.value, row) {
                continue;
            }
            let edits = match scope.edited(&server.value, row).weight {
                0 => &mut resting,
                _ => &mut plan.edits,
            };
            edits.push(PlanStep::EditServer {
                place,
                index,
                before: Box::new(*row),
            });
        }
        plan.edits.append(&mut resting);
        if scope.removals == Removals::LeftOut {
            return;
        }
        for row in rows {
            if wanted.get(&row.destination).is_none() {
                plan.removals.push(PlanStep::DeleteServer {
                    id: Box::new(ruled.service.value.id),
                    before: Box::new(DepartingServer::of(row)),
                });
            }
        }
    }
}

impl PlanStep {
    /// Returns the place of the service among the rules, by which steps are ordered.
    fn place(&self) -> usize {
        match self {
            Self::AddService { place }
            | Self::AddServer { place, .. }
            | Self::EditService { place, .. }
            | Self::EditServer { place, .. } => *place,
            Self::DeleteServer { .. } | Self::DeleteService { .. } => usize::MAX,
        }
    }
}
