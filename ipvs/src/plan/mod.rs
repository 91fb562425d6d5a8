//! From the table that is there to the table that is wanted, by the
//! differences alone.
//!
//! The kernel can edit everything but what tells a service or a server from
//! another, so nothing is removed only to be added again. New services and
//! servers come first, then edits, then removals: a service always has at
//! least the servers that both tables give it.

pub mod equivalence;
pub mod transaction;
pub mod wanted;

use std::collections::HashMap;

use crate::model::{Change, Destination, DestinationEntry, Service, ServiceEntry, VirtualId};
use equivalence::{same_server, same_service};
use wanted::{Ruled, RuledService, Servers, Table, key};

/// One change of a plan.
#[derive(Debug)]
pub struct Step {
    /// What is to be done.
    pub change: Change,
    /// The line that asks for it; none where a rule is missing.
    pub line: Option<u64>,
    before: Before,
    /// The place of the service among the rules, by which steps are ordered.
    place: usize,
}

/// What there is before a step.
#[derive(Debug)]
enum Before {
    Nothing,
    Service(Box<Service>),
    Server(Box<Destination>),
    Both(Box<(Service, Vec<Destination>)>),
}

impl Step {
    /// The changes that take the step back, in order.
    pub fn undo(&self) -> Vec<Change> {
        match (&self.change, &self.before) {
            (Change::AddService(service), _) => vec![Change::DeleteService(service.id)],
            (Change::AddServer(id, server), _) => vec![Change::DeleteServer(*id, *server)],
            (Change::EditService(_), Before::Service(service)) => {
                vec![Change::EditService(Service::clone(service))]
            }
            (Change::EditServer(id, _), Before::Server(server)) => {
                vec![Change::EditServer(*id, **server)]
            }
            (Change::DeleteServer(id, _), Before::Server(server)) => {
                vec![Change::AddServer(*id, **server)]
            }
            (Change::DeleteService(id), Before::Both(both)) => {
                let (service, servers) = both.as_ref();
                let service = Change::AddService(service.clone());
                let servers = servers.iter();
                std::iter::once(service)
                    .chain(servers.map(|server| Change::AddServer(*id, *server)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The steps from `current`, as the kernel lists it, to `wanted`. There are
/// none where the two are equal.
pub fn plan(current: impl IntoIterator<Item = ServiceEntry>, wanted: Table) -> Vec<Step> {
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

/// A service of the table that is there: no more than is needed when its
/// servers are seen.
#[derive(Debug)]
pub enum Seen {
    /// It stays; its place among the rules.
    Wanted(usize),
    /// It has to go.
    Unwanted(Box<Service>),
}

/// Makes a plan while the table is being listed: of a row that is as it should
/// be nothing is kept.
#[derive(Debug)]
pub struct Planner {
    /// What has not been seen of the wanted table.
    wanted: Table,
    additions: Vec<Step>,
    edits: Vec<Step>,
    removals: Vec<Step>,
}

impl Planner {
    /// Takes note of every service that is there. The servers of each are to be
    /// seen next, in any order.
    pub fn new(wanted: Table, services: impl IntoIterator<Item = Service>) -> (Self, Vec<Seen>) {
        let mut planner = Self {
            wanted,
            additions: Vec::new(),
            edits: Vec::new(),
            removals: Vec::new(),
        };
        let services = services.into_iter();
        let seen = services.map(|service| planner.see(service)).collect();
        planner.wanted.forget_identities();
        (planner, seen)
    }

    fn see(&mut self, found: Service) -> Seen {
        let Some(place) = self.wanted.place(&found.id) else {
            return Seen::Unwanted(Box::new(found));
        };
        if let Some(RuledService { service, .. }) = self.wanted.at(place)
            && !same_service(&found, &service.value)
        {
            self.edits.push(Step {
                change: Change::EditService(service.value.clone()),
                line: Some(service.line),
                before: Before::Service(Box::new(found)),
                place,
            });
        }
        Seen::Wanted(place)
    }

    /// What tells a service from another; none if its servers have been seen.
    pub fn id(&self, seen: &Seen) -> Option<VirtualId> {
        match seen {
            Seen::Wanted(place) => self.wanted.at(*place).map(|ruled| ruled.service.value.id),
            Seen::Unwanted(service) => Some(service.id),
        }
    }

    /// Takes note of the servers of a service.
    pub fn see_servers(&mut self, seen: Seen, rows: &[DestinationEntry]) {
        match seen {
            Seen::Wanted(place) => {
                if let Some(RuledService { service, servers }) = self.wanted.take(place) {
                    self.compare(place, service.value.id, rows, &servers);
                }
            }
            Seen::Unwanted(service) => self.remove(*service, rows),
        }
    }

    /// The whole plan, if everything has been seen.
    pub fn finish(mut self) -> Vec<Step> {
        while let Some((first, last)) = self.wanted.take_last() {
            for (place, ruled) in (first..).zip(last) {
                if let Some(ruled) = ruled {
                    self.add(place, ruled);
                }
            }
        }
        // Only the places are moved about, so that it takes little memory.
        self.additions.sort_by_cached_key(|step| step.place);
        self.edits.sort_by_cached_key(|step| step.place);
        // What comes first takes the rest in: a long list alone is not copied.
        let mut steps = self.additions;
        for mut part in [self.edits, self.removals] {
            match steps.is_empty() {
                true => steps = part,
                false => steps.append(&mut part),
            }
        }
        steps
    }

    /// A new service, and at once its servers: packets that an older service
    /// took may be its own from now on.
    fn add(&mut self, place: usize, ruled: RuledService) {
        let id = ruled.service.value.id;
        self.additions.push(Step {
            change: Change::AddService(ruled.service.value),
            line: Some(ruled.service.line),
            before: Before::Nothing,
            place,
        });
        for server in ruled.servers.iter() {
            self.add_server(place, id, server);
        }
    }

    fn add_server(&mut self, place: usize, id: VirtualId, server: &Ruled<Destination>) {
        self.additions.push(Step {
            change: Change::AddServer(id, server.value),
            line: Some(server.line),
            before: Before::Nothing,
            place,
        });
    }

    fn remove(&mut self, service: Service, rows: &[DestinationEntry]) {
        let servers = rows.iter().map(|row| row.destination);
        self.removals.push(Step {
            change: Change::DeleteService(service.id),
            line: None,
            before: Before::Both(Box::new((service, servers.collect()))),
            place: usize::MAX,
        });
    }

    /// The servers of a service that both tables have.
    fn compare(
        &mut self,
        place: usize,
        id: VirtualId,
        rows: &[DestinationEntry],
        wanted: &Servers,
    ) {
        let as_wanted = |row: &DestinationEntry| {
            let server = wanted.get(&row.destination);
            server.is_some_and(|server| same_server(&server.value, &row.destination))
        };
        if wanted.len() == rows.len() && rows.iter().all(as_wanted) {
            return;
        }

        let rows = || rows.iter().map(|row| row.destination);
        let there: HashMap<_, _> = rows().map(|row| (key(&row), row)).collect();
        // Whoever is to take no more work goes last, so that at each moment
        // there is somebody who takes it.
        let mut resting = Vec::new();
        for server in wanted.iter() {
            let Some(row) = there.get(&key(&server.value)) else {
                self.add_server(place, id, server);
                continue;
            };
            if same_server(&server.value, row) {
                continue;
            }
            let edits = match server.value.weight {
                0 => &mut resting,
                _ => &mut self.edits,
            };
            edits.push(Step {
                change: Change::EditServer(id, server.value),
                line: Some(server.line),
                before: Before::Server(Box::new(*row)),
                place,
            });
        }
        self.edits.append(&mut resting);
        for row in rows().filter(|row| wanted.get(row).is_none()) {
            self.removals.push(Step {
                change: Change::DeleteServer(id, row),
                line: None,
                before: Before::Server(Box::new(row)),
                place,
            });
        }
    }
}
