//! A rule line into the change that it describes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use super::words::{Command, Opt, Row, Token, read, split};
use super::{HIGHEST_THRESHOLD, LONGEST_TIMEOUT, RawField, RuleError};
use crate::model::{
    Change, Daemon, DaemonState, Destination, Family, Forwarding, Name, Netmask, PrefixLength,
    Protocol, SCHEDULER_FLAGS, Service, ServiceFlags, Timeouts, Tunnel, TunnelKind, VirtualId,
};

/// Reads one line of a saved rules file; a blank line and a comment are no rule.
///
/// Options have their short or long forms, addresses and ports are numbers. The word
/// `ipvsadm` is passed over, so that a line may be a whole command.
///
/// # Errors
/// The first mistake on the line.
///
/// ```
/// use ipvs::director::Director;
/// use ipvs::fake::FakeKernel;
/// use ipvs::rules::parse;
///
/// let saved = "\
/// -A -t 192.0.2.80:80 -s wlc -p 300
/// -a -t 192.0.2.80:80 -r 192.168.10.11:80 -m -w 1
/// ";
/// let mut kernel = FakeKernel::new();
/// for line in saved.lines() {
///     if let Some(change) = parse(line)? {
///         kernel.apply(&change)?;
///     }
/// }
/// assert_eq!(kernel.services()?.len(), 1);
///
/// let wrong = parse("-A -t 192.0.2.80:http").unwrap_err();
/// assert_eq!(
///     wrong.to_string(),
///     "`192.0.2.80:http' is not right: an address and port in numbers is expected"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn parse(line: &str) -> Result<Option<Change>, RuleError> {
    let words: Vec<_> = split(line).collect();
    if words.is_empty() {
        return Ok(None);
    }
    let words: Vec<_> = words
        .into_iter()
        .filter(|word| *word != "ipvsadm")
        .collect();
    Line::read(&read(&words)?)?.change().map(Some)
}

/// The settings of a line, as they are given.
#[derive(Default)]
struct Line<'a> {
    command: Option<(Command, &'static Row, &'a str)>,
    options: Vec<(&'static Row, &'a str)>,
    words: Vec<&'a str>,
    id: Option<VirtualId>,
    server: Option<(IpAddr, u16)>,
}

fn value(word: &str, expected: &'static str) -> RuleError {
    RuleError::Value {
        word: word.to_owned(),
        expected,
    }
}

fn misfit(word: impl Into<String>, reason: &'static str) -> RuleError {
    RuleError::Misfit {
        word: word.into(),
        reason,
    }
}

/// A number in decimal digits alone.
fn number<T: TryFrom<u32>>(word: &str, range: RangeInclusive<u32>) -> Option<T> {
    let is_plain = word.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = word.parse().ok().filter(|_| is_plain)?;
    T::try_from(number).ok().filter(|_| range.contains(&number))
}

/// `HOST[:PORT]` in numbers.
fn endpoint(word: &str) -> Option<(IpAddr, Option<u16>)> {
    let port = |word| number(word, 0..=u16::MAX.into());
    if let Some(inner) = word.strip_prefix('[') {
        let (address, rest) = inner.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        return match rest.strip_prefix(':') {
            Some(rest) => Some((address.into(), Some(port(rest)?))),
            None => rest.is_empty().then_some((address.into(), None)),
        };
    }
    if let Ok(address) = word.parse() {
        return Some((address, None));
    }
    let (address, rest) = word.split_once(':')?;
    let address: Ipv4Addr = address.parse().ok()?;
    Some((address.into(), Some(port(rest)?)))
}

const ENDPOINT: &str = "an address and port in numbers";

fn service(protocol: Protocol, word: &str) -> Result<VirtualId, RuleError> {
    let (address, port) = endpoint(word).ok_or_else(|| value(word, ENDPOINT))?;
    Ok(VirtualId::Endpoint {
        protocol,
        address,
        port: port.unwrap_or(0),
    })
}

impl<'a> Line<'a> {
    fn read(tokens: &[Token<'a>]) -> Result<Self, RuleError> {
        let mut line = Self::default();
        for token in tokens {
            let (row, word) = match token {
                Token::Word(word) => {
                    line.words.push(word);
                    continue;
                }
                Token::Option { row, value } => (*row, *value),
            };
            if let Opt::Command(command) = row.opt {
                if line.command.is_some() {
                    return Err(RuleError::SecondCommand(row.typed()));
                }
                line.command = Some((command, row, word));
                continue;
            }
            if line.row(row.opt).is_some() {
                return Err(RuleError::Repeated(row.typed()));
            }
            line.name(row, word)?;
            line.options.push((row, word));
        }
        Ok(line)
    }

    /// Takes the options that name a service or a server. The port of a server is that
    /// of the service before it, if none is written.
    fn name(&mut self, row: &Row, word: &str) -> Result<(), RuleError> {
        let id = match row.opt {
            Opt::Tcp => service(Protocol::Tcp, word)?,
            Opt::Udp => service(Protocol::Udp, word)?,
            Opt::Sctp => service(Protocol::Sctp, word)?,
            Opt::Protocol => {
                let parts = word.split_once(':').and_then(|(protocol, rest)| {
                    Some((number(protocol, 0..=u16::MAX.into())?, rest))
                });
                let (protocol, rest) = parts
                    .ok_or_else(|| value(word, "a protocol's number and `:' before an address"))?;
                service(Protocol::from_number(protocol), rest)?
            }
            Opt::Fwmark => {
                let mark: Option<u32> = number(word, 1..=u32::MAX);
                let mark = mark.and_then(NonZeroU32::new);
                VirtualId::Fwmark {
                    mark: mark.ok_or_else(|| value(word, "a mark from 1 to 4294967295"))?,
                    family: Family::V4,
                }
            }
            Opt::Server => {
                let (address, port) = endpoint(word).ok_or_else(|| value(word, ENDPOINT))?;
                let default = self.id.and_then(|id| id.port()).unwrap_or(0);
                self.server = Some((address, port.unwrap_or(default)));
                return Ok(());
            }
            _ => return Ok(()),
        };
        match self.id.replace(id) {
            None => Ok(()),
            Some(_) => Err(RuleError::Repeated(row.typed())),
        }
    }

    fn row(&self, opt: Opt) -> Option<(&'static Row, &'a str)> {
        self.options.iter().find(|(row, _)| row.opt == opt).copied()
    }

    fn has(&self, opt: Opt) -> bool {
        self.row(opt).is_some()
    }

    fn get(&self, opt: Opt) -> Option<&'a str> {
        self.row(opt).map(|(_, word)| word)
    }

    fn number<T: TryFrom<u32>>(
        &self,
        opt: Opt,
        range: RangeInclusive<u32>,
        expected: &'static str,
    ) -> Result<Option<T>, RuleError> {
        let Some(word) = self.get(opt) else {
            return Ok(None);
        };
        let number = number(word, range).ok_or_else(|| value(word, expected))?;
        Ok(Some(number))
    }

    fn change(mut self) -> Result<Change, RuleError> {
        let (command, row, word) = self.command.ok_or(RuleError::NoCommand)?;
        if let Some((option, _)) = self
            .options
            .iter()
            .find(|(row, _)| !row.with.contains(&command))
        {
            return Err(RuleError::Illegal {
                option: option.typed(),
                command: row.typed(),
            });
        }
        if command != Command::Set
            && let Some(word) = self.words.first()
        {
            return Err(RuleError::Unexpected((*word).to_owned()));
        }
        if let Some((ipv6, _)) = self.row(Opt::Ipv6) {
            let Some(VirtualId::Fwmark { family, .. }) = &mut self.id else {
                return Err(misfit(ipv6.typed(), "it goes with -f"));
            };
            *family = Family::V6;
        }
        let missing = |needed| RuleError::Missing {
            word: row.typed(),
            needed,
        };
        let id = self
            .id
            .ok_or_else(|| missing("a service: -t, -u, -f or another"));
        let server = self.server.ok_or_else(|| missing("a server: -r"));
        Ok(match command {
            Command::AddService => Change::AddService(self.service(id?)?),
            Command::EditService => Change::EditService(self.service(id?)?),
            Command::DeleteService => Change::DeleteService(id?),
            Command::AddServer => Change::AddServer(id.clone()?, self.destination(id?, server?)?),
            Command::EditServer => Change::EditServer(id.clone()?, self.destination(id?, server?)?),
            Command::DeleteServer => {
                let (address, port) = server?;
                let server = Destination::new(address, port, Forwarding::DirectRoute);
                Change::DeleteServer(id?, server)
            }
            Command::Clear => Change::Clear,
            Command::Zero => Change::Zero(self.id),
            Command::Set => self.timeouts(row)?,
            Command::StartDaemon => Change::StartDaemon(self.daemon(word)?),
            Command::StopDaemon => Change::StopDaemon(daemon_state(word)?),
        })
    }

    fn service(&self, id: VirtualId) -> Result<Service, RuleError> {
        let raw = Raw::read(self, RawField::OF_SERVICES)?;
        let scheduler = self.get(Opt::Scheduler).unwrap_or("wlc");
        let mut service = Service::new(id, name(scheduler)?);
        let timeout = match self.get(Opt::Persistent) {
            Some("") => Some(360),
            _ => self.number(Opt::Persistent, 1..=LONGEST_TIMEOUT, "1 to 2678400 seconds")?,
        };
        let timeout = raw.get(RawField::Persistent).or(timeout);
        service.timeout = timeout.unwrap_or(0);
        service.flags = self.sched_flags(scheduler)?;
        if timeout.is_some() {
            service.flags = service.flags.with(ServiceFlags::PERSISTENT);
        }
        if let Some((row, _)) = self.row(Opt::OnePacket) {
            if matches!(id, VirtualId::Endpoint { protocol, .. } if protocol != Protocol::Udp) {
                return Err(misfit(row.typed(), "it goes with UDP and marks"));
            }
            service.flags = service.flags.with(ServiceFlags::ONE_PACKET);
        }
        let raw_port: Option<u32> = raw.get(RawField::Port);
        if raw_port.is_some_and(|port| port != 0) {
            return Err(misfit("--raw", "port of a service is 0"));
        }
        if id.port() == Some(0) && timeout.is_none() && raw_port.is_none() {
            return Err(misfit("port 0", "it goes with -p"));
        }
        if let Some(word) = self.get(Opt::Netmask) {
            self.netmask_is_behind(id.family())?;
            service.netmask = match id.family() {
                Family::V4 => word.parse().ok().map(Netmask::V4),
                Family::V6 => number(word, 1..=128)
                    .and_then(|bits: u32| PrefixLength::try_from(bits).ok())
                    .map(Netmask::V6),
            }
            .ok_or_else(|| value(word, "a mask for IPv4 or 1 to 128 bits for IPv6"))?;
        }
        service.engine = self.get(Opt::Engine).map(name).transpose()?;
        let unnamed = ServiceFlags(raw.get(RawField::Flags).unwrap_or_default());
        service.flags = service.flags.with(unnamed);
        Ok(service)
    }

    /// Refuses a netmask before the words that make a service one of IPv6, as ipvsadm
    /// forgets it there.
    fn netmask_is_behind(&self, family: Family) -> Result<(), RuleError> {
        let naming = [
            Opt::Tcp,
            Opt::Udp,
            Opt::Sctp,
            Opt::Protocol,
            Opt::Fwmark,
            Opt::Ipv6,
        ];
        let place = |opts: &[Opt]| {
            self.options
                .iter()
                .rposition(|(row, _)| opts.contains(&row.opt))
        };
        match family == Family::V6 && place(&[Opt::Netmask]) < place(&naming) {
            true => Err(misfit("-M", "it stands behind the service and -6")),
            false => Ok(()),
        }
    }

    fn sched_flags(&self, scheduler: &str) -> Result<ServiceFlags, RuleError> {
        let mut flags = ServiceFlags::default();
        for name in self
            .get(Opt::SchedFlags)
            .into_iter()
            .flat_map(|word| word.split(','))
        {
            let known = SCHEDULER_FLAGS.iter().find(|known| known.name == name);
            let known = known
                .ok_or_else(|| value(name, "a scheduler's flag, such as sh-port or flag-1"))?;
            if known.scheduler.is_some_and(|of| of != scheduler) {
                return Err(misfit(name, "it is another scheduler's flag"));
            }
            flags = flags.with(known.flag);
        }
        Ok(flags)
    }

    fn destination(
        &self,
        id: VirtualId,
        (address, port): (IpAddr, u16),
    ) -> Result<Destination, RuleError> {
        let raw = Raw::read(self, RawField::OF_SERVERS)?;
        let mut methods = [
            (Opt::DirectRoute, Forwarding::DirectRoute),
            (Opt::Tunnel, Forwarding::Tunnel),
            (Opt::Masquerade, Forwarding::Masquerade),
        ]
        .into_iter()
        .filter_map(|(opt, method)| self.row(opt).map(|(row, _)| (row, method)));
        let given = methods.next().map(|(_, method)| method);
        if let Some((row, _)) = methods.next() {
            return Err(RuleError::Repeated(row.typed()));
        }
        let of_raw = raw.get(RawField::Forwarding).map(Forwarding::from_number);
        let forwarding = of_raw.or(given).unwrap_or(Forwarding::DirectRoute);
        if forwarding != Forwarding::Tunnel && Family::of(address) != id.family() {
            return Err(misfit(
                address.to_string(),
                "only a tunnelled server is of another family",
            ));
        }
        // Only address translation can change the port.
        let fixed = match forwarding {
            Forwarding::Masquerade => None,
            _ => id.port(),
        };
        let port = raw.get(RawField::Port).or(fixed).unwrap_or(port);
        let mut server = Destination::new(address, port, forwarding);
        let most = "0 to 2147483647";
        if let Some(weight) = self.number(Opt::Weight, 0..=HIGHEST_THRESHOLD, most)? {
            server.weight = weight;
        }
        let upper = self.number(Opt::UpperThreshold, 0..=HIGHEST_THRESHOLD, most)?;
        let lower = self.number(Opt::LowerThreshold, 0..=HIGHEST_THRESHOLD, most)?;
        let upper = raw.get(RawField::UpperThreshold).or(upper);
        let lower = raw.get(RawField::LowerThreshold).or(lower);
        server.upper_threshold = upper.unwrap_or_default();
        server.lower_threshold = lower.unwrap_or_default();
        server.tunnel = self.tunnel(forwarding, &raw)?;
        Ok(server)
    }

    fn tunnel(&self, forwarding: Forwarding, raw: &Raw) -> Result<Tunnel, RuleError> {
        let checksums = [
            (Opt::TunNoCsum, Tunnel::NO_CHECKSUM),
            (Opt::TunCsum, Tunnel::CHECKSUM),
            (Opt::TunRemCsum, Tunnel::REMOTE_CHECKSUM),
        ];
        let mut chosen = checksums.into_iter().filter(|(opt, _)| self.has(*opt));
        let (first, second) = (chosen.next(), chosen.next());
        let is_given = first.is_some() || self.has(Opt::TunType) || self.has(Opt::TunPort);
        if forwarding != Forwarding::Tunnel && (is_given || raw.is_of_tunnels()) {
            return Err(misfit("--tun-type", "a tunnel's settings go with -i"));
        }
        let kind = match self.get(Opt::TunType) {
            None => TunnelKind::Ipip,
            Some(word) => {
                let known = TunnelKind::NAMES.iter().find(|(name, _)| *name == word);
                let (_, kind) = known.ok_or_else(|| value(word, "ipip, gue or gre"))?;
                *kind
            }
        };
        match (kind, self.has(Opt::TunPort)) {
            (TunnelKind::Gue, false) => {
                return Err(misfit("gue", "it needs --tun-port"));
            }
            (TunnelKind::Ipip | TunnelKind::Gre | TunnelKind::Other(_), true) => {
                return Err(misfit("--tun-port", "it goes with --tun-type gue"));
            }
            (TunnelKind::Gue, true) | (_, false) => {}
        }
        match (kind, first) {
            (_, Some(_)) if second.is_some() => {
                return Err(misfit("--tun-csum", "a tunnel has one kind of checksum"));
            }
            (TunnelKind::Ipip, Some(_)) => {
                return Err(misfit("--tun-csum", "checksums go with gue and gre"));
            }
            (TunnelKind::Gre, Some((Opt::TunRemCsum, _))) => {
                return Err(misfit("--tun-remcsum", "it goes with --tun-type gue"));
            }
            _ => {}
        }
        let port = self.number(Opt::TunPort, 1..=u16::MAX.into(), "a port from 1 to 65535")?;
        let kind_number: Option<u8> = raw.get(RawField::TunnelKind);
        let flags = first.map(|(_, flags)| flags).unwrap_or_default();
        Ok(Tunnel {
            kind: kind_number.map_or(kind, TunnelKind::from_number),
            port: raw.get(RawField::TunnelPort).or(port).unwrap_or_default(),
            flags: raw.get(RawField::TunnelFlags).unwrap_or(flags),
        })
    }

    fn timeouts(&self, row: &Row) -> Result<Change, RuleError> {
        let seconds = |word: &str| {
            number(word, 0..=LONGEST_TIMEOUT).ok_or_else(|| value(word, "0 to 2678400 seconds"))
        };
        match self.words.as_slice() {
            [tcp, tcp_fin, udp] => Ok(Change::SetTimeouts(Timeouts::new(
                seconds(tcp)?,
                seconds(tcp_fin)?,
                seconds(udp)?,
            ))),
            [_, _, _, more, ..] => Err(RuleError::Unexpected((*more).to_owned())),
            _ => Err(RuleError::Missing {
                word: row.typed(),
                needed: "three numbers: TCP TCPFIN UDP",
            }),
        }
    }

    fn daemon(&self, state: &str) -> Result<Daemon, RuleError> {
        let interface = self.get(Opt::Interface).unwrap_or("eth0");
        if interface.is_empty() || interface.len() > 15 || interface.contains('\0') {
            return Err(value(interface, "a network interface"));
        }
        let id = self.number(Opt::SyncId, 0..=255, "0 to 255")?;
        let mut daemon = Daemon::new(daemon_state(state)?, interface, id.unwrap_or_default());
        daemon.max_len = self.number(Opt::MaxLen, 1..=65507, "1 to 65507 bytes")?;
        if let Some(word) = self.get(Opt::Group) {
            let group = word.parse().ok().filter(IpAddr::is_multicast);
            daemon.group = Some(group.ok_or_else(|| value(word, "a multicast address"))?);
        }
        daemon.port = self.number(Opt::Port, 1..=u16::MAX.into(), "a port from 1 to 65535")?;
        daemon.ttl = self.number(Opt::Ttl, 1..=255, "1 to 255")?;
        Ok(daemon)
    }
}

fn name(word: &str) -> Result<Name, RuleError> {
    let name = word.parse().ok().filter(|_| !word.is_empty());
    name.ok_or_else(|| value(word, "a name of 1 to 15 bytes"))
}

fn daemon_state(word: &str) -> Result<DaemonState, RuleError> {
    let known = DaemonState::NAMES.iter().find(|(name, _)| *name == word);
    known
        .map(|(_, state)| *state)
        .ok_or_else(|| value(word, "master or backup"))
}

/// The settings of `--raw`.
struct Raw(Vec<(RawField, u32)>);

impl Raw {
    fn read(line: &Line<'_>, known: &[RawField]) -> Result<Self, RuleError> {
        let mut settings: Vec<(RawField, u32)> = Vec::new();
        for setting in line
            .get(Opt::Raw)
            .into_iter()
            .flat_map(|word| word.split(','))
        {
            let read = setting.split_once('=').and_then(|(name, text)| {
                let field = *known.iter().find(|field| field.name() == name)?;
                Some((field, number(text, 0..=field.highest())?))
            });
            let (field, number) =
                read.ok_or_else(|| value(setting, "a raw setting and its number, such as port=0"))?;
            let is_set = settings.iter().any(|(other, _)| *other == field);
            if is_set || options(field).iter().any(|opt| line.has(*opt)) {
                return Err(RuleError::Repeated(setting.to_owned()));
            }
            settings.push((field, number));
        }
        Ok(Self(settings))
    }

    fn get<T: TryFrom<u32>>(&self, field: RawField) -> Option<T> {
        let (_, number) = self.0.iter().find(|(known, _)| *known == field)?;
        T::try_from(*number).ok()
    }

    fn is_of_tunnels(&self) -> bool {
        use RawField::{TunnelFlags, TunnelKind, TunnelPort};
        let fields = [TunnelKind, TunnelPort, TunnelFlags];
        self.0.iter().any(|(field, _)| fields.contains(field))
    }
}

/// The options that set the same.
fn options(field: RawField) -> &'static [Opt] {
    match field {
        RawField::Port | RawField::Flags => &[],
        RawField::Persistent => &[Opt::Persistent],
        RawField::Forwarding => &[Opt::DirectRoute, Opt::Tunnel, Opt::Masquerade],
        RawField::UpperThreshold => &[Opt::UpperThreshold],
        RawField::LowerThreshold => &[Opt::LowerThreshold],
        RawField::TunnelKind => &[Opt::TunType],
        RawField::TunnelPort => &[Opt::TunPort],
        RawField::TunnelFlags => &[Opt::TunNoCsum, Opt::TunCsum, Opt::TunRemCsum],
    }
}
