//! The servers of every service from `/proc/net/ip_vs`: one walk through the
//! kernel's table, where netlink takes a question for each service.
//!
//! The text has no counters and no thresholds. A service and its servers are of
//! one moment in it, but from one service to the next the table may change, and
//! where other network namespaces have services too the kernel leaves out some
//! of ours. So it is only believed where it names each of the services that
//! netlink named, once.

use std::io::{self, BufRead};
use std::net::IpAddr;
use std::str;

use super::{address, hex};
use crate::model::{
    Destination, DestinationEntry, Family, Forwarding, Protocol, ServiceEntry, VirtualId,
};

/// Where the kernel shows the table of the network namespace.
pub const TABLE: &str = "/proc/net/ip_vs";

/// What stands above the rows.
const TITLE_LINES: usize = 3;

/// Whether the text said the same as what it was held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Agreement {
    /// It did.
    Same,
    /// The table changed in between, or the text is not understood.
    Different,
}

/// Gives each of `services` its servers, with their forwarding methods,
/// weights and connections; nothing else is known of them. After
/// [`Agreement::Different`] the servers are of no use.
///
/// # Errors
/// Where the text can't be read.
pub fn add_servers(services: &mut [ServiceEntry], mut text: impl BufRead) -> io::Result<Agreement> {
    let places = Places::of(services);
    let mut seen = vec![false; services.len()];
    let mut line = Vec::new();
    for _ in 0..TITLE_LINES {
        text.read_until(b'\n', &mut line)?;
    }
    let mut place = None;
    // Each service keeps as much as it has servers, and no more.
    let mut servers = Vec::new();
    loop {
        line.clear();
        let is_end = text.read_until(b'\n', &mut line)? == 0;
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        if line.starts_with(b"  ->") {
            match destination(&mut words) {
                Some(server) => servers.push(server),
                None => return Ok(Agreement::Different),
            }
            continue;
        }
        if let Some(entry) = place.and_then(|place: usize| services.get_mut(place)) {
            entry.destinations = servers.as_slice().into();
        } else if !servers.is_empty() {
            return Ok(Agreement::Different);
        }
        servers.clear();
        if is_end {
            break;
        }
        place = service(&mut words, services, &places);
        match place.and_then(|place| seen.get_mut(place)) {
            Some(seen) if !*seen => *seen = true,
            // Unknown, or there twice: rows moved while the text was read.
            _ => return Ok(Agreement::Different),
        }
    }
    Ok(match seen.contains(&false) {
        true => Agreement::Different,
        false => Agreement::Same,
    })
}

/// `TCP  0A000001:0050 rr persistent 360 FFFFFFFF`, `FWM  00000001 wlc`: the
/// place of the service, if netlink has told the same of it.
fn service<'a>(
    words: &mut impl Iterator<Item = &'a [u8]>,
    services: &[ServiceEntry],
    places: &Places,
) -> Option<usize> {
    let protocol = words.next()?;
    let word = words.next()?;
    let endpoint = |protocol| {
        let (address, port) = endpoint(word)?;
        Some(VirtualId::Endpoint {
            protocol,
            address,
            port,
        })
    };
    let id = match protocol {
        b"TCP" => endpoint(Protocol::Tcp)?,
        b"UDP" => endpoint(Protocol::Udp)?,
        b"SCTP" => endpoint(Protocol::Sctp)?,
        // Marks of both families look the same here.
        b"FWM" => places.only_family_of(hex(word)?, services)?,
        _ => return None,
    };
    let place = places.find(&id, services)?;
    let named = words.next()?;
    let known = services.get(place)?.service.scheduler.as_ref()?;
    (known.as_str().as_bytes() == named).then_some(place)
}

/// `  -> 0A010001:0050      Masq    1      0          0`
fn destination<'a>(words: &mut impl Iterator<Item = &'a [u8]>) -> Option<DestinationEntry> {
    let mut words = words.skip(1);
    let (address, port) = endpoint(words.next()?)?;
    let forwarding = match words.next()? {
        b"Masq" => Forwarding::Masquerade,
        b"Local" => Forwarding::Local,
        b"Tunnel" => Forwarding::Tunnel,
        b"Route" => Forwarding::DirectRoute,
        b"Bypass" => Forwarding::Bypass,
        _ => return None,
    };
    let mut number = || str::from_utf8(words.next()?).ok()?.parse::<i64>().ok();
    let (weight, active, inactive) = (number()?, number()?, number()?);
    let mut destination = Destination::new(address, port, forwarding);
    // The text has it signed.
    destination.weight = u32::try_from(weight & 0xffff_ffff).ok()?;
    let mut entry = DestinationEntry::new(destination);
    entry.activity.active = u32::try_from(active).ok()?;
    entry.activity.inactive = u32::try_from(inactive).ok()?;
    Some(entry)
}

/// `0A000001:0050`, `[2001:0db8:0000:0000:0000:0000:0000:0001]:0050`
fn endpoint(word: &[u8]) -> Option<(IpAddr, u16)> {
    let colon = word.iter().rposition(|&byte| byte == b':')?;
    let (host, port) = word.split_at_checked(colon)?;
    let host = host.strip_prefix(b"[").unwrap_or(host);
    let host = host.strip_suffix(b"]").unwrap_or(host);
    let port = u16::try_from(hex(port.strip_prefix(b":")?)?).ok()?;
    Some((address(host)?, port))
}

/// Where each service stands, to be found by its identity.
struct Places(Vec<u32>);

impl Places {
    fn of(services: &[ServiceEntry]) -> Self {
        let mut places: Vec<u32> = (0..).take(services.len()).collect();
        places.sort_unstable_by_key(|&place| id_at(services, place));
        Self(places)
    }

    fn find(&self, id: &VirtualId, services: &[ServiceEntry]) -> Option<usize> {
        let found = self
            .0
            .binary_search_by_key(&Some(*id), |&place| id_at(services, place));
        usize::try_from(*self.0.get(found.ok()?)?).ok()
    }

    /// The service of a mark that only one family has.
    fn only_family_of(&self, mark: u32, services: &[ServiceEntry]) -> Option<VirtualId> {
        let [v4, v6] = [Family::V4, Family::V6].map(|family| VirtualId::Fwmark { mark, family });
        match [v4, v6].map(|id| self.find(&id, services).is_some()) {
            [true, false] => Some(v4),
            [false, true] => Some(v6),
            _ => None,
        }
    }
}

fn id_at(services: &[ServiceEntry], place: u32) -> Option<VirtualId> {
    let place = usize::try_from(place).ok()?;
    services.get(place).map(|entry| entry.service.id)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::model::{Service, Stats};

    const TITLES: &str = "IP Virtual Server version 1.2.1 (size=4096)\n\
        Prot LocalAddress:Port Scheduler Flags\n\
        \x20 -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
    const WEB: &str = "TCP  0A000001:0050 rr persistent 360 FFFFFFFF\n";
    const FIRST: &str = "  -> 0A010001:0050      Masq    1      2          3         \n";
    const SECOND: &str = "  -> 0A010002:1F90      Route   -1     0          0         \n";
    const MARK: &str = "FWM  00000007 wlc \n";
    const SIXTH: &str =
        "  -> [2001:0db8:0000:0000:0000:0000:0000:0001]:0000      Tunnel  5      0          0\n";

    fn services() -> Vec<ServiceEntry> {
        let web = VirtualId::Endpoint {
            protocol: Protocol::Tcp,
            address: [10, 0, 0, 1].into(),
            port: 80,
        };
        let mark = VirtualId::Fwmark {
            mark: 7,
            family: Family::V6,
        };
        [(mark, "wlc"), (web, "rr")]
            .map(|(id, scheduler)| Service::new(id, scheduler.parse().unwrap()))
            .map(|service| ServiceEntry::new(service, Stats::default()))
            .into()
    }

    /// What comes of reading those lines.
    fn read(lines: &[&str]) -> (Agreement, Vec<ServiceEntry>) {
        let text = format!("{TITLES}{}", lines.concat());
        let mut services = services();
        let agreement = add_servers(&mut services, text.as_bytes());
        (agreement.unwrap(), services)
    }

    #[test]
    fn servers_come_to_the_services_that_netlink_named() {
        let text = [WEB, FIRST, SECOND, MARK, SIXTH];
        let (agreement, services) = read(&text);
        assert_eq!(agreement, Agreement::Same);
        let [mark, web] = &services[..] else { panic!() };
        assert_eq!(mark.destinations.len(), 1);
        assert_eq!(
            mark.destinations[0].destination.forwarding,
            Forwarding::Tunnel
        );
        assert_eq!(mark.destinations[0].destination.port, 0);
        let [one, two] = &web.destinations[..] else {
            panic!()
        };
        assert_eq!((one.activity.active, one.activity.inactive), (2, 3));
        assert_eq!(one.destination.weight, 1);
        assert_eq!(
            (two.destination.port, two.destination.weight),
            (8080, u32::MAX)
        );
    }

    #[test]
    fn a_text_that_differs_is_not_believed() {
        let other_scheduler = WEB.replace("rr", "sh");
        let other_service = WEB.replace("0050", "0051");
        for wrong in [
            &[WEB, FIRST, SECOND][..],
            &[WEB, FIRST, SECOND, MARK, SIXTH, WEB],
            &[&other_scheduler, FIRST, SECOND, MARK, SIXTH],
            &[&other_service, FIRST, SECOND, MARK, SIXTH],
            &[FIRST, WEB, SECOND, MARK, SIXTH],
            &[WEB, FIRST, "  -> nonsense\n", MARK, SIXTH],
            &[WEB, FIRST, "\n", MARK, SIXTH],
            &["UNKNOWN 0A000001:0050 rr\n", MARK],
        ] {
            assert_eq!(read(wrong).0, Agreement::Different, "{wrong:?}");
        }
    }

    #[test]
    fn a_mark_of_both_families_is_not_guessed() {
        let mut services = services();
        let mut other = services[0].clone();
        other.service.id = VirtualId::Fwmark {
            mark: 7,
            family: Family::V4,
        };
        services.push(other);
        let text = format!("{TITLES}{WEB}{MARK}{MARK}");
        let agreement = add_servers(&mut services, text.as_bytes());
        assert_eq!(agreement.unwrap(), Agreement::Different);
    }
}
