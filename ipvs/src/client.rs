//! Speaking with the kernel's IPVS: one method for each thing to ask or do.

use std::fmt;
use std::io::{self, BufRead};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::Duration;

use netlink_packet_core::DecodeError;

use crate::connections::CONNECTIONS;
use crate::error::{Error, ErrorKind, Verb};
use crate::model::{
    Change, Daemon, DestinationEntry, Family, Info, Service, ServiceEntry, Stats, Timeouts,
    VirtualId,
};
use crate::namespace::NetworkNamespace;
use crate::netlink::convert;
use crate::netlink::exchange::{Exchange, ListReader, Number};
pub use crate::netlink::listing::Patience;
use crate::netlink::message::{IpvsCommand, IpvsMessage};
use crate::netlink::socket::{Socket, Transport};
use crate::procfs;

/// A conversation with the kernel's IPVS over one socket.
///
/// A client belongs to one network namespace. [`open`](Client::open) takes that of the
/// calling thread; the client must then stay in threads of that namespace. A client of
/// [`open_in`](Client::open_in) or [`open_at`](Client::open_at) speaks with the namespace
/// that was named, whichever thread uses it.
///
/// # Errors of every method
/// An [`Error`] has a [`kind`](Error::kind) to decide by. Each method that speaks
/// with the kernel can fail with these:
///
/// - [`ErrorKind::PermissionDenied`]: the process lacks `CAP_NET_ADMIN`.
/// - [`ErrorKind::NoIpvs`]: the kernel's module was unloaded meanwhile. When it is
///   loaded again, a new conversation has to be opened.
/// - [`ErrorKind::Overrun`], [`ErrorKind::Protocol`]: the answer is lost. It may be
///   asked for again, in the same conversation.
/// - [`ErrorKind::Unsupported`]: the service is of IPv6, and the kernel was built without
///   IPv6 for IPVS (`CONFIG_IP_VS_IPV6`).
/// - [`ErrorKind::TimedOut`]: see [`set_timeout`](Client::set_timeout).
/// - [`ErrorKind::Io`]: the socket failed.
///
/// Each method says what else the kernel refuses.
///
/// # Errors of files
/// A method that reads a file of `/proc` fails with [`Error::File`]. Its kind is
/// [`ErrorKind::NoIpvs`] where the file is not there, [`ErrorKind::PermissionDenied`] where
/// this process may not read it, and else [`ErrorKind::Io`].
pub struct Client {
    exchange: Exchange,
    info: Info,
    namespace: NetworkNamespace,
}

impl Client {
    /// Opens a conversation with the kernel.
    ///
    /// # Errors
    /// Fails with [`Error::Unavailable`]. Its kind is [`ErrorKind::NoIpvs`] where the
    /// kernel has no IPVS, or its module is not loaded; [`ErrorKind::PermissionDenied`]
    /// where this process may not administer IPVS, whether the kernel has it or not.
    pub fn open() -> Result<Self, Error> {
        Self::of(NetworkNamespace::default())
    }

    /// Opens a conversation with the IPVS of another network namespace, whose open file is
    /// given: `/proc/PID/ns/net`, for instance.
    ///
    /// ```no_run
    /// use std::fs::File;
    ///
    /// use ipvs::client::Client;
    ///
    /// let container = File::open("/proc/4711/ns/net")?;
    /// let mut client = Client::open_in(&container)?;
    /// assert_eq!(client.services()?, []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The calling thread stays in its own namespace: a helper thread enters the other one
    /// for as long as it takes to open a socket or a file of `/proc`.
    ///
    /// # Errors
    /// Fails with [`Error::Namespace`], of the kind [`ErrorKind::NoSuchNamespace`] where
    /// the file is no network namespace and [`ErrorKind::PermissionDenied`] where the
    /// process lacks `CAP_SYS_ADMIN`. All other errors are as for [`open`](Client::open).
    pub fn open_in(namespace: impl AsFd) -> Result<Self, Error> {
        Self::of(NetworkNamespace::of(namespace).map_err(Error::Namespace)?)
    }

    /// Does the same as [`open_in`](Client::open_in), for the file at this path:
    /// `/run/netns/NAME`, for a namespace of `ip netns add NAME`.
    ///
    /// # Errors
    /// As for [`open_in`](Client::open_in). Where there is no such file, the kind
    /// is [`ErrorKind::NoSuchNamespace`].
    pub fn open_at(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::of(NetworkNamespace::at(path.as_ref()).map_err(Error::Namespace)?)
    }

    fn of(namespace: NetworkNamespace) -> Result<Self, Error> {
        namespace.check().map_err(Error::Namespace)?;
        let socket = Socket::open(namespace.clone()).map_err(Error::Unavailable)?;
        let mut client = Self::with_transport(socket)?;
        client.namespace = namespace;
        Ok(client)
    }

    /// Opens a conversation over a transport, which is another than a socket in tests.
    ///
    /// # Errors
    /// As for [`open`](Client::open).
    pub(crate) fn with_transport(
        transport: impl Transport + Send + 'static,
    ) -> Result<Self, Error> {
        let mut exchange = Exchange::new(Box::new(transport));
        let resolved = exchange.resolve_family();
        resolved.map_err(|error| {
            // The generic netlink controller resolves the family for any process. Here, a
            // process without privileges gets the same answer whether there is an IPVS or
            // not.
            let kind = match error.kind() {
                ErrorKind::NoIpvs if !exchange.is_privileged() => ErrorKind::PermissionDenied,
                ErrorKind::NoIpvs => ErrorKind::NoIpvs,
                _ => return unavailable(error),
            };
            Error::refusal(Verb::Open, kind)
        })?;
        let request = IpvsMessage::new(IpvsCommand::GetInfo, Vec::new());
        let info = exchange.ask(Verb::Open, request, convert::info);
        Ok(Self {
            info: info.map_err(unavailable)?,
            exchange,
            namespace: NetworkNamespace::default(),
        })
    }

    /// Returns what the kernel said of its IPVS when the conversation was opened.
    pub fn info(&self) -> Info {
        self.info
    }

    /// Sets how long a list that changes while the kernel sends it is asked for again, and
    /// what happens when that time is over. At first it is [`Patience::DEFAULT`]. Each call
    /// starts the time anew.
    pub fn set_patience(&mut self, patience: Patience) {
        self.exchange.set_patience(patience);
    }

    /// Returns true if, since the patience was set, a list was accepted although the table
    /// changed while the kernel sent it ([`Patience::Settle`]). Such a list may lack rows,
    /// and mix several states of the table.
    pub fn has_settled(&self) -> bool {
        self.exchange.has_settled()
    }

    /// Sets how long to wait for each answer of the kernel. `None`, as at first, waits
    /// without end; zero counts as the shortest time there is.
    ///
    /// The kernel usually answers at once: the limit is for programs that must not hang
    /// even where it does not. After [`Error::TimedOut`] the conversation goes on: an
    /// answer that comes late is passed over. The caller can't know which of the changes
    /// that were sent last have been made.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] where the time is longer than the system can count.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) -> Result<(), Error> {
        Ok(self.exchange.transport_mut().set_timeout(timeout)?)
    }

    /// Returns every service, without its servers.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`] where the table keeps changing, and [the errors of
    /// every method](Client#errors-of-every-method).
    pub fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        self.list_services(convert::service_entry, |entry| &entry.service.id)
    }

    /// Returns every service as it is configured, without its counters.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`] where the table keeps changing, and [the errors of
    /// every method](Client#errors-of-every-method).
    pub fn configured(&mut self) -> Result<Vec<Service>, Error> {
        self.list_services(convert::service, |service| &service.id)
    }

    /// Returns the counters of every service, without its settings.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`] where the table keeps changing, and [the errors of
    /// every method](Client#errors-of-every-method).
    pub fn counters(&mut self) -> Result<Vec<(VirtualId, Stats)>, Error> {
        self.list_services(convert::counters, |(id, _)| id)
    }

    /// Returns every service as the kernel sends it at the first question, without its
    /// counters. Where others change the table meanwhile, a service may be there twice or
    /// be left out: this is for callers that compare the list with another source. It does
    /// not use the patience.
    ///
    /// # Errors
    /// [The errors of every method](Client#errors-of-every-method).
    pub fn configured_at_first_sight(&mut self) -> Result<Vec<Service>, Error> {
        let mut services = Vec::new();
        let question = every_service();
        self.exchange.list_once(
            Verb::ListServices,
            question,
            &mut services,
            convert::service,
        )?;
        Ok(services)
    }

    fn list_services<R>(
        &mut self,
        read: impl Fn(&[u8]) -> Result<Option<R>, DecodeError>,
        id: impl Fn(&R) -> &VirtualId,
    ) -> Result<Vec<R>, Error> {
        let mut rows = Vec::new();
        self.exchange.list(
            Number::One,
            Verb::ListServices,
            every_service,
            &mut rows,
            &ListReader {
                row: read,
                key_of: |row: &R| *id(row),
                key: convert::service_key,
            },
        )?;
        Ok(rows)
    }

    /// Returns every service with its servers.
    ///
    /// The kernel sends the servers of one service at a time: a service that is deleted
    /// meanwhile is returned without servers.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`] where the table keeps changing, and [the errors of
    /// every method](Client#errors-of-every-method).
    pub fn table(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        let mut entries = self.services()?;
        for entry in &mut entries {
            entry.destinations = self.destinations(&entry.service.id)?;
            entry.destinations.shrink_to_fit();
        }
        Ok(entries)
    }

    /// Returns one service with its servers.
    ///
    /// # Errors
    /// [`ErrorKind::NoSuchService`]; else as for [`destinations`](Client::destinations).
    pub fn service(&mut self, id: &VirtualId) -> Result<ServiceEntry, Error> {
        let request = convert::about(IpvsCommand::GetService, id);
        let entry = self
            .exchange
            .ask(Verb::GetService, request, convert::service_entry)?;
        let mut entry = entry.ok_or_else(|| Error::Protocol("it names no service".to_owned()))?;
        entry.destinations = self.destinations(id)?;
        Ok(entry)
    }

    /// Returns the servers of one service; an empty list if there is no such service.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`] where the table keeps changing, and [the errors of
    /// every method](Client#errors-of-every-method).
    pub fn destinations(&mut self, id: &VirtualId) -> Result<Vec<DestinationEntry>, Error> {
        let mut rows = Vec::new();
        self.list_destinations(id, &mut rows, convert::destination_entry)?;
        Ok(rows)
    }

    /// Puts the servers of one service in `rows`, in place of what is there. Their counters
    /// are not read, and are 0.
    ///
    /// # Errors
    /// As for [`destinations`](Client::destinations).
    pub fn configured_destinations(
        &mut self,
        id: &VirtualId,
        rows: &mut Vec<DestinationEntry>,
    ) -> Result<(), Error> {
        self.list_destinations(id, rows, convert::destination)
    }

    fn list_destinations(
        &mut self,
        id: &VirtualId,
        rows: &mut Vec<DestinationEntry>,
        read: impl Fn(&[u8], Family) -> Result<Option<DestinationEntry>, DecodeError>,
    ) -> Result<(), Error> {
        let family = id.family();
        let request = || convert::about(IpvsCommand::GetDest, id);
        self.exchange.list(
            Number::OneOfMany,
            Verb::ListServers,
            request,
            rows,
            &ListReader {
                row: |attributes: &[u8]| read(attributes, family),
                key_of: |row: &DestinationEntry| (row.destination.address, row.destination.port),
                key: |attributes: &[u8]| convert::destination_key(attributes, family),
            },
        )
    }

    /// Opens the table of connections, for
    /// [`for_each_connection`](crate::connections::for_each_connection) and
    /// [`count`](crate::connections::count).
    ///
    /// # Errors
    /// [The errors of files](Client#errors-of-files). What fails later, while the table is
    /// read, is an error of the reader.
    pub fn connections(&self) -> Result<impl BufRead + Send + use<>, Error> {
        of_file(CONNECTIONS, self.open_file(CONNECTIONS))
    }

    fn open_file(&self, file: &'static str) -> io::Result<impl BufRead + Send + use<>> {
        procfs::open_in(&self.namespace, Path::new(file))
    }

    /// Returns the servers of all services from the kernel's text [`TABLE`](procfs::TABLE),
    /// which lists them at once: see [`procfs::servers`]. Returns `None` where the table
    /// has changed since `services` were listed.
    ///
    /// # Errors
    /// [The errors of files](Client#errors-of-files).
    pub fn servers_at_once(
        &self,
        services: &[Service],
    ) -> Result<Option<procfs::BriefServers>, Error> {
        let text = self.open_file(procfs::TABLE);
        let servers = text.and_then(|text| procfs::servers(services, text));
        of_file(procfs::TABLE, servers)
    }

    /// Returns the counters and rates of all services together, deleted ones included, from
    /// `/proc/net/ip_vs_stats`; `None` where its text is not understood.
    ///
    /// [`Zero`](Change::Zero) of all services sets these counters to 0; `Zero` of one
    /// service does not change them.
    ///
    /// # Errors
    /// [The errors of files](Client#errors-of-files).
    pub fn totals(&self) -> Result<Option<Stats>, Error> {
        let text = self.open_file(procfs::TOTALS);
        of_file(procfs::TOTALS, text.and_then(procfs::totals))
    }

    /// Returns the counters of each processor, from `/proc/net/ip_vs_stats_percpu`; `None`
    /// where its text is not understood.
    ///
    /// # Errors
    /// [The errors of files](Client#errors-of-files).
    pub fn by_processor(&self) -> Result<Option<Vec<procfs::OfProcessor>>, Error> {
        let text = self.open_file(procfs::PROCESSORS);
        of_file(procfs::PROCESSORS, text.and_then(procfs::by_processor))
    }

    /// Returns the timeouts of connections.
    ///
    /// # Errors
    /// [The errors of every method](Client#errors-of-every-method).
    pub fn timeouts(&mut self) -> Result<Timeouts, Error> {
        let request = IpvsMessage::new(IpvsCommand::GetConfig, Vec::new());
        self.exchange
            .ask(Verb::GetTimeouts, request, convert::timeouts)
    }

    /// Returns the running synchronization daemons.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`] where the list keeps changing, and [the errors of every
    /// method](Client#errors-of-every-method).
    pub fn daemons(&mut self) -> Result<Vec<Daemon>, Error> {
        let request = || IpvsMessage::new(IpvsCommand::GetDaemon, Vec::new());
        let mut daemons = Vec::new();
        self.exchange.list(
            Number::One,
            Verb::ListDaemons,
            request,
            &mut daemons,
            &ListReader {
                row: convert::daemon,
                key_of: |daemon: &Daemon| daemon.state.number(),
                key: |attributes: &[u8]| {
                    Ok(convert::daemon(attributes)?.map(|daemon| daemon.state.number()))
                },
            },
        )?;
        Ok(daemons)
    }

    /// Makes one change.
    ///
    /// # Errors
    /// [The errors of every method](Client#errors-of-every-method), [`OutOfMemory`], and
    /// the refusals of each change:
    ///
    /// | change | refusals |
    /// |---|---|
    /// | [`AddService`](Change::AddService) | [`Invalid`] where the netmask is of another address family than the service (the change is not sent then); [`AlreadyExists`], which the kernel checks before all else; [`NoSuchScheduler`] |
    /// | [`EditService`](Change::EditService) | [`NoSuchService`], [`NoSuchScheduler`], [`Invalid`] as above |
    /// | [`DeleteService`](Change::DeleteService), [`Zero`](Change::Zero) of a service | [`NoSuchService`] |
    /// | [`AddServer`](Change::AddServer) | [`NoSuchService`]; [`OutOfRange`]; [`AlreadyExists`]; [`Invalid`] where the address is no unicast address, where it is of another family than the service's and either the server is not tunnelled or a sync daemon runs, and where a GUE tunnel has port 0 |
    /// | [`EditServer`](Change::EditServer) | [`NoSuchService`]; [`OutOfRange`]; [`NoSuchServer`]; [`Invalid`] as above |
    /// | [`DeleteServer`](Change::DeleteServer) | [`NoSuchService`], [`NoSuchServer`] |
    /// | [`Clear`](Change::Clear), [`Zero`](Change::Zero) of all | none |
    /// | [`SetTimeouts`](Change::SetTimeouts) | [`Invalid`] where a timeout is longer than 2147483647 ticks of the kernel's clock |
    /// | [`StartDaemon`](Change::StartDaemon) | [`NoSuchDevice`]; [`DaemonRunning`]; [`Invalid`] where the kernel does not know the role, where the group is no multicast address, and where a service has servers of another address family |
    /// | [`StopDaemon`](Change::StopDaemon) | [`NoDaemon`]; [`Invalid`] where the kernel does not know the role |
    ///
    /// [`AlreadyExists`]: ErrorKind::AlreadyExists
    /// [`DaemonRunning`]: ErrorKind::DaemonRunning
    /// [`Invalid`]: ErrorKind::Invalid
    /// [`NoDaemon`]: ErrorKind::NoDaemon
    /// [`NoSuchDevice`]: ErrorKind::NoSuchDevice
    /// [`NoSuchScheduler`]: ErrorKind::NoSuchScheduler
    /// [`NoSuchServer`]: ErrorKind::NoSuchServer
    /// [`NoSuchService`]: ErrorKind::NoSuchService
    /// [`OutOfMemory`]: ErrorKind::OutOfMemory
    /// [`OutOfRange`]: ErrorKind::OutOfRange
    pub fn apply(&mut self, change: &Change) -> Result<(), Error> {
        let mut outcome = Ok(());
        self.apply_all([change], |_, error| {
            outcome = Err(error);
            ControlFlow::Break(())
        })?;
        outcome
    }

    /// Makes many changes, in order, with few system calls.
    ///
    /// Gives each refusal to `refused`, in order, with the place of its change among
    /// `changes`; the changes after it are made all the same. Where `refused` breaks off,
    /// no more changes are sent than those that were sent together with the refused one.
    /// Returns how many were sent: each of them was made or refused.
    ///
    /// # Errors
    /// [The errors of every method](Client#errors-of-every-method): the conversation itself
    /// failed. It is then unknown which of the changes that were sent last have been made.
    /// The kernel's refusals, which [`apply`](Client::apply) lists, are given to `refused`.
    pub fn apply_all<'a>(
        &mut self,
        changes: impl IntoIterator<Item = &'a Change>,
        refused: impl FnMut(usize, Error) -> ControlFlow<()>,
    ) -> Result<usize, Error> {
        let requests = changes
            .into_iter()
            .map(|change| (Verb::of(change), convert::change(change)));
        self.exchange.submit(requests, refused)
    }
}

/// Returns the socket, to inspect it or to set its options. Whoever reads from it takes
/// answers away from the conversation.
impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.exchange.transport().as_fd()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            exchange: _,
            info,
            namespace,
        } = self;
        f.debug_struct("Client")
            .field("info", info)
            .field("namespace", namespace)
            .finish_non_exhaustive()
    }
}

fn of_file<R>(file: &'static str, outcome: io::Result<R>) -> Result<R, Error> {
    outcome.map_err(|source| Error::File { file, source })
}

fn every_service() -> IpvsMessage {
    IpvsMessage::new(IpvsCommand::GetService, Vec::new())
}

fn unavailable(error: Error) -> Error {
    match error {
        Error::Kernel { errno, .. } => Error::Unavailable(io::Error::from_raw_os_error(errno)),
        Error::Io(error) => Error::Unavailable(error),
        other => other,
    }
}
