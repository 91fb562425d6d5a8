//! Faults of tunnels: servers must unwrap the packets, take in the virtual
//! address that is inside, and answer clients past the director.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use super::Check;
use super::commands::QUIET_ARP;
use super::direct::{martian, stuck};
use crate::diagnose::facts::{Counted, Facts, Flow, Method, Server, ServiceFacts, WAITING};
use crate::diagnose::finding::Finding;
use crate::routing::{Leads, Link, Route};
use ipvs::model::{Endpoint, Family, Protocol, Tunnel, VirtualId};

/// Returns whether the server sends something back by the director. Because it answers
/// clients past the director, this is its refusal of packets (ICMP).
fn refuses(server: &Server) -> bool {
    let refused = |rise: Counted| rise.in_packets > 0 && rise.out_packets > 0;
    server.traffic.rise.is_some_and(refused)
}

/// Returns the servers of these methods that refuse the tunnel.
fn refusing<'a>(
    facts: &'a Facts,
    methods: &'static [Method],
) -> impl Iterator<Item = (&'a ServiceFacts, &'a Server, &'a Flow)> {
    stuck(facts)
        .into_iter()
        .filter(|(_, server, _)| methods.contains(&server.method) && refuses(server))
}

pub(super) const TUN_DOWN: Check = Check {
    id: "tun-down",
    symptom: "Connections time out.",
    cause: "The server has no tunnel device for such packets, or it is switched off.",
    seen: "The director counts packets back to clients, which with tunnels are the server's refusals (ICMP), while all clients stay half-open (SYN_RECV).",
    remedy: "Switch the tunnel device of the server on.",
    since: "",
    judge: tun_down,
};

fn tun_down(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for (service, server, flow) in refusing(facts, &[Method::Tunnel, Method::Gre]) {
        let address = server.address();
        let finding = found.entry(address).or_insert_with(|| {
            let device = Device::of(server, flow.service.address);
            Finding::fail(format!(
                "the server {address} refuses the packets of the tunnel: clients wait and time out"
            ))
            .at(address)
            .seen(sent_back(facts, server))
            .seen(half_open(server, flow))
            .run_on("the server", device.up(address))
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

pub(super) const TUN_GUE_PORT: Check = Check {
    id: "tun-gue-port",
    symptom: "Connections time out.",
    cause: "The server does not receive GUE on the UDP port that the director sends it to.",
    seen: "As with tun-down, for a server with --tun-type gue.",
    remedy: "Let the server receive GUE on that port: ip fou add port PORT gue.",
    since: "Linux 5.2, which first has such tunnels",
    judge: tun_gue_port,
};

fn tun_gue_port(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<(IpAddr, u16), Finding> = BTreeMap::new();
    for (service, server, flow) in refusing(facts, &[Method::Gue]) {
        let (address, port) = (server.address(), server.tunnel_port);
        let finding = found.entry((address, port)).or_insert_with(|| {
            let device = Device::of(server, flow.service.address);
            Finding::fail(format!(
                "the server {address} refuses GUE on UDP port {port}: clients wait and time out"
            ))
            .at(address)
            .seen(sent_back(facts, server))
            .seen(half_open(server, flow))
            .run_on(
                "the server",
                format!("modprobe fou && ip fou add port {port} gue"),
            )
            .run_on("the server", device.up(address))
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

fn sent_back(facts: &Facts, server: &Server) -> String {
    let rise = server.traffic.rise.unwrap_or_default();
    format!(
        "in {:.1} s {} packets went to the server and {} came back here, {} bytes (ipvsadm -Ln --stats): with a tunnel none should",
        facts.sample, rise.in_packets, rise.out_packets, rise.out_bytes
    )
}

fn half_open(server: &Server, flow: &Flow) -> String {
    format!(
        "ipvsadm -Lnc -r {} lists {} connections, all in {WAITING}",
        server.endpoint,
        flow.count()
    )
}

/// The device by which a server usually receives a tunnel.
#[derive(Clone, Copy)]
enum Device {
    /// One that the kernel makes as soon as the module is loaded.
    OfModule(&'static str, &'static str),
    /// One that must be made.
    Gre(&'static str),
}

impl Device {
    fn of(server: &Server, vip: IpAddr) -> Self {
        match (server.method, server.address(), vip) {
            (Method::Gre, IpAddr::V4(_), _) => Self::Gre("gre"),
            (Method::Gre, IpAddr::V6(_), _) => Self::Gre("ip6gre"),
            (_, IpAddr::V6(_), _) => Self::OfModule("ip6_tunnel", "ip6tnl0"),
            (_, IpAddr::V4(_), IpAddr::V4(_)) => Self::OfModule("ipip", "tunl0"),
            (_, IpAddr::V4(_), IpAddr::V6(_)) => Self::OfModule("sit", "sit0"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::OfModule(_, name) => name,
            Self::Gre(_) => "ipvs0",
        }
    }

    fn up(self, server: IpAddr) -> String {
        let name = self.name();
        match self {
            Self::OfModule(module, _) => format!("modprobe {module} && ip link set {name} up"),
            Self::Gre(kind) => {
                format!("ip link add {name} type {kind} local {server} && ip link set {name} up")
            }
        }
    }
}

pub(super) const TUN_RP_FILTER: Check = Check {
    id: "tun-rp-filter",
    symptom: "Connections time out.",
    cause: "The server receives the tunnel and drops what is inside, since its reverse path filter is strict there; or it lacks the virtual address, or its program does not listen there.",
    seen: "The server gets packets, refuses none, and all of its clients stay half-open (SYN_RECV). More is seen on the server alone: TcpExtIPReversePathFilter rises there.",
    remedy: "Give the virtual address to the tunnel device of the server, and make its filter there loose (2): where the device has no address, the loose filter drops packets as well.",
    since: "",
    judge: tun_rp_filter,
};

fn tun_rp_filter(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<IpAddr, Finding> = BTreeMap::new();
    for (service, server, flow) in stuck(facts) {
        let is_dropped = server.method.is_tunnel()
            && server.only_inwards()
            && martian(facts, server, flow).is_none();
        if !is_dropped {
            continue;
        }
        let (address, vip) = (server.address(), flow.service.address);
        let finding = found.entry(address).or_insert_with(|| {
            let device = Device::of(server, vip).name();
            let finding = Finding::fail(format!(
                "the server {address} gets packets by its tunnel, and no client gets an answer: its reverse path filter drops them, or it lacks {vip}, or its program does not listen there"
            ))
.at(address)
            .seen(half_open(server, flow));
            match vip {
                IpAddr::V4(_) => finding
                    .run_on(
                        "the server",
                        format!("sysctl -w net.ipv4.conf.{device}.rp_filter=2"),
                    )
                    .run_on(
                        "the server",
                        QUIET_ARP,
                    )
                    .run_on("the server", format!("ip addr replace {vip}/32 dev {device}")),
                IpAddr::V6(_) => {
                    finding.run_on("the server", format!("ip addr replace {vip}/128 dev {device} nodad"))
                }
            }
            .say(format!(
                "if its tunnel device is not {device}, take that one; and see that its program listens on {vip} or on every address"
            ))
        });
        finding.add(service.id);
    }
    found.into_values().collect()
}

pub(super) const TUN_MTU: Check = Check {
    id: "tun-mtu",
    symptom: "Small requests are answered; large ones, uploads above all, hang.",
    cause: "With the tunnel's headers the largest packets of clients do not fit on the way to the server. The director tells the clients so (ICMP), and something on their way drops that.",
    seen: "The longest packet on the way to the server, less the tunnel's headers, is shorter than the longest one by which clients come. It is a note, since most clients hear the ICMP.",
    remedy: "Let the servers ask clients for shorter segments (advmss of their routes; of TCP alone), or allow longer packets between director and servers.",
    since: "",
    judge: tun_mtu,
};

fn tun_mtu(facts: &Facts) -> Vec<Finding> {
    let mut found: BTreeMap<_, Finding> = BTreeMap::new();
    let clients = client_links(facts);
    for service in &facts.services {
        let family = service.id.family();
        // Without path MTU discovery the director cuts tunnelled packets of IPv4 in pieces.
        if family == Family::V4 && facts.sysctl("net.ipv4.vs.pmtu_disc") == Some(0) {
            continue;
        }
        let (counter, of_segment) = match family {
            Family::V4 => ("IcmpMsgOutType3", 20 + 20),
            Family::V6 => ("Icmp6OutPktTooBigs", 40 + 20),
        };
        let has_segments = match service.id {
            VirtualId::Endpoint { protocol, .. } => protocol == Protocol::Tcp,
            VirtualId::Fwmark { .. } => true,
        };
        let servers = service
            .servers
            .iter()
            .filter(|server| server.method.is_tunnel());
        for server in servers {
            let Some((link, route)) = way(facts, server.address()) else {
                continue;
            };
            let outer = route.mtu.unwrap_or(link.mtu);
            let inner = outer.saturating_sub(headers(server));
            let Some(front) =
                fronts(facts, service, server, &clients).find(|front| front.mtu > inner)
            else {
                continue;
            };
            let place = (link.index, front.index, outer, inner, family, has_segments);
            let finding = found.entry(place).or_insert_with(|| {
                let longest = front.mtu;
                let finding = Finding::note(format!(
                    "packets of clients that are longer than {inner} bytes do not fit into the tunnel; if something drops the ICMP by which clients learn so, large requests hang"
                ))
                .seen(format!("ip link: {} has mtu {outer}, less {} for the tunnel; {} has mtu {longest}", link.name, headers(server), front.name))
                .seen(facts.rose(counter));
                let longer = format!(
                    "let director and servers have longer packets between them: ip link set {} mtu {}",
                    link.name,
                    longest.saturating_add(headers(server))
                );
                match has_segments {
                    true => finding
                        .say(format!(
                            "on the servers, if large requests hang: ip route change ROUTE advmss {}, of the routes to clients",
                            inner.saturating_sub(of_segment)
                        ))
                        .say(format!("or {longer}")),
                    false => finding.say(longer),
                }
            });
            finding.add(service.id);
        }
    }
    found.into_values().collect()
}

fn way(facts: &Facts, address: IpAddr) -> Option<(&Link, Route)> {
    let route = facts.way_to(address)?.ok()?;
    if route.leads != Leads::Onward {
        return None;
    }
    Some((facts.link(route.output?)?, route))
}

/// Returns the interfaces that lead to some clients of each server.
fn client_links(facts: &Facts) -> HashMap<Endpoint, BTreeSet<u32>> {
    let mut links: HashMap<Endpoint, BTreeSet<u32>> = HashMap::new();
    for flow in facts.flows() {
        let ways = flow
            .clients
            .iter()
            .filter_map(|client| facts.interface_to(*client));
        links.entry(flow.server).or_default().extend(ways);
    }
    links
}

/// Returns the interfaces by which clients of a service come: those that have its
/// address, and those that lead to clients.
fn fronts<'a>(
    facts: &'a Facts,
    service: &'a ServiceFacts,
    server: &Server,
    clients: &'a HashMap<Endpoint, BTreeSet<u32>>,
) -> impl Iterator<Item = &'a Link> {
    let vip = service.address();
    let own = vip.into_iter().flat_map(|vip| facts.addresses.of(vip));
    let own = own.map(|own| own.interface);
    let ways = clients.get(&server.endpoint).into_iter().flatten().copied();
    let named = facts.clients.iter();
    let named = named.filter_map(|client| facts.interface_to(*client));
    own.chain(ways)
        .chain(named)
        .filter_map(|index| facts.link(index))
        .filter(|link| !link.loopback)
}

/// Returns the number of bytes that a tunnel puts before a packet. With remote checksums
/// it is that of a packet whose checksum is still to be computed, as between virtual
/// machines; other packets have 8 bytes less.
fn headers(server: &Server) -> u32 {
    let ip = if server.address().is_ipv4() { 20 } else { 40 };
    let has = |flag| server.tunnel_flags & flag != 0;
    let between = match server.method {
        Method::Gre if has(Tunnel::CHECKSUM) => 4 + 4,
        Method::Gre => 4,
        // UDP, and GUE itself.
        Method::Gue if has(Tunnel::REMOTE_CHECKSUM) => 8 + 4 + 8,
        Method::Gue => 8 + 4,
        Method::Tunnel | Method::Nat | Method::DirectRouting | Method::Other => 0,
    };
    ip + between
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnose::example::{
        carried, flow, gravities, link, onward, own, server, service, to, with,
    };
    use crate::diagnose::facts::{ConnectionFacts, Traffic};
    use crate::diagnose::finding::Remedy;
    use crate::diagnose::{Gravity, Gravity::Fail};

    /// Clients wait for a server behind a tunnel of this kind.
    fn waiting(method: Method, traffic: Traffic) -> Facts {
        let mut server = server("10.0.0.2:80", method);
        server.tunnel_port = 6080;
        server.traffic = traffic;
        let mut facts = with(vec![service("TCP 10.0.0.1:80", vec![server])], &[]);
        facts.connections = Some(ConnectionFacts {
            flows: vec![flow("10.0.0.1:80", "10.0.0.2:80", 3, 0)].into(),
            ..ConnectionFacts::default()
        });
        facts.links = vec![link(1, "lo"), link(2, "eth0")];
        facts.addresses = vec![own("10.0.0.1/32", 2)].into();
        facts.answers(to("10.0.0.2"), onward(2))
    }

    fn found(facts: &Facts) -> Vec<&'static str> {
        let checks = [&TUN_DOWN, &TUN_GUE_PORT, &TUN_RP_FILTER];
        let finds = |check: &&Check| gravities(check.judge, facts) == [Fail];
        let found = checks.into_iter().filter(finds);
        found.map(|check| check.id).collect()
    }

    #[test]
    fn refusals_come_back_and_silence_does_not() {
        let (refused, silent) = (carried(6, 12), carried(6, 0));
        for method in [Method::Tunnel, Method::Gre] {
            assert_eq!(found(&waiting(method, refused)), ["tun-down"]);
            assert_eq!(found(&waiting(method, silent)), ["tun-rp-filter"]);
        }
        assert_eq!(found(&waiting(Method::Gue, refused)), ["tun-gue-port"]);
        assert_eq!(found(&waiting(Method::Gue, silent)), ["tun-rp-filter"]);
        for traffic in [refused, silent] {
            assert_eq!(found(&waiting(Method::DirectRouting, traffic)), [""; 0]);
        }
    }

    #[test]
    fn a_client_that_is_served_clears_the_server() {
        let mut facts = waiting(Method::Tunnel, carried(6, 0));
        facts.connections.as_mut().unwrap().flows =
            vec![flow("10.0.0.1:80", "10.0.0.2:80", 3, 1)].into();
        assert_eq!(found(&facts), [""; 0]);
        let idle = waiting(Method::Tunnel, Traffic::default());
        assert_eq!(found(&idle), [""; 0]);
    }

    #[test]
    fn a_device_for_each_pair_of_versions() {
        let up = |method, address: &str, vip: &str| {
            let server = server(&format!("{address}:80"), method);
            Device::of(&server, vip.parse().unwrap()).up(server.address())
        };
        let (v4, v6) = ("10.0.0.1", "fd00::1");
        let of_module = |module, device| format!("modprobe {module} && ip link set {device} up");
        assert_eq!(
            up(Method::Tunnel, "10.0.0.2", v4),
            of_module("ipip", "tunl0")
        );
        assert_eq!(up(Method::Tunnel, "10.0.0.2", v6), of_module("sit", "sit0"));
        assert_eq!(
            up(Method::Gue, "[fd00::2]", v4),
            of_module("ip6_tunnel", "ip6tnl0")
        );
        let made = "ip link add ipvs0 type gre local 10.0.0.2 && ip link set ipvs0 up";
        assert_eq!(up(Method::Gre, "10.0.0.2", v4), made);
    }

    #[test]
    fn headers_are_taken_off_the_longest_packet() {
        let said = |method, mtu: Option<u32>| {
            let mut facts = waiting(method, Traffic::default());
            facts.links[1].mtu = mtu.unwrap_or(1500);
            facts.links.push(link(3, "eth1"));
            facts.addresses = vec![own("10.0.0.1/24", 3)].into();
            tun_mtu(&facts)
                .into_iter()
                .map(|found| found.sentence)
                .collect::<String>()
        };
        for (method, longest) in [
            (Method::Tunnel, 1480),
            (Method::Gre, 1476),
            (Method::Gue, 1468),
        ] {
            assert!(said(method, None).contains(&format!("longer than {longest} bytes")));
        }
        assert_eq!(said(Method::Tunnel, Some(1520)), "");
        assert!(said(Method::Tunnel, Some(1519)).contains("1499"));
        assert_eq!(said(Method::DirectRouting, None), "");
        let facts = waiting(Method::Tunnel, Traffic::default());
        assert_eq!(gravities(tun_mtu, &facts), [Gravity::Note]);
        assert!(
            tun_mtu(&facts)[0]
                .remedy
                .iter()
                .all(|step| matches!(step, Remedy::Say(_)))
        );
    }

    /// The note on a service with this server, before whom a link of 1500 bytes is.
    fn noted(id: &str, server: Server) -> Finding {
        let address = server.address();
        let mut facts = with(vec![service(id, vec![server])], &[]);
        facts.links = vec![link(2, "eth0"), link(3, "eth1")];
        facts.clients = vec!["192.0.2.9".parse().unwrap()];
        let facts = facts.answers(to(&address.to_string()), onward(2));
        let facts = facts.answers(to("192.0.2.9"), onward(3));
        tun_mtu(&facts).remove(0)
    }

    #[test]
    fn segments_leave_room_for_the_headers_of_their_family() {
        let (v4, v6) = ("TCP 10.0.0.1:80", "TCP [fd00::1]:80");
        let (to_v4, to_v6) = ("10.0.0.2:80", "[fd00::2]:80");
        for (id, endpoint, segment, counter) in [
            (v4, to_v4, 1440, "IcmpMsgOutType3"),
            (v4, to_v6, 1420, "IcmpMsgOutType3"),
            (v6, to_v4, 1420, "Icmp6OutPktTooBigs"),
            (v6, to_v6, 1400, "Icmp6OutPktTooBigs"),
            ("FWM 7 IPv6", to_v6, 1400, "Icmp6OutPktTooBigs"),
        ] {
            let finding = noted(id, server(endpoint, Method::Tunnel));
            let steps = format!("{:?}", finding.remedy);
            assert!(
                steps.contains(&format!("advmss {segment},")),
                "{id}: {steps}"
            );
            assert!(finding.evidence[1].starts_with(counter), "{id}");
        }
    }

    #[test]
    fn checksums_take_room() {
        for (method, flags, longest) in [
            (Method::Tunnel, 1, 1480),
            (Method::Gre, 0, 1476),
            (Method::Gre, 1, 1472),
            (Method::Gue, 1, 1468),
            (Method::Gue, 2, 1460),
        ] {
            let mut server = server("10.0.0.2:80", method);
            server.tunnel_flags = flags;
            let sentence = noted("TCP 10.0.0.1:80", server).sentence;
            let longer = format!("longer than {longest} bytes");
            assert!(sentence.contains(&longer), "{method:?} {flags}: {sentence}");
        }
    }

    #[test]
    fn udp_has_no_segments() {
        let finding = noted("UDP 10.0.0.1:53", server("10.0.0.2:53", Method::Tunnel));
        let steps = format!("{:?}", finding.remedy);
        assert!(
            !steps.contains("advmss") && steps.contains("mtu 1520"),
            "{steps}"
        );
    }

    #[test]
    fn services_with_other_numbers_are_other_findings() {
        let ids = [
            "TCP 10.0.0.1:80",
            "TCP 10.0.0.1:443",
            "UDP 10.0.0.1:53",
            "FWM 7 IPv6",
        ];
        let server = server("10.0.0.2:0", Method::Tunnel);
        let services = ids.map(|id| service(id, vec![server]));
        let mut facts = with(services.into(), &[]);
        facts.links = vec![link(2, "eth0"), link(3, "eth1")];
        facts.clients = vec!["192.0.2.9".parse().unwrap()];
        let facts = facts.answers(to("10.0.0.2"), onward(2));
        let mut facts = facts.answers(to("192.0.2.9"), onward(3));
        assert_eq!(tun_mtu(&facts).len(), 3);
        // Now the director cuts packets of IPv4 in pieces.
        let name = "net.ipv4.vs.pmtu_disc".to_owned();
        facts.sysctls.insert(name, "0".to_owned());
        let found = tun_mtu(&facts);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].affected, ["FWM 7 IPv6"]);
    }
}
