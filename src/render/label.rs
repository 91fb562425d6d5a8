//! `HOST:PORT`, the first column of every row.

use std::io::{self, Write};
use std::net::IpAddr;
use std::num::NonZeroU32;

use crate::names::{Dotted, HostText, NameOf};
use ipvs::model::{DestinationEntry, Family, Protocol, VirtualId};

/// The width of the column. IPv4 labels are cut to it; IPv6 labels push the
/// other columns to the right.
pub(super) const WIDTH: usize = 28;

/// The width of a column of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LabelWidth {
    /// [`WIDTH`], as ipvsadm 1.31 has the first column of the table.
    Listed,
    /// At least this many bytes, as in ipvsadm 1.31's columns of connections: nothing is cut.
    AtLeast(usize),
    /// This many characters: a longer label loses its middle.
    Fitted(usize),
}

impl LabelWidth {
    pub(super) fn characters(self) -> usize {
        match self {
            Self::Listed => WIDTH,
            Self::AtLeast(width) | Self::Fitted(width) => width,
        }
    }

    /// Cuts the middle of a label that is too long for its column in a window.
    pub(super) fn cut(self, label: &mut Vec<u8>) {
        match self {
            Self::Fitted(width) if characters(label) > width => {
                *label = without_middle(label, width).into_bytes();
            }
            Self::Listed | Self::AtLeast(_) | Self::Fitted(_) => {}
        }
    }

    /// Writes a label and the blanks that fill its column.
    pub(super) fn pad(self, out: &mut impl Write, label: &[u8]) -> io::Result<()> {
        let width = match self {
            Self::Listed => WIDTH,
            Self::AtLeast(width) => width,
            Self::Fitted(width) => width + label.len() - characters(label),
        };
        pad(out, label, width)
    }
}

/// Returns the number of characters of a label, as a terminal shows it.
pub fn characters(label: &[u8]) -> usize {
    String::from_utf8_lossy(label).chars().count()
}

/// The largest number of bytes in a label, for either family.
const MAX_LEN: usize = 59;

pub(super) const BLANKS: [u8; 64] = [b' '; 64];

/// A label in a buffer that is used for row after row.
#[derive(Default)]
pub(super) struct Label {
    text: Vec<u8>,
}

impl Label {
    /// Sets the label of an endpoint. Without a protocol that has port names, as in a firewall-mark
    /// service, ports are numbers.
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

    /// Sets the label of a host without a port, and so without brackets.
    pub(super) fn set_host(&mut self, address: IpAddr, names: &dyn NameOf) -> io::Result<&[u8]> {
        self.text.clear();
        match names.host(address) {
            Some(name) => self.text.extend_from_slice(name.as_bytes()),
            None => write!(self.text, "{}", HostText(address))?,
        }
        Ok(&self.text)
    }

    /// Sets the label of a firewall mark.
    pub(super) fn set_mark(&mut self, mark: NonZeroU32, family: Family) -> io::Result<&[u8]> {
        self.text.clear();
        match family {
            Family::V4 => write!(self.text, "{mark}")?,
            Family::V6 => write!(self.text, "{mark} IPv6")?,
        }
        Ok(&self.text)
    }

    /// Sets the label of an endpoint for the column of a table.
    pub(super) fn set_column(
        &mut self,
        address: IpAddr,
        port: u16,
        protocol: Option<Protocol>,
        names: &dyn NameOf,
        width: LabelWidth,
    ) -> io::Result<&[u8]> {
        self.set(address, port, protocol, names)?;
        match width {
            LabelWidth::Listed if address.is_ipv4() => self.text.truncate(WIDTH),
            width => width.cut(&mut self.text),
        }
        Ok(&self.text)
    }
}

/// Returns text cut to a width, with `~` in place of its middle: the ends of addresses tell servers
/// apart, and their beginnings tell networks apart.
fn without_middle(text: &[u8], width: usize) -> String {
    let text: Vec<char> = String::from_utf8_lossy(text).chars().collect();
    let kept = width.saturating_sub(1);
    if text.len() <= width || kept == 0 {
        return text.into_iter().take(width).collect();
    }
    let first = kept / 3;
    let last = text.len() - (kept - first);
    let (first, last) = (text.iter().take(first), text.iter().skip(last));
    first.chain(&['~']).chain(last).collect()
}

/// The first column of rows, with nothing cut.
pub struct RowLabels<'a> {
    label: Label,
    names: &'a dyn NameOf,
}

impl<'a> RowLabels<'a> {
    /// Makes labels with these names.
    pub fn new(names: &'a dyn NameOf) -> Self {
        Self {
            label: Label::default(),
            names,
        }
    }

    /// Returns the first column of a service's row: the word before its label, and its label.
    ///
    /// # Errors
    /// None: writing to memory does not fail.
    pub fn service(&mut self, id: &VirtualId) -> io::Result<(&'static str, &[u8])> {
        match *id {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => {
                let label = &mut self.label;
                let text = label.set(address, port, Some(protocol), self.names)?;
                Ok((protocol.name().unwrap_or("?"), text))
            }
            VirtualId::Fwmark { mark, family } => Ok(("FWM", self.label.set_mark(mark, family)?)),
        }
    }

    /// Returns the label of a server of that service.
    ///
    /// # Errors
    /// None: writing to memory does not fail.
    pub fn server(&mut self, id: &VirtualId, server: &DestinationEntry) -> io::Result<&[u8]> {
        let server = &server.destination;
        let protocol = named_by(id);
        self.label
            .set(server.address, server.port, protocol, self.names)
    }
}

/// Returns the protocol whose names ports have; none for a firewall mark.
pub(super) fn named_by(id: &VirtualId) -> Option<Protocol> {
    match id {
        VirtualId::Endpoint { protocol, .. } => Some(*protocol),
        VirtualId::Fwmark { .. } => None,
    }
}

/// Writes text and the blanks that fill its column. Columns count bytes, and a name may have been
/// cut within a character.
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
        let text = label.set_column(address, 65535, None, &Numeric, LabelWidth::Listed);
        let whole: &[u8] = b"[2001:db8:1111:2222:3333:4444:5555:6666]:65535";
        assert_eq!(text.unwrap(), whole);
        for (width, expected) in [(46, whole), (29, b"[2001:db8~44:5555:6666]:65535")] {
            let width = LabelWidth::Fitted(width);
            let text = label.set_column(address, 65535, None, &Numeric, width);
            assert_eq!(text.unwrap(), expected);
        }
    }

    #[test]
    fn the_middle_is_cut_whatever_the_width() {
        for (width, expected) in [
            (0, ""),
            (1, "s"),
            (2, "~0"),
            (5, "s~:80"),
            (10, "ser~net:80"),
            (14, "serv~.\u{e9}.net:80"),
            (15, "server.\u{e9}.net:80"),
        ] {
            let found = without_middle("server.\u{e9}.net:80".as_bytes(), width);
            assert_eq!(found, expected, "{width}");
        }
    }
}
