//! A real server, and how it is configured.

use serde::Serialize;

use super::identity::{AddressText, Word, family};
use ipvs::model::{Destination, Family, Forwarding, Tunnel, TunnelKind};

/// The identity of a server within its service.
#[derive(Serialize)]
pub(super) struct ServerId {
    address: AddressText,
    port: u16,
    family: Word,
}

impl From<&Destination> for ServerId {
    fn from(server: &Destination) -> Self {
        Self {
            address: AddressText(server.address),
            port: server.port,
            family: family(Family::of(server.address)),
        }
    }
}

/// All settings of a server.
#[derive(Serialize)]
pub(super) struct ServerSettings {
    forwarding_method: Word,
    weight: i32,
    upper_threshold: u32,
    lower_threshold: u32,
    tunnel: Option<Wrapping>,
}

impl From<&Destination> for ServerSettings {
    fn from(server: &Destination) -> Self {
        let Destination {
            address: _,
            port: _,
            forwarding,
            weight,
            upper_threshold,
            lower_threshold,
            tunnel,
        } = *server;
        Self {
            forwarding_method: method(forwarding),
            // The kernel keeps the weight as an int.
            weight: weight as i32,
            upper_threshold,
            lower_threshold,
            tunnel: (forwarding == Forwarding::Tunnel).then(|| tunnel.into()),
        }
    }
}

/// Returns the word for a forwarding method.
pub(crate) fn method(forwarding: Forwarding) -> Word {
    Word::Known(match forwarding {
        Forwarding::Masquerade => "masquerade",
        Forwarding::Local => "local",
        Forwarding::Tunnel => "tunnel",
        Forwarding::DirectRoute => "direct_route",
        Forwarding::Bypass => "bypass",
        Forwarding::Other(number) => return Word::Numbered("method", number),
    })
}

/// The encapsulation of packets to a tunnelled server.
#[derive(Serialize)]
struct Wrapping {
    #[serde(rename = "type")]
    kind: Word,
    /// The port, which IPIP and GRE don't have.
    port: Option<u16>,
    /// None where the flags of this tunnel type are not known.
    checksum: Option<&'static str>,
    flag_bits: u16,
}

impl From<Tunnel> for Wrapping {
    fn from(tunnel: Tunnel) -> Self {
        let Tunnel {
            kind,
            port,
            flags: flag_bits,
        } = tunnel;
        let checksum = match (kind, flag_bits) {
            (TunnelKind::Ipip | TunnelKind::Other(_), _) => None,
            (_, Tunnel::NO_CHECKSUM) => Some("none"),
            (_, Tunnel::CHECKSUM) => Some("full"),
            (_, Tunnel::REMOTE_CHECKSUM) => Some("remote"),
            _ => None,
        };
        let has_port = !matches!(kind, TunnelKind::Ipip | TunnelKind::Gre);
        Self {
            kind: word(kind),
            port: has_port.then_some(port),
            checksum,
            flag_bits,
        }
    }
}

fn word(kind: TunnelKind) -> Word {
    match kind.name() {
        Some(word) => Word::Known(word),
        None => Word::Numbered("type", kind.number().into()),
    }
}
