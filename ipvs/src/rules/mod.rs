//! The table as rules: what `-S` writes and `-R` reads.
//!
//! A rule is the words of a command line. The same words serve to show a
//! change before it is made. [`parse`] reads a line back into its change.

mod limits;
mod names;
mod raw;
mod read;

use std::fmt::{self, Display, Formatter, Write};
use std::net::IpAddr;

use crate::model::{
    Change, Daemon, DaemonState, Destination, Family, Forwarding, HostText, Netmask, Protocol,
    SchedulerFlag, Service, ServiceEntry, ServiceFlags, Setting, Timeouts, Tunnel, TunnelKind,
    VirtualId, equivalence,
};

use raw::Raw;

pub use limits::{
    DEFAULT_INTERFACE, DEFAULT_PERSISTENCE, DEFAULT_SCHEDULER, HIGHEST_THRESHOLD,
    LONGEST_SYNC_MESSAGE, LONGEST_TIMEOUT,
};
pub use names::{NameOf, Numeric};
pub use raw::RawField;
pub use read::{RuleError, parse};

/// Writes services and their servers, in the order given.
///
/// Settings that only other programs can make, such as a forwarding method that a
/// newer kernel brings, are written in the kernel's numbers, with options that
/// ipvsadm 1.31 refuses.
///
/// # Errors
/// The errors of `out`.
pub fn write_rules(
    out: &mut impl Write,
    entries: &[ServiceEntry],
    names: &dyn NameOf,
) -> fmt::Result {
    entries.iter().try_for_each(|entry| {
        let servers = entry.destinations.iter().map(|row| &row.destination);
        write_service(out, &entry.service, servers, names)
    })
}

/// Writes one service and its servers, as [`write_rules`] does.
///
/// # Errors
/// The errors of `out`.
pub fn write_service<'a>(
    out: &mut impl Write,
    service: &Service,
    servers: impl IntoIterator<Item = &'a Destination>,
    names: &dyn NameOf,
) -> fmt::Result {
    let id = &service.id;
    let service = ServiceRule {
        verb: "-A",
        service,
        names,
    };
    writeln!(out, "{service}")?;
    for destination in servers {
        let server = ServerRule {
            verb: "-a",
            id,
            destination,
            names,
        };
        writeln!(out, "{server}")?;
    }
    Ok(())
}

/// A change as the command that makes it, without the program's name.
#[derive(Clone, Copy)]
pub struct ChangeRule<'a> {
    change: &'a Change,
    names: &'a dyn NameOf,
}

impl<'a> ChangeRule<'a> {
    /// Returns the command for `change`.
    pub fn new(change: &'a Change, names: &'a dyn NameOf) -> Self {
        Self { change, names }
    }
}

impl Display for ChangeRule<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names = self.names;
        match self.change {
            Change::AddService(service) => ServiceRule {
                verb: "-A",
                service,
                names,
            }
            .fmt(f),
            Change::EditService(service) => ServiceRule {
                verb: "-E",
                service,
                names,
            }
            .fmt(f),
            Change::DeleteService(id) => write!(f, "-D {}", Selector::new(id, names)),
            Change::AddServer(id, destination) => ServerRule {
                verb: "-a",
                id,
                destination,
                names,
            }
            .fmt(f),
            Change::EditServer(id, destination) => ServerRule {
                verb: "-e",
                id,
                destination,
                names,
            }
            .fmt(f),
            Change::DeleteServer(id, destination) => {
                let server = EndpointWords::server(id, destination, names);
                write!(f, "-d {} -r {server}", Selector::new(id, names))
            }
            Change::Clear => f.write_str("-C"),
            Change::Zero(None) => f.write_str("-Z"),
            Change::Zero(Some(id)) => write!(f, "-Z {}", Selector::new(id, names)),
            Change::SetTimeouts(Timeouts { tcp, tcp_fin, udp }) => {
                write!(f, "--set {tcp} {tcp_fin} {udp}")
            }
            Change::StartDaemon(daemon) => start_daemon(f, daemon),
            Change::StopDaemon(state) => write!(f, "--stop-daemon {}", daemon_state(*state)),
        }
    }
}

/// A setting as the command that makes it, without the program's name. ipvsadm 1.31 does
/// not know this command, and reads no rule after it.
#[derive(Clone, Copy, Debug)]
pub struct SettingRule<'a>(&'a Setting);

impl<'a> SettingRule<'a> {
    /// Returns the command for `setting`.
    pub fn new(setting: &'a Setting) -> Self {
        Self(setting)
    }
}

impl Display for SettingRule<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "--sysctl {}", self.0)
    }
}

/// The words that name a service: `-t 10.0.0.1:80`, `-f 3 -6`.
#[derive(Clone, Copy)]
pub struct Selector<'a> {
    id: &'a VirtualId,
    names: &'a dyn NameOf,
}

impl<'a> Selector<'a> {
    /// Returns the words for `id`.
    pub fn new(id: &'a VirtualId, names: &'a dyn NameOf) -> Self {
        Self { id, names }
    }
}

impl Display for Selector<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self.id {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => {
                match protocol {
                    Protocol::Tcp => f.write_str("-t ")?,
                    Protocol::Udp => f.write_str("-u ")?,
                    Protocol::Sctp => f.write_str("--sctp-service ")?,
                    Protocol::Other(number) => write!(f, "--protocol-service {number}:")?,
                }
                EndpointWords {
                    address,
                    port,
                    protocol: Some(protocol),
                    names: self.names,
                }
                .fmt(f)
            }
            VirtualId::Fwmark { mark, family } => {
                write!(f, "-f {mark}")?;
                match family {
                    Family::V4 => Ok(()),
                    Family::V6 => f.write_str(" -6"),
                }
            }
        }
    }
}

/// `HOST:PORT`, with names where there are some.
#[derive(Clone, Copy)]
pub struct EndpointWords<'a> {
    address: IpAddr,
    port: u16,
    /// The protocol whose port names count; `None` for a mark, which has no protocol.
    protocol: Option<Protocol>,
    names: &'a dyn NameOf,
}

impl<'a> EndpointWords<'a> {
    /// Returns the words for a server of the service `id`.
    pub fn server(id: &VirtualId, destination: &Destination, names: &'a dyn NameOf) -> Self {
        Self {
            address: destination.address,
            port: destination.port,
            protocol: match id {
                VirtualId::Endpoint { protocol, .. } => Some(*protocol),
                VirtualId::Fwmark { .. } => None,
            },
            names,
        }
    }
}

impl Display for EndpointWords<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.address, self.names.host(self.address)) {
            (IpAddr::V4(_), Some(name)) => f.write_str(name)?,
            (IpAddr::V6(_), Some(name)) => write!(f, "[{name}]")?,
            (IpAddr::V4(_), None) => HostText(self.address).fmt(f)?,
            (IpAddr::V6(_), None) => write!(f, "[{}]", HostText(self.address))?,
        }
        let name = self
            .protocol
            .and_then(|protocol| self.names.port(self.port, protocol));
        match name {
            Some(name) => write!(f, ":{name}"),
            None => write!(f, ":{}", self.port),
        }
    }
}

struct ServiceRule<'a> {
    verb: &'a str,
    service: &'a Service,
    names: &'a dyn NameOf,
}

impl Display for ServiceRule<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let service = self.service;
        // Settings without an effect are not written: see `equivalence`.
        let Service {
            id,
            scheduler: _,
            flags: _,
            timeout: _,
            netmask: _,
            engine,
        } = service;
        let scheduler = equivalence::scheduler(service);
        write!(
            f,
            "{} {} -s {scheduler}",
            self.verb,
            Selector::new(id, self.names)
        )?;
        let mut raw = Raw::default();
        if let Some((timeout, netmask)) = equivalence::persistence(service) {
            match timeout {
                1..=LONGEST_TIMEOUT => write!(f, " -p {timeout}")?,
                _ => raw.add(RawField::Persistent, timeout),
            }
            if netmask != Netmask::host(id.family()) {
                write!(f, " -M {netmask}")?;
            }
        }
        if let Some(engine) = engine {
            write!(f, " --pe {engine}")?;
        }
        let flags = equivalence::flags(service);
        if flags.contains(ServiceFlags::ONE_PACKET) {
            f.write_str(" -o")?;
        }
        let mut separator = " -b ";
        for flag in SchedulerFlag::of(flags, scheduler) {
            write!(f, "{separator}{}", flag.name)?;
            separator = ",";
        }
        if id.port() == Some(0) && !service.is_persistent() {
            raw.add(RawField::Port, 0);
        }
        let unnamed = equivalence::unnamed_flags(service);
        if unnamed != ServiceFlags::default() {
            raw.add(RawField::Flags, unnamed.0);
        }
        raw.fmt(f)
    }
}

struct ServerRule<'a> {
    verb: &'a str,
    id: &'a VirtualId,
    destination: &'a Destination,
    names: &'a dyn NameOf,
}

impl Display for ServerRule<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let destination = self.destination;
        let Destination {
            address: _,
            port,
            forwarding,
            weight,
            upper_threshold,
            lower_threshold,
            tunnel: _,
        } = *destination;
        write!(
            f,
            "{} {} -r {} ",
            self.verb,
            Selector::new(self.id, self.names),
            EndpointWords::server(self.id, destination, self.names)
        )?;
        let mut raw = Raw::default();
        match forwarding {
            Forwarding::Masquerade => f.write_str("-m ")?,
            Forwarding::Tunnel => f.write_str("-i ")?,
            Forwarding::DirectRoute => f.write_str("-g ")?,
            method @ (Forwarding::Local | Forwarding::Bypass | Forwarding::Other(_)) => {
                raw.add(RawField::Forwarding, method.number());
            }
        }
        write!(f, "-w {weight}")?;
        // Without -m, the port that a rule has for a server is read as the service's.
        if forwarding != Forwarding::Masquerade && self.id.port().is_some_and(|own| own != port) {
            raw.add(RawField::Port, port.into());
        }
        for (letter, threshold, field) in [
            ('x', upper_threshold, RawField::UpperThreshold),
            ('y', lower_threshold, RawField::LowerThreshold),
        ] {
            match threshold {
                0 => {}
                1..=HIGHEST_THRESHOLD => write!(f, " -{letter} {threshold}")?,
                _ => raw.add(field, threshold),
            }
        }
        if let Some(tunnel) = equivalence::tunnel(destination) {
            write_tunnel(f, tunnel, &mut raw)?;
        }
        raw.fmt(f)
    }
}

fn write_tunnel(f: &mut Formatter<'_>, tunnel: Tunnel, raw: &mut Raw) -> fmt::Result {
    let Tunnel { kind, port, flags } = tunnel;
    match kind {
        TunnelKind::Ipip => return write!(f, " --tun-type {kind}"),
        TunnelKind::Gue => write!(f, " --tun-type {kind} --tun-port {port}")?,
        TunnelKind::Gre => write!(f, " --tun-type {kind}")?,
        TunnelKind::Other(kind) => {
            raw.add(RawField::TunnelKind, kind.into());
            raw.add(RawField::TunnelPort, port.into());
            raw.add(RawField::TunnelFlags, flags.into());
            return Ok(());
        }
    }
    match flags {
        Tunnel::NO_CHECKSUM => f.write_str(" --tun-nocsum"),
        Tunnel::CHECKSUM => f.write_str(" --tun-csum"),
        Tunnel::REMOTE_CHECKSUM => f.write_str(" --tun-remcsum"),
        flags => {
            raw.add(RawField::TunnelFlags, flags.into());
            Ok(())
        }
    }
}

fn daemon_state(state: DaemonState) -> &'static str {
    state.name().unwrap_or("none")
}

fn start_daemon(f: &mut Formatter<'_>, daemon: &Daemon) -> fmt::Result {
    let Daemon {
        state,
        interface,
        sync_id,
        max_len,
        group,
        port,
        ttl,
    } = daemon;
    let state = daemon_state(*state);
    write!(
        f,
        "--start-daemon {state} --mcast-interface{}{interface} --syncid {sync_id}",
        // As words of their own, these would be a comment and the program's name.
        match interface.starts_with('#') || interface == "ipvsadm" {
            true => '=',
            false => ' ',
        }
    )?;
    if let Some(max_len) = max_len {
        write!(f, " --sync-maxlen {max_len}")?;
    }
    if let Some(group) = group {
        write!(f, " --mcast-group {group}")?;
    }
    if let Some(port) = port {
        write!(f, " --mcast-port {port}")?;
    }
    if let Some(ttl) = ttl {
        write!(f, " --mcast-ttl {ttl}")?;
    }
    Ok(())
}
