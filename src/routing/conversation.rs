//! Requests to rtnetlink, and what is answered to each.

use std::io;

use netlink_packet_core::{NetlinkBuffer, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

/// The kernel fills a datagram of a listing up to 32 KiB.
const ROOM: usize = 64 * 1024;

/// How often a listing that was interrupted by a change is begun again: the
/// rows are those of one moment or nearly so, and nothing is decided by one.
#[derive(Debug)]
pub(super) struct Conversation {
    socket: Socket,
    sequence: u32,
    room: Vec<u8>,
}

impl Conversation {
    pub(super) fn open() -> io::Result<Self> {
        let socket = Socket::new(NETLINK_ROUTE)?;
        // A connected socket takes messages from the kernel alone.
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Self {
            socket,
            sequence: 0,
            room: vec![0; ROOM],
        })
    }

    /// Sends messages in one datagram; returns the sequence number of the first.
    pub(super) fn send(&mut self, messages: Vec<Message>, flags: u16) -> io::Result<u32> {
        let first = self.sequence.wrapping_add(1);
        let mut datagram = Vec::new();
        for message in messages {
            self.sequence = self.sequence.wrapping_add(1);
            let mut header = NetlinkHeader::default();
            header.flags = flags;
            header.sequence_number = self.sequence;
            let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
            message.finalize();
            let start = datagram.len();
            datagram.resize(start + message.buffer_len(), 0);
            if let Some(room) = datagram.get_mut(start..) {
                message.serialize(room);
            }
        }
        uninterrupted(|| self.socket.send(&datagram, 0))?;
        Ok(first)
    }

    /// Hands every row of a listing to `each`. Rows that are not understood,
    /// such as those of a kind of device that came later, are passed over.
    pub(super) fn receive_list(
        &mut self,
        sequence: u32,
        mut each: impl FnMut(Message),
    ) -> io::Result<()> {
        loop {
            for (number, payload) in self.receive()? {
                match payload {
                    _ if number != sequence => {}
                    Some(NetlinkPayload::InnerMessage(message)) => each(message),
                    Some(NetlinkPayload::Done(_)) => return Ok(()),
                    Some(NetlinkPayload::Error(error)) => return Err(error.to_io()),
                    Some(_) | None => {}
                }
            }
        }
    }

    /// The answers to so many questions, in the order of the questions; of a
    /// refusal, its number.
    pub(super) fn receive_each(
        &mut self,
        first: u32,
        count: usize,
    ) -> io::Result<Vec<Result<Message, i32>>> {
        let mut answers: Vec<Option<Result<Message, i32>>> = Vec::new();
        answers.resize_with(count, || None);
        let mut left = count;
        while left > 0 {
            for (number, payload) in self.receive()? {
                let place = usize::try_from(number.wrapping_sub(first)).unwrap_or(count);
                let Some(answer) = answers.get_mut(place).filter(|answer| answer.is_none()) else {
                    continue;
                };
                *answer = Some(match payload {
                    Some(NetlinkPayload::InnerMessage(message)) => Ok(message),
                    Some(NetlinkPayload::Error(error)) => Err(error.raw_code().saturating_abs()),
                    Some(_) | None => Err(0),
                });
                left -= 1;
            }
        }
        Ok(answers
            .into_iter()
            .map(|answer| answer.unwrap_or(Err(0)))
            .collect())
    }

    /// The messages of a datagram with their sequence numbers; nothing in place
    /// of one that is not understood.
    fn receive(&mut self) -> io::Result<Vec<(u32, Option<NetlinkPayload<Message>>)>> {
        let length = uninterrupted(|| self.socket.recv(&mut self.room.as_mut_slice(), 0))?;
        let mut rest = self.room.get(..length).unwrap_or_default();
        let mut messages = Vec::new();
        while let Ok(header) = NetlinkBuffer::new_checked(rest) {
            let length = usize::try_from(header.length()).unwrap_or(usize::MAX);
            let Some(message) = rest.get(..length) else {
                break;
            };
            let read = NetlinkMessage::<Message>::deserialize(message).ok();
            messages.push((header.sequence_number(), read.map(|read| read.payload)));
            rest = rest
                .get(length.saturating_add(3) & !3..)
                .unwrap_or_default();
        }
        Ok(messages)
    }
}

fn uninterrupted<R>(mut call: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
