//! The words for the values of the model's enumerations, in one place. Listings, rules,
//! options, JSON documents and the readers of `/proc` take them from here.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::{DaemonState, Forwarding, Protocol, TunnelKind};

/// A word names nothing of its kind.
///
/// ```
/// let error = "tpc".parse::<ipvs::model::Protocol>().unwrap_err();
/// assert_eq!(error.to_string(), "`tpc' is no protocol: TCP, UDP, SCTP or IP_NUMBER");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}' is no {kind}: {expected}")]
pub struct WordError {
    word: String,
    kind: &'static str,
    expected: &'static str,
}

impl WordError {
    pub(super) fn new(word: &str, kind: &'static str, expected: &'static str) -> Self {
        Self {
            word: word.to_owned(),
            kind,
            expected,
        }
    }
}

/// Reads a number in decimal digits, and nothing else.
pub(super) fn number<N: FromStr>(word: &str) -> Option<N> {
    let is_plain = word.bytes().all(|digit| digit.is_ascii_digit());
    word.parse().ok().filter(|_| is_plain)
}

macro_rules! words {
    (
        $(#[$meta:meta])*
        $type:ident is a $kind:literal, one of $expected:literal, else $prefix:literal and a number:
        $($variant:ident = $word:literal),+
    ) => {
        impl $type {
            $(#[$meta])*
            pub const NAMES: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),+];

            /// Returns the name, if there is one.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($word),)+
                    Self::Other(_) => None,
                }
            }

            /// Returns the value of that name.
            pub(crate) fn named(name: &[u8]) -> Option<Self> {
                let mut names = Self::NAMES.iter();
                let found = names.find(|(known, _)| known.as_bytes() == name);
                found.map(|(_, value)| *value)
            }
        }

        #[doc = concat!("Writes the name, or `", $prefix, "` and the number where there is no name.")]
        impl Display for $type {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                match (self.name(), self) {
                    (Some(name), _) => f.pad(name),
                    (None, unnamed) => write!(f, "{}{}", $prefix, unnamed.number()),
                }
            }
        }

        /// Reads the text that `Display` writes. The number of a value that has a name
        /// reads as that value.
        impl FromStr for $type {
            type Err = WordError;

            fn from_str(word: &str) -> Result<Self, WordError> {
                let numbered = || {
                    let number = number(word.strip_prefix($prefix)?)?;
                    let known = Self::from_number(number);
                    match known.number() == number {
                        true => Some(known),
                        false => Some(Self::Other(number)),
                    }
                };
                let found = Self::named(word.as_bytes()).or_else(numbered);
                found.ok_or_else(|| WordError::new(word, $kind, $expected))
            }
        }
    };
}

words! {
    /// The names, as `/proc/net/ip_vs` and listings have them.
    Protocol is a "protocol", one of "TCP, UDP, SCTP or IP_NUMBER", else "IP_" and a number:
    Tcp = "TCP", Udp = "UDP", Sctp = "SCTP"
}

words! {
    /// The names, as `/proc/net/ip_vs` and listings have them.
    Forwarding is a "forwarding method",
    one of "Masq, Local, Tunnel, Route, Bypass or method-NUMBER", else "method-" and a number:
    Masquerade = "Masq", Local = "Local", Tunnel = "Tunnel", DirectRoute = "Route", Bypass = "Bypass"
}

words! {
    /// The names, as `ipvsadm --tun-type`, listings and JSON documents have them.
    TunnelKind is a "kind of tunnel",
    one of "ipip, gue, gre or type-NUMBER", else "type-" and a number:
    Ipip = "ipip", Gue = "gue", Gre = "gre"
}

words! {
    /// The names, as `ipvsadm --start-daemon`, listings and JSON documents have them.
    DaemonState is a "state of a sync daemon",
    one of "master, backup or state-NUMBER", else "state-" and a number:
    Master = "master", Backup = "backup"
}

impl Protocol {
    /// Returns the name in lower case, as `/etc/services`, packet filters and JSON
    /// documents have it.
    pub fn keyword(self) -> Option<&'static str> {
        match self {
            Self::Tcp => Some("tcp"),
            Self::Udp => Some("udp"),
            Self::Sctp => Some("sctp"),
            Self::Other(_) => None,
        }
    }
}
