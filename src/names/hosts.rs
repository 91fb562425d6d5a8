//! Host names of a listing's addresses. Each address is looked up once, many at the
//! same time, and all of them within a bounded time.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dns_lookup::{AddrFamily, AddrInfoHints, LookupErrorKind, SockType};

use super::NameOf;
use super::services::Services;
use super::workers::spread;
use ipvs::model::{Family, Protocol};

/// How long a listing waits for names. A name server that does not answer costs this
/// much, however many addresses there are.
const PATIENCE: Duration = Duration::from_secs(5);

/// The names of a set of addresses, and of all ports.
///
/// A host has a name here if the host's address is one of the name's own addresses.
#[derive(Default)]
pub struct Names {
    hosts: HashMap<IpAddr, Found>,
    services: Services,
}

struct Found {
    name: String,
    /// True if a rule with the name is read as this address: the name has no other
    /// address of its family and, because IPv4 is preferred, no IPv4 address beside
    /// an IPv6 one.
    only: bool,
}

impl Names {
    /// Asks the system's resolver for the names of these addresses.
    pub fn look_up(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self {
            hosts: search(addresses, Arc::new(SystemHosts), PATIENCE),
            services: Services::default(),
        }
    }

    /// Asks for the names of more addresses, but waits no longer than `patience`.
    pub fn add(&mut self, addresses: impl IntoIterator<Item = IpAddr>, patience: Duration) {
        let found = search(addresses, Arc::new(SystemHosts), patience);
        self.hosts.extend(found);
    }

    /// Returns the names that mean the same when rules written with them are read
    /// again. The name of a host with several addresses is left out, and so is the
    /// name of a port that an earlier line gives to another port.
    pub fn restorable(&self) -> Restorable<'_> {
        Restorable(self)
    }
}

impl NameOf for Names {
    fn host(&self, address: IpAddr) -> Option<&str> {
        self.hosts.get(&address).map(|found| found.name.as_str())
    }

    fn port(&self, port: u16, protocol: Protocol) -> Option<&str> {
        self.services.name(port, protocol)
    }
}

/// Names for saved rules, see [`Names::restorable`].
pub struct Restorable<'a>(&'a Names);

impl NameOf for Restorable<'_> {
    fn host(&self, address: IpAddr) -> Option<&str> {
        let found = self.0.hosts.get(&address).filter(|found| found.only)?;
        Some(&found.name)
    }

    fn port(&self, port: u16, protocol: Protocol) -> Option<&str> {
        self.0.services.restorable(port, protocol)
    }
}

/// A resolver, which may take as long as it likes.
trait Hosts: Send + Sync + 'static {
    fn name(&self, address: IpAddr) -> Option<String>;
    fn addresses(&self, name: &str, family: Family) -> Vec<IpAddr>;
    /// Returns the addresses that are likely to be answered at once.
    fn quick(&self) -> HashSet<IpAddr>;
}

/// The C library's resolver.
struct SystemHosts;

impl Hosts for SystemHosts {
    fn name(&self, address: IpAddr) -> Option<String> {
        dns_lookup::lookup_addr(&address).ok()
    }

    fn addresses(&self, name: &str, family: Family) -> Vec<IpAddr> {
        addresses_of(name, family).unwrap_or_default()
    }

    fn quick(&self) -> HashSet<IpAddr> {
        let text = fs::read_to_string("/etc/hosts").unwrap_or_default();
        let words = text
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        words.filter_map(|word| word.parse().ok()).collect()
    }
}

/// Returns the IPv4 addresses of a host or, if it has none, its IPv6 addresses.
pub(super) fn addresses(host: &str) -> Vec<IpAddr> {
    let addresses = addresses_of(host, Family::V4).unwrap_or_default();
    if addresses.is_empty() {
        return addresses_of(host, Family::V6).unwrap_or_default();
    }
    addresses
}

/// Returns the addresses of a host that are of a family, or none if the name server
/// did not answer.
pub(super) fn addresses_of(host: &str, family: Family) -> Option<Vec<IpAddr>> {
    let hints = AddrInfoHints {
        address: match family {
            Family::V4 => AddrFamily::Inet.into(),
            Family::V6 => AddrFamily::Inet6.into(),
        },
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    };
    match dns_lookup::getaddrinfo(Some(host), None, Some(hints)) {
        Ok(found) => Some(
            found
                .filter_map(Result::ok)
                .map(|found| found.sockaddr)
                .map(|address: SocketAddr| address.ip())
                .collect(),
        ),
        Err(error) if matches!(error.kind(), LookupErrorKind::Again) => None,
        Err(_) => Some(Vec::new()),
    }
}

/// Looks every address up. An address that is not answered in time has no name, and
/// the threads that still wait then are left to themselves.
fn search(
    wanted: impl IntoIterator<Item = IpAddr>,
    hosts: Arc<dyn Hosts>,
    patience: Duration,
) -> HashMap<IpAddr, Found> {
    let wanted: BTreeSet<IpAddr> = wanted.into_iter().collect();
    if wanted.is_empty() {
        return HashMap::new();
    }
    let quick = hosts.quick();
    let (first, last): (Vec<_>, Vec<_>) = wanted.iter().partition(|at| quick.contains(at));
    let answers = spread(
        first.into_iter().chain(last).collect(),
        move |address, sender| sender.send((address, confirmed(&*hosts, address))),
    );
    let deadline = Instant::now() + patience;
    let mut found = HashMap::new();
    for _ in 0..wanted.len() {
        let left = deadline.saturating_duration_since(Instant::now());
        match answers.recv_timeout(left) {
            Ok((address, Some(answer))) => drop(found.insert(address, answer)),
            Ok((_, None)) => {}
            Err(_) => break,
        }
    }
    found
}

/// Returns the name of an address, if the name leads back to the address.
fn confirmed(hosts: &dyn Hosts, address: IpAddr) -> Option<Found> {
    let name = hosts.name(address).filter(|name| is_plain(name))?;
    let back = hosts.addresses(&name, Family::of(address));
    if !back.contains(&address) {
        return None;
    }
    let only = back.iter().all(|other| *other == address)
        && (address.is_ipv4() || hosts.addresses(&name, Family::V4).is_empty());
    Some(Found { name, only })
}

/// Returns whether a name can be shown and read again. Name servers may answer
/// with any bytes: control characters, blanks, or what would end the host's part.
fn is_plain(name: &str) -> bool {
    let known = |character: char| character.is_alphanumeric() || "-._".contains(character);
    !name.is_empty() && name.chars().all(known)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::thread;

    use super::*;

    /// Answers for 10.0.0.x as told, and never for 10.0.1.x.
    struct Fake(Vec<(u8, &'static str, Vec<u8>)>);

    fn at(host: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, host).into()
    }

    fn silent(host: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 1, host).into()
    }

    impl Hosts for Fake {
        fn name(&self, address: IpAddr) -> Option<String> {
            if address >= silent(0) {
                loop {
                    thread::park();
                }
            }
            let mut entries = self.0.iter();
            let entry = entries.find(|(host, ..)| at(*host) == address)?;
            Some(entry.1.to_owned())
        }

        fn addresses(&self, name: &str, _: Family) -> Vec<IpAddr> {
            let mut entries = self.0.iter();
            let entry = entries.find(|(_, own, _)| *own == name);
            entry.map_or_else(Vec::new, |(.., back)| {
                back.iter().map(|host| at(*host)).collect()
            })
        }

        fn quick(&self) -> HashSet<IpAddr> {
            self.0.iter().map(|(host, ..)| at(*host)).collect()
        }
    }

    fn names(fake: Fake, wanted: impl IntoIterator<Item = IpAddr>, patience: Duration) -> Names {
        Names {
            hosts: search(wanted, Arc::new(fake), patience),
            services: Services::default(),
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_name_must_lead_back() {
        let fake = Fake(vec![
            (1, "one", vec![1]),
            (2, "two", vec![9, 2]),
            (3, "three", vec![4]),
            (4, "four", vec![]),
        ]);
        let names = names(fake, (1..=5).map(at), LONG);
        let hosts: Vec<_> = (1..=5).map(|host| names.host(at(host))).collect();
        assert_eq!(hosts, [Some("one"), Some("two"), None, None, None]);
    }

    #[test]
    fn a_name_of_several_hosts_is_not_restorable() {
        let fake = Fake(vec![(1, "one", vec![1, 1]), (2, "two", vec![2, 9])]);
        let names = names(fake, [at(1), at(2)], LONG);
        assert_eq!(names.host(at(2)), Some("two"));
        assert_eq!(names.restorable().host(at(1)), Some("one"));
        assert_eq!(names.restorable().host(at(2)), None);
    }

    #[test]
    fn names_that_can_not_be_shown_or_read_are_none() {
        for name in [
            "",
            "a\x1b[31mb",
            "a b",
            "a\u{9b}b",
            "a:b",
            "a]",
            "#a",
            "a\u{202e}b",
        ] {
            let fake = Fake(vec![(1, name, vec![1])]);
            let names = names(fake, [at(1)], LONG);
            assert_eq!(names.host(at(1)), None, "{name:?}");
        }
    }

    #[test]
    fn each_address_is_asked_for_once_by_several_threads() {
        let fake = Fake((0..=255).map(|host| (host, "same", vec![7])).collect());
        let wanted = (0..=255).chain(0..=255).map(at);
        let names = names(fake, wanted, LONG);
        assert_eq!(names.hosts.keys().collect::<Vec<_>>(), [&at(7)]);
    }

    #[test]
    fn a_silent_name_server_costs_one_time_out_and_no_other_name() {
        let fake = Fake(vec![(1, "one", vec![1]), (2, "two", vec![2])]);
        let wanted = (0..100).map(silent).chain([at(1), at(2)]);
        let start = Instant::now();
        let names = names(fake, wanted, Duration::from_millis(300));
        assert!(start.elapsed() < Duration::from_secs(30));
        assert_eq!(names.host(at(1)), Some("one"));
        assert_eq!(names.host(at(2)), Some("two"));
        assert_eq!(names.host(silent(3)), None);
    }
}
