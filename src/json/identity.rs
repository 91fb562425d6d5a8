//! The identities of services, servers and clients.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;

use serde::{Serialize, Serializer};

use crate::names::HostText;
use ipvs::model::{Family, Protocol, VirtualId};

/// An address, written as in the text listings.
pub(super) struct AddressText(pub(super) IpAddr);

impl Serialize for AddressText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&HostText(self.0))
    }
}

/// The word for a number of the kernel.
pub(crate) enum Word {
    Known(&'static str),
    /// `protocol-47`, where no word is known.
    Numbered(&'static str, u32),
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(word) => f.write_str(word),
            Self::Numbered(kind, number) => write!(f, "{kind}-{number}"),
        }
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(word) => serializer.serialize_str(word),
            Self::Numbered(..) => serializer.collect_str(self),
        }
    }
}

/// Returns the word for a protocol.
pub(crate) fn protocol(protocol: Protocol) -> Word {
    match protocol.keyword() {
        Some(word) => Word::Known(word),
        None => Word::Numbered("protocol", protocol.number().into()),
    }
}

/// Returns the word for a family.
pub(crate) fn family(family: Family) -> Word {
    match family {
        Family::V4 => Word::Known("ipv4"),
        Family::V6 => Word::Known("ipv6"),
    }
}

/// The identity of a virtual service: its endpoint or its firewall mark.
#[derive(Serialize)]
pub(super) struct ServiceId {
    protocol: Option<Word>,
    address: Option<AddressText>,
    port: Option<u16>,
    fwmark: Option<NonZeroU32>,
    family: Word,
}

impl From<&VirtualId> for ServiceId {
    fn from(id: &VirtualId) -> Self {
        let family = family(id.family());
        match *id {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => Self {
                protocol: Some(self::protocol(protocol)),
                address: Some(AddressText(address)),
                port: Some(port),
                fwmark: None,
                family,
            },
            VirtualId::Fwmark { mark, .. } => Self {
                protocol: None,
                address: None,
                port: None,
                fwmark: Some(mark),
                family,
            },
        }
    }
}

/// A client, or the server of a connection.
#[derive(Serialize)]
pub(super) struct EndpointFields {
    address: AddressText,
    port: u16,
}

impl From<ipvs::connections::Endpoint> for EndpointFields {
    fn from(endpoint: ipvs::connections::Endpoint) -> Self {
        Self {
            address: AddressText(endpoint.address),
            port: endpoint.port,
        }
    }
}
