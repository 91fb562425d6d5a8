//! Addresses that have no name, as text.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// An address as C's `inet_ntop` writes it, which old scripts compare with.
///
/// It differs from [`IpAddr`]'s own text in the long obsolete IPv4-compatible
/// IPv6 addresses: `::0.1.0.2`, not `::1:2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostText(pub IpAddr);

impl fmt::Display for HostText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => f.write_str(Dotted::of(address).as_str()),
            IpAddr::V6(address) => match address.segments() {
                [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
                    let [.., a, b, c, d] = address.octets();
                    f.write_str("::")?;
                    f.write_str(Dotted::of(Ipv4Addr::new(a, b, c, d)).as_str())
                }
                _ => address.fmt(f),
            },
        }
    }
}

/// The text of an IPv4 address, without an allocation. It is made faster than [`Ipv4Addr`]
/// writes itself, and most of a rule or a row is addresses.
pub struct Dotted {
    text: [u8; Self::MAX_LEN],
    len: usize,
}

impl Dotted {
    const MAX_LEN: usize = "255.255.255.255".len();

    /// Returns the text of an address.
    pub fn of(address: Ipv4Addr) -> Self {
        let mut text = [0; Self::MAX_LEN];
        let mut places = text.iter_mut();
        let mut put = |byte| places.next().map(|place| *place = byte);
        for (index, octet) in address.octets().into_iter().enumerate() {
            if index > 0 {
                put(b'.');
            }
            if octet >= 100 {
                put(b'0' + octet / 100);
            }
            if octet >= 10 {
                put(b'0' + octet / 10 % 10);
            }
            put(b'0' + octet % 10);
        }
        let len = Self::MAX_LEN - places.len();
        Self { text, len }
    }

    /// Returns the text, in ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }

    fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_inet_ntop_does() {
        for (address, text) in [
            ("::", "::"),
            ("::1", "::1"),
            ("::ffff", "::ffff"),
            ("::1:2", "::0.1.0.2"),
            ("::ffff:1:2", "::ffff:0.1.0.2"),
            ("::ffff:0:0", "::ffff:0.0.0.0"),
            ("::1:0:0", "::1:0:0"),
            ("0:0:0:1::", "0:0:0:1::"),
            ("1:0:0:2::3", "1:0:0:2::3"),
            ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
            ("fd00::AB", "fd00::ab"),
            ("10.0.0.1", "10.0.0.1"),
            ("0.9.10.99", "0.9.10.99"),
            ("100.109.200.255", "100.109.200.255"),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(HostText(address).to_string(), text);
        }
    }
}
