//! A virtual service as one word or two: `TCP 10.0.0.1:80`, `FWM 7`, `FWM 7 IPv6`.
//! Findings and facts name services so.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use ipvs::model::{Family, Protocol, VirtualId};

/// A virtual service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Named(pub VirtualId);

impl Named {
    /// The service as a word of the command line.
    pub fn option(&self) -> String {
        match self.0 {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => {
                let option = match protocol {
                    Protocol::Tcp => "-t",
                    Protocol::Udp => "-u",
                    Protocol::Sctp | Protocol::Other(_) => "--sctp-service",
                };
                format!("{option} {}", SocketAddr::new(address, port))
            }
            VirtualId::Fwmark {
                mark,
                family: Family::V4,
            } => format!("-f {mark}"),
            VirtualId::Fwmark {
                mark,
                family: Family::V6,
            } => format!("-f {mark} -6"),
        }
    }
}

/// A protocol as the kernel's tables name it.
pub(super) fn protocol_name(protocol: Protocol) -> String {
    match protocol {
        Protocol::Tcp => "TCP".to_owned(),
        Protocol::Udp => "UDP".to_owned(),
        Protocol::Sctp => "SCTP".to_owned(),
        Protocol::Other(number) => format!("IP_{number}"),
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => {
                let endpoint = SocketAddr::new(address, port);
                write!(f, "{} {endpoint}", protocol_name(protocol))
            }
            VirtualId::Fwmark {
                mark,
                family: Family::V4,
            } => write!(f, "FWM {mark}"),
            VirtualId::Fwmark {
                mark,
                family: Family::V6,
            } => write!(f, "FWM {mark} IPv6"),
        }
    }
}

impl From<Named> for String {
    fn from(named: Named) -> Self {
        named.to_string()
    }
}

impl TryFrom<String> for Named {
    type Error = NotNamed;

    fn try_from(text: String) -> Result<Self, NotNamed> {
        text.parse()
    }
}

/// A text names no service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}' is no service: TCP ADDRESS:PORT, UDP ADDRESS:PORT, SCTP ADDRESS:PORT or FWM MARK [IPv6]"
)]
pub struct NotNamed(String);

impl FromStr for Named {
    type Err = NotNamed;

    fn from_str(text: &str) -> Result<Self, NotNamed> {
        let read = || {
            let (kind, rest) = text.split_once(' ')?;
            let protocol = match kind {
                "FWM" => {
                    let (mark, family) = match rest.strip_suffix(" IPv6") {
                        Some(mark) => (mark, Family::V6),
                        None => (rest, Family::V4),
                    };
                    let mark = mark.parse().ok()?;
                    return Some(VirtualId::Fwmark { mark, family });
                }
                "TCP" => Protocol::Tcp,
                "UDP" => Protocol::Udp,
                "SCTP" => Protocol::Sctp,
                other => Protocol::Other(other.strip_prefix("IP_")?.parse().ok()?),
            };
            let endpoint: SocketAddr = rest.parse().ok()?;
            Some(VirtualId::Endpoint {
                protocol,
                address: endpoint.ip(),
                port: endpoint.port(),
            })
        };
        read().map(Self).ok_or_else(|| NotNamed(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_read_as_it_is_written() {
        for text in [
            "TCP 10.0.0.1:80",
            "UDP [fd00::1]:53",
            "SCTP 10.0.0.1:0",
            "IP_47 10.0.0.1:1",
            "FWM 4294967295",
            "FWM 7 IPv6",
        ] {
            let named: Result<Named, _> = text.parse();
            assert_eq!(named.map(|named| named.to_string()).as_deref(), Ok(text));
        }
        for text in [
            "",
            "TCP",
            "TCP 10.0.0.1",
            "FWM x",
            "FWM 7 IPv4",
            "GRE 10.0.0.1:80",
        ] {
            assert!(text.parse::<Named>().is_err(), "{text}");
        }
    }
}
