//! The whole table from `/proc/net/ip_vs`. Every user may read this text, even those whom
//! IPVS does not answer.

use std::io::{self, BufRead};
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::str;

use super::table::{destination, service_at};
use super::words::{LineWords, decimal, hex};
use crate::model::{
    DestinationEntry, Family, Forwarding, Info, Name, Netmask, PrefixLength, Protocol, VirtualId,
};

/// The table, as far as the text has it.
///
/// Where other network namespaces have services too, the kernel may leave out
/// some of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct BriefTable {
    /// The kernel's IPVS, from the first line.
    pub info: Info,
    /// The services, in the kernel's order.
    pub services: Vec<BriefService>,
}

/// A service without its counters, the flags of its scheduler, its persistence engine and
/// its persistence timeout. The text has the timeout in ticks of the kernel's clock, and
/// does not say how many make a second.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct BriefService {
    /// The identity. The text does not have the address family of a firewall mark: it is
    /// that of the first server that is not tunnelled, and IPv4 where there is none.
    pub id: VirtualId,
    /// The scheduler; `none` where the service has none.
    pub scheduler: Name,
    /// True if the service has one-packet scheduling. The text does not show it for IPv6
    /// services.
    pub one_packet: bool,
    /// The netmask by which clients are grouped, if the service is persistent.
    pub persistence: Option<Netmask>,
    /// The servers, without their thresholds, tunnels, counters and persistent connections,
    /// in the kernel's order.
    pub servers: Vec<DestinationEntry>,
}

/// Reads the table; `None` where the text is not understood.
///
/// # Errors
/// Where the text can't be read.
pub fn brief(mut text: impl BufRead) -> io::Result<Option<BriefTable>> {
    let mut line = Vec::new();
    text.read_until(b'\n', &mut line)?;
    let Some(info) = info(&line) else {
        return Ok(None);
    };
    for _ in 0..2 {
        text.read_until(b'\n', &mut line)?;
    }
    let mut services: Vec<BriefService> = Vec::new();
    loop {
        line.clear();
        if text.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let mut words = LineWords::of(&line);
        let known = match services.last_mut() {
            Some(service) if line.starts_with(b"  ->") => {
                destination(&mut words).map(|(server, activity)| {
                    let mut entry = DestinationEntry::new(server);
                    entry.activity = activity;
                    service.servers.push(entry);
                })
            }
            _ => service(&mut words).map(|service| services.push(service)),
        };
        if known.is_none() {
            return Ok(None);
        }
    }
    for service in &mut services {
        service.find_family();
    }
    Ok(Some(BriefTable { info, services }))
}

/// Reads the first line: `IP Virtual Server version 1.2.1 (size=4096)`.
fn info(line: &[u8]) -> Option<Info> {
    let text = str::from_utf8(line).ok()?.trim_end();
    let rest = text.strip_prefix("IP Virtual Server version ")?;
    let (version, size) = rest.split_once(" (size=")?;
    let mut parts = version.split('.').map(|part| part.parse::<u8>().ok());
    let version = [0, parts.next()??, parts.next()??, parts.next()??];
    let size = size.strip_suffix(')')?.parse().ok()?;
    let is_whole = parts.next().is_none();
    is_whole.then(|| Info::new(u32::from_be_bytes(version), size))
}

/// Reads the line of a service: `UDP  0A000001:0035 rr ops  persistent 9000 FFFF0000`, or
/// `FWM  00000007 wlc`.
fn service<'a>(words: &mut impl Iterator<Item = &'a [u8]>) -> Option<BriefService> {
    let protocol = words.next()?;
    let word = words.next()?;
    let id = match protocol {
        b"FWM" => VirtualId::Fwmark {
            mark: NonZeroU32::new(hex(word)?)?,
            family: Family::V4,
        },
        b"IP" => service_at(Protocol::Other(0), word)?,
        b"ICMP" => service_at(Protocol::Other(1), word)?,
        b"ICMPv6" => service_at(Protocol::Other(58), word)?,
        name => service_at(str::from_utf8(name).ok()?.parse().ok()?, word)?,
    };
    let scheduler = str::from_utf8(words.next()?).ok()?.parse().ok()?;
    let mut service = BriefService {
        id,
        scheduler,
        one_packet: false,
        persistence: None,
        servers: Vec::new(),
    };
    while let Some(word) = words.next() {
        match word {
            b"ops" => service.one_packet = true,
            b"persistent" => {
                decimal(words.next()?)?;
                service.persistence = Some(netmask(id.family(), hex(words.next()?)?));
            }
            _ => return None,
        }
    }
    Some(service)
}

/// Returns the netmask. The kernel writes `ntohl(netmask)` for both families, though the
/// length of an IPv6 prefix is in host byte order already.
fn netmask(family: Family, written: u32) -> Netmask {
    match family {
        Family::V4 => Netmask::V4(Ipv4Addr::from_bits(written)),
        Family::V6 => Netmask::V6(PrefixLength::from_kernel(written.to_be())),
    }
}

impl BriefService {
    fn find_family(&mut self) {
        let VirtualId::Fwmark { mark, .. } = self.id else {
            return;
        };
        let servers = self.servers.iter().map(|row| &row.destination);
        let mut direct = servers.filter(|server| server.forwarding != Forwarding::Tunnel);
        let Some(server) = direct.next() else {
            return;
        };
        let family = Family::of(server.address);
        self.id = VirtualId::Fwmark { mark, family };
        if let Some(Netmask::V4(mask)) = self.persistence {
            self.persistence = Some(netmask(family, mask.to_bits()));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    const TITLES: &str = "IP Virtual Server version 1.2.1 (size=4096)\n\
        Prot LocalAddress:Port Scheduler Flags\n\
        \x20 -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";

    fn read(rows: &str) -> Option<BriefTable> {
        brief(format!("{TITLES}{rows}").as_bytes()).unwrap()
    }

    #[test]
    fn a_table_is_read() {
        let length = u32::to_be(64);
        let table = read(&format!(
            "UDP  0A000001:0035 rr ops  persistent 9000 FFFF0000\n\
             \x20 -> 0A010001:0035      Masq    -1     2          3         \n\
             IP_47  0A000001:0000 none \n\
             TCP  [fd00:0000:0000:0000:0000:0000:0000:0001]:0050 sh persistent 6 {length:08X}\n\
             FWM  00000007 wlc \n\
             FWM  00000008 wlc persistent 6 {length:08X}\n\
             \x20 -> 0A010001:0000      Tunnel  1      0          0         \n\
             \x20 -> [fd01:0000:0000:0000:0000:0000:0000:0001]:0000      Route   1      0          0\n"
        ))
        .unwrap();
        assert_eq!(table.info, Info::new(0x01_02_01, 4096));
        let [dns, gre, web, seven, eight] = &table.services[..] else {
            unreachable!()
        };
        assert!(dns.one_packet);
        let mask = Ipv4Addr::new(255, 255, 0, 0);
        assert_eq!(dns.persistence, Some(Netmask::V4(mask)));
        let [server] = &dns.servers[..] else {
            unreachable!()
        };
        assert_eq!(server.destination.weight, u32::MAX);
        assert_eq!((server.activity.active, server.activity.inactive), (2, 3));
        assert_eq!(gre.scheduler.as_str(), "none");
        let protocol = Protocol::Other(47);
        assert!(matches!(gre.id, VirtualId::Endpoint { protocol: found, .. } if found == protocol));
        assert_eq!(web.persistence, Some(Netmask::V6(64.try_into().unwrap())));
        let mark = |mark, family| VirtualId::Fwmark { mark, family };
        assert_eq!(seven.id, mark(7.try_into().unwrap(), Family::V4));
        assert_eq!(eight.id, mark(8.try_into().unwrap(), Family::V6));
        assert_eq!(eight.persistence, Some(Netmask::V6(64.try_into().unwrap())));
        assert_eq!(eight.servers.len(), 2);
    }

    #[test]
    fn a_text_that_is_not_understood_is_no_table() {
        for rows in [
            "  -> 0A010001:0035      Masq    1      0          0         \n",
            "TCP  0A000001:0050\n",
            "TCP  0A000001:0050 rr new-word\n",
            "TCP  0A000001:0050 rr persistent\n",
            "TCP  0A000001:0050 rr persistent x FFFFFFFF\n",
            "IP_x  0A000001:0050 rr\n",
            "\n",
            "FWM  00000007 wlc \n  -> nonsense\n",
        ] {
            assert_eq!(read(rows), None, "{rows:?}");
        }
        for text in ["", "\n", "IP Virtual Server version 1.2 (size=4096)\n"] {
            assert_eq!(brief(text.as_bytes()).unwrap(), None, "{text:?}");
        }
        assert!(read("").unwrap().services.is_empty());
    }
}
