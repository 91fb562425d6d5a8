use std::fmt::{self, Display, Formatter};
use std::net::Ipv4Addr;
use std::str::FromStr;

use super::vocabulary::number;
use super::{Family, WordError};

/// How clients are grouped for persistence (`IPVS_SVC_ATTR_NETMASK`).
///
/// The netmask is of the service's address family. A service with a netmask of the other
/// family is refused with [`ErrorKind::Invalid`] before anything is sent: the kernel would
/// take the length of an IPv6 prefix for an IPv4 mask.
///
/// [`ErrorKind::Invalid`]: crate::error::ErrorKind::Invalid
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Netmask {
    /// An IPv4 mask; any bit pattern, not only a prefix.
    V4(Ipv4Addr),
    /// An IPv6 prefix.
    V6(PrefixLength),
}

/// The length of an IPv6 prefix in bits: 1 to 128. The kernel refuses others.
///
/// ```
/// use ipvs::model::PrefixLength;
///
/// assert_eq!(PrefixLength::try_from(64)?.bits(), 64);
/// assert!(PrefixLength::try_from(0).is_err());
/// assert!(PrefixLength::try_from(129).is_err());
/// # Ok::<(), ipvs::model::PrefixLengthError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "u32", try_from = "u32"))]
pub struct PrefixLength(u32);

/// An IPv6 prefix for persistence can't have that many bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an IPv6 prefix has 1 to 128 bits, not {0}")]
pub struct PrefixLengthError(u32);

impl Netmask {
    /// Returns the mask that keeps every client apart: 255.255.255.255 or 128.
    pub fn host(family: Family) -> Self {
        match family {
            Family::V4 => Self::V4(Ipv4Addr::BROADCAST),
            Family::V6 => Self::V6(PrefixLength::HOST),
        }
    }

    /// Returns the address family of the services that the netmask is for.
    pub fn family(self) -> Family {
        match self {
            Self::V4(_) => Family::V4,
            Self::V6(_) => Family::V6,
        }
    }
}

/// Writes the netmask as `ipvsadm -M` has it: `255.255.255.0`, `64`.
impl Display for Netmask {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(mask) => mask.fmt(f),
            Self::V6(length) => length.bits().fmt(f),
        }
    }
}

/// Reads the text that `Display` writes.
impl FromStr for Netmask {
    type Err = WordError;

    fn from_str(word: &str) -> Result<Self, WordError> {
        let v4 = || word.parse().ok().map(Self::V4);
        let v6 = || {
            PrefixLength::try_from(number::<u32>(word)?)
                .ok()
                .map(Self::V6)
        };
        let expected = "an IPv4 address, or 1 to 128 bits of IPv6";
        v4().or_else(v6)
            .ok_or_else(|| WordError::new(word, "netmask", expected))
    }
}

impl PrefixLength {
    /// A whole address: 128 bits.
    pub const HOST: Self = Self(128);

    /// Returns the length in bits.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Returns a length that the kernel sent. No known kernel sends any other than 1 to
    /// 128; if one does, the length is shown as it is.
    pub(crate) fn from_kernel(bits: u32) -> Self {
        Self(bits)
    }
}

impl From<PrefixLength> for u32 {
    fn from(length: PrefixLength) -> Self {
        length.bits()
    }
}

impl TryFrom<u32> for PrefixLength {
    type Error = PrefixLengthError;

    fn try_from(bits: u32) -> Result<Self, PrefixLengthError> {
        match bits {
            1..=128 => Ok(Self(bits)),
            _ => Err(PrefixLengthError(bits)),
        }
    }
}
