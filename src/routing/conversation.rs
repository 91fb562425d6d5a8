//! Requests to rtnetlink, and the answers to each.

use std::io::{self, IoSliceMut};
use std::os::fd::AsRawFd;

use netlink_packet_core::{NetlinkBuffer, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use nix::sys::socket::{MsgFlags, MultiHeaders, recvmmsg};

/// The room for datagrams, in bytes. The kernel fills a datagram of a listing up to
/// 32 KiB, and goes beyond that only by a single long row.
const ROOM: usize = 64 * 1024;
/// The most bytes of an answer. A route has a few hundred, and a refusal also has
/// those of its question.
const ANSWER: usize = 2 * 1024;

/// A message's sequence number, and its content if that is understood.
type NumberedPayload = (u32, Option<NetlinkPayload<Message>>);

/// A socket, and its messages. A listing that a change has interrupted
/// (`NLM_F_DUMP_INTR`) is not begun again, because nothing depends on one listing
/// alone.
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
            for (number, payload) in self.receive(ROOM)? {
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

    /// Returns the answers to `count` questions, in the order of the questions. A
    /// refusal is the number of its error.
    pub(super) fn receive_each(
        &mut self,
        first: u32,
        count: usize,
    ) -> io::Result<Vec<Result<Message, i32>>> {
        let mut answers: Vec<Option<Result<Message, i32>>> = Vec::new();
        answers.resize_with(count, || None);
        let mut left = count;
        while left > 0 {
            for (number, payload) in self.receive(ANSWER)? {
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

    /// Waits for a datagram, and returns the messages of all that are there, as far
    /// as there is room. None of them may be longer than `longest` bytes.
    fn receive(&mut self, longest: usize) -> io::Result<Vec<NumberedPayload>> {
        let datagrams = uninterrupted(|| self.receive_datagrams(longest))?;
        let mut all = Vec::new();
        for (slot, (length, flags)) in self.room.chunks_exact(longest).zip(datagrams) {
            if flags.contains(MsgFlags::MSG_TRUNC) {
                return Err(io::Error::other("an answer is longer than it may be"));
            }
            messages(slot.get(..length).unwrap_or_default(), &mut all);
        }
        Ok(all)
    }

    /// Puts each datagram into a part of the room, and returns their lengths and
    /// flags.
    fn receive_datagrams(&mut self, longest: usize) -> io::Result<Vec<(usize, MsgFlags)>> {
        let slots = self.room.chunks_exact_mut(longest);
        let mut slots: Vec<_> = slots.map(|slot| [IoSliceMut::new(slot)]).collect();
        let mut headers = MultiHeaders::<()>::preallocate(slots.len(), None);
        let received = recvmmsg(
            self.socket.as_raw_fd(),
            &mut headers,
            slots.iter_mut(),
            MsgFlags::MSG_WAITFORONE,
            None,
        )?;
        Ok(received
            .map(|datagram| (datagram.bytes, datagram.flags))
            .collect())
    }
}

/// Appends the messages of a datagram.
fn messages(mut rest: &[u8], all: &mut Vec<NumberedPayload>) {
    while let Ok(header) = NetlinkBuffer::new_checked(rest) {
        let length = usize::try_from(header.length()).unwrap_or(usize::MAX);
        let Some(message) = rest.get(..length) else {
            break;
        };
        let read = NetlinkMessage::<Message>::deserialize(message).ok();
        all.push((header.sequence_number(), read.map(|read| read.payload)));
        rest = rest
            .get(length.saturating_add(3) & !3..)
            .unwrap_or_default();
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
