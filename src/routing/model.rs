//! Links, addresses, neighbours and routes, as the kernel tells of them.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// The kind of a device that is made of software, such as `veth`.
    pub kind: Option<String>,
    /// The longest packet, in bytes.
    pub mtu: u32,
    /// It is switched on (`IFF_UP`).
    pub up: bool,
    /// It is switched on and has no carrier (`IFF_UP` without `IFF_LOWER_UP`): the cable
    /// is not plugged in, or the other end is off.
    #[serde(default)]
    pub unplugged: bool,
    /// It reaches this machine alone (`IFF_LOOPBACK`).
    pub loopback: bool,
    /// Its hardware address as it is written, if it has one.
    pub hardware: Option<String>,
}

/// The kinds of devices out of which tunnelled packets come.
const TUNNELS: [&str; 7] = [
    "ipip",
    "gre",
    "gretap",
    "sit",
    "ip6tnl",
    "ip6gre",
    "ip6gretap",
];

impl Link {
    /// Returns whether tunnelled packets come out of it.
    pub fn is_tunnel(&self) -> bool {
        self.kind
            .as_deref()
            .is_some_and(|kind| TUNNELS.contains(&kind))
    }
}

/// An address of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The address.
    pub address: IpAddr,
    /// The length of its network's prefix.
    pub prefix: u8,
    /// The interface that has it.
    pub interface: u32,
    /// Another machine was found to have it (`IFA_F_DADFAILED`).
    pub duplicate: bool,
    /// It is not known yet if another machine has it (`IFA_F_TENTATIVE`).
    pub tentative: bool,
}

/// The state of a neighbour's entry (`NUD_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// It is being asked for, and has not answered yet.
    Incomplete,
    /// It answered a short while ago.
    Reachable,
    /// It answered once.
    Stale,
    /// It will be asked soon.
    Delay,
    /// It is being asked again.
    Probe,
    /// It did not answer.
    Failed,
    /// Its interface needs no address resolution.
    NoArp,
    /// Somebody entered it for good.
    Permanent,
    /// None of these.
    Other,
}

/// A machine on a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its address.
    pub address: IpAddr,
    /// The interface that leads to it.
    pub interface: u32,
    /// Its hardware address as it is written, once it is known.
    pub hardware: Option<String>,
    /// The state of its entry.
    pub state: Reach,
}

/// A packet whose route is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Question {
    /// Where it goes.
    pub destination: IpAddr,
    /// Where it comes from; if none is given, this machine chooses.
    pub source: Option<IpAddr>,
    /// The interface by which it comes in; none if this machine sends it.
    pub input: Option<u32>,
    /// Its firewall mark.
    pub mark: u32,
}

impl Question {
    /// Returns the question about a packet that this machine sends.
    pub fn to(destination: IpAddr) -> Self {
        Self {
            destination,
            source: None,
            input: None,
            mark: 0,
        }
    }

    /// Returns the question about a packet from `source` that comes in by an
    /// interface.
    pub fn through(source: IpAddr, input: u32, destination: IpAddr) -> Self {
        Self {
            destination,
            source: Some(source),
            input: Some(input),
            mark: 0,
        }
    }
}

/// The kind of a route (`RTN_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Leads {
    /// To another machine.
    Onward,
    /// To this machine.
    Here,
    /// Nowhere: it is refused or dropped.
    Nowhere,
    /// To several machines, or in another way.
    Elsewhere,
}

/// A route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Where it leads.
    pub leads: Leads,
    /// The next router; none if the destination is on the link.
    pub gateway: Option<IpAddr>,
    /// The interface by which the packet leaves.
    pub output: Option<u32>,
    /// The address that this machine would send from.
    pub source: Option<IpAddr>,
    /// A limit that the route itself has, in bytes.
    pub mtu: Option<u32>,
}

/// A route, or the number of the error with which the kernel refuses it.
pub type Answer = Result<Route, i32>;
