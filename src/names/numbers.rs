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
            IpAddr::V4(address) => dotted(address, |part| f.write_str(part)),
            IpAddr::V6(address) => match address.segments() {
                [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
                    let [.., a, b, c, d] = address.octets();
                    f.write_str("::")?;
                    dotted(Ipv4Addr::new(a, b, c, d), |part| f.write_str(part))
                }
                _ => address.fmt(f),
            },
        }
    }
}

/// Hands the parts of an address's text to `write`. That is faster than
/// [`Ipv4Addr`] writes itself, and most of a rule or a row is addresses.
pub(crate) fn dotted<E>(
    address: Ipv4Addr,
    mut write: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    let [first, others @ ..] = address.octets();
    let mut digits = itoa::Buffer::new();
    write(digits.format(first))?;
    for octet in others {
        write(".")?;
        write(digits.format(octet))?;
    }
    Ok(())
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
        ] {
            let address = address.parse().unwrap();
            assert_eq!(HostText(address).to_string(), text);
        }
    }
}
