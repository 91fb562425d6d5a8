//! `HOST:PORT`, the first column of every row.

use std::io::{self, Write};
use std::net::IpAddr;
use std::num::NonZeroU32;

use crate::names::{Dotted, HostText, NameOf};
use ipvs::model::{Family, Protocol};

/// The width of the column. IPv4 labels are cut to it; IPv6 labels push the
/// other columns to the right.
pub(super) const WIDTH: usize = 28;

/// No label is longer in bytes, whatever its family.
const MAX_LEN: usize = 59;

pub(super) const BLANKS: [u8; 64] = [b' '; 64];

/// A label, in a buffer that is used for row after row.
#[derive(Default)]
pub(super) struct Label {
    text: Vec<u8>,
}

impl Label {
    /// Becomes the label of an endpoint. Without a protocol that has names,
    /// as in a firewall-mark service, ports are numbers.
    pub(super) fn set(
        &mut self,
        address: IpAddr,
        port: u16,
        protocol: Option<Protocol>,
        names: &dyn NameOf,
    ) -> io::Result<&[u8]> {
        self.text.clear();
        match (address, names.host(address)) {
            (IpAddr::V4(_), Some(name)) => self.text.extend_from_slice(name.as_bytes()),
            (IpAddr::V4(address), None) => {
                self.text.extend_from_slice(Dotted::of(address).as_bytes());
            }
            (IpAddr::V6(_), Some(name)) => write!(self.text, "[{name}]")?,
            (IpAddr::V6(_), None) => write!(self.text, "[{}]", HostText(address))?,
        }
        match protocol.and_then(|protocol| names.port(port, protocol)) {
            Some(name) => write!(self.text, ":{name}")?,
            None => {
                self.text.push(b':');
                let mut digits = itoa::Buffer::new();
                self.text.extend_from_slice(digits.format(port).as_bytes());
            }
        }
        self.text.truncate(MAX_LEN);
        Ok(&self.text)
    }

    /// Becomes a host without a port, and so without brackets.
    pub(super) fn set_host(&mut self, address: IpAddr, names: &dyn NameOf) -> io::Result<&[u8]> {
        self.text.clear();
        match names.host(address) {
            Some(name) => self.text.extend_from_slice(name.as_bytes()),
            None => write!(self.text, "{}", HostText(address))?,
        }
        Ok(&self.text)
    }

    /// Becomes a firewall mark.
    pub(super) fn set_mark(&mut self, mark: NonZeroU32, family: Family) -> io::Result<&[u8]> {
        self.text.clear();
        match family {
            Family::V4 => write!(self.text, "{mark}")?,
            Family::V6 => write!(self.text, "{mark} IPv6")?,
        }
        Ok(&self.text)
    }

    /// The label of an endpoint, for the column of a table.
    pub(super) fn set_column(
        &mut self,
        address: IpAddr,
        port: u16,
        protocol: Option<Protocol>,
        names: &dyn NameOf,
    ) -> io::Result<&[u8]> {
        self.set(address, port, protocol, names)?;
        if address.is_ipv4() {
            self.text.truncate(WIDTH);
        }
        Ok(&self.text)
    }
}

/// Writes text and the blanks that fill its column. Columns count bytes, and
/// a name may have been cut within a character.
pub(super) fn pad(out: &mut impl Write, text: &[u8], width: usize) -> io::Result<()> {
    out.write_all(text)?;
    let missing = width.saturating_sub(text.len());
    out.write_all(BLANKS.get(..missing).unwrap_or(&BLANKS))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::names::Numeric;

    #[test]
    fn a_column_is_filled_with_blanks_but_never_cut() {
        let mut out = Vec::new();
        pad(&mut out, b"ab", 4).unwrap();
        pad(&mut out, b"abcdef", 4).unwrap();
        assert_eq!(out, b"ab  abcdef");
    }

    #[test]
    fn ipv6_labels_keep_their_length() {
        let address = "2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap();
        let mut label = Label::default();
        let text = label.set_column(address, 65535, None, &Numeric).unwrap();
        assert_eq!(text, b"[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
    }
}
