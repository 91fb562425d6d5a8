use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use super::vocabulary::number;
use super::{Destination, Family, Protocol, VirtualId, WordError};

/// An address and a port: those of a client, or the identity of a real server within its
/// service.
///
/// As text it is `192.0.2.1:80` or `[2001:db8::1]:80`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The address; a server's family may differ from its clients'.
    pub address: IpAddr,
    /// The port in host byte order; 0 in templates means every port.
    pub port: u16,
}

impl Endpoint {
    /// Returns the endpoint of an address and a port in host byte order.
    pub fn new(address: IpAddr, port: u16) -> Self {
        Self { address, port }
    }
}

impl Destination {
    /// Returns the identity of the server within its service.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            address: self.address,
            port: self.port,
        }
    }
}

impl Display for Endpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.address, self.port).fmt(f)
    }
}

impl FromStr for Endpoint {
    type Err = WordError;

    fn from_str(word: &str) -> Result<Self, WordError> {
        let read = || {
            let socket: SocketAddr = word.parse().ok().filter(|_| !word.contains('%'))?;
            Some(Self {
                address: socket.ip(),
                port: socket.port(),
            })
        };
        read().ok_or_else(|| WordError::new(word, "endpoint", "ADDRESS:PORT or [ADDRESS]:PORT"))
    }
}

impl VirtualId {
    /// Returns whether this is an address and port of TCP, UDP or SCTP that are both 0,
    /// which names no service: `-Z` stands for all of them then.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Endpoint {
                protocol: Protocol::Tcp | Protocol::Udp | Protocol::Sctp,
                address,
                port,
            } => address.is_unspecified() && *port == 0,
            Self::Endpoint { .. } | Self::Fwmark { .. } => false,
        }
    }
}

/// Writes the service as listings begin its row: `TCP 192.0.2.1:80`,
/// `UDP [2001:db8::1]:53`, `FWM 7`, `FWM 7 IPv6`.
impl Display for VirtualId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Endpoint {
                protocol,
                address,
                port,
            } => write!(f, "{protocol} {}", Endpoint { address, port }),
            Self::Fwmark { mark, family } => match family {
                Family::V4 => write!(f, "FWM {mark}"),
                Family::V6 => write!(f, "FWM {mark} IPv6"),
            },
        }
    }
}

/// Reads the text that `Display` writes.
impl FromStr for VirtualId {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let read = || {
            let (kind, rest) = text.split_once(' ')?;
            if kind == "FWM" {
                let (mark, family) = match rest.strip_suffix(" IPv6") {
                    Some(mark) => (mark, Family::V6),
                    None => (rest, Family::V4),
                };
                let mark = number(mark)?;
                return Some(Self::Fwmark { mark, family });
            }
            let Endpoint { address, port } = rest.parse().ok()?;
            Some(Self::Endpoint {
                protocol: kind.parse().ok()?,
                address,
                port,
            })
        };
        let expected = "TCP ADDRESS:PORT, UDP ADDRESS:PORT, SCTP ADDRESS:PORT or FWM MARK [IPv6]";
        read().ok_or_else(|| WordError::new(text, "service", expected))
    }
}
