//! Asks the kernel about links, addresses, neighbours and routes.
//!
//! [`Routing`] asks over rtnetlink. A route is asked for as the kernel would look it
//! up for a packet that comes in by an interface; a refusal is an answer too. Only
//! [`Routing::forget`] and [`Routing::look_for`] change anything: they make the
//! kernel ask on the links.

mod conversation;
mod messages;
mod model;

pub use model::{Address, Answer, Leads, Link, Neighbour, Question, Reach, Route};

use std::io;
use std::net::IpAddr;

use netlink_packet_core::{NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE, NLM_F_REQUEST};
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::neighbour::{NeighbourFlags, NeighbourMessage};
use netlink_packet_route::tc::TcMessage;

use conversation::Conversation;
use messages::{entry, get_route};

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
            Message::NewLink(link) => Some(messages::link(link)),
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
            Message::NewAddress(address) => messages::address(address),
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
            Message::NewNeighbour(neighbour) => messages::neighbour(neighbour),
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
            Message::NewQueueDiscipline(discipline) => messages::classified(&discipline),
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
            let entries = some.iter();
            let messages = entries.map(|&(address, interface)| message(entry(address, interface)));
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
                Ok(Message::NewRoute(route)) => Ok(messages::route(&route)),
                Ok(_) => Err(0),
                Err(errno) => Err(errno),
            }));
        }
        Ok(answers)
    }
}
