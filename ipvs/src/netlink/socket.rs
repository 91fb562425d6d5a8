//! How bytes reach the kernel and come back: a netlink socket, or in tests
//! something that plays the kernel.

use std::io::{self, IoSliceMut};
use std::iter;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use netlink_sys::SocketAddr;
use netlink_sys::protocols::NETLINK_GENERIC;
use nix::sys::socket::sockopt::{RcvBufForce, ReceiveTimeout};
use nix::sys::socket::{MsgFlags, MultiHeaders, recvmmsg, setsockopt};
use nix::sys::time::TimeVal;

use crate::namespace::NetworkNamespace;
use crate::uapi::page_size;

/// Carries requests to the kernel and its answers back.
pub trait Transport: AsFd {
    /// Hands over one datagram of one or more requests.
    ///
    /// # Errors
    /// The errors of `send(2)`; it is called again after `EINTR`.
    fn send(&mut self, datagram: &[u8]) -> io::Result<()>;

    /// Waits for one datagram, then takes as many more as are there already
    /// and find room.
    ///
    /// # Errors
    /// The errors of `recvmmsg(2)`; it is called again after `EINTR`. `EAGAIN`
    /// says that the time-out is over.
    fn receive(&mut self, inbox: &mut Inbox) -> io::Result<()>;

    /// Sends and receives over this line from now on.
    ///
    /// # Errors
    /// Where the system can't open the line. The first line is then in use.
    fn select(&mut self, line: KernelLine) -> io::Result<()> {
        let _ = line;
        Ok(())
    }

    /// Sets how long to wait for a datagram; `None` waits without end.
    ///
    /// # Errors
    /// Where the system refuses it.
    fn set_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let _ = timeout;
        Ok(())
    }

    /// Makes room for the answers to many requests; returns how many bytes of unread
    /// answers the kernel keeps before it drops any, its own bookkeeping included
    /// (`SO_RCVBUF`). It is called for each request.
    fn receive_buffer(&mut self) -> usize;

    /// Returns whether the kernel grants this process `CAP_NET_ADMIN`.
    fn is_privileged(&self) -> bool;
}

/// A line to the kernel. On each line the kernel fills the datagrams of a list to another
/// length: a row that it leaves out between two datagrams on one line comes within a
/// datagram on another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelLine {
    /// The usual line, for all other requests.
    #[default]
    First,
    /// The line on which long lists are confirmed.
    Second,
    /// The line for many short lists. The kernel makes room for a full datagram even where
    /// it has little to send, and more room takes it more time.
    Short,
}

impl KernelLine {
    /// Returns how long a full datagram of a list is, in bytes. The kernel fills datagrams
    /// up to the longest buffer that the socket has received with, 32 KiB at most.
    pub(crate) fn datagram(self) -> usize {
        match self {
            Self::First => Inbox::LISTING,
            // About the golden section of the first: both rarely end at the same row.
            Self::Second => 20_054,
            // The kernel never makes less room (`NLMSG_GOODSIZE`).
            Self::Short => page_size().min(8 * 1024),
        }
    }
}

/// Datagrams as they were received.
#[derive(Debug)]
pub struct Inbox {
    storage: Vec<u8>,
    slot: usize,
    slots: usize,
    lengths: Vec<usize>,
    truncated: bool,
}

impl Inbox {
    /// Room for a datagram of a listing, in bytes. The kernel fills it as far as the
    /// receiver's buffer goes, up to 32 KiB.
    pub(crate) const LISTING: usize = 32 * 1024;
    /// How many datagrams of a listing are received at a time. Room for a datagram takes
    /// time even where none comes, and a short list comes in two: its rows, and its end.
    pub(crate) const LISTINGS: usize = 4;
    /// The size of the storage, in bytes. The kernel gives zeroed memory page by page as it
    /// is used, and most commands need one page.
    const ROOM: usize = Self::LISTINGS * Self::LISTING;
    /// Room for a refusal, in bytes: its text and, from kernels that repeat it, the
    /// request.
    pub(crate) const REFUSAL: usize = 2 * 1024;
    /// How many refusals are received at a time.
    pub(crate) const REFUSALS: usize = Self::ROOM / Self::REFUSAL;

    pub(crate) fn new() -> Self {
        Self {
            storage: vec![0; Self::ROOM],
            slot: Self::LISTING,
            slots: Self::LISTINGS,
            lengths: Vec::new(),
            truncated: false,
        }
    }

    /// Forgets the datagrams and makes room for `slots` new ones of `slot` bytes.
    pub(crate) fn clear(&mut self, slot: usize, slots: usize) {
        self.slot = slot.clamp(1, self.storage.len());
        self.slots = slots;
        self.lengths.clear();
        self.truncated = false;
    }

    /// Returns whether a datagram was longer than the room for it.
    pub(crate) fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// Returns the received datagrams, in order.
    pub fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        let slots = self.storage.chunks_exact(self.slot);
        slots
            .zip(&self.lengths)
            .map(|(slot, &length)| slot.get(..length).unwrap_or(slot))
    }

    /// Takes in a datagram, as far as there is room for it, and returns whether there was
    /// any. This is for transports that are no socket.
    #[cfg(feature = "wire")]
    pub fn push(&mut self, datagram: &[u8]) -> bool {
        let mut slots = self.storage.chunks_exact_mut(self.slot).take(self.slots);
        let Some(slot) = slots.nth(self.lengths.len()) else {
            return false;
        };
        for (to, from) in slot.iter_mut().zip(datagram) {
            *to = *from;
        }
        self.lengths.push(datagram.len().min(slot.len()));
        self.truncated |= datagram.len() > slot.len();
        true
    }
}

/// A generic netlink socket, connected to the kernel.
#[derive(Debug)]
pub struct Socket {
    socket: netlink_sys::Socket,
    /// The second line, which is opened when a list is first confirmed.
    second: Option<netlink_sys::Socket>,
    /// The line for short lists, which is opened after some of them.
    short: Option<netlink_sys::Socket>,
    line: KernelLine,
    receive_buffer: Option<usize>,
    namespace: NetworkNamespace,
    timeout: Option<Duration>,
}

impl Socket {
    /// The size of the receive buffer in bytes, if the kernel allows it: room for the
    /// refusals of the largest batch.
    const RECEIVE_BUFFER: usize = 1024 * 1024;

    /// Opens a socket.
    ///
    /// # Errors
    /// Where the kernel has no generic netlink or no socket to give.
    pub(crate) fn open(namespace: NetworkNamespace) -> io::Result<Self> {
        Ok(Self {
            socket: Self::connect(&namespace)?,
            second: None,
            short: None,
            line: KernelLine::First,
            receive_buffer: None,
            namespace,
            timeout: None,
        })
    }

    fn connect(namespace: &NetworkNamespace) -> io::Result<netlink_sys::Socket> {
        // A socket belongs to the namespace in which it is made.
        let socket = namespace.open(|| netlink_sys::Socket::new(NETLINK_GENERIC))?;
        // A connected socket takes messages from the kernel alone.
        socket.connect(&SocketAddr::new(0, 0))?;
        // Kernels before 4.12 have no extended acknowledgements: their refusals come
        // without words.
        let _ = socket.set_ext_ack(true);
        Ok(socket)
    }

    fn current(&self) -> &netlink_sys::Socket {
        let other = match self.line {
            KernelLine::First => None,
            KernelLine::Second => self.second.as_ref(),
            KernelLine::Short => self.short.as_ref(),
        };
        other.unwrap_or(&self.socket)
    }

    /// Enlarges the receive buffer. Returns whether the kernel allowed it, which requires
    /// `CAP_NET_ADMIN`.
    fn enlarge(socket: &netlink_sys::Socket) -> bool {
        setsockopt(socket, RcvBufForce, &Self::RECEIVE_BUFFER).is_ok()
    }
}

impl Transport for Socket {
    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        // The kernel takes a netlink datagram whole or not at all.
        self.current().send(datagram, 0).map(drop)
    }

    fn receive(&mut self, inbox: &mut Inbox) -> io::Result<()> {
        let mut slots: Vec<_> = inbox
            .storage
            .chunks_exact_mut(inbox.slot)
            .take(inbox.slots)
            .map(|slot| [IoSliceMut::new(slot)])
            .collect();
        let mut headers = MultiHeaders::<()>::preallocate(slots.len(), None);
        // The kernel makes a listing's next datagram while the one before it is being
        // received: all but the first are there without waiting.
        let received = recvmmsg(
            self.current().as_raw_fd(),
            &mut headers,
            slots.iter_mut(),
            MsgFlags::MSG_WAITFORONE,
            None,
        )?;
        for datagram in received {
            inbox.lengths.push(datagram.bytes);
            inbox.truncated |= datagram.flags.contains(MsgFlags::MSG_TRUNC);
        }
        Ok(())
    }

    fn select(&mut self, line: KernelLine) -> io::Result<()> {
        self.line = KernelLine::First;
        let other = match line {
            KernelLine::First => return Ok(()),
            KernelLine::Second => &mut self.second,
            KernelLine::Short => &mut self.short,
        };
        if other.is_none() {
            let socket = Self::connect(&self.namespace)?;
            if self.timeout.is_some() {
                wait_for(&socket, self.timeout)?;
            }
            *other = Some(socket);
        }
        self.line = line;
        Ok(())
    }

    fn set_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let others = [self.second.as_ref(), self.short.as_ref()];
        for socket in iter::once(&self.socket).chain(others.into_iter().flatten()) {
            wait_for(socket, timeout)?;
        }
        self.timeout = timeout;
        Ok(())
    }

    fn receive_buffer(&mut self) -> usize {
        let socket = &self.socket;
        *self.receive_buffer.get_or_insert_with(|| {
            // Kernels before 4.3 refuse this, and repeat the request in every error.
            let _ = socket.set_cap_ack(true);
            Self::enlarge(socket);
            // A size of 0 lets one request be sent at a time, which needs the least room.
            socket.get_rx_buf_sz().unwrap_or_default()
        })
    }

    fn is_privileged(&self) -> bool {
        Self::enlarge(&self.socket)
    }
}

/// Sets how long a socket waits for a datagram (`SO_RCVTIMEO`). The kernel takes 0 as no
/// limit, so that the shortest time is a microsecond.
fn wait_for(socket: &netlink_sys::Socket, timeout: Option<Duration>) -> io::Result<()> {
    let (seconds, micros) = timeout.map_or((0, 0), |time| {
        let time = time.max(Duration::from_micros(1));
        (time.as_secs(), time.subsec_micros())
    });
    let seconds = seconds.try_into().map_err(io::Error::other)?;
    // An `i32` fits the `suseconds_t` of every machine.
    let micros = i32::try_from(micros).map_err(io::Error::other)?;
    let time = TimeVal::new(seconds, micros.into());
    Ok(setsockopt(socket, ReceiveTimeout, &time)?)
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Instant;

    use super::*;

    const LINES: [KernelLine; 3] = [KernelLine::First, KernelLine::Second, KernelLine::Short];

    /// Returns the error of a socket that was asked nothing, and how long it waited.
    fn waits(socket: &mut Socket) -> (io::ErrorKind, Duration) {
        let begin = Instant::now();
        let error = socket.receive(&mut Inbox::new()).unwrap_err();
        (error.kind(), begin.elapsed())
    }

    #[test]
    fn all_lines_wait_as_long_as_was_said() {
        let mut socket = Socket::open(NetworkNamespace::default()).unwrap();
        let time = Duration::from_millis(50);
        socket.set_timeout(Some(time)).unwrap();
        for line in LINES {
            socket.select(line).unwrap();
            let (kind, waited) = waits(&mut socket);
            assert_eq!(kind, io::ErrorKind::WouldBlock);
            assert!(waited >= time, "{waited:?}");
        }
        socket.set_timeout(Some(Duration::ZERO)).unwrap();
        for line in LINES {
            socket.select(line).unwrap();
            assert_eq!(waits(&mut socket).0, io::ErrorKind::WouldBlock);
        }
        assert!(socket.set_timeout(Some(Duration::MAX)).is_err());
    }
}
