//! A few lines of raw netlink: attributes as numbers and bytes, a request and
//! its replies.

use std::fmt;
use std::sync::OnceLock;

use netlink_sys::{Socket, SocketAddr, protocols};

const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLM_F_DUMP: u16 = 0x300;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLA_F_NESTED: u16 = 0x8000;

/// The sequence number of the requests that are waited for.
const AWAITED: u32 = 1;

/// One attribute: its number, without flags, and its bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Attribute {
    pub kind: u16,
    pub value: Vec<u8>,
}

impl Attribute {
    pub fn new(kind: u16, value: impl Into<Vec<u8>>) -> Self {
        Self {
            kind,
            value: value.into(),
        }
    }

    /// An attribute of attributes.
    pub fn nested(kind: u16, attributes: &[Attribute]) -> Self {
        Self::new(kind | NLA_F_NESTED, bytes_of(attributes))
    }

    /// The attributes inside this one.
    pub fn parts(&self) -> Vec<Attribute> {
        attributes_in(&self.value)
    }

    /// The value as the kernel's number of its length.
    pub fn number(&self) -> u64 {
        let with = |number, byte: &u8| number << 8 | u64::from(*byte);
        if cfg!(target_endian = "big") {
            self.value.iter().fold(0, with)
        } else {
            self.value.iter().rfold(0, with)
        }
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.kind)?;
        self.value
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The attribute of this kind, where it is among them.
pub fn find(attributes: &[Attribute], kind: u16) -> Option<&Attribute> {
    attributes.iter().find(|attribute| attribute.kind == kind)
}

fn bytes_of(attributes: &[Attribute]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for attribute in attributes {
        let length = u16::try_from(4 + attribute.value.len()).unwrap();
        bytes.extend(length.to_ne_bytes());
        bytes.extend(attribute.kind.to_ne_bytes());
        bytes.extend(&attribute.value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

fn attributes_in(mut bytes: &[u8]) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    while bytes.len() >= 4 {
        let length = usize::from(u16_at(bytes, 0));
        let kind = u16_at(bytes, 2) & !NLA_F_NESTED;
        attributes.push(Attribute::new(kind, &bytes[4..length]));
        bytes = &bytes[length.next_multiple_of(4).min(bytes.len())..];
    }
    attributes
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}

fn i32_at(bytes: &[u8], at: usize) -> i32 {
    i32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// A socket in this thread's network namespace.
pub struct Netlink(Socket);

impl Netlink {
    fn open(protocol: isize) -> Self {
        let mut socket = Socket::new(protocol).unwrap();
        socket.bind_auto().unwrap();
        Self(socket)
    }

    /// A generic netlink socket.
    pub fn generic() -> Self {
        Self::open(protocols::NETLINK_GENERIC)
    }

    /// Asks for everything there is; gives each answer's attributes, or the
    /// errno.
    pub fn dump(
        &self,
        family: u16,
        command: u8,
        of: &[Attribute],
    ) -> Result<Vec<Vec<Attribute>>, i32> {
        self.call(family, NLM_F_DUMP, &generic(command, of), 4)
    }

    /// Asks for a change, or for one answer.
    pub fn ask(
        &self,
        family: u16,
        command: u8,
        of: &[Attribute],
    ) -> Result<Vec<Vec<Attribute>>, i32> {
        self.call(family, NLM_F_ACK, &generic(command, of), 4)
    }

    /// Asks for a change and does not wait for the answer, where there may be
    /// none: netlink never acknowledges what ends in EINTR.
    pub fn tell(&self, family: u16, command: u8, of: &[Attribute]) {
        self.send(family, 0, 0, &generic(command, of));
    }

    fn send(&self, kind: u16, flags: u16, sequence: u32, payload: &[u8]) {
        let mut message = Vec::new();
        message.extend(u32::try_from(16 + payload.len()).unwrap().to_ne_bytes());
        message.extend(kind.to_ne_bytes());
        message.extend((NLM_F_REQUEST | flags).to_ne_bytes());
        message.extend(sequence.to_ne_bytes());
        message.extend([0; 4]);
        message.extend(payload);
        self.0.send_to(&message, &SocketAddr::new(0, 0), 0).unwrap();
    }

    fn call(
        &self,
        kind: u16,
        flags: u16,
        payload: &[u8],
        header: usize,
    ) -> Result<Vec<Vec<Attribute>>, i32> {
        self.send(kind, flags, AWAITED, payload);
        let mut answers = Vec::new();
        loop {
            let (datagram, _) = self.0.recv_from_full().unwrap();
            let mut rest = datagram.as_slice();
            while rest.len() >= 16 {
                let length = usize::try_from(i32_at(rest, 0)).unwrap();
                let message = &rest[..length];
                match u16_at(message, 4) {
                    _ if i32_at(message, 8) != AWAITED.cast_signed() => {}
                    NLMSG_ERROR | NLMSG_DONE => {
                        return match -i32_at(message, 16) {
                            0 => Ok(answers),
                            errno => Err(errno),
                        };
                    }
                    _ => answers.push(attributes_in(&message[16 + header..])),
                }
                rest = &rest[length.next_multiple_of(4).min(rest.len())..];
            }
        }
    }
}

fn generic(command: u8, attributes: &[Attribute]) -> Vec<u8> {
    let mut payload = vec![command, 1, 0, 0];
    payload.extend(bytes_of(attributes));
    payload
}

/// The number under which the kernel's IPVS answers; fails without ip_vs.
pub fn ipvs_family() -> u16 {
    const GENL_ID_CTRL: u16 = 16;
    const CTRL_CMD_GETFAMILY: u8 = 3;
    const CTRL_ATTR_FAMILY_ID: u16 = 1;
    const CTRL_ATTR_FAMILY_NAME: u16 = 2;
    static FAMILY: OnceLock<u16> = OnceLock::new();
    *FAMILY.get_or_init(|| {
        let name = [Attribute::new(CTRL_ATTR_FAMILY_NAME, *b"IPVS\0")];
        let answers = Netlink::generic()
            .ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, &name)
            .expect("this kernel has no ip_vs");
        let id = find(&answers[0], CTRL_ATTR_FAMILY_ID).unwrap();
        u16::try_from(id.number()).unwrap()
    })
}

/// Sets the interface of this index up.
pub fn link_up(index: i32) {
    const RTM_NEWLINK: u16 = 16;
    const IFF_UP: u32 = 1;
    // struct ifinfomsg: family and padding, type, index, flags, change mask
    let mut payload = vec![0; 4];
    payload.extend(index.to_ne_bytes());
    payload.extend(IFF_UP.to_ne_bytes());
    payload.extend(IFF_UP.to_ne_bytes());
    Netlink::open(protocols::NETLINK_ROUTE)
        .call(RTM_NEWLINK, NLM_F_ACK, &payload, 16)
        .unwrap();
}
