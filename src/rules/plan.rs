//! From the table that is there to the table that is wanted, by the
//! differences alone.
//!
//! The kernel can edit everything but what tells a service or a server from
//! another, so nothing is removed only to be added again. New services and
//! servers come first, then edits, then removals: a service always has at
//! least the servers that both tables give it.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};

use super::effective::{same_server, same_service};
use super::table::{Ruled, RuledService, Servers, Table, key};
use crate::model::{Change, Destination, DestinationEntry, Service, ServiceEntry, VirtualId};

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
    Both(Box<Service>, Box<[Destination]>),
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
            (Change::DeleteService(id), Before::Both(service, servers)) => {
                let service = Change::AddService(Service::clone(service));
                let servers = servers.iter();
                std::iter::once(service)
                    .chain(servers.map(|server| Change::AddServer(*id, *server)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

/// How many changes there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// `-A` and `-a`
    pub additions: usize,
    /// `-E` and `-e`
    pub edits: usize,
    /// `-D`, `-d` and `-C`
    pub removals: usize,
}

impl Counts {
    /// Counts changes to the table; others do not count.
    pub fn of<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut counts = Self::default();
        for change in changes {
            let kind = match change {
                Change::AddService(_) | Change::AddServer(..) => &mut counts.additions,
                Change::EditService(_) | Change::EditServer(..) => &mut counts.edits,
                Change::DeleteService(_) | Change::DeleteServer(..) | Change::Clear => {
                    &mut counts.removals
                }
                Change::Zero(_)
                | Change::SetTimeouts(_)
                | Change::StartDaemon(_)
                | Change::StopDaemon(_) => continue,
            };
            *kind = kind.saturating_add(1);
        }
        counts
    }
}

impl Display for Counts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        write!(
            f,
            "{} addition{}, {} edit{}, {} removal{}",
            self.additions,
            plural(self.additions),
            self.edits,
            plural(self.edits),
            self.removals,
            plural(self.removals)
        )
    }
}

/// The steps from `current`, as the kernel lists it, to `wanted`. There are
/// none where the two are equal.
pub fn plan(current: impl IntoIterator<Item = ServiceEntry>, wanted: Table) -> Vec<Step> {
    let mut planner = Planner::new(wanted);
    for entry in current {
        planner.see(entry);
    }
    planner.finish()
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
    /// Nothing has been seen of the table that is there.
    pub fn new(wanted: Table) -> Self {
        Self {
            wanted,
            additions: Vec::new(),
            edits: Vec::new(),
            removals: Vec::new(),
        }
    }

    /// Takes note of a service and its servers.
    pub fn see(&mut self, entry: ServiceEntry) {
        let Some(place) = self.wanted.place(&entry.service.id) else {
            self.remove(entry);
            return;
        };
        // A row that is listed twice has been seen.
        if let Some(RuledService { service, servers }) = self.wanted.take(place) {
            let id = entry.service.id;
            if !same_service(&entry.service, &service.value) {
                self.edits.push(Step {
                    change: Change::EditService(service.value),
                    line: Some(service.line),
                    before: Before::Service(Box::new(entry.service)),
                    place,
                });
            }
            self.compare(place, id, &entry.destinations, &servers);
        }
    }

    /// The whole plan, if everything has been seen.
    pub fn finish(mut self) -> Vec<Step> {
        for (place, ruled) in std::mem::take(&mut self.wanted).into_places().enumerate() {
            if let Some(ruled) = ruled {
                self.add(place, ruled);
            }
        }
        self.additions.sort_by_key(|step| step.place);
        self.edits.sort_by_key(|step| step.place);
        let mut steps = self.additions;
        steps.append(&mut self.edits);
        steps.append(&mut self.removals);
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

    fn remove(&mut self, entry: ServiceEntry) {
        let servers = entry.destinations.iter().map(|row| row.destination);
        self.removals.push(Step {
            change: Change::DeleteService(entry.service.id),
            line: None,
            before: Before::Both(Box::new(entry.service), servers.collect()),
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
