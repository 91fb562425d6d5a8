//! Random tables, as the rules that make them. The kernel accepts them all.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::num::NonZeroU32;

use ipvs::model::{
    Change, Destination, Family, Forwarding, Netmask, Protocol, Service, ServiceFlags, Tunnel,
    TunnelKind, VirtualId,
};

/// A small generator: the same seed gives the same tables on every machine.
pub struct Random(u64);

impl Random {
    pub fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below this one.
    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % end
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

const SERVICES: [&str; 14] = [
    "-t 10.0.0.1:80",
    "-t 10.0.0.1:443",
    "-t 10.0.0.2:80",
    "-t 10.0.0.3:0",
    "-u 10.0.0.1:53",
    "-u 10.0.0.2:5060",
    "-u 10.0.0.3:0",
    "--sctp-service 10.0.0.1:80",
    "-t [fd00::1]:80",
    "-t [fd00::1]:0",
    "-u [fd00::2]:53",
    "-f 1",
    "-f 2147483647",
    "-f 1 -6",
];

const SCHEDULERS: [&str; 13] = [
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh",
];

/// A table's rules; tables of different seeds have much in common.
pub fn rules(random: &mut Random) -> String {
    let mut rules = String::new();
    for service in SERVICES {
        if random.chance(60) {
            writeln!(rules, "-A {service}{}", service_options(random, service)).unwrap();
            for number in 1..=4 {
                if random.chance(50) {
                    writeln!(rules, "-a {service} {}", server(random, service, number)).unwrap();
                }
            }
        }
    }
    rules
}

fn service_options(random: &mut Random, service: &str) -> String {
    let scheduler = random.one_of(&SCHEDULERS);
    let mut options = format!(" -s {scheduler}");
    if service.ends_with(":0") || random.chance(30) {
        let timeout = random.one_of(&["", " 60", " 86400"]);
        write!(options, " -p{timeout}").unwrap();
        if random.chance(40) {
            let mask = match service.contains('[') || service.ends_with("-6") {
                true => random.one_of(&["64", "112"]),
                false => random.one_of(&["255.255.255.0", "255.255.255.255"]),
            };
            write!(options, " -M {mask}").unwrap();
        }
        if service.ends_with(":5060") && random.chance(50) {
            options += " --pe sip";
        }
    } else if service.starts_with("-u") && random.chance(30) {
        options += " -o";
    }
    let flags: &[&str] = match scheduler {
        "sh" => &[
            "",
            " -b sh-port",
            " -b sh-fallback",
            " -b sh-port,sh-fallback",
        ],
        "mh" => &["", " -b mh-port", " -b mh-fallback"],
        _ => &["", "", "", " -b flag-3"],
    };
    options + random.one_of(flags)
}

fn server(random: &mut Random, service: &str, number: usize) -> String {
    let six = service.contains('[') || service.ends_with("-6");
    let port = match service.rsplit_once(':') {
        _ if service.starts_with("-f") => "0",
        Some((_, port)) => port.split(' ').next().unwrap(),
        None => "0",
    };
    let method = random.one_of(&[
        "-m",
        "-m",
        "-g",
        "-i",
        "-i --tun-type gue --tun-port 6080",
        "-i --tun-type gue --tun-port 6081 --tun-remcsum",
        "-i --tun-type gre --tun-csum",
    ]);
    let port = match port {
        "80" if method == "-m" => random.one_of(&["80", "8080"]),
        port => port,
    };
    let host = match six {
        true => format!("[fd01::{number}]"),
        false => format!("10.1.0.{number}"),
    };
    let mut server = format!("-r {host}:{port} {method}");
    if random.chance(70) {
        let weight = random.one_of(&["0", "1", "5", "100", "2147483647"]);
        write!(server, " -w {weight}").unwrap();
    }
    if random.chance(25) {
        let upper = 1 + random.below(1000);
        write!(server, " -x {upper} -y {}", random.below(upper + 1)).unwrap();
    }
    server
}

/// What makes a table of the kind that only other programs make: each row of it
/// the kernel accepts. What has no effect is as if it had not been set.
pub fn anything(random: &mut Random) -> Vec<Change> {
    let mut changes = Vec::new();
    for id in identities() {
        if !random.chance(60) {
            continue;
        }
        changes.push(Change::AddService(any_service(random, id)));
        for number in 1..=4 {
            if random.chance(50) {
                changes.push(Change::AddServer(id, any_server(random, &id, number)));
            }
        }
    }
    changes
}

fn identities() -> Vec<VirtualId> {
    let mut identities = Vec::new();
    for protocol in [6, 17, 132, 0, 47, 300].map(Protocol::from_number) {
        for (address, port) in [
            ("10.0.0.1", 80),
            ("10.0.0.1", 0),
            ("0.0.0.0", 0),
            ("fd00::1", 0),
        ] {
            let address = address.parse().unwrap();
            identities.push(VirtualId::Endpoint {
                protocol,
                address,
                port,
            });
        }
    }
    for family in [Family::V4, Family::V6] {
        identities.push(VirtualId::Fwmark {
            mark: NonZeroU32::MAX,
            family,
        });
    }
    identities
}

fn any_service(random: &mut Random, id: VirtualId) -> Service {
    let scheduler = random.one_of(&SCHEDULERS);
    let mut service = Service::new(id, scheduler.parse().unwrap());
    if random.chance(50) {
        service.flags = service.flags.with(ServiceFlags::PERSISTENT);
        service.timeout = random.one_of(&[0, 1, 360, 2_678_400, 2_678_401, 4_000_000]);
        service.netmask = match id.family() {
            Family::V4 => Netmask::V4(random.one_of(&[0, 1, 0xff00_ff00, u32::MAX]).into()),
            Family::V6 => Netmask::V6(random.one_of(&[1, 64, 128]).try_into().unwrap()),
        };
    }
    if random.chance(20) {
        service.flags.0 |= random.one_of(&[0x40, 0x8000_0000, 0xffff_ffc0]);
    }
    if !matches!(scheduler, "sh" | "mh") && random.chance(20) {
        service.flags = service.flags.with(ServiceFlags::SCHED3);
    }
    if random.chance(20) {
        service.engine = Some("sip".parse().unwrap());
    }
    service
}

fn any_server(random: &mut Random, id: &VirtualId, number: u16) -> Destination {
    let method = Forwarding::from_number(random.one_of(&[0, 1, 2, 2, 2, 3, 4, 5, 6, 7]));
    let other_family = method == Forwarding::Tunnel && random.chance(20);
    let address = match (id.family(), other_family) {
        (Family::V4, false) | (Family::V6, true) => {
            IpAddr::from([10, 1, 0, number.to_be_bytes()[1]])
        }
        (Family::V6, false) | (Family::V4, true) => {
            IpAddr::from([0xfd01, 0, 0, 0, 0, 0, 0, number])
        }
    };
    let port = random.one_of(&[0, 80, 81, u16::MAX]);
    let mut server = Destination::new(address, port, method);
    server.weight = random.one_of(&[0, 1, 0x7fff_ffff]);
    if random.chance(40) {
        server.upper_threshold = random.one_of(&[1, 0x7fff_ffff, 0x8000_0000, u32::MAX]);
        let lower = random.one_of(&[0, 1, 0x8000_0000, u32::MAX]);
        server.lower_threshold = lower.min(server.upper_threshold);
    }
    if method == Forwarding::Tunnel {
        let kind = TunnelKind::from_number(random.one_of(&[0, 1, 2, 3, 255]));
        let flags = random.one_of(&[0, 1, 2, 3, 0x8000, u16::MAX]);
        server.tunnel = match kind {
            TunnelKind::Ipip => Tunnel::default(),
            TunnelKind::Gre => Tunnel {
                kind,
                port: 0,
                flags: flags & 1,
            },
            TunnelKind::Gue | TunnelKind::Other(_) => Tunnel {
                kind,
                port: random.one_of(&[1, 6080, u16::MAX]),
                flags,
            },
        };
    }
    server
}
