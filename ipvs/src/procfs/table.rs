//! The servers of every service from `/proc/net/ip_vs`: one walk through the kernel's
//! table, where netlink needs a question for each service.
//!
//! The text has no counters and no thresholds. It shows a service and its servers as they
//! were at one moment, but the table may change from one service to the next. Where other
//! network namespaces have services too, the kernel leaves out some of this one. So the
//! text is believed only where it names exactly the services that netlink named, each once.

use std::io::{self, BufRead};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::ops::Range;
use std::str;

use super::words::{LineWords, address, hex};
use crate::model::{
    Activity, Destination, DestinationEntry, Family, Forwarding, Protocol, Service, VirtualId,
};

/// Where the kernel shows the table of the network namespace.
pub const TABLE: &str = "/proc/net/ip_vs";

/// The lines above the rows.
const TITLE_LINES: usize = 3;

/// The servers of services, with no settings but their forwarding methods and weights.
#[derive(Debug)]
pub struct BriefServers {
    rows: Vec<(Destination, Activity)>,
    /// The range of each service's servers in `rows`.
    of_services: Vec<Option<Range<u32>>>,
}

impl BriefServers {
    /// Returns the servers of the service at this place in the list given to [`servers`].
    pub fn of(&self, place: usize) -> impl Iterator<Item = DestinationEntry> {
        let range = self.of_services.get(place).cloned().flatten();
        let range = range.unwrap_or_default();
        let rows = self.rows.get(range.start as usize..range.end as usize);
        rows.unwrap_or_default()
            .iter()
            .map(|&(destination, activity)| {
                let mut entry = DestinationEntry::new(destination);
                entry.activity = activity;
                entry
            })
    }
}

/// Reads the servers of `services`; `None` where the table has changed since the services
/// were listed, or the text is not understood.
///
/// # Errors
/// Where the text can't be read.
pub fn servers(services: &[Service], mut text: impl BufRead) -> io::Result<Option<BriefServers>> {
    let places = ServicePlaces::of(services);
    let mut rows = Vec::new();
    let mut of_services = vec![None; services.len()];
    // The place of the service whose rows are being read, and the start of these rows.
    let mut current = None;
    let mut line = Vec::new();
    for _ in 0..TITLE_LINES {
        text.read_until(b'\n', &mut line)?;
    }
    loop {
        line.clear();
        let is_end = text.read_until(b'\n', &mut line)? == 0;
        let mut words = LineWords::of(&line);
        if line.starts_with(b"  ->") && current.is_some() {
            match destination(&mut words) {
                Some(server) => rows.push(server),
                None => return Ok(None),
            }
            continue;
        }
        let Ok(next) = u32::try_from(rows.len()) else {
            return Ok(None);
        };
        if let Some((place, start)) = current {
            let range = match of_services.get_mut(place) {
                // The service is there twice: rows moved while the text was read.
                Some(Some(_)) | None => return Ok(None),
                Some(range) => range,
            };
            *range = Some(start..next);
        }
        if is_end {
            break;
        }
        match service(&mut words, services, &places) {
            Some(place) => current = Some((place, next)),
            None => return Ok(None),
        }
    }
    let is_whole = !of_services.contains(&None);
    Ok(is_whole.then_some(BriefServers { rows, of_services }))
}

/// Reads the line of a service: `TCP  0A000001:0050 rr persistent 360 FFFFFFFF`, or
/// `FWM  00000001 wlc`. Returns the place of the service, if netlink named the same scheduler
/// for it.
fn service<'a>(
    words: &mut impl Iterator<Item = &'a [u8]>,
    services: &[Service],
    places: &ServicePlaces,
) -> Option<usize> {
    let protocol = words.next()?;
    let word = words.next()?;
    let id = match protocol {
        // The text shows marks of both families alike.
        b"FWM" => places.only_family_of(NonZeroU32::new(hex(word)?)?, services)?,
        name => service_at(Protocol::named(name)?, word)?,
    };
    let place = places.find(&id, services)?;
    let named = words.next()?;
    let known = services.get(place)?.scheduler.as_ref()?;
    (known.as_str().as_bytes() == named).then_some(place)
}

/// Reads the line of a server: `  -> 0A010001:0050      Masq    1      0          0`.
pub(super) fn destination<'a>(
    words: &mut impl Iterator<Item = &'a [u8]>,
) -> Option<(Destination, Activity)> {
    let mut words = words.skip(1);
    let (address, port) = endpoint(words.next()?)?;
    let forwarding = Forwarding::named(words.next()?)?;
    let mut number = || str::from_utf8(words.next()?).ok()?.parse::<i64>().ok();
    let (weight, active, inactive) = (number()?, number()?, number()?);
    let mut destination = Destination::new(address, port, forwarding);
    // The text shows the weight as a signed number.
    destination.weight = u32::try_from(weight & 0xffff_ffff).ok()?;
    let activity = Activity {
        active: u32::try_from(active).ok()?,
        inactive: u32::try_from(inactive).ok()?,
        persistent: 0,
    };
    Some((destination, activity))
}

/// Returns the service of that protocol at the address and port of the word.
pub(super) fn service_at(protocol: Protocol, word: &[u8]) -> Option<VirtualId> {
    let (address, port) = endpoint(word)?;
    Some(VirtualId::Endpoint {
        protocol,
        address,
        port,
    })
}

/// Reads an address and a port: `0A000001:0050`, or
/// `[2001:0db8:0000:0000:0000:0000:0000:0001]:0050`.
fn endpoint(word: &[u8]) -> Option<(IpAddr, u16)> {
    let colon = word.iter().rposition(|&byte| byte == b':')?;
    let (host, port) = word.split_at_checked(colon)?;
    let host = host.strip_prefix(b"[").unwrap_or(host);
    let host = host.strip_suffix(b"]").unwrap_or(host);
    let port = u16::try_from(hex(port.strip_prefix(b":")?)?).ok()?;
    Some((address(host)?, port))
}

/// The places of services, sorted by their identities.
struct ServicePlaces(Vec<u32>);

impl ServicePlaces {
    fn of(services: &[Service]) -> Self {
        let mut places: Vec<u32> = (0..).take(services.len()).collect();
        places.sort_unstable_by_key(|&place| id_at(services, place));
        Self(places)
    }

    fn find(&self, id: &VirtualId, services: &[Service]) -> Option<usize> {
        let found = self
            .0
            .binary_search_by_key(&Some(*id), |&place| id_at(services, place));
        usize::try_from(*self.0.get(found.ok()?)?).ok()
    }

    /// Returns the service of a mark, if only one address family has it.
    fn only_family_of(&self, mark: NonZeroU32, services: &[Service]) -> Option<VirtualId> {
        let [v4, v6] = [Family::V4, Family::V6].map(|family| VirtualId::Fwmark { mark, family });
        match [v4, v6].map(|id| self.find(&id, services).is_some()) {
            [true, false] => Some(v4),
            [false, true] => Some(v6),
            _ => None,
        }
    }
}

fn id_at(services: &[Service], place: u32) -> Option<VirtualId> {
    let place = usize::try_from(place).ok()?;
    services.get(place).map(|service| service.id)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;

    const TITLES: &str = "IP Virtual Server version 1.2.1 (size=4096)\n\
        Prot LocalAddress:Port Scheduler Flags\n\
        \x20 -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
    const WEB: &str = "TCP  0A000001:0050 rr persistent 360 FFFFFFFF\n";
    const FIRST: &str = "  -> 0A010001:0050      Masq    1      2          3         \n";
    const SECOND: &str = "  -> 0A010002:1F90      Route   -1     0          0         \n";
    const MARK: &str = "FWM  00000007 wlc \n";
    const SIXTH: &str =
        "  -> [2001:0db8:0000:0000:0000:0000:0000:0001]:0000      Tunnel  5      0          0\n";

    fn services() -> Vec<Service> {
        let web = VirtualId::Endpoint {
            protocol: Protocol::Tcp,
            address: [10, 0, 0, 1].into(),
            port: 80,
        };
        let mark = VirtualId::Fwmark {
            mark: NonZeroU32::new(7).unwrap(),
            family: Family::V6,
        };
        [(mark, "wlc"), (web, "rr")]
            .map(|(id, scheduler)| Service::new(id, scheduler.parse().unwrap()))
            .into()
    }

    /// Reads a text of these lines.
    fn read(lines: &[&str]) -> Option<BriefServers> {
        let text = format!("{TITLES}{}", lines.concat());
        servers(&services(), text.as_bytes()).unwrap()
    }

    #[test]
    fn servers_come_to_the_services_that_netlink_named() {
        let servers = read(&[WEB, FIRST, SECOND, MARK, SIXTH]).unwrap();
        let [mark, web, none] = [0, 1, 2].map(|place| servers.of(place).collect::<Vec<_>>());
        let [one] = &mark[..] else { panic!() };
        assert_eq!(one.destination.forwarding, Forwarding::Tunnel);
        assert_eq!(one.destination.port, 0);
        let [one, two] = &web[..] else { panic!() };
        assert_eq!((one.activity.active, one.activity.inactive), (2, 3));
        assert_eq!(one.destination.weight, 1);
        assert_eq!(
            (two.destination.port, two.destination.weight),
            (8080, u32::MAX)
        );
        assert!(none.is_empty());
    }

    #[test]
    fn a_service_may_have_no_servers() {
        for lines in [&[WEB, FIRST, SECOND, MARK][..], &[MARK, WEB, FIRST, SECOND]] {
            let servers = read(lines).unwrap();
            assert_eq!([0, 1].map(|place| servers.of(place).count()), [0, 2]);
        }
    }

    #[test]
    fn a_text_that_differs_is_not_believed() {
        let other_scheduler = WEB.replace("rr", "sh");
        let other_service = WEB.replace("0050", "0051");
        for wrong in [
            &[WEB, FIRST, SECOND][..],
            &[WEB, FIRST, SECOND, MARK, SIXTH, WEB],
            &[WEB, FIRST, WEB, SECOND, MARK, SIXTH],
            &[&other_scheduler, FIRST, SECOND, MARK, SIXTH],
            &[&other_service, FIRST, SECOND, MARK, SIXTH],
            &[FIRST, WEB, SECOND, MARK, SIXTH],
            &[WEB, FIRST, "  -> nonsense\n", MARK, SIXTH],
            &[WEB, FIRST, "\n", MARK, SIXTH],
            &["UNKNOWN 0A000001:0050 rr\n", MARK],
        ] {
            assert!(read(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn a_mark_of_both_families_is_not_guessed() {
        let mut services = services();
        let mut other = services[0].clone();
        other.id = VirtualId::Fwmark {
            mark: NonZeroU32::new(7).unwrap(),
            family: Family::V4,
        };
        services.push(other);
        let text = format!("{TITLES}{WEB}{MARK}{MARK}");
        assert!(servers(&services, text.as_bytes()).unwrap().is_none());
    }
}
