//! What the kernel does with changes, as far as rules are concerned.

use std::ops::ControlFlow;

use ipvs::model::{Change, DestinationEntry, ServiceEntry, ServiceFlags, Stats, VirtualId};
use ipvs::plan::transaction::Apply;

/// A table that takes changes as the kernel's does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kernel {
    pub(crate) table: Vec<ServiceEntry>,
    /// How many changes it has taken or refused.
    pub(crate) asked: usize,
    /// Refuses the changes with these numbers.
    pub(crate) refuses: Vec<usize>,
    /// Takes the change with this number, then says no more.
    pub(crate) dies_after: Option<usize>,
}

pub(crate) type Refusal = &'static str;

impl Kernel {
    pub(crate) fn with(table: &[ServiceEntry]) -> Self {
        Self {
            table: table.to_vec(),
            ..Self::default()
        }
    }

    fn place(&self, id: &VirtualId) -> Result<usize, Refusal> {
        let place = self.table.iter().position(|row| row.service.id == *id);
        place.ok_or("ESRCH")
    }

    pub(crate) fn apply(&mut self, change: &Change) -> Result<(), Refusal> {
        match change {
            Change::AddService(service) => {
                if self.place(&service.id).is_ok() {
                    return Err("EEXIST");
                }
                let mut service = service.clone();
                service.flags = service.flags.with(ServiceFlags::HASHED);
                // Its lists are not in the order of the additions.
                self.table
                    .insert(0, ServiceEntry::new(service, Stats::default()));
            }
            Change::EditService(service) => {
                let place = self.place(&service.id)?;
                let mut service = service.clone();
                service.flags = service.flags.with(ServiceFlags::HASHED);
                self.table[place].service = service;
            }
            Change::DeleteService(id) => {
                let place = self.place(id)?;
                self.table.remove(place);
            }
            Change::AddServer(id, destination) => {
                let place = self.place(id)?;
                let rows = &mut self.table[place].destinations;
                let same = |row: &DestinationEntry| same(&row.destination, destination);
                if rows.iter().any(same) {
                    return Err("EEXIST");
                }
                if destination.lower_threshold > destination.upper_threshold {
                    return Err("ERANGE");
                }
                rows.insert(0, DestinationEntry::new(*destination));
            }
            Change::EditServer(id, destination) => {
                let place = self.place(id)?;
                let rows = &mut self.table[place].destinations;
                let mut rows = rows.iter_mut();
                let row = rows.find(|row| same(&row.destination, destination));
                row.ok_or("ENOENT")?.destination = *destination;
            }
            Change::DeleteServer(id, destination) => {
                let place = self.place(id)?;
                let rows = &mut self.table[place].destinations;
                let mut found = rows.iter();
                let row = found.position(|row| same(&row.destination, destination));
                rows.remove(row.ok_or("ENOENT")?);
            }
            Change::Clear => self.table.clear(),
            _ => {}
        }
        Ok(())
    }
}

fn same(one: &ipvs::model::Destination, other: &ipvs::model::Destination) -> bool {
    (one.address, one.port) == (other.address, other.port)
}

/// The kernel is sent this many changes at once.
const BATCH: usize = 7;

impl Apply for Kernel {
    type Error = Refusal;

    fn apply_all(
        &mut self,
        changes: &[&Change],
        refused: &mut dyn FnMut(usize, Refusal) -> ControlFlow<()>,
    ) -> Result<usize, Refusal> {
        let mut sent = 0;
        for batch in changes.chunks(BATCH) {
            let mut go_on = ControlFlow::Continue(());
            for change in batch {
                if self.dies_after == Some(self.asked) {
                    return Err("EPIPE");
                }
                let answer = if self.refuses.contains(&self.asked) {
                    Err("EINVAL")
                } else {
                    self.apply(change)
                };
                self.asked += 1;
                if let Err(error) = answer
                    && refused(sent, error).is_break()
                {
                    go_on = ControlFlow::Break(());
                }
                sent += 1;
            }
            if go_on.is_break() {
                break;
            }
        }
        Ok(sent)
    }
}
