//! Changes to services and real servers that take more than one request.

use std::net::IpAddr;
use std::time::Duration;

use crate::cli::types::Given;
use ipvs::model::{Destination, Forwarding, Name, Netmask, Service, TunnelKind, VirtualId};

/// A state that the table is brought to, whatever there was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ensure {
    /// `ipvsadm -A SERVICE ... --or-edit`
    Service(Service),
    /// `ipvsadm -a SERVICE -r SERVER ... --or-edit`
    Server(VirtualId, Destination),
    /// `ipvsadm -E SERVICE ... --keep`
    EditedService(Box<ServiceEdit>),
    /// `ipvsadm -e SERVICE -r SERVER ... --keep`
    EditedServer(Box<ServerEdit>),
    /// `ipvsadm -D SERVICE --if-exists`
    NoService(VirtualId),
    /// `ipvsadm -d SERVICE -r SERVER --if-exists`
    NoServer(VirtualId, Destination),
}

/// The settings of a service that are given with `--keep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEdit {
    /// The service.
    pub id: VirtualId,
    pub(in crate::cli) scheduler: Option<Name>,
    pub(in crate::cli) persistence: Option<u32>,
    pub(in crate::cli) netmask: Option<Netmask>,
    pub(in crate::cli) engine: Option<Name>,
    /// The names of flags. The valid ones depend on the scheduler.
    pub(in crate::cli) sched_flags: Option<String>,
    pub(in crate::cli) one_packet: bool,
}

/// The settings of a real server that are given with `--keep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEdit {
    /// Its service.
    pub service: VirtualId,
    /// The server as it was named, with the port of its service if it was named
    /// without one.
    pub server: Destination,
    /// The settings that are given.
    pub settings: GivenSettings,
}

/// The settings of a real server that are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenSettings {
    pub(in crate::cli) forwarding: Option<Forwarding>,
    pub(in crate::cli) weight: Option<u32>,
    pub(in crate::cli) upper_threshold: Option<u32>,
    pub(in crate::cli) lower_threshold: Option<u32>,
    pub(in crate::cli) tunnel_kind: Option<TunnelKind>,
    pub(in crate::cli) tunnel_port: Option<u16>,
    pub(in crate::cli) given: Given,
}

/// `-r SERVER --all-services`: a real server, in whichever services it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerAnywhere {
    /// The address of the server.
    pub address: IpAddr,
    /// Its port; any port if none is given.
    pub port: Option<u16>,
}

/// `ipvsadm -e -r SERVER --all-services ...`, `ipvsadm -d -r SERVER --all-services`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Everywhere {
    /// The server.
    pub server: ServerAnywhere,
    /// The change in each service that has it.
    pub deed: Deed,
}

/// A change to a real server in every service that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// `-e`: what is not given is set to its default.
    Replace(GivenSettings),
    /// `-e --keep`: what is not given stays.
    Edit(GivenSettings),
    /// `-d`
    Remove,
    /// `-d --if-exists`: it is fine if no service has it.
    RemoveIfThere,
}

/// `ipvsadm -a|-e ... -w WEIGHT --ramp=SECONDS`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ramp {
    /// The servers whose weight is changed step by step.
    pub ramped: Ramped,
    /// How long it takes.
    pub time: Duration,
}

/// The servers of a ramp, with the settings that they have at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ramped {
    /// `-a SERVICE -r SERVER`: it must not be there.
    New(VirtualId, Destination),
    /// `-a SERVICE -r SERVER --or-edit`
    NewOrThere(VirtualId, Destination),
    /// `-e SERVICE -r SERVER`: what is not given stays.
    Edited(ServerEdit),
    /// `-e -r SERVER --all-services`: what is not given stays, in every service
    /// that has the server.
    Anywhere(ServerAnywhere, GivenSettings),
}

/// `ipvsadm -d SERVICE -r SERVER --drain[=SECONDS]`, `ipvsadm -D SERVICE
/// --drain[=SECONDS]`, `ipvsadm -d -r SERVER --all-services --drain[=SECONDS]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// The part of the table that is removed.
    pub leaving: Leaving,
    /// How long to wait for connections to end; without a limit if none is given.
    pub limit: Option<Duration>,
}

/// A part of the table that is drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// A service with its servers.
    Service(VirtualId),
    /// A server of a service.
    Server(VirtualId, Destination),
    /// A server of every service that has it.
    Anywhere(ServerAnywhere),
}

/// `ipvsadm -e SERVICE -r SERVER --undrain`, `ipvsadm -e -r SERVER --all-services
/// --undrain`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undrain {
    /// A server of a service.
    Server(VirtualId, Destination),
    /// A server of every service out of which it was drained.
    Anywhere(ServerAnywhere),
}
