//! The journal of a replacement: the changes made, and the changes that take them back.
//!
//! A rollback reads the table first. It touches only what is still as the replacement made
//! it, and leaves what another program has changed since.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::outcome::{Remains, Thing};
use super::ruled::key;
use super::{DepartingServer, Plan, PlanStep};
use crate::client::Patience;
use crate::director::Director;
use crate::error::Error;
use crate::model::equivalence::{same_server, same_service};
use crate::model::{Change, Destination, DestinationEntry, Service, VirtualId};

/// The settings of a service or server before the replacement, and those that the
/// replacement made; `None` where there was or is no such thing.
#[derive(Debug)]
struct Trace<T> {
    original: Option<T>,
    made: Option<T>,
}

/// The changes of one service and its servers.
#[derive(Debug, Default)]
struct Touched {
    /// `None` where the service itself was not touched.
    service: Option<Trace<Service>>,
    servers: BTreeMap<(IpAddr, u16), Trace<Destination>>,
    /// How many connections each removed server had.
    connections: BTreeMap<(IpAddr, u16), u64>,
}

/// The servers of a service in the table.
type ServerRows = HashMap<(IpAddr, u16), Destination>;

/// Everything that was done, by service.
#[derive(Debug, Default)]
pub(super) struct Journal(BTreeMap<VirtualId, Touched>);

impl Journal {
    /// Returns whether nothing was done.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes a step that was made, or may have been made.
    pub(super) fn note(&mut self, plan: &Plan<'_>, step: &PlanStep) {
        let Some(planned) = plan.planned(step) else {
            return;
        };
        match (step, planned.change) {
            (PlanStep::EditService { before, .. }, Change::EditService(made)) => {
                self.service(made.id, Some(Service::clone(before)), Some(made));
            }
            (PlanStep::EditServer { before, .. }, Change::EditServer(id, made)) => {
                self.server(id, Some(**before), Some(made));
            }
            (PlanStep::DeleteServer { id, before }, _) => self.removed(**id, before),
            (PlanStep::DeleteService { before }, _) => {
                let (service, servers) = before.as_ref();
                self.service(service.id, Some(service.clone()), None);
                for server in servers {
                    self.removed(service.id, server);
                }
            }
            (_, Change::AddService(made)) => self.service(made.id, None, Some(made)),
            (_, Change::AddServer(id, made)) => self.server(id, None, Some(made)),
            _ => {}
        }
    }

    fn service(&mut self, id: VirtualId, before: Option<Service>, made: Option<Service>) {
        let trace = &mut self.0.entry(id).or_default().service;
        follow(trace, before, made, same_service);
    }

    fn server(&mut self, id: VirtualId, before: Option<Destination>, made: Option<Destination>) {
        let Some(place) = before.as_ref().or(made.as_ref()).map(key) else {
            return;
        };
        let servers = &mut self.0.entry(id).or_default().servers;
        let mut trace = servers.remove(&place);
        follow(&mut trace, before, made, same_server);
        servers.extend(trace.map(|trace| (place, trace)));
    }

    fn removed(&mut self, id: VirtualId, server: &DepartingServer) {
        self.server(id, Some(server.destination), None);
        let connections = &mut self.0.entry(id).or_default().connections;
        connections.insert(key(&server.destination), server.connections);
    }

    /// Notes that a rollback has put a service back: no other program has removed the
    /// servers that are still missing.
    pub(super) fn note_return(&mut self, id: &VirtualId) {
        if let Some(Touched {
            service: Some(trace),
            ..
        }) = self.0.get_mut(id)
        {
            trace.made.clone_from(&trace.original);
        }
    }

    /// Returns how many connections a removed server had.
    pub(super) fn connections(&self, id: &VirtualId, server: &Destination) -> u64 {
        let touched = self.0.get(id);
        let connections = touched.and_then(|touched| touched.connections.get(&key(server)));
        connections.copied().unwrap_or_default()
    }

    /// Reads the table, and returns the changes that are left to be made. Names in
    /// `remains` what others have changed since.
    pub(super) fn undo(
        &self,
        director: &mut (impl Director + ?Sized),
        remains: &mut Remains,
    ) -> Result<Undo, Error> {
        director.set_patience(Patience::DEFAULT);
        let there = director.configured()?;
        let there = there
            .into_iter()
            .filter(|service| self.0.contains_key(&service.id));
        let there: BTreeMap<_, _> = there.map(|service| (service.id, service)).collect();
        let mut undo = Undo::default();
        let mut rows = Vec::new();
        for (id, touched) in &self.0 {
            let service = there.get(id);
            rows.clear();
            if service.is_some() {
                director.configured_destinations(id, &mut rows)?;
            }
            let rows = rows
                .iter()
                .map(|row: &DestinationEntry| (key(&row.destination), row.destination))
                .collect();
            touched.undo(*id, service, &rows, &mut undo, remains);
        }
        Ok(undo)
    }
}

/// Adds a step to the trace of a thing. Where another program changed the thing since the
/// last step, the trace begins anew with that program's settings.
fn follow<T>(
    trace: &mut Option<Trace<T>>,
    before: Option<T>,
    made: Option<T>,
    same: fn(&T, &T) -> bool,
) {
    match trace {
        Some(trace) if both(trace.made.as_ref(), before.as_ref(), same) => trace.made = made,
        _ => {
            let original = before;
            *trace = Some(Trace { original, made });
        }
    }
}

fn both<T>(one: Option<&T>, other: Option<&T>, same: fn(&T, &T) -> bool) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same(one, other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The present state of a thing that was touched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Now {
    AsBefore,
    AsMade,
    /// Another program has changed it.
    Otherwise,
}

impl<T> Trace<T> {
    fn now(&self, there: Option<&T>, same: fn(&T, &T) -> bool) -> Now {
        if both(there, self.original.as_ref(), same) {
            Now::AsBefore
        } else if both(there, self.made.as_ref(), same) {
            Now::AsMade
        } else {
            Now::Otherwise
        }
    }
}

/// The changes that take something back: what is missing is added first, and what is too
/// much is removed last.
#[derive(Debug, Default)]
pub(super) struct Undo {
    additions: Vec<Change>,
    edits: Vec<Change>,
    /// Edits that set weights back to 0: these servers take no more work.
    resting: Vec<Change>,
    removals: Vec<Change>,
}

impl Undo {
    /// Returns all changes, in order.
    pub(super) fn into_changes(self) -> Vec<Change> {
        let Self {
            mut additions,
            edits,
            resting,
            removals,
        } = self;
        additions.extend(edits);
        additions.extend(resting);
        additions.extend(removals);
        additions
    }
}

impl Touched {
    fn undo(
        &self,
        id: VirtualId,
        service: Option<&Service>,
        rows: &ServerRows,
        undo: &mut Undo,
        remains: &mut Remains,
    ) {
        let now = self
            .service
            .as_ref()
            .map(|trace| trace.now(service, same_service));
        // A removed service that is there again was made by somebody else, unless its
        // servers are the old ones.
        let was_removed = matches!(&self.service, Some(Trace { made: None, .. }));
        let is_theirs = was_removed && service.is_some() && !self.is_whole(rows);
        if is_theirs || (service.is_none() && !was_removed && now != Some(Now::AsBefore)) {
            remains.theirs.push(Thing::Service(id));
            return;
        }
        match (&self.service, now) {
            (Some(trace), Some(Now::AsMade)) => match (&trace.original, &trace.made) {
                (Some(original), None) => {
                    undo.additions.push(Change::AddService(original.clone()));
                }
                (Some(original), Some(_)) => {
                    undo.edits.push(Change::EditService(original.clone()));
                }
                (None, Some(_)) if self.is_all_ours(rows) => {
                    undo.removals.push(Change::DeleteService(id));
                    return;
                }
                // Others have put servers in the service: they stay, and so does the
                // service.
                (None, _) => remains.theirs.push(Thing::Service(id)),
            },
            (_, Some(Now::Otherwise)) => remains.theirs.push(Thing::Service(id)),
            (_, Some(Now::AsBefore | Now::AsMade) | None) => {}
        }
        self.undo_servers(id, rows, undo, remains);
    }

    fn undo_servers(
        &self,
        id: VirtualId,
        rows: &ServerRows,
        undo: &mut Undo,
        remains: &mut Remains,
    ) {
        for (place, trace) in &self.servers {
            let row = rows.get(place);
            match trace.now(row, same_server) {
                Now::AsBefore => continue,
                Now::Otherwise => {
                    remains.theirs.extend(
                        row.or(trace.made.as_ref())
                            .map(|row| Thing::Server(id, *row)),
                    );
                    continue;
                }
                Now::AsMade => {}
            }
            match (trace.original, trace.made) {
                (Some(original), None) => {
                    undo.additions.push(Change::AddServer(id, original));
                }
                (Some(original), Some(_)) => {
                    let edits = match original.weight {
                        0 => &mut undo.resting,
                        _ => &mut undo.edits,
                    };
                    edits.push(Change::EditServer(id, original));
                }
                (None, Some(made)) => undo.removals.push(Change::DeleteServer(id, made)),
                (None, None) => {}
            }
        }
    }

    /// Returns whether the servers are those that were there before.
    fn is_whole(&self, rows: &ServerRows) -> bool {
        self.servers.len() == rows.len()
            && self
                .servers
                .iter()
                .all(|(place, trace)| trace.now(rows.get(place), same_server) == Now::AsBefore)
    }

    /// Returns whether every server is as the replacement made it.
    fn is_all_ours(&self, rows: &ServerRows) -> bool {
        rows.iter().all(|(place, row)| {
            let trace = self.servers.get(place);
            trace.is_some_and(|trace| both(trace.made.as_ref(), Some(row), same_server))
        })
    }
}
