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
use super::table::{Ruled, RuledService, Table, key};
use crate::model::{Change, Destination, ServiceEntry, VirtualId};

/// One change of a plan.
#[derive(Debug)]
pub struct Step<'a> {
    /// What is to be done.
    pub change: Change,
    /// The line that asks for it; none where a rule is missing.
    pub line: Option<u64>,
    before: Before<'a>,
}

/// What there is before a step.
#[derive(Debug)]
enum Before<'a> {
    Nothing,
    Service(&'a ServiceEntry),
    Server(&'a Destination),
}

impl Step<'_> {
    /// The changes that take the step back, in order.
    pub fn undo(&self) -> Vec<Change> {
        match (&self.change, &self.before) {
            (Change::AddService(service), _) => vec![Change::DeleteService(service.id)],
            (Change::AddServer(id, destination), _) => {
                vec![Change::DeleteServer(*id, *destination)]
            }
            (Change::EditService(_), Before::Service(entry)) => {
                vec![Change::EditService(entry.service.clone())]
            }
            (Change::EditServer(id, _), Before::Server(destination)) => {
                vec![Change::EditServer(*id, **destination)]
            }
            (Change::DeleteServer(id, _), Before::Server(destination)) => {
                vec![Change::AddServer(*id, **destination)]
            }
            (Change::DeleteService(id), Before::Service(entry)) => {
                let servers = entry.destinations.iter();
                let servers = servers.map(|row| Change::AddServer(*id, row.destination));
                std::iter::once(Change::AddService(entry.service.clone()))
                    .chain(servers)
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
pub fn plan(current: &[ServiceEntry], wanted: Table) -> Vec<Step<'_>> {
    let mut steps = Steps::default();
    let mut there: Vec<Option<&ServiceEntry>> = vec![None; wanted.places()];
    for entry in current {
        let id = entry.service.id;
        match wanted.place(&id).and_then(|place| there.get_mut(place)) {
            Some(place) => *place = Some(entry),
            None => steps.removals.push(Step {
                change: Change::DeleteService(id),
                line: None,
                before: Before::Service(entry),
            }),
        }
    }
    for (ruled, entry) in wanted.into_places().zip(there) {
        match (ruled, entry) {
            (Some(ruled), Some(entry)) => steps.edit(entry, ruled),
            (Some(ruled), None) => steps.add(ruled),
            (None, _) => {}
        }
    }
    steps.in_order()
}

#[derive(Default)]
struct Steps<'a> {
    additions: Vec<Step<'a>>,
    edits: Vec<Step<'a>>,
    removals: Vec<Step<'a>>,
}

impl<'a> Steps<'a> {
    /// A new service, and at once its servers: packets that an older service
    /// took may be its own from now on.
    fn add(&mut self, ruled: RuledService) {
        let id = ruled.service.value.id;
        self.additions.push(Step {
            change: Change::AddService(ruled.service.value),
            line: Some(ruled.service.line),
            before: Before::Nothing,
        });
        for server in ruled.servers.iter() {
            self.add_server(id, server);
        }
    }

    fn add_server(&mut self, id: VirtualId, server: &Ruled<Destination>) {
        self.additions.push(Step {
            change: Change::AddServer(id, server.value),
            line: Some(server.line),
            before: Before::Nothing,
        });
    }

    /// A service that both tables have.
    fn edit(&mut self, entry: &'a ServiceEntry, ruled: RuledService) {
        let id = entry.service.id;
        if !same_service(&entry.service, &ruled.service.value) {
            self.edits.push(Step {
                change: Change::EditService(ruled.service.value),
                line: Some(ruled.service.line),
                before: Before::Service(entry),
            });
        }
        let wanted = ruled.servers;
        let rows = || entry.destinations.iter().map(|row| &row.destination);
        let as_wanted = |row: &Destination| {
            let server = wanted.get(row);
            server.is_some_and(|server| same_server(&server.value, row))
        };
        if wanted.iter().count() == entry.destinations.len() && rows().all(as_wanted) {
            return;
        }

        let there: HashMap<_, _> = rows().map(|row| (key(row), row)).collect();
        // Whoever is to take no more work goes last, so that at each moment
        // there is somebody who takes it.
        let mut resting = Vec::new();
        for server in wanted.iter() {
            let Some(&row) = there.get(&key(&server.value)) else {
                self.add_server(id, server);
                continue;
            };
            if same_server(&server.value, row) {
                continue;
            }
            let edits = if server.value.weight == 0 {
                &mut resting
            } else {
                &mut self.edits
            };
            edits.push(Step {
                change: Change::EditServer(id, server.value),
                line: Some(server.line),
                before: Before::Server(row),
            });
        }
        self.edits.append(&mut resting);
        for row in rows().filter(|row| wanted.get(row).is_none()) {
            self.removals.push(Step {
                change: Change::DeleteServer(id, *row),
                line: None,
                before: Before::Server(row),
            });
        }
    }

    fn in_order(mut self) -> Vec<Step<'a>> {
        self.additions.append(&mut self.edits);
        self.additions.append(&mut self.removals);
        self.additions
    }
}
