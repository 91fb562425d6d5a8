//! A transport that plays the kernel from a script, and the messages that its
//! lines are made of.

#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipvs::client::Client;
use ipvs::error::Error;
use ipvs::netlink;
use ipvs::netlink::attr::CommandAttr;
use ipvs::netlink::message::{IpvsCommand, IpvsMessage};
use ipvs::netlink::socket::{Inbox, KernelLine, Transport};
use netlink_packet_core::{Emitable, NetlinkBuffer};
use netlink_packet_generic::{GenlFamily, GenlHeader};

/// The number that the script gives the family `IPVS`.
pub(crate) const FAMILY: u16 = 0x1c;
pub(crate) const CONTROLLER: u16 = 0x10;

pub(crate) const NLMSG_NOOP: u16 = 1;
pub(crate) const NLMSG_ERROR: u16 = 2;
pub(crate) const NLMSG_DONE: u16 = 3;
pub(crate) const NLMSG_OVERRUN: u16 = 4;

pub(crate) const NLM_F_MULTI: u16 = 0x2;
pub(crate) const NLM_F_ACK: u16 = 0x4;
pub(crate) const NLM_F_DUMP_INTR: u16 = 0x10;
pub(crate) const NLM_F_CAPPED: u16 = 0x100;
pub(crate) const NLM_F_ACK_TLVS: u16 = 0x200;

pub(crate) const EPERM: i32 = 1;
pub(crate) const ENOENT: i32 = 2;
pub(crate) const ESRCH: i32 = 3;
pub(crate) const EINTR: i32 = 4;
pub(crate) const EAGAIN: i32 = 11;
pub(crate) const EBUSY: i32 = 16;
pub(crate) const EEXIST: i32 = 17;
pub(crate) const EINVAL: i32 = 22;
pub(crate) const ENOBUFS: i32 = 105;

/// What a call to receive comes to, given the last request.
type Line = Box<dyn FnOnce(&Asked) -> io::Result<Vec<Vec<u8>>> + Send>;

/// The last request of the last datagram that was sent.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asked {
    pub(crate) sequence: u32,
}

/// The script and, as it is played, what it was sent. A client has the same script.
#[derive(Clone)]
pub(crate) struct Script {
    play: Arc<Mutex<Play>>,
    file: Arc<File>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            play: Arc::default(),
            file: Arc::new(File::open("/dev/null").unwrap()),
        }
    }
}

#[derive(Default)]
struct Play {
    lines: VecDeque<Line>,
    asked: Asked,
    sent: Vec<Vec<u8>>,
    line: KernelLine,
    sent_over: Vec<KernelLine>,
    send_errors: VecDeque<i32>,
    receive_buffer: usize,
    buffer_is_asked_for: bool,
    unprivileged: bool,
}

impl Script {
    /// A script that plays a kernel with IPVS up to the first request.
    pub(crate) fn new() -> Self {
        Self::default()
            .answers(|asked| vec![family(asked.sequence)])
            .answers(|asked| vec![info(asked.sequence)])
    }

    fn play(&self) -> MutexGuard<'_, Play> {
        self.play.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next call to receive gives these datagrams.
    pub(crate) fn answers(
        self,
        line: impl FnOnce(&Asked) -> Vec<Vec<u8>> + Send + 'static,
    ) -> Self {
        let line = Box::new(|asked: &Asked| Ok(line(asked)));
        self.play().lines.push_back(line);
        self
    }

    /// The next call to receive fails.
    pub(crate) fn fails(self, errno: i32) -> Self {
        let line = Box::new(move |_: &Asked| Err(io::Error::from_raw_os_error(errno)));
        self.play().lines.push_back(line);
        self
    }

    /// The next call to send fails.
    pub(crate) fn fails_to_send(self, errno: i32) -> Self {
        self.play().send_errors.push_back(errno);
        self
    }

    pub(crate) fn with_receive_buffer(self, bytes: usize) -> Self {
        self.play().receive_buffer = bytes;
        self
    }

    /// Returns whether the client had its receive buffer enlarged, which takes
    /// system calls.
    pub(crate) fn enlarged_its_buffer(&self) -> bool {
        self.play().buffer_is_asked_for
    }

    pub(crate) fn unprivileged(self) -> Self {
        self.play().unprivileged = true;
        self
    }

    /// The client that speaks with this script.
    pub(crate) fn client(&self) -> Client {
        netlink::client(self.clone()).unwrap()
    }

    /// Why there is no client.
    pub(crate) fn refuses_client(&self) -> Error {
        netlink::client(self.clone()).err().unwrap()
    }

    /// The datagrams that were sent.
    pub(crate) fn sent(&self) -> Vec<Vec<u8>> {
        self.play().sent.clone()
    }

    /// The line that each datagram went over.
    pub(crate) fn sent_over(&self) -> Vec<KernelLine> {
        self.play().sent_over.clone()
    }

    /// Whether every line was played.
    pub(crate) fn is_over(&self) -> bool {
        self.play().lines.is_empty()
    }
}

impl AsFd for Script {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Transport for Script {
    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        let mut play = self.play();
        if let Some(errno) = play.send_errors.pop_front() {
            return Err(io::Error::from_raw_os_error(errno));
        }
        let last = split(datagram).pop().unwrap();
        play.asked.sequence = NetlinkBuffer::new(last).sequence_number();
        play.sent.push(datagram.to_vec());
        let line = play.line;
        play.sent_over.push(line);
        Ok(())
    }

    fn select(&mut self, line: KernelLine) -> io::Result<()> {
        self.play().line = line;
        Ok(())
    }

    fn receive(&mut self, inbox: &mut Inbox) -> io::Result<()> {
        let mut play = self.play();
        let Some(line) = play.lines.pop_front() else {
            return Err(io::Error::other("the script is over"));
        };
        for datagram in line(&play.asked)? {
            assert!(
                inbox.push(&datagram),
                "more datagrams than there is room for"
            );
        }
        Ok(())
    }

    fn receive_buffer(&mut self) -> usize {
        let mut play = self.play();
        play.buffer_is_asked_for = true;
        match play.receive_buffer {
            0 => 1 << 20,
            bytes => bytes,
        }
    }

    fn is_privileged(&self) -> bool {
        !self.play().unprivileged
    }
}

/// The messages of a well-made datagram.
pub(crate) fn split(mut datagram: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while !datagram.is_empty() {
        let length = NetlinkBuffer::new_checked(datagram).unwrap().length() as usize;
        messages.push(&datagram[..length]);
        datagram = &datagram[length.next_multiple_of(4).min(datagram.len())..];
    }
    messages
}

/// A message of any kind.
pub(crate) fn message(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 16 + payload.len()];
    let mut header = NetlinkBuffer::new(&mut bytes);
    header.set_length(u32::try_from(16 + payload.len()).unwrap());
    header.set_message_type(kind);
    header.set_flags(flags);
    header.set_sequence_number(sequence);
    bytes[16..].copy_from_slice(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A message of the family `IPVS`.
pub(crate) fn ipvs(flags: u16, sequence: u32, message_of: &IpvsMessage) -> Vec<u8> {
    let header = GenlHeader {
        cmd: GenlFamily::command(message_of),
        version: message_of.version(),
    };
    let mut payload = vec![0; 4 + message_of.buffer_len()];
    header.emit(&mut payload);
    message_of.emit(&mut payload[4..]);
    message(FAMILY, flags, sequence, &payload)
}

/// A row of a listing.
pub(crate) fn row(sequence: u32, attribute: CommandAttr) -> Vec<u8> {
    let command = match attribute {
        CommandAttr::Destination(_) => IpvsCommand::NewDest,
        CommandAttr::Daemon(_) => IpvsCommand::NewDaemon,
        _ => IpvsCommand::NewService,
    };
    let told = IpvsMessage::new(command, vec![attribute]);
    ipvs(NLM_F_MULTI, sequence, &told)
}

/// The end of a listing.
pub(crate) fn done(sequence: u32, status: i32) -> Vec<u8> {
    message(NLMSG_DONE, NLM_F_MULTI, sequence, &status.to_ne_bytes())
}

pub(crate) fn acknowledgement(sequence: u32) -> Vec<u8> {
    refusal(sequence, 0, None)
}

/// A refusal as a kernel since 4.12 sends it: the header alone of the request,
/// then its words.
pub(crate) fn refusal(sequence: u32, errno: i32, note: Option<&str>) -> Vec<u8> {
    let mut payload = (-errno).to_ne_bytes().to_vec();
    payload.extend(message(FAMILY, 0, sequence, &[]));
    let mut flags = NLM_F_CAPPED;
    if let Some(note) = note {
        flags |= NLM_F_ACK_TLVS;
        payload.extend(attribute(1, format!("{note}\0").as_bytes()));
    }
    message(NLMSG_ERROR, flags, sequence, &payload)
}

/// An attribute of any kind.
pub(crate) fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap();
    let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The controller's answer that names the family, among what it also says and
/// an attribute that it does not say yet.
pub(crate) fn family(sequence: u32) -> Vec<u8> {
    let mut payload = vec![1, 2, 0, 0];
    payload.extend(attribute(2, b"IPVS\0"));
    payload.extend(attribute(250, &[1, 2, 3]));
    payload.extend(attribute(1, &FAMILY.to_ne_bytes()));
    message(CONTROLLER, 0, sequence, &payload)
}

/// The answer to `IPVS_CMD_GET_INFO`: version 1.2.1, 4096 buckets.
pub(crate) fn info(sequence: u32) -> Vec<u8> {
    let mut payload = vec![14, 1, 0, 0];
    payload.extend(attribute(1, &0x0001_0201_u32.to_ne_bytes()));
    payload.extend(attribute(2, &4096_u32.to_ne_bytes()));
    message(FAMILY, 0, sequence, &payload)
}
