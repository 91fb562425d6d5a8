//! The services database: `/etc/services`, read when it is first needed.

use std::collections::HashMap;
use std::fs;
use std::sync::OnceLock;

use ipvs::model::Protocol;

const PATH: &str = "/etc/services";

/// Port names and numbers, as `getservbyname` and `getservbyport` find them.
#[derive(Default)]
pub(super) struct Services {
    index: OnceLock<Index>,
}

/// If several lines have the same name, or the same port, the first one counts.
#[derive(Default)]
struct Index {
    ports: HashMap<(Protocol, String), u16>,
    names: HashMap<(Protocol, u16), String>,
}

impl Services {
    /// Returns the port with this name or alias.
    pub(super) fn port(&self, name: &str, protocol: Protocol) -> Option<u16> {
        let key = (protocol, name.to_owned());
        self.index().ports.get(&key).copied()
    }

    /// Returns the name of a port.
    pub(super) fn name(&self, port: u16, protocol: Protocol) -> Option<&str> {
        let name = self.index().names.get(&(protocol, port))?;
        Some(name)
    }

    /// Returns the name of a port, if a rule with this name is read as this port.
    /// That is not so if the name is an alias in an earlier line, is a number, or has
    /// a colon, behind which a port is expected.
    pub(super) fn restorable(&self, port: u16, protocol: Protocol) -> Option<&str> {
        let name = self.name(port, protocol)?;
        let leads_back = self.port(name, protocol) == Some(port)
            && name.parse::<i64>().is_err()
            && !name.contains(':');
        leads_back.then_some(name)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            // Without a database there are no names, and that is no error.
            let text = fs::read(PATH).unwrap_or_default();
            Index::parse(&String::from_utf8_lossy(&text))
        })
    }
}

impl Index {
    fn parse(text: &str) -> Self {
        let mut index = Self::default();
        for line in text.lines() {
            // A line that is no entry is passed over.
            let _ = index.add(line);
        }
        index
    }

    /// Adds a line `NAME PORT/PROTOCOL [ALIAS]... [# COMMENT]`.
    fn add(&mut self, line: &str) -> Option<()> {
        let text = line.split('#').next()?;
        let mut words = text.split_whitespace();
        let name = words.next()?;
        let (port, protocol) = words.next()?.split_once('/')?;
        let port = port.parse().ok()?;
        let mut known = Protocol::NAMES.iter().map(|(_, known)| *known);
        let protocol = known.find(|known| known.keyword() == Some(protocol))?;
        self.names
            .entry((protocol, port))
            .or_insert_with(|| name.to_owned());
        for name in [name].into_iter().chain(words) {
            let key = (protocol, name.to_owned());
            self.ports.entry(key).or_insert(port);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# comment
http\t\t80/tcp\t\twww\t# WorldWideWeb
http-too        80/tcp
domain 53/tcp
domain 53/udp   dns nameserver #x
amqp 5672/sctp
odd 1/ddp
broken
broken 7
broken x/tcp
broken 65536/tcp
last 9/tcp#tight
old 104/tcp new
new 11112/tcp
new 11112/udp
+7 8/tcp
a:b 11/tcp
3com 106/tcp";

    fn services() -> Services {
        Services {
            index: OnceLock::from(Index::parse(TEXT)),
        }
    }

    #[test]
    fn ports_are_found_by_name_and_alias_of_their_protocol() {
        let services = services();
        for (name, protocol, port) in [
            ("http", Protocol::Tcp, Some(80)),
            ("www", Protocol::Tcp, Some(80)),
            ("http", Protocol::Udp, None),
            ("HTTP", Protocol::Tcp, None),
            ("dns", Protocol::Udp, Some(53)),
            ("dns", Protocol::Tcp, None),
            ("amqp", Protocol::Sctp, Some(5672)),
            ("#", Protocol::Udp, None),
            ("odd", Protocol::Tcp, None),
            ("broken", Protocol::Tcp, None),
            ("last", Protocol::Tcp, Some(9)),
        ] {
            assert_eq!(services.port(name, protocol), port, "{name} {protocol:?}");
        }
    }

    #[test]
    fn names_are_those_of_the_first_line() {
        let services = services();
        for (port, protocol, name) in [
            (80, Protocol::Tcp, Some("http")),
            (80, Protocol::Udp, None),
            (80, Protocol::Other(6), None),
            (53, Protocol::Udp, Some("domain")),
            (5672, Protocol::Sctp, Some("amqp")),
        ] {
            assert_eq!(services.name(port, protocol), name, "{port} {protocol:?}");
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_shown_and_not_saved() {
        let services = services();
        for (port, protocol, shown, saved) in [
            (80, Protocol::Tcp, Some("http"), Some("http")),
            (104, Protocol::Tcp, Some("old"), Some("old")),
            (11112, Protocol::Tcp, Some("new"), None),
            (11112, Protocol::Udp, Some("new"), Some("new")),
            (8, Protocol::Tcp, Some("+7"), None),
            (11, Protocol::Tcp, Some("a:b"), None),
            (106, Protocol::Tcp, Some("3com"), Some("3com")),
            (107, Protocol::Tcp, None, None),
        ] {
            assert_eq!(services.name(port, protocol), shown, "{port} {protocol:?}");
            let restorable = services.restorable(port, protocol);
            assert_eq!(restorable, saved, "{port} {protocol:?}");
        }
    }
}
