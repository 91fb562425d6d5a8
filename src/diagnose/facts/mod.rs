//! The facts of a director, gathered once.
//!
//! Facts can be written and read back, so that one machine's facts can be judged on
//! another. They hold what was read, as it was read. Its meaning is up to the checks;
//! nearly every method here answers a question that several checks ask.

mod connections;
mod filters;
mod gather;
mod identity;
mod journey;
mod keyed;
mod lookup;
mod on_server;
mod probe;
mod replay;
mod sync;
mod system;
mod table;
mod ways;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use connections::{ConnectionFacts, Flow, WAITING};
pub use filters::{Chain, Hook};
pub use gather::{Wanted, gather};
pub use identity::{is_of_no_machine, selector};
pub use journey::{Journey, Remembered};
pub use keyed::{HasKey, Keyed};
pub use lookup::Lookup;
pub use on_server::{ELSEWHERE, OnServer};
pub use replay::{NotReplayed, SINGLE_CONNECTIONS};
pub use system::{IPVS_BYTES, IPVS_PACKETS, MANAGERS, MOVERS};
pub use table::{Counted, Method, Server, ServiceFacts, Traffic};
pub use ways::{Marked, Way, errno_text};

use crate::estimation::{self, Frozen};
use crate::routing::{Address, Answer, Leads, Link, Neighbour, Question, Reach, Route};
use ipvs::model::{Daemon, DaemonState, Endpoint, VirtualId};

/// The number of the facts' form. Fields may be added under the same number.
pub const FORM: u32 = 1;

/// A director, as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The number of the form, [`FORM`].
    pub form: u32,
    /// The kernel's release: `6.1.0-32-amd64`.
    pub kernel: String,
    /// The time from the first look to the second, in seconds.
    pub sample: f64,
    /// The one service that was asked about; none if every service was.
    pub only: Option<VirtualId>,
    /// The real server that this machine is; none if it is looked at as a director.
    pub on_server: Option<OnServer>,
    /// Some machines with a TCP connection to the service's port here; read on a
    /// real server alone.
    pub peers: Vec<IpAddr>,
    /// The size of the table of connections, as the kernel told it.
    pub buckets: u32,
    /// The virtual services with their servers.
    pub services: Vec<ServiceFacts>,
    /// The settings in seconds that `--set` changes; none where they can't be asked for.
    pub timeouts: Option<TimeoutFacts>,
    /// The synchronization daemons that run.
    pub daemons: Vec<SyncDaemon>,
    /// The connections, summed up; none where they can't be read.
    pub connections: Option<ConnectionFacts>,
    /// The clients that were named on the command line.
    pub clients: Vec<IpAddr>,
    /// Settings below `/proc/sys`, by their names: `net.ipv4.ip_forward`.
    pub sysctls: BTreeMap<String, String>,
    /// The system's own counters, by their names: `IpForwDatagrams`.
    pub counters: BTreeMap<String, SystemCounter>,
    /// The interfaces.
    pub links: Vec<Link>,
    /// The addresses of this machine.
    pub addresses: Keyed<Address>,
    /// The machines on its links.
    pub neighbours: Keyed<Neighbour>,
    /// The questions to the kernel and its answers.
    pub ways: Keyed<Way>,
    /// The loaded modules, with the number of their users.
    pub modules: BTreeMap<String, u32>,
    /// The programs of [`MANAGERS`] and [`MOVERS`] that run.
    pub programs: BTreeSet<String>,
    /// The packet filter's base chains; none where they can't be read.
    pub filters: Option<Vec<Chain>>,
    /// The interfaces whose incoming packets traffic control looks at.
    pub classified: Vec<u32>,
    /// Files of `/proc/net`, as far as checks need their text.
    pub files: BTreeMap<String, String>,
    /// Listening TCP sockets and bound UDP sockets; read only where a server or a
    /// daemon of this machine makes them matter, or where it is a real server.
    pub sockets: Vec<Listener>,
    /// The links were asked who has the virtual addresses (`--probe`).
    pub probed: bool,
    /// The neighbours that answered for a virtual address.
    pub answered: Keyed<Neighbour>,
    /// The sources that could not be read, and why.
    pub unread: Vec<Unread>,
}

impl HasKey for Address {
    type LookupKey = IpAddr;

    fn key(&self) -> IpAddr {
        self.address
    }
}

impl HasKey for Neighbour {
    type LookupKey = IpAddr;

    fn key(&self) -> IpAddr {
        self.address
    }
}

/// The timeouts of connections, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeoutFacts {
    /// Of established TCP connections.
    pub tcp: u32,
    /// Of TCP connections after a FIN.
    pub tcp_fin: u32,
    /// Of UDP.
    pub udp: u32,
}

/// A synchronization daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncDaemon {
    /// True if it receives, false if it sends.
    pub backup: bool,
    /// Its interface.
    pub interface: String,
    /// Its identity.
    pub sync_id: u32,
    /// Its multicast group, where the kernel tells it.
    pub group: Option<IpAddr>,
    /// Its UDP port, where the kernel tells it.
    pub port: Option<u16>,
    /// How many routers its messages may pass, where the kernel tells it.
    #[serde(default)]
    pub ttl: Option<u8>,
    /// Its longest message in bytes, where the kernel tells it.
    #[serde(default)]
    pub max_len: Option<u16>,
}

impl From<&Daemon> for SyncDaemon {
    fn from(daemon: &Daemon) -> Self {
        Self {
            backup: daemon.state == DaemonState::Backup,
            interface: daemon.interface.clone(),
            sync_id: daemon.sync_id,
            group: daemon.group,
            port: daemon.port,
            ttl: daemon.ttl,
            max_len: daemon.max_len,
        }
    }
}

/// A counter of the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemCounter {
    /// Its value at the second look.
    pub total: u64,
    /// By how much it rose from the first look.
    pub rise: u64,
}

/// A socket that waits for packets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// `TCP` or `UDP`.
    pub protocol: String,
    /// Where it waits; the unspecified address stands for all of them.
    pub local: Endpoint,
    /// Datagrams that were dropped for lack of room (UDP).
    pub drops: Option<u64>,
}

impl Listener {
    /// The protocols whose sockets are read.
    pub const PROTOCOLS: [&'static str; 2] = ["TCP", "UDP"];

    /// Returns whether a packet to this place finds this socket. Some sockets of IPv6
    /// take packets of IPv4 too. The files do not tell which ones do, so it is assumed of
    /// all.
    pub fn takes(&self, protocol: &str, place: Endpoint) -> bool {
        let Endpoint { address, port } = self.local;
        let for_all = match address.to_canonical() {
            IpAddr::V4(all) => all.is_unspecified() && place.address.is_ipv4(),
            IpAddr::V6(all) => all.is_unspecified(),
        };
        self.protocol == protocol
            && port == place.port
            && (for_all || address.to_canonical() == place.address)
    }
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The file, or what was asked for.
    pub what: String,
    /// The system's reason.
    pub why: String,
}

/// Returns an IP version, as sysctls name it.
pub fn version(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "ipv4",
        IpAddr::V6(_) => "ipv6",
    }
}

impl Facts {
    /// Returns a setting that is a number.
    pub fn sysctl(&self, name: &str) -> Option<i64> {
        self.sysctls.get(name)?.trim().parse().ok()
    }

    /// Returns the name of an interface's setting, as sysctl takes it: a dot in the name
    /// of the interface, as VLANs have, is a slash in it.
    pub fn setting_of(version: &str, interface: &str, setting: &str) -> String {
        let interface = interface.replace('.', "/");
        format!("net.{version}.conf.{interface}.{setting}")
    }

    /// Returns a setting of one interface alone.
    pub fn of_interface(&self, version: &str, interface: &str, setting: &str) -> Option<i64> {
        self.sysctl(&Self::setting_of(version, interface, setting))
    }

    /// Returns a setting of which the larger of `all` and the interface is in effect:
    /// `rp_filter`, `arp_ignore`, `arp_announce`, `accept_local`.
    pub fn larger(&self, version: &str, interface: &str, setting: &str) -> Option<i64> {
        let of = |interface| self.of_interface(version, interface, setting);
        Some(of(interface)?.max(of("all").unwrap_or(0)))
    }

    /// Returns by how much a counter of the system rose.
    pub fn rise(&self, counter: &str) -> u64 {
        self.counters.get(counter).map_or(0, |counter| counter.rise)
    }

    /// Returns `NAME rose by N in T s`, as evidence.
    pub fn rose(&self, counter: &str) -> String {
        format!(
            "{counter} rose by {} in {:.1} s",
            self.rise(counter),
            self.sample
        )
    }

    /// Returns [`rose`](Self::rose) if the counters were looked at twice.
    pub fn risen(&self, counter: &str) -> Option<String> {
        (self.sample > 0.0).then(|| self.rose(counter))
    }

    /// Returns the interface of this number.
    pub fn link(&self, index: u32) -> Option<&Link> {
        self.links.iter().find(|link| link.index == index)
    }

    /// Returns the name of an interface, or `?` if it is not known.
    pub fn interface(&self, index: u32) -> &str {
        self.link(index).map_or("?", |link| &link.name)
    }

    /// Returns whether it is an address of this machine, and no other machine's too.
    pub fn is_own(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.addresses.of(address).any(|own| !own.duplicate)
    }

    /// Returns what the kernel answered to a question, or none if it was not asked.
    pub fn answer(&self, question: &Question) -> Option<Answer> {
        self.ways.of(*question).next().map(|way| way.answer)
    }

    /// Returns the way of this machine's own packets to an address.
    pub fn way_to(&self, address: IpAddr) -> Option<Answer> {
        self.answer(&Question::to(address))
    }

    /// Returns the interface by which packets go to an address. As a rule, packets from
    /// the address come by it too.
    pub fn interface_to(&self, address: IpAddr) -> Option<u32> {
        match self.way_to(address)? {
            Ok(Route {
                leads: Leads::Onward,
                output,
                ..
            }) => output,
            Ok(_) | Err(_) => None,
        }
    }

    /// Returns whether packets to an address are taken in here: it is an address of this
    /// machine, or a route makes it one. Returns none if that is not known.
    pub fn is_taken_in(&self, address: IpAddr) -> Option<bool> {
        if self.is_own(address) {
            return Some(true);
        }
        Some(match self.way_to(address)? {
            Ok(route) => route.leads == Leads::Here,
            Err(_) => false,
        })
    }

    /// Returns an address of this machine in the same network, if this address is on
    /// a link. The interface of that address leads to the link.
    pub fn on_link(&self, address: IpAddr) -> Option<&Address> {
        self.networks(address).next()
    }

    /// Returns all addresses of this machine in the same network.
    pub fn networks(&self, address: IpAddr) -> impl Iterator<Item = &Address> {
        let in_network = move |own: &&Address| same_network(own.address, address, own.prefix);
        let has_more = move |own: &&Address| own.prefix < if address.is_ipv4() { 32 } else { 128 };
        self.addresses.iter().filter(has_more).filter(in_network)
    }

    /// Returns what is known of a machine on an interface.
    pub fn neighbour(&self, address: IpAddr, interface: u32) -> Option<&Neighbour> {
        let mut there = self.neighbours.of(address);
        there.find(|found| found.interface == interface)
    }

    /// Returns whether the next machine on the way to an address does not answer.
    pub fn is_silent(&self, address: IpAddr) -> bool {
        let Some(Ok(route)) = self.way_to(address) else {
            return false;
        };
        let next = route.gateway.unwrap_or(address);
        let neighbour = route.output.and_then(|output| self.neighbour(next, output));
        // A neighbour that answers is incomplete, or probed, only for a thousandth of a
        // second.
        neighbour.is_some_and(|neighbour| {
            matches!(
                neighbour.state,
                Reach::Failed | Reach::Incomplete | Reach::Probe
            )
        })
    }

    /// Returns the connections, summed up.
    pub fn flows(&self) -> impl Iterator<Item = &Flow> {
        self.connections.iter().flat_map(|all| all.flows.iter())
    }

    /// Returns the connections to a server, summed up.
    pub fn flows_to(&self, server: Endpoint) -> impl Iterator<Item = &Flow> {
        let connections = self.connections.iter();
        connections.flat_map(move |all| all.flows.of(server))
    }

    /// Returns the two version numbers at the start of the kernel's release.
    pub fn kernel_version(&self) -> Option<(u32, u32)> {
        let mut numbers = self.kernel.split(|c: char| !c.is_ascii_digit());
        let mut next = || numbers.next()?.parse().ok();
        Some((next()?, next()?))
    }

    /// Returns whether the kernel adds up what services and servers carry.
    pub fn counters_live(&self) -> bool {
        self.frozen().is_none()
    }

    /// Returns why the kernel does not add that up, or none if it does.
    pub fn frozen(&self) -> Option<Frozen> {
        let value = |name| self.sysctls.get(name).map(String::as_str);
        Frozen::by(value(estimation::RUN), value(estimation::PROCESSORS))
    }

    /// Returns whether this could not be read.
    pub fn is_unread(&self, what: &str) -> bool {
        self.unread.iter().any(|unread| unread.what == what)
    }

    /// Returns whether one of these programs runs.
    pub fn runs(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.programs.contains(*name))
    }
}

fn same_network(one: IpAddr, other: IpAddr, prefix: u8) -> bool {
    let differ = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
        _ => return false,
    };
    differ >= prefix.into()
}
