use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Addresses that begin with the same bits: `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    /// One of the addresses; the bits after the first `length` do not count.
    address: IpAddr,
    /// How many bits are the same: up to 32, or 128 for IPv6.
    length: u8,
}

/// A word is neither an address nor an address with `/BITS` after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address or ADDRESS/BITS")]
pub struct PrefixError;

impl Prefix {
    /// Returns the address, if the prefix has only one.
    pub fn host(&self) -> Option<IpAddr> {
        let whole = if self.address.is_ipv4() { 32 } else { 128 };
        (self.length == whole).then_some(self.address)
    }

    /// Returns the same addresses, by the first of them: `10.0.0.0/24` for `10.0.0.9/24`.
    pub fn network(&self) -> Self {
        let address = match self.address {
            IpAddr::V4(address) => {
                let host_bits = u32::MAX.checked_shr(self.length.into()).unwrap_or(0);
                Ipv4Addr::from_bits(address.to_bits() & !host_bits).into()
            }
            IpAddr::V6(address) => {
                let host_bits = u128::MAX.checked_shr(self.length.into()).unwrap_or(0);
                Ipv6Addr::from_bits(address.to_bits() & !host_bits).into()
            }
        };
        Self {
            address,
            length: self.length,
        }
    }

    /// Returns the address that the prefix was made of, which need not be the first.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns the IPv4 addresses that these IPv6 addresses are mapped from: `10.0.0.0/24`
    /// for `::ffff:10.0.0.0/120`. Returns `None` where one of them is not mapped.
    pub fn mapped(&self) -> Option<Self> {
        let IpAddr::V6(address) = self.address else {
            return None;
        };
        Some(Self {
            address: address.to_ipv4_mapped()?.into(),
            length: self.length.checked_sub(96)?,
        })
    }

    /// Returns whether an address begins with these bits. An address of the other family
    /// never does.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(of), IpAddr::V4(address)) => {
                let differ = Ipv4Addr::to_bits(of) ^ address.to_bits();
                differ.leading_zeros() >= u32::from(self.length)
            }
            (IpAddr::V6(of), IpAddr::V6(address)) => {
                let differ = Ipv6Addr::to_bits(of) ^ address.to_bits();
                differ.leading_zeros() >= u32::from(self.length)
            }
            _ => false,
        }
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(word: &str) -> Result<Self, PrefixError> {
        let (address, bits) = match word.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (word, None),
        };
        let bare = address.strip_prefix('[').and_then(|a| a.strip_suffix(']'));
        let address: IpAddr = bare.unwrap_or(address).parse().map_err(|_| PrefixError)?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let length = match bits {
            None => whole,
            Some(bits) if bits.bytes().all(|digit| digit.is_ascii_digit()) => {
                bits.parse().map_err(|_| PrefixError)?
            }
            Some(_) => return Err(PrefixError),
        };
        if length > whole {
            return Err(PrefixError);
        }
        Ok(Self { address, length })
    }
}

/// Writes `10.0.0.0/8`, or the address alone where there is only one.
impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host() {
            Some(address) => write!(f, "{address}"),
            None => write!(f, "{}/{}", self.address, self.length),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_contains_what_begins_like_it() {
        for (prefix, address, contained) in [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.1.2.3/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.0.0.0/31", "10.0.0.1", true),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::", false),
            ("fd00::/8", "fdff::1", true),
            ("[fd00::]/8", "fe00::1", false),
            ("::/0", "ffff::", true),
            ("::/0", "0.0.0.0", false),
            ("fd00::1", "fd00::1", true),
            ("fd00::1/128", "fd00::2", false),
        ] {
            let prefix: Prefix = prefix.parse().unwrap();
            let address = address.parse().unwrap();
            assert_eq!(prefix.contains(address), contained, "{prefix:?} {address}");
        }
    }

    #[test]
    fn a_network_is_written_by_its_first_address() {
        for (prefix, network) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3/0", "0.0.0.0/0"),
            ("10.1.2.3/31", "10.1.2.2/31"),
            ("10.1.2.3/32", "10.1.2.3"),
            ("fd00::9/64", "fd00::/64"),
            ("fd00::9/0", "::/0"),
            ("[fd00::9]", "fd00::9"),
        ] {
            let prefix: Prefix = prefix.parse().unwrap();
            assert_eq!(prefix.network().to_string(), network);
        }
    }

    #[test]
    fn mapped_addresses() {
        for (prefix, mapped) in [
            ("::ffff:10.0.0.9", Some("10.0.0.9")),
            ("::ffff:10.0.0.0/120", Some("10.0.0.0/24")),
            ("::ffff:0:0/96", Some("0.0.0.0/0")),
            ("::ffff:0:0/95", None),
            ("::/0", None),
            ("10.0.0.9", None),
        ] {
            let prefix: Prefix = prefix.parse().unwrap();
            let mapped_from = prefix.mapped().map(|prefix| prefix.to_string());
            assert_eq!(mapped_from.as_deref(), mapped, "{prefix}");
        }
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for word in [
            "",
            "/",
            "10",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+1",
            "10.0.0.0/8/8",
            "10.0.0.0/999",
            "::/129",
            "[::1",
            "web",
            "10.0.0.0/255.0.0.0",
        ] {
            assert_eq!(word.parse::<Prefix>(), Err(PrefixError), "{word}");
        }
    }
}
