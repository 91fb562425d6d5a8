//! A director: the kernel's, or one that is made up.

use std::io::BufRead;
use std::ops::ControlFlow;

use crate::client::{Client, Patience};
use crate::error::Error;
use crate::model::{
    Change, Daemon, DestinationEntry, Info, Service, ServiceEntry, Stats, Timeouts, VirtualId,
};
use crate::procfs::OfProcessor;

/// A director's IPVS: its table, daemons, connections and totals, and changes to them: by a
/// [`Client`] the kernel's, by a [`FakeKernel`](crate::fake::FakeKernel) one in
/// memory, with the same refusals. A program that takes any director can be tested
/// without a kernel:
///
/// ```
/// use ipvs::director::Director;
/// use ipvs::error::Error;
/// use ipvs::fake::FakeKernel;
///
/// fn servers(director: &mut impl Director) -> Result<usize, Error> {
///     let table = director.table()?;
///     Ok(table.iter().map(|entry| entry.destinations.len()).sum())
/// }
///
/// assert_eq!(servers(&mut FakeKernel::new())?, 0);
/// # Ok::<(), Error>(())
/// ```
///
/// The errors are those of the methods of the same name of [`Client`].
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
pub trait Director {
    /// The kernel's IPVS: [`Client::info`].
    fn info(&self) -> Info;

    /// Sets how long lists are asked for again: [`Client::set_patience`]. A
    /// director whose lists are always of one state needs none.
    fn set_patience(&mut self, patience: Patience) {
        let _ = patience;
    }

    /// Returns every service, without its servers: [`Client::services`].
    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error>;

    /// Returns every service as it is configured: [`Client::configured`].
    fn configured(&mut self) -> Result<Vec<Service>, Error> {
        let services = self.services()?;
        Ok(services.into_iter().map(|entry| entry.service).collect())
    }

    /// Returns the servers of one service: [`Client::destinations`].
    fn destinations(&mut self, id: &VirtualId) -> Result<Vec<DestinationEntry>, Error>;

    /// Puts the servers of one service in `rows`, in place of what is there, perhaps
    /// without their counters: [`Client::configured_destinations`].
    fn configured_destinations(
        &mut self,
        id: &VirtualId,
        rows: &mut Vec<DestinationEntry>,
    ) -> Result<(), Error> {
        *rows = self.destinations(id)?;
        Ok(())
    }

    /// Returns one service with its servers: [`Client::service`].
    fn service(&mut self, id: &VirtualId) -> Result<ServiceEntry, Error>;

    /// Returns every service with its servers: [`Client::table`].
    fn table(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        let mut entries = self.services()?;
        for entry in &mut entries {
            entry.destinations = self.destinations(&entry.service.id)?;
        }
        Ok(entries)
    }

    /// Returns the timeouts of connections: [`Client::timeouts`].
    fn timeouts(&mut self) -> Result<Timeouts, Error>;

    /// Returns the running synchronization daemons: [`Client::daemons`].
    fn daemons(&mut self) -> Result<Vec<Daemon>, Error>;

    /// Opens the table of connections: [`Client::connections`].
    fn connections(&self) -> Result<Box<dyn BufRead + Send>, Error>;

    /// Returns the counters and rates of all services together: [`Client::totals`]; none
    /// if this director does not count them.
    fn totals(&self) -> Result<Option<Stats>, Error> {
        Ok(None)
    }

    /// Returns the counters of each processor: [`Client::by_processor`]; none if this
    /// director does not count them.
    fn by_processor(&self) -> Result<Option<Vec<OfProcessor>>, Error> {
        Ok(None)
    }

    /// Makes one change: [`Client::apply`].
    fn apply(&mut self, change: &Change) -> Result<(), Error> {
        let mut outcome = Ok(());
        self.apply_all(std::slice::from_ref(change), &mut |_, error| {
            outcome = Err(error);
            ControlFlow::Break(())
        })?;
        outcome
    }

    /// Makes many changes, in order: [`Client::apply_all`].
    fn apply_all(
        &mut self,
        changes: &[Change],
        refused: &mut dyn FnMut(usize, Error) -> ControlFlow<()>,
    ) -> Result<usize, Error>;
}

impl Director for Client {
    fn info(&self) -> Info {
        Client::info(self)
    }

    fn set_patience(&mut self, patience: Patience) {
        Client::set_patience(self, patience);
    }

    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        Client::services(self)
    }

    fn configured(&mut self) -> Result<Vec<Service>, Error> {
        Client::configured(self)
    }

    fn destinations(&mut self, id: &VirtualId) -> Result<Vec<DestinationEntry>, Error> {
        Client::destinations(self, id)
    }

    fn configured_destinations(
        &mut self,
        id: &VirtualId,
        rows: &mut Vec<DestinationEntry>,
    ) -> Result<(), Error> {
        Client::configured_destinations(self, id, rows)
    }

    fn service(&mut self, id: &VirtualId) -> Result<ServiceEntry, Error> {
        Client::service(self, id)
    }

    fn table(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        Client::table(self)
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        Client::timeouts(self)
    }

    fn daemons(&mut self) -> Result<Vec<Daemon>, Error> {
        Client::daemons(self)
    }

    fn connections(&self) -> Result<Box<dyn BufRead + Send>, Error> {
        Ok(Box::new(Client::connections(self)?))
    }

    fn totals(&self) -> Result<Option<Stats>, Error> {
        Client::totals(self)
    }

    fn by_processor(&self) -> Result<Option<Vec<OfProcessor>>, Error> {
        Client::by_processor(self)
    }

    fn apply_all(
        &mut self,
        changes: &[Change],
        refused: &mut dyn FnMut(usize, Error) -> ControlFlow<()>,
    ) -> Result<usize, Error> {
        Client::apply_all(self, changes, refused)
    }
}
