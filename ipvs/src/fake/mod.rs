//! A kernel in memory, for the tests of programs that use this library.
//!
//! ```
//! use ipvs::director::Director;
//! use ipvs::error::ErrorKind;
//! use ipvs::fake::FakeKernel;
//! use ipvs::model::{Change, Protocol, Service, VirtualId};
//!
//! let mut kernel = FakeKernel::new();
//! let id = VirtualId::Endpoint {
//!     protocol: Protocol::Tcp,
//!     address: [192, 0, 2, 80].into(),
//!     port: 80,
//! };
//! let refused = kernel.apply(&Change::DeleteService(id)).unwrap_err();
//! assert_eq!(refused.kind(), ErrorKind::NoSuchService);
//! kernel.apply(&Change::AddService(Service::new(id, "wlc".parse()?)))?;
//! assert_eq!(kernel.services()?.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It refuses as Linux does, as far as the tests of this library compare it with a real
//! kernel. It does not know the broadcast addresses of interfaces, multicast groups that a
//! link can't have, the overflow of timeouts above 42949672 seconds, and the length of
//! messages on interfaces other than an Ethernet's. No packets pass through it, so that
//! counters and connections are those that the test [gives](FakeKernel::rows_mut) it.

mod refusals;

use std::io::{self, BufRead, Cursor};
use std::ops::ControlFlow;

use crate::connections::CONNECTIONS;
use crate::director::Director;
use crate::error::{Error, ErrorKind, Verb};
use crate::model::{
    Change, Daemon, DestinationEntry, Family, Info, NO_SCHEDULER, Name, Service, ServiceEntry,
    ServiceFlags, Stats, Timeouts, VirtualId,
};
use crate::procfs::TOTALS;
use refusals::{
    check_change, check_daemon, check_server, check_service, check_state, check_timeouts,
};

/// A kernel in memory: its table, timeouts and sync daemons.
#[derive(Clone, Debug)]
pub struct FakeKernel {
    table: Vec<ServiceEntry>,
    timeouts: Timeouts,
    daemons: Vec<Daemon>,
    interfaces: Vec<String>,
    connections: Vec<u8>,
    totals: Stats,
    failing: Option<ErrorKind>,
}

impl FakeKernel {
    /// Returns a kernel with an empty table, all the schedulers that Linux has, the
    /// persistence engine `sip` and one network interface, `lo`.
    pub fn new() -> Self {
        Self {
            table: Vec::new(),
            timeouts: Timeouts::new(900, 120, 300),
            daemons: Vec::new(),
            interfaces: vec!["lo".to_owned()],
            connections: Vec::new(),
            totals: Stats::default(),
            failing: None,
        }
    }

    /// Adds a network interface, which sync daemons may use.
    pub fn add_interface(&mut self, name: impl Into<String>) {
        self.interfaces.push(name.into());
    }

    /// Returns the table, to give its services and servers counters and connections.
    pub fn rows_mut(&mut self) -> &mut [ServiceEntry] {
        &mut self.table
    }

    /// Sets the text of the connection table, as in
    /// [`CONNECTIONS`].
    pub fn set_connections(&mut self, text: impl Into<Vec<u8>>) {
        self.connections = text.into();
    }

    /// Sets the counters and rates of all services together, which do not follow from
    /// those of the rows.
    pub fn set_totals(&mut self, totals: Stats) {
        self.totals = totals;
    }

    /// Makes every question and every change fail from now on, with
    /// [`ErrorKind::PermissionDenied`] for instance. `None` ends this.
    pub fn set_failing(&mut self, kind: Option<ErrorKind>) {
        self.failing = kind;
    }

    fn answer(&self, verb: Verb) -> Result<(), Error> {
        match self.failing {
            None => Ok(()),
            Some(ErrorKind::Interrupted) => Err(Error::Interrupted),
            Some(ErrorKind::TimedOut) => Err(Error::TimedOut),
            Some(ErrorKind::Overrun) => Err(Error::Overrun),
            Some(ErrorKind::Io) => Err(Error::Io(io::Error::other("made up"))),
            Some(kind) => Err(Error::refusal(verb, kind)),
        }
    }

    /// Fails as the files of `/proc` do, if every question is to fail.
    fn answer_file(&self, file: &'static str) -> Result<(), Error> {
        let source = match self.failing {
            None => return Ok(()),
            Some(ErrorKind::NoIpvs) => io::ErrorKind::NotFound.into(),
            Some(ErrorKind::PermissionDenied) => io::ErrorKind::PermissionDenied.into(),
            Some(_) => io::Error::other("made up"),
        };
        Err(Error::File { file, source })
    }

    fn find(&mut self, id: &VirtualId) -> Result<&mut ServiceEntry, ErrorKind> {
        let mut rows = self.table.iter_mut();
        let row = rows.find(|row| row.service.id == *id);
        row.ok_or(ErrorKind::NoSuchService)
    }

    /// Returns whether a service has servers of another address family.
    fn is_mixed(&self) -> bool {
        self.table.iter().any(|row| {
            let family = row.service.id.family();
            let mut servers = row.destinations.iter();
            servers.any(|server| Family::of(server.destination.address) != family)
        })
    }

    fn make(&mut self, change: &Change) -> Result<(), ErrorKind> {
        check_change(change)?;
        match change {
            Change::AddService(service) => {
                if self.find(&service.id).is_ok() {
                    return Err(ErrorKind::AlreadyExists);
                }
                check_service(service)?;
                self.table
                    .push(ServiceEntry::new(hashed(service), Stats::default()));
            }
            Change::EditService(service) => {
                let row = self.find(&service.id)?;
                check_service(service)?;
                row.service = hashed(service);
            }
            Change::DeleteService(id) => {
                self.find(id)?;
                self.table.retain(|row| row.service.id != *id);
            }
            Change::AddServer(id, server) => {
                let has_daemon = !self.daemons.is_empty();
                let row = self.find(id)?;
                check_server(id, server, has_daemon)?;
                if place(row, server).is_ok() {
                    return Err(ErrorKind::AlreadyExists);
                }
                refusals::check_address(server.address)?;
                // The kernel lists the newest first.
                row.destinations.insert(0, DestinationEntry::new(*server));
            }
            Change::EditServer(id, server) => {
                let has_daemon = !self.daemons.is_empty();
                let row = self.find(id)?;
                check_server(id, server, has_daemon)?;
                let place = place(row, server)?;
                if let Some(row) = row.destinations.get_mut(place) {
                    row.destination = *server;
                }
            }
            Change::DeleteServer(id, server) => {
                let row = self.find(id)?;
                let place = place(row, server)?;
                row.destinations.remove(place);
            }
            Change::Clear => self.table.clear(),
            Change::Zero(Some(id)) => zero(self.find(id)?),
            Change::Zero(None) => {
                self.totals = Stats::default();
                self.table.iter_mut().for_each(zero);
            }
            Change::SetTimeouts(timeouts) => {
                check_timeouts(timeouts)?;
                let Timeouts { tcp, tcp_fin, udp } = *timeouts;
                for (set, to) in [
                    (&mut self.timeouts.tcp, tcp),
                    (&mut self.timeouts.tcp_fin, tcp_fin),
                    (&mut self.timeouts.udp, udp),
                ] {
                    *set = if to == 0 { *set } else { to };
                }
            }
            Change::StartDaemon(daemon) => {
                check_daemon(daemon, &self.interfaces, self.is_mixed())?;
                if self.daemons.iter().any(|other| other.state == daemon.state) {
                    return Err(ErrorKind::DaemonRunning);
                }
                self.daemons.push(refusals::whole(daemon));
            }
            Change::StopDaemon(state) => {
                check_state(*state)?;
                let running = self.daemons.len();
                self.daemons.retain(|daemon| daemon.state != *state);
                if self.daemons.len() == running {
                    return Err(ErrorKind::NoDaemon);
                }
            }
        }
        Ok(())
    }
}

impl Default for FakeKernel {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns a service as the kernel lists it.
fn hashed(service: &Service) -> Service {
    let unscheduled = || Some(Name::from_kernel(NO_SCHEDULER));
    Service {
        scheduler: service.scheduler.or_else(unscheduled),
        flags: service.flags.with(ServiceFlags::HASHED),
        ..service.clone()
    }
}

/// Returns the place of a server among those of a service.
fn place(row: &ServiceEntry, server: &crate::model::Destination) -> Result<usize, ErrorKind> {
    let mut rows = row.destinations.iter();
    let place = rows.position(|row| row.destination.endpoint() == server.endpoint());
    place.ok_or(ErrorKind::NoSuchServer)
}

fn zero(row: &mut ServiceEntry) {
    row.stats = Stats::default();
    for server in &mut row.destinations {
        server.stats = Stats::default();
    }
}

impl Director for FakeKernel {
    fn info(&self) -> Info {
        Info::new(0x1_0201, 4096)
    }

    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        self.answer(Verb::ListServices)?;
        let rows = self.table.iter();
        Ok(rows
            .map(|row| ServiceEntry::new(row.service.clone(), row.stats))
            .collect())
    }

    fn destinations(&mut self, id: &VirtualId) -> Result<Vec<DestinationEntry>, Error> {
        self.answer(Verb::ListServers)?;
        let row = self.find(id);
        Ok(row.map(|row| row.destinations.clone()).unwrap_or_default())
    }

    fn service(&mut self, id: &VirtualId) -> Result<ServiceEntry, Error> {
        self.answer(Verb::GetService)?;
        let row = self.find(id).cloned();
        row.map_err(|kind| Error::refusal(Verb::GetService, kind))
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        self.answer(Verb::GetTimeouts)?;
        Ok(self.timeouts)
    }

    fn daemons(&mut self) -> Result<Vec<Daemon>, Error> {
        self.answer(Verb::ListDaemons)?;
        Ok(self.daemons.clone())
    }

    fn connections(&self) -> Result<Box<dyn BufRead + Send>, Error> {
        self.answer_file(CONNECTIONS)?;
        Ok(Box::new(Cursor::new(self.connections.clone())))
    }

    fn totals(&self) -> Result<Option<Stats>, Error> {
        self.answer_file(TOTALS)?;
        Ok(Some(self.totals))
    }

    fn apply_all(
        &mut self,
        changes: &[Change],
        refused: &mut dyn FnMut(usize, Error) -> ControlFlow<()>,
    ) -> Result<usize, Error> {
        for (index, change) in changes.iter().enumerate() {
            let verb = Verb::of(change);
            let answer = match self.answer(verb) {
                Err(error @ Error::Kernel { .. }) => Err(error),
                Err(error) => return Err(error),
                Ok(()) => self.make(change).map_err(|kind| Error::refusal(verb, kind)),
            };
            if let Err(error) = answer
                && refused(index, error).is_break()
            {
                return Ok(index.saturating_add(1));
            }
        }
        Ok(changes.len())
    }
}
