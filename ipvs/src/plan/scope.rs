//! The part of a table that a replacement is about, and what is left alone there.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::model::{Destination, Prefix, VirtualId};

/// How far a replacement goes. By default it goes all the way: what is not wanted is
/// removed, wherever it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Scope {
    /// The services that are compared: those that one of these selects, or all services if
    /// this is empty. Other services are neither read nor touched.
    pub only: Vec<Selected>,
    /// The weights of servers that both tables have.
    pub weights: Weights,
    /// The fate of services and servers that are there but not wanted.
    pub removals: Removals,
}

/// Services, by their address or their firewall mark.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Selected {
    /// Services whose virtual address has this prefix, with any protocol and port.
    Addresses(Prefix),
    /// Services of these marks, for IPv4 and IPv6.
    Marks(RangeInclusive<NonZeroU32>),
}

/// The weights of servers that both tables have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// The weights of the wanted table.
    #[default]
    Wanted,
    /// The weights that the servers have already: a health checker sets them.
    Kept,
}

/// The fate of services and servers that only the table that is there has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Removals {
    /// They are removed.
    #[default]
    Made,
    /// They stay as they are.
    LeftOut,
}

/// The reason why a word selects no services, or may select others than were meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectedError {
    /// The word has another form.
    #[error("not ADDRESS, ADDRESS/BITS, fwmark:MARK or fwmark:FIRST-LAST")]
    Form,
    /// The address has bits beyond the prefix: it may mean one address or the whole
    /// network.
    #[error("write {network} for the network or {address} for one address")]
    HostBits {
        /// The network with this prefix.
        network: Prefix,
        /// The address that was written.
        address: IpAddr,
    },
    /// The word stands for IPv4-mapped IPv6 addresses, which no client sends to.
    #[error("write {0} for the IPv4 services")]
    Mapped(Prefix),
}

impl Scope {
    /// Returns a scope of the services that one of these selects. Everything about them may
    /// be changed.
    pub fn of(only: Vec<Selected>) -> Self {
        Self {
            only,
            ..Self::default()
        }
    }

    /// Returns whether every service is compared.
    pub fn is_whole(&self) -> bool {
        self.only.is_empty()
    }

    /// Returns whether that service is compared.
    pub fn covers(&self, id: &VirtualId) -> bool {
        self.is_whole() || self.only.iter().any(|selected| selected.contains(id))
    }

    /// Returns a wanted server as it is to be. `there` is the server in the table, which
    /// may keep its weight.
    pub(super) fn edited(&self, wanted: &Destination, there: &Destination) -> Destination {
        let weight = match self.weights {
            Weights::Wanted => wanted.weight,
            Weights::Kept => there.weight,
        };
        Destination { weight, ..*wanted }
    }
}

impl Selected {
    /// Returns whether this selects that service.
    pub fn contains(&self, id: &VirtualId) -> bool {
        match (self, id) {
            (Self::Addresses(prefix), VirtualId::Endpoint { address, .. }) => {
                prefix.contains(*address)
            }
            (Self::Marks(marks), VirtualId::Fwmark { mark, .. }) => marks.contains(mark),
            (Self::Addresses(_), VirtualId::Fwmark { .. })
            | (Self::Marks(_), VirtualId::Endpoint { .. }) => false,
        }
    }
}

/// Writes the word that reads as this: `10.0.0.0/8`, `fwmark:7`, `fwmark:7-9`.
impl Display for Selected {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(prefix) => prefix.fmt(f),
            Self::Marks(marks) if marks.start() == marks.end() => {
                write!(f, "fwmark:{}", marks.start())
            }
            Self::Marks(marks) => write!(f, "fwmark:{}-{}", marks.start(), marks.end()),
        }
    }
}

/// Reads `192.0.2.0/24`, `2001:db8::80`, `fwmark:7` or `fwmark:1-99`.
impl FromStr for Selected {
    type Err = SelectedError;

    fn from_str(word: &str) -> Result<Self, SelectedError> {
        let Some(marks) = word.strip_prefix("fwmark:") else {
            let prefix: Prefix = word.parse().map_err(|_| SelectedError::Form)?;
            let network = prefix.network();
            return match network.mapped() {
                Some(mapped) => Err(SelectedError::Mapped(mapped)),
                None if network != prefix => Err(SelectedError::HostBits {
                    network,
                    address: prefix.address(),
                }),
                None => Ok(Self::Addresses(prefix)),
            };
        };
        let (first, last) = marks.split_once('-').unwrap_or((marks, marks));
        let (first, last) = (mark(first)?, mark(last)?);
        match first <= last {
            true => Ok(Self::Marks(first..=last)),
            false => Err(SelectedError::Form),
        }
    }
}

/// Reads a mark in decimal digits, 1 or more.
fn mark(word: &str) -> Result<NonZeroU32, SelectedError> {
    let is_plain = word.bytes().all(|digit| digit.is_ascii_digit());
    let number = word.parse().ok().filter(|_| is_plain);
    number.ok_or(SelectedError::Form)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::{Family, Protocol};

    fn endpoint(address: &str) -> VirtualId {
        VirtualId::Endpoint {
            protocol: Protocol::Udp,
            address: address.parse().unwrap(),
            port: 53,
        }
    }

    fn fwmark(mark: u32) -> VirtualId {
        VirtualId::Fwmark {
            mark: NonZeroU32::new(mark).unwrap(),
            family: Family::V6,
        }
    }

    #[test]
    fn words_select_services() {
        for (word, id, is_selected) in [
            ("10.0.0.0/8", endpoint("10.1.2.3"), true),
            ("10.0.0.0/8", endpoint("11.1.2.3"), false),
            ("0.0.0.0/0", endpoint("::1"), false),
            ("[fd00::1]", endpoint("fd00::1"), true),
            ("0.0.0.0/0", fwmark(7), false),
            ("fwmark:7", fwmark(7), true),
            ("fwmark:7", fwmark(8), false),
            ("fwmark:1-4294967295", fwmark(u32::MAX), true),
            ("fwmark:1-4294967295", endpoint("10.0.0.1"), false),
        ] {
            let selected: Selected = word.parse().unwrap();
            assert_eq!(selected.contains(&id), is_selected, "{word} {id:?}");
            assert_eq!(selected.to_string().parse(), Ok(selected));
        }
    }

    #[test]
    fn other_words_select_nothing() {
        for word in [
            "",
            "web",
            "10.0.0.1:80",
            "10.0.0.0/33",
            "7",
            "fwmark:",
            "fwmark:0",
            "fwmark:-",
            "fwmark:1-",
            "fwmark:-1",
            "fwmark:9-8",
            "fwmark:+1",
            "fwmark:1-2-3",
            "fwmark:4294967296",
            "fwmark: 1",
        ] {
            assert_eq!(word.parse::<Selected>(), Err(SelectedError::Form), "{word}");
        }
    }

    #[test]
    fn words_that_may_not_mean_what_they_say_are_refused() {
        for (word, meant) in [
            (
                "10.0.0.9/24",
                "write 10.0.0.0/24 for the network or 10.0.0.9 for one address",
            ),
            (
                "[fd00::9]/64",
                "write fd00::/64 for the network or fd00::9 for one address",
            ),
            ("::ffff:10.0.0.9", "write 10.0.0.9 for the IPv4 services"),
            (
                "::ffff:10.0.0.9/120",
                "write 10.0.0.0/24 for the IPv4 services",
            ),
        ] {
            let refusal = word.parse::<Selected>().unwrap_err();
            assert_eq!(refusal.to_string(), meant);
        }
    }
}
