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

    /// From now on, what is sent and received goes over this line.
    ///
    /// # Errors
    /// Where the system has no other. The first then stays the line.
    fn select(&mut self, line: KernelLine) -> io::Result<()> {
        let _ = line;
        Ok(())
    }

    /// Sets how long it waits for a datagram; without end if it is none.
    ///
    /// # Errors
    /// Where the system refuses it.
    fn set_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let _ = timeout;
        Ok(())
    }

    /// Makes room for the answers to many requests; returns how many bytes of
    /// unread ones the kernel keeps before it drops any, its own bookkeeping
    /// included (`SO_RCVBUF`). It is called for each of the requests.
    fn receive_buffer(&mut self) -> usize;

    /// Returns whether the kernel grants this process `CAP_NET_ADMIN`.
    fn is_privileged(&self) -> bool;
}

/// Lines to the kernel, on which it fills datagrams of a list to different lengths:
/// what it leaves out between two datagrams on one, it tells within one on another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelLine {
    /// The one for everything.
    #[default]
    First,
    /// The one on which long lists are confirmed.
    Second,
    /// The one for many short lists: the kernel makes room for as much as it could
    /// tell, also where it tells little, and more room takes it more time.
    Short,
}

impl KernelLine {
    /// As long as datagrams of a list are. The kernel fills them as far as the
    /// longest buffer goes that the socket has received with, up to 32 KiB.
    pub(crate) fn datagram(self) -> usize {
        match self {
            Self::First => Inbox::LISTING,
            // The golden section makes it rare that both end at the same row.
            Self::Second => 20_054,
            // The kernel makes no datagram shorter (NLMSG_GOODSIZE).
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
    /// The kernel fills a datagram of a listing as far as the receiver's
    /// buffer goes, up to 32 KiB.
    pub(crate) const LISTING: usize = 32 * 1024;
    /// So many datagrams of a listing are taken at a time. Room for one takes time
    /// also where none comes, and a short list comes in two: its rows, and its end.
    pub(crate) const LISTINGS: usize = 4;
    /// So much zeroed memory comes from the kernel, page by page as it is
    /// used: most commands need one page.
    const ROOM: usize = Self::LISTINGS * Self::LISTING;
    /// Room for a refusal with its text and, from kernels that repeat it, the
    /// request.
    pub(crate) const REFUSAL: usize = 2 * 1024;
    /// So many refusals are taken at a time.
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

    /// Forgets what it holds and makes room for so many datagrams of that size.
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

    /// Returns what was received, in order.
    pub fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        let slots = self.storage.chunks_exact(self.slot);
        slots
            .zip(&self.lengths)
            .map(|(slot, &length)| slot.get(..length).unwrap_or(slot))
    }

    /// Takes in a datagram, as far as there is room for it; tells whether
    /// there was any, for a transport that is no socket.
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
    /// It is opened when a list is first confirmed.
    second: Option<netlink_sys::Socket>,
    /// It is opened after some short lists.
    short: Option<netlink_sys::Socket>,
    line: KernelLine,
    receive_buffer: Option<usize>,
    namespace: NetworkNamespace,
    timeout: Option<Duration>,
}

impl Socket {
    /// The size of the receive buffer, if the kernel allows it: room for the
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
        // A socket is of the namespace in which it is made.
        let socket = namespace.open(|| netlink_sys::Socket::new(NETLINK_GENERIC))?;
        // A connected socket takes messages from the kernel alone.
        socket.connect(&SocketAddr::new(0, 0))?;
        // Kernels before 4.12 have no extended acknowledgements: that can be
        // lived with.
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

    /// Returns whether the kernel allowed it, which it does with `CAP_NET_ADMIN`.
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
        // A listing's next datagram is made while the one before it is being
        // received: those after the first are there without waiting.
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
            // Kernels before 4.3 repeat requests in errors.
            let _ = socket.set_cap_ack(true);
            Self::enlarge(socket);
            // One request at a time needs the least room.
            socket.get_rx_buf_sz().unwrap_or_default()
        })
    }

    fn is_privileged(&self) -> bool {
        Self::enlarge(&self.socket)
    }
}

/// Sets how long a socket waits for a datagram (`SO_RCVTIMEO`). The kernel takes
/// 0 for no end, so the least is a microsecond.
fn wait_for(socket: &netlink_sys::Socket, timeout: Option<Duration>) -> io::Result<()> {
    let (seconds, micros) = timeout.map_or((0, 0), |time| {
        let time = time.max(Duration::from_micros(1));
        (time.as_secs(), time.subsec_micros())
    });
    let seconds = seconds.try_into().map_err(io::Error::other)?;
    // As wide as the machine's `suseconds_t`.
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

    /// Nothing was asked, so nothing comes.
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
