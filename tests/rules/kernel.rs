//! What the kernel does with changes, as far as rules are concerned.

use std::io::BufRead;
use std::ops::ControlFlow;

use ipvs::director::Director;
use ipvs::error::{Error, Verb};
use ipvs::model::{
    Change, Daemon, DestinationEntry, Info, ServiceEntry, ServiceFlags, Stats, Timeouts, VirtualId,
};

/// A table that takes changes as the kernel's does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kernel {
    pub(crate) table: Vec<ServiceEntry>,
    /// How many changes it has taken or refused.
    pub(crate) asked: usize,
    /// Refuses the changes with these numbers.
    pub(crate) refuses: Vec<usize>,
    /// Takes so many changes, then says no more.
    pub(crate) dies_after: Option<usize>,
    pub(crate) is_dead: bool,
    /// Answers again after it has said no more.
    pub(crate) recovers: bool,
    /// What another program does before each reading.
    pub(crate) before_reading: Option<Change>,
    /// What another program does whenever changes are sent.
    pub(crate) before_changes: Option<Change>,
    /// What another program does when so many changes have been sent.
    pub(crate) others: Vec<(usize, Change)>,
    /// How many changes were sent together, each time.
    pub(crate) datagrams: Vec<usize>,
}

pub(crate) type Errno = i32;
pub(crate) const ENOENT: Errno = 2;
pub(crate) const ESRCH: Errno = 3;
pub(crate) const EEXIST: Errno = 17;
pub(crate) const EINVAL: Errno = 22;
pub(crate) const EPIPE: Errno = 32;
pub(crate) const ERANGE: Errno = 34;

impl Kernel {
    pub(crate) fn with(table: &[ServiceEntry]) -> Self {
        Self {
            table: table.to_vec(),
            ..Self::default()
        }
    }

    fn place(&self, id: &VirtualId) -> Result<usize, Errno> {
        let place = self.table.iter().position(|row| row.service.id == *id);
        place.ok_or(ESRCH)
    }

    pub(crate) fn apply(&mut self, change: &Change) -> Result<(), Errno> {
        match change {
            Change::AddService(service) => {
                if self.place(&service.id).is_ok() {
                    return Err(EEXIST);
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
                    return Err(EEXIST);
                }
                if destination.lower_threshold > destination.upper_threshold {
                    return Err(ERANGE);
                }
                rows.insert(0, DestinationEntry::new(*destination));
            }
            Change::EditServer(id, destination) => {
                let place = self.place(id)?;
                let rows = &mut self.table[place].destinations;
                let mut rows = rows.iter_mut();
                let row = rows.find(|row| same(&row.destination, destination));
                row.ok_or(ENOENT)?.destination = *destination;
            }
            Change::DeleteServer(id, destination) => {
                let place = self.place(id)?;
                let rows = &mut self.table[place].destinations;
                let mut found = rows.iter();
                let row = found.position(|row| same(&row.destination, destination));
                rows.remove(row.ok_or(ENOENT)?);
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

impl Kernel {
    /// Whatever others do by now.
    fn let_others(&mut self) {
        let asked = self.asked;
        let (due, later) = std::mem::take(&mut self.others)
            .into_iter()
            .partition(|(when, _)| *when <= asked);
        self.others = later;
        for (_, change) in due {
            let _ = self.apply(&change);
        }
    }
}

impl Director for Kernel {
    fn info(&self) -> Info {
        Info::new(0x1_0201, 4096)
    }

    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        if let Some(change) = self.before_reading.clone() {
            let _ = self.apply(&change);
        }
        if self.is_dead {
            return Err(Error::Io(std::io::Error::from_raw_os_error(EPIPE)));
        }
        let rows = self.table.iter();
        Ok(rows
            .map(|row| ServiceEntry::new(row.service.clone(), row.stats))
            .collect())
    }

    fn destinations(&mut self, id: &VirtualId) -> Result<Vec<DestinationEntry>, Error> {
        let place = self.place(id);
        let there = place.map(|place| self.table[place].destinations.clone());
        Ok(there.unwrap_or_default())
    }

    fn service(&mut self, _: &VirtualId) -> Result<ServiceEntry, Error> {
        unreachable!("rules are about tables")
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        unreachable!("rules are about tables")
    }

    fn daemons(&mut self) -> Result<Vec<Daemon>, Error> {
        unreachable!("rules are about tables")
    }

    fn connections(&self) -> Result<Box<dyn BufRead + Send>, Error> {
        unreachable!("rules are about tables")
    }

    fn apply_all(
        &mut self,
        changes: &[Change],
        refused: &mut dyn FnMut(usize, Error) -> ControlFlow<()>,
    ) -> Result<usize, Error> {
        if let Some(change) = self.before_changes.clone() {
            let _ = self.apply(&change);
        }
        let answer = self.take_all(changes, refused);
        if answer.is_err() && self.recovers {
            (self.dies_after, self.is_dead) = (None, false);
        }
        answer
    }
}

impl Kernel {
    fn take_all(
        &mut self,
        changes: &[Change],
        refused: &mut dyn FnMut(usize, Error) -> ControlFlow<()>,
    ) -> Result<usize, Error> {
        let mut sent = 0;
        for batch in changes.chunks(BATCH) {
            self.datagrams.push(batch.len());
            let mut go_on = ControlFlow::Continue(());
            for change in batch {
                self.let_others();
                self.is_dead |= self.dies_after == Some(self.asked);
                if self.is_dead {
                    return Err(Error::Io(std::io::Error::from_raw_os_error(EPIPE)));
                }
                let answer = if self.refuses.contains(&self.asked) {
                    Err(EINVAL)
                } else {
                    self.apply(change)
                };
                self.asked += 1;
                if let Err(errno) = answer
                    && refused(sent, error(change, errno)).is_break()
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

/// As the client gives it.
fn error(change: &Change, errno: Errno) -> Error {
    Error::Kernel {
        verb: Verb::of(change),
        errno,
        note: None,
    }
}
