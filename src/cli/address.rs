//! `HOST[:PORT]`, as services and servers are written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::values::{is_space, number};
use crate::names::Resolve;
use ipvs::model::Protocol;

/// A host and perhaps a port, whose names are not looked up yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypedEndpoint<'a> {
    host: Host<'a>,
    port: Option<Port<'a>>,
    /// The text after the brackets around a name. It is the port if the host has
    /// only IPv6 addresses.
    bracketed: Option<&'a str>,
    spelling: Spelling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host<'a> {
    Address(IpAddr),
    Name(&'a str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port<'a> {
    Number(u16),
    Name(&'a str),
}

/// Tells whether ipvsadm 1.31 accepts a spelling too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// 1.31 accepts it.
    Common,
    /// 1.31 refuses it: `[ADDRESS]` without a port, or a host that has only
    /// IPv6 addresses.
    Ours,
}

/// An endpoint in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) address: IpAddr,
    /// None if no port was written.
    pub(crate) port: Option<u16>,
    pub(crate) spelling: Spelling,
}

impl<'a> TypedEndpoint<'a> {
    /// Reads a word. Returns none if it can't be an endpoint, whatever the names
    /// are.
    ///
    /// Text in brackets that is no IPv6 address counts as if it had been written
    /// without them, and the text after the brackets is ignored, unless ipvsadm
    /// 1.31 would not have found the host.
    pub(crate) fn read(word: &'a str) -> Option<Self> {
        let Some(inner) = word.strip_prefix('[') else {
            return Self::unbracketed(word);
        };
        let (inner, rest) = inner.split_once(']')?;
        let address = inner.parse::<Ipv6Addr>();
        match (address, rest.strip_prefix(':')) {
            (Ok(address), Some(port)) => Some(Self {
                host: Host::Address(address.into()),
                port: Some(Port::read(port)?),
                bracketed: None,
                spelling: Spelling::Common,
            }),
            (Ok(address), None) if rest.is_empty() => Some(Self {
                host: Host::Address(address.into()),
                port: None,
                bracketed: None,
                spelling: Spelling::Ours,
            }),
            (Err(_), Some(port)) => Some(Self {
                bracketed: Some(port),
                ..Self::host_and_port(inner)?
            }),
            _ => None,
        }
    }

    fn unbracketed(word: &'a str) -> Option<Self> {
        if let Ok(address) = word.parse::<Ipv6Addr>() {
            return Some(Self {
                host: Host::Address(address.into()),
                port: None,
                bracketed: None,
                spelling: Spelling::Common,
            });
        }
        // A lone number is more likely a forgotten option than an address.
        if word.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Self::host_and_port(word)
    }

    fn host_and_port(word: &'a str) -> Option<Self> {
        let (host, port) = match word.rsplit_once(':') {
            Some((host, port)) => (host, Some(Port::read(port)?)),
            None => (word, None),
        };
        Some(Self {
            host: Host::read(host)?,
            port,
            bracketed: None,
            spelling: Spelling::Common,
        })
    }

    /// Looks up the names and returns the endpoint in numbers, or none if a name is
    /// unknown. A port's name needs the protocol.
    pub(crate) fn resolve(
        self,
        names: &dyn Resolve,
        protocol: Option<Protocol>,
    ) -> Option<Resolved> {
        let (address, spelling) = match self.host {
            Host::Address(address) => (address, self.spelling),
            Host::Name(name) => {
                let addresses = names.addresses(name);
                match addresses.iter().find(|address| address.is_ipv4()) {
                    Some(&address) => (address, self.spelling),
                    None => (*addresses.first()?, Spelling::Ours),
                }
            }
        };
        let port = match (spelling, self.bracketed) {
            (Spelling::Ours, Some(port)) if self.port.is_none() => Some(Port::read(port)?),
            _ => self.port,
        };
        let port = match port {
            None => None,
            Some(Port::Number(port)) => Some(port),
            Some(Port::Name(name)) => Some(names.port(name, protocol?)?),
        };
        Some(Resolved {
            address,
            port,
            spelling,
        })
    }
}

impl<'a> Host<'a> {
    fn read(word: &'a str) -> Option<Self> {
        match inet_aton(word) {
            Some(address) => Some(Self::Address(address.into())),
            // An IPv6 address stands alone or in brackets.
            None if word.is_empty() || word.contains(':') => None,
            None => Some(Self::Name(word)),
        }
    }
}

impl<'a> Port<'a> {
    fn read(word: &'a str) -> Option<Self> {
        match number(word, 0..=i64::from(u16::MAX)) {
            Some(port) => Some(Self::Number(port)),
            None if word.is_empty() => None,
            None => Some(Self::Name(word)),
        }
    }
}

/// Reads a netmask: an IPv4 address in any of its forms or, as with ipvsadm 1.31,
/// the name of a host that has one.
pub(crate) fn netmask(word: &str, names: &dyn Resolve) -> Option<Ipv4Addr> {
    match Host::read(word)? {
        Host::Address(IpAddr::V4(mask)) => Some(mask),
        Host::Address(IpAddr::V6(_)) => None,
        Host::Name(name) => names.addresses(name).into_iter().find_map(|a| match a {
            IpAddr::V4(mask) => Some(mask),
            IpAddr::V6(_) => None,
        }),
    }
}

/// Reads an IPv4 address as `inet_aton` does: one to four numbers, each decimal,
/// octal (`0…`) or hexadecimal (`0x…`). The last one fills the bytes that are left.
/// Text after a blank is ignored.
fn inet_aton(word: &str) -> Option<Ipv4Addr> {
    let word = match word.find(is_space) {
        Some(end) => word.get(..end)?,
        None => word,
    };
    let mut parts = word.split('.');
    let mut last = u32_of_any_base(parts.next()?)?;
    let mut address = 0;
    let mut room = 32;
    for part in parts {
        if last > 0xff || room == 8 {
            return None;
        }
        room -= 8;
        address |= last << room;
        last = u32_of_any_base(part)?;
    }
    if room < 32 && last >> room != 0 {
        return None;
    }
    Some(Ipv4Addr::from_bits(address | last))
}

fn u32_of_any_base(word: &str) -> Option<u32> {
    let (digits, base) = if let Some(digits) = word.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = word.strip_prefix("0X") {
        (digits, 16)
    } else if word.starts_with('0') {
        (word, 8)
    } else {
        (word, 10)
    };
    // from_str_radix would take a sign.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u32::from_str_radix(digits, base).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Book;

    impl Resolve for Book {
        fn addresses(&self, host: &str) -> Vec<IpAddr> {
            match host {
                "web" => vec![
                    Ipv6Addr::LOCALHOST.into(),
                    Ipv4Addr::new(10, 0, 0, 77).into(),
                ],
                "six" => vec![Ipv6Addr::LOCALHOST.into()],
                _ => Vec::new(),
            }
        }

        fn port(&self, service: &str, protocol: Protocol) -> Option<u16> {
            match (service, protocol) {
                ("http" | "1x", Protocol::Tcp) => Some(80),
                ("domain", _) => Some(53),
                _ => None,
            }
        }
    }

    fn read(word: &str) -> Option<String> {
        let end = TypedEndpoint::read(word)?.resolve(&Book, Some(Protocol::Tcp))?;
        let port = end.port.map_or("-".to_owned(), |port| port.to_string());
        let ours = match end.spelling {
            Spelling::Common => "",
            Spelling::Ours => " ours",
        };
        Some(format!("{} {port}{ours}", end.address))
    }

    #[test]
    fn endpoints() {
        for (word, wanted) in [
            ("10.0.0.1", "10.0.0.1 -"),
            ("10.0.0.1:80", "10.0.0.1 80"),
            ("10.0.0.1:http", "10.0.0.1 80"),
            ("10.0.0.1:1x", "10.0.0.1 80"),
            ("10.0.0.1:0", "10.0.0.1 0"),
            ("10.0.0.1:-0", "10.0.0.1 0"),
            ("10.0.0.1: +080", "10.0.0.1 80"),
            ("10.0.0.1:00000000000000000080", "10.0.0.1 80"),
            ("10.0.0.1 x:80", "10.0.0.1 80"),
            ("1.2.3.4 ::1", "1.2.3.4 1"),
            ("1\tx:80", "0.0.0.1 80"),
            ("12 ", "0.0.0.12 -"),
            ("12345:80", "0.0.48.57 80"),
            ("web", "10.0.0.77 -"),
            ("web:80", "10.0.0.77 80"),
            ("six:80", "::1 80 ours"),
            ("[six]:80", "::1 80 ours"),
            ("::1", "::1 -"),
            ("2001:db8::1:80", "2001:db8::1:80 -"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4 -"),
            ("[2001:DB8::1]:80", "2001:db8::1 80"),
            ("[::1]:http", "::1 80"),
            ("[::1]", "::1 - ours"),
            ("[10.0.0.1]:80", "10.0.0.1 -"),
            ("[10.0.0.1]:", "10.0.0.1 -"),
            ("[10.0.0.1]:bad", "10.0.0.1 -"),
            ("[10.0.0.1:81]:90", "10.0.0.1 81"),
            ("[10]:80", "0.0.0.10 -"),
            ("[web]:80", "10.0.0.77 -"),
            ("[web:http]:bad", "10.0.0.77 80"),
        ] {
            assert_eq!(read(word).as_deref(), Some(wanted), "{word:?}");
        }
        for word in [
            "",
            ":",
            ":80",
            "10",
            "0",
            "4294967296",
            "10.0.0.1:",
            "10.0.0.1:65536",
            "10.0.0.1:-80",
            "10.0.0.1:80 ",
            "10.0.0.1:0x50",
            "10.0.0.1:80:90",
            " 10.0.0.1:80",
            "10.0.0.1:domainx",
            "bad",
            "bad:80",
            "web:bad",
            "[::1",
            "[::1]80",
            "[::1]x:80",
            "[::1]:",
            "[::1]::80",
            "[[::1]]:80",
            "[10.0.0.1]",
            "[web]",
            "[]",
            "[]:80",
            "[:]:80",
            "[ ::1]:80",
            "x[::1]:80",
            "2001:db8::1]:80",
            ":::",
            "::1::",
            "fe80::1%lo",
            "[fe80::1%lo]:80",
            "2001:db8:1:2:3:4:5:6:80",
        ] {
            assert_eq!(read(word), None, "{word:?}");
        }
    }

    #[test]
    fn a_named_port_needs_a_protocol() {
        let port = |protocol| {
            TypedEndpoint::read("10.0.0.1:domain")
                .and_then(|end| end.resolve(&Book, protocol))
                .and_then(|end| end.port)
        };
        assert_eq!(port(None), None);
        assert_eq!(port(Some(Protocol::Udp)), Some(53));
    }

    #[test]
    fn ipv4_in_every_form() {
        for (word, wanted) in [
            ("1.2.3.4", [1, 2, 3, 4]),
            ("1.2.65535", [1, 2, 255, 255]),
            ("1.16777215", [1, 255, 255, 255]),
            ("4294967295", [255, 255, 255, 255]),
            ("0x0a000009", [10, 0, 0, 9]),
            ("0XA000001", [10, 0, 0, 1]),
            ("037777777777", [255, 255, 255, 255]),
            ("0377.0.0.1", [255, 0, 0, 1]),
            ("0xff.0.0.0x1", [255, 0, 0, 1]),
            ("0", [0, 0, 0, 0]),
            ("00000000000000000000000000000001.2.3.4", [1, 2, 3, 4]),
            ("255.0.0.0 x", [255, 0, 0, 0]),
        ] {
            assert_eq!(inet_aton(word), Some(Ipv4Addr::from(wanted)), "{word:?}");
        }
        for word in [
            "",
            " ",
            ".",
            "1.",
            ".1",
            "1..2",
            "1.2.3.",
            "1.2.3.4.",
            "1.2.3.4.5",
            "256.1",
            "1.256.1",
            "1.2.65536",
            "1.16777216",
            "4294967296",
            "040000000000",
            "0400.0.0.1",
            "08.1.1.1",
            "09",
            "0x",
            "0x.1",
            "0xg",
            "0x100000000",
            "+1.2.3.4",
            "-1",
            "0x+1",
            "1.2.3.4x",
            "::1",
        ] {
            assert_eq!(inet_aton(word), None, "{word:?}");
        }
    }
}
