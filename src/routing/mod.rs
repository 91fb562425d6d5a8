//! Asks the kernel about links, addresses, neighbours and routes.
//!
//! [`Routing`] asks over rtnetlink. A route is asked for as the kernel would look it
//! up for a packet that comes in by an interface; a refusal is an answer too. Only
//! [`Routing::forget`] and [`Routing::look_for`] change anything: they make the
//! kernel ask on the links.

mod conversation;

use std::io;
use std::net::IpAddr;

use netlink_packet_core::{NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE, NLM_F_REQUEST};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteMetric, RouteType,
};
use netlink_packet_route::tc::{TcAttribute, TcMessage};
use serde::{Deserialize, Serialize};

use conversation::Conversation;

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

/// How many questions are asked at a time. Their answers have room in the socket's
/// receive buffer.
const AT_ONCE: usize = 64;

/// A conversation with the kernel about its routing.
#[derive(Debug)]
pub struct Routing {
    conversation: Conversation,
}

impl Routing {
    /// Opens the conversation, in the network namespace of this thread.
    ///
    /// # Errors
    /// Where the kernel gives no such socket.
    pub fn open() -> io::Result<Self> {
        let conversation = Conversation::open()?;
        Ok(Self { conversation })
    }

    /// Returns every interface.
    ///
    /// # Errors
    /// Where the kernel refuses or can't be understood.
    pub fn links(&mut self) -> io::Result<Vec<Link>> {
        let question = Message::GetLink(LinkMessage::default());
        self.list(question, |message| match message {
            Message::NewLink(link) => Some(self::link(link)),
            _ => None,
        })
    }

    /// Returns every address.
    ///
    /// # Errors
    /// Where the kernel refuses or can't be understood.
    pub fn addresses(&mut self) -> io::Result<Vec<Address>> {
        let question = Message::GetAddress(AddressMessage::default());
        self.list(question, |message| match message {
            Message::NewAddress(address) => self::address(address),
            _ => None,
        })
    }

    /// Returns every neighbour that the kernel has an entry for.
    ///
    /// # Errors
    /// Where the kernel refuses or can't be understood.
    pub fn neighbours(&mut self) -> io::Result<Vec<Neighbour>> {
        let question = Message::GetNeighbour(NeighbourMessage::default());
        self.list(question, |message| match message {
            Message::NewNeighbour(neighbour) => self::neighbour(neighbour),
            _ => None,
        })
    }

    /// Returns the interfaces whose incoming packets traffic control looks at
    /// (`clsact`, `ingress`). Traffic control can drop packets, change them and mark
    /// them.
    ///
    /// # Errors
    /// Where the kernel refuses or can't be understood.
    pub fn classified(&mut self) -> io::Result<Vec<u32>> {
        let question = Message::GetQueueDiscipline(TcMessage::default());
        self.list(question, |message| match message {
            Message::NewQueueDiscipline(discipline) => self::classified(&discipline),
            _ => None,
        })
    }

    /// Makes the kernel forget who has these addresses on these interfaces. An
    /// address without an entry is passed over. This needs the privilege of an
    /// administrator (`CAP_NET_ADMIN`).
    ///
    /// # Errors
    /// Where the conversation fails.
    pub fn forget(&mut self, known: &[(IpAddr, u32)]) -> io::Result<()> {
        let forget = |entry| Message::DelNeighbour(entry);
        self.tell(known, forget, NLM_F_REQUEST | NLM_F_ACK, |_| Ok(()))
    }

    /// Makes the kernel ask for these addresses on these interfaces, by ARP or
    /// neighbour discovery. This needs the privilege of an administrator
    /// (`CAP_NET_ADMIN`).
    ///
    /// # Errors
    /// Where the kernel refuses one of them, or the conversation fails.
    pub fn look_for(&mut self, wanted: &[(IpAddr, u32)]) -> io::Result<()> {
        const FLAGS: u16 = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
        let ask = |mut entry: NeighbourMessage| {
            entry.header.flags = NeighbourFlags::Use;
            Message::NewNeighbour(entry)
        };
        self.tell(wanted, ask, FLAGS, |errno| {
            Err(io::Error::from_raw_os_error(errno))
        })
    }

    /// Sends a message about each entry. `refusal` says whether a refusal with this
    /// number is an error.
    fn tell(
        &mut self,
        entries: &[(IpAddr, u32)],
        message: impl Fn(NeighbourMessage) -> Message,
        flags: u16,
        refusal: impl Fn(i32) -> io::Result<()>,
    ) -> io::Result<()> {
        for some in entries.chunks(AT_ONCE) {
            let messages = some.iter().map(|(address, interface)| {
                let mut entry = NeighbourMessage::default();
                entry.header.family = family(*address);
                entry.header.ifindex = *interface;
                entry.header.state = NeighbourState::None;
                entry
                    .attributes
                    .push(NeighbourAttribute::Destination((*address).into()));
                message(entry)
            });
            let first = self.conversation.send(messages.collect(), flags)?;
            for answer in self.conversation.receive_each(first, some.len())? {
                match answer {
                    Err(errno) if errno != 0 => refusal(errno)?,
                    Ok(_) | Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn list<R>(
        &mut self,
        question: Message,
        row: impl Fn(Message) -> Option<R>,
    ) -> io::Result<Vec<R>> {
        let mut rows = Vec::new();
        let first = self
            .conversation
            .send(vec![question], NLM_F_REQUEST | NLM_F_DUMP)?;
        self.conversation.receive_list(first, |message| {
            rows.extend(row(message));
        })?;
        Ok(rows)
    }

    /// Returns the routes of these packets, in their order.
    ///
    /// # Errors
    /// Where the conversation itself fails. A packet without a route is no error.
    pub fn routes(&mut self, questions: &[Question]) -> io::Result<Vec<Answer>> {
        let mut answers = Vec::new();
        for some in questions.chunks(AT_ONCE) {
            let messages = some.iter().map(get_route).collect();
            let first = self.conversation.send(messages, NLM_F_REQUEST)?;
            let received = self.conversation.receive_each(first, some.len())?;
            answers.extend(received.into_iter().map(|answer| match answer {
                Ok(Message::NewRoute(route)) => Ok(self::route(&route)),
                Ok(_) => Err(0),
                Err(errno) => Err(errno),
            }));
        }
        Ok(answers)
    }
}

fn get_route(question: &Question) -> Message {
    let bits = if question.destination.is_ipv4() {
        32
    } else {
        128
    };
    let mut message = RouteMessage::default();
    message.header.address_family = family(question.destination);
    message.header.destination_prefix_length = bits;
    let attributes = &mut message.attributes;
    attributes.push(RouteAttribute::Destination(question.destination.into()));
    if let Some(source) = question.source {
        message.header.source_prefix_length = bits;
        attributes.push(RouteAttribute::Source(source.into()));
    }
    if let Some(input) = question.input {
        attributes.push(RouteAttribute::Iif(input));
    }
    if question.mark != 0 {
        attributes.push(RouteAttribute::Mark(question.mark));
    }
    Message::GetRoute(message)
}

fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

fn link(message: LinkMessage) -> Link {
    let flags = message.header.flags;
    let mut link = Link {
        index: message.header.index,
        name: String::new(),
        kind: None,
        mtu: 0,
        up: flags.contains(LinkFlags::Up),
        unplugged: flags.contains(LinkFlags::Up) && !flags.contains(LinkFlags::LowerUp),
        loopback: flags.contains(LinkFlags::Loopback),
        hardware: None,
    };
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            LinkAttribute::Address(bytes) => link.hardware = hardware(&bytes),
            LinkAttribute::LinkInfo(infos) => {
                link.kind = infos.into_iter().find_map(|info| match info {
                    LinkInfo::Kind(kind) => Some(kind.to_string()),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    link
}

fn address(message: AddressMessage) -> Option<Address> {
    let mut flags = AddressFlags::from_bits_retain(message.header.flags.bits().into());
    let (mut own, mut peer) = (None, None);
    for attribute in message.attributes {
        match attribute {
            // On a point-to-point link, `IFA_ADDRESS` is the address of the other
            // end.
            AddressAttribute::Local(address) => own = Some(address),
            AddressAttribute::Address(address) => peer = Some(address),
            AddressAttribute::Flags(all) => flags |= all,
            _ => {}
        }
    }
    Some(Address {
        address: own.or(peer)?,
        prefix: message.header.prefix_len,
        interface: message.header.index,
        duplicate: flags.contains(AddressFlags::Dadfailed),
        tentative: flags.contains(AddressFlags::Tentative),
    })
}

fn classified(discipline: &TcMessage) -> Option<u32> {
    let looks_at_incoming = |attribute: &TcAttribute| match attribute {
        TcAttribute::Kind(kind) => kind == "clsact" || kind == "ingress",
        _ => false,
    };
    let interface = u32::try_from(discipline.header.index).ok()?;
    discipline
        .attributes
        .iter()
        .any(looks_at_incoming)
        .then_some(interface)
}

fn neighbour(message: NeighbourMessage) -> Option<Neighbour> {
    let (mut address, mut bytes) = (None, None);
    for attribute in message.attributes {
        match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(found)) => {
                address = Some(IpAddr::V4(found));
            }
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(found)) => {
                address = Some(IpAddr::V6(found));
            }
            NeighbourAttribute::LinkLayerAddress(found) => bytes = Some(found),
            _ => {}
        }
    }
    Some(Neighbour {
        address: address?,
        interface: message.header.ifindex,
        hardware: bytes.and_then(|bytes| hardware(&bytes)),
        state: match message.header.state {
            NeighbourState::Incomplete => Reach::Incomplete,
            NeighbourState::Reachable => Reach::Reachable,
            NeighbourState::Stale => Reach::Stale,
            NeighbourState::Delay => Reach::Delay,
            NeighbourState::Probe => Reach::Probe,
            NeighbourState::Failed => Reach::Failed,
            NeighbourState::Noarp => Reach::NoArp,
            NeighbourState::Permanent => Reach::Permanent,
            _ => Reach::Other,
        },
    })
}

fn route(message: &RouteMessage) -> Route {
    let leads = match message.header.kind {
        RouteType::Unicast => Leads::Onward,
        // Packets to an anycast address of this machine are taken in as those to its own.
        RouteType::Local | RouteType::Anycast => Leads::Here,
        RouteType::BlackHole | RouteType::Unreachable | RouteType::Prohibit => Leads::Nowhere,
        _ => Leads::Elsewhere,
    };
    let mut route = Route {
        leads,
        gateway: None,
        output: None,
        source: None,
        mtu: None,
    };
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Gateway(gateway) => route.gateway = plain(gateway),
            RouteAttribute::PrefSource(source) => route.source = plain(source),
            RouteAttribute::Oif(index) => route.output = Some(*index),
            RouteAttribute::Metrics(metrics) => {
                route.mtu = metrics.iter().find_map(|metric| match metric {
                    RouteMetric::Mtu(mtu) => Some(*mtu),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    route
}

fn plain(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some(IpAddr::V4(*address)),
        RouteAddress::Inet6(address) => Some(IpAddr::V6(*address)),
        _ => None,
    }
}

/// Returns a hardware address as it is written, or none if it is all zero.
fn hardware(bytes: &[u8]) -> Option<String> {
    let parts: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.iter().any(|byte| *byte != 0).then(|| parts.join(":"))
}
