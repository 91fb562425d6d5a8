//! From a packet to its service: what the kernel looks for, in which order, and how it
//! names templates.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipvs::model::{Netmask, Protocol, VirtualId};

const FTP: u16 = 21;
const FTP_DATA: u16 = 20;

/// How the kernel finds the service of a packet. It looks in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// By the packet's mark.
    Mark,
    /// By address and port.
    Port,
    /// A data connection of the FTP service at that address.
    FtpData,
    /// The service has every port of that address (port 0).
    EveryPort,
}

/// Returns the service among these that takes the wanted packets, and how it is found.
/// Connections to ports from `unprivileged` on may be data connections of FTP.
pub(super) fn look_up(
    services: &[VirtualId],
    wanted: VirtualId,
    unprivileged: u16,
) -> Option<(VirtualId, Lookup)> {
    let VirtualId::Endpoint {
        protocol,
        address,
        port,
    } = wanted
    else {
        let is_there = services.contains(&wanted);
        return is_there.then_some((wanted, Lookup::Mark));
    };
    let at = |port| VirtualId::Endpoint {
        protocol,
        address,
        port,
    };
    let may_be_ftp = protocol == Protocol::Tcp && (port == FTP_DATA || port >= unprivileged);
    let order = [
        (at(port), Lookup::Port, true),
        (at(FTP), Lookup::FtpData, may_be_ftp),
        (at(0), Lookup::EveryPort, true),
    ];
    let found = order
        .into_iter()
        .find(|(id, _, may)| *may && services.contains(id));
    found.map(|(id, lookup, _)| (id, lookup))
}

/// Returns the other services to which the packets may come instead: services of the same
/// address, and of marks.
pub(super) fn others(
    ids: &[VirtualId],
    wanted: VirtualId,
    chosen: Option<VirtualId>,
) -> Vec<VirtualId> {
    let VirtualId::Endpoint {
        protocol, address, ..
    } = wanted
    else {
        return Vec::new();
    };
    let may = |id: &&VirtualId| match **id {
        VirtualId::Fwmark { family, .. } => family == wanted.family(),
        VirtualId::Endpoint {
            protocol: of,
            address: at,
            ..
        } => (of, at) == (protocol, address) && Some(**id) != chosen,
    };
    ids.iter().filter(may).copied().collect()
}

/// Returns the service as templates name it. A template of FTP, or of a port that is not
/// the service's own, is one for every port.
pub(super) fn of_template(wanted: VirtualId, service: VirtualId) -> VirtualId {
    match (wanted, service) {
        (
            VirtualId::Endpoint { port: wanted, .. },
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            },
        ) => VirtualId::Endpoint {
            protocol,
            address,
            port: if wanted == port && port != FTP {
                port
            } else {
                0
            },
        },
        (_, service) => service,
    }
}

/// Returns the client's address as its template has it.
pub(super) fn masked(client: IpAddr, netmask: Netmask) -> IpAddr {
    match (client, netmask) {
        (IpAddr::V4(client), Netmask::V4(mask)) => {
            IpAddr::V4(Ipv4Addr::from_bits(client.to_bits() & mask.to_bits()))
        }
        (IpAddr::V6(client), Netmask::V6(length)) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(length.bits()));
            IpAddr::V6(Ipv6Addr::from_bits(client.to_bits() & mask.unwrap_or(0)))
        }
        (client, _) => client,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn id(text: &str) -> VirtualId {
        text.parse().unwrap()
    }

    #[test]
    fn the_kernel_looks_marks_first_then_ports_then_ftp_then_every_port() {
        let all: Vec<_> = [
            "FWM 7",
            "TCP 10.0.0.1:80",
            "TCP 10.0.0.1:21",
            "TCP 10.0.0.1:0",
            "UDP 10.0.0.1:0",
            "TCP 10.0.0.2:21",
        ]
        .map(id)
        .into();
        for (wanted, found) in [
            ("FWM 7", Some(("FWM 7", Lookup::Mark))),
            ("FWM 8", None),
            ("FWM 7 IPv6", None),
            ("TCP 10.0.0.1:80", Some(("TCP 10.0.0.1:80", Lookup::Port))),
            (
                "TCP 10.0.0.1:81",
                Some(("TCP 10.0.0.1:0", Lookup::EveryPort)),
            ),
            (
                "TCP 10.0.0.1:20",
                Some(("TCP 10.0.0.1:21", Lookup::FtpData)),
            ),
            (
                "TCP 10.0.0.1:1024",
                Some(("TCP 10.0.0.1:21", Lookup::FtpData)),
            ),
            (
                "UDP 10.0.0.1:1024",
                Some(("UDP 10.0.0.1:0", Lookup::EveryPort)),
            ),
            ("TCP 10.0.0.2:80", None),
            ("TCP 10.0.0.3:80", None),
        ] {
            let wanted_id = id(wanted);
            let found = found.map(|(text, lookup)| (id(text), lookup));
            assert_eq!(look_up(&all, wanted_id, 1024), found, "{wanted}");
        }
    }

    #[test]
    fn templates_take_clients_together() {
        let client = "10.1.2.3".parse().unwrap();
        let mask = Netmask::V4("255.255.0.0".parse().unwrap());
        assert_eq!(masked(client, mask).to_string(), "10.1.0.0");
        let client = "fd00:1::9".parse().unwrap();
        for (length, wanted) in [(32, "fd00:1::"), (128, "fd00:1::9"), (1, "8000::")] {
            assert_eq!(
                masked(client, Netmask::V6(length.try_into().unwrap())).to_string(),
                wanted
            );
        }
    }

    #[test]
    fn templates_are_for_a_port_or_for_every_port() {
        for (wanted, service, template) in [
            ("TCP 10.0.0.1:80", "TCP 10.0.0.1:80", "TCP 10.0.0.1:80"),
            ("TCP 10.0.0.1:80", "TCP 10.0.0.1:0", "TCP 10.0.0.1:0"),
            ("TCP 10.0.0.1:21", "TCP 10.0.0.1:21", "TCP 10.0.0.1:0"),
            ("TCP 10.0.0.1:2000", "TCP 10.0.0.1:21", "TCP 10.0.0.1:0"),
            ("FWM 7", "FWM 7", "FWM 7"),
        ] {
            assert_eq!(of_template(id(wanted), id(service)), id(template));
        }
    }
}
