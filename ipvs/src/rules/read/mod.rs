//! Turns a rule line into the change that it describes.

mod error;
mod options;
mod raw_settings;
mod server;
mod service;
mod settings;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use super::RawField;
use crate::model::{Change, Destination, Family, Forwarding, Name, Protocol, VirtualId};
use options::{LineCommand, Opt, RuleOption, RuleToken, read, split};
use settings::daemon_state;

pub use error::RuleError;

/// Reads one line of a saved rules file; `None` if the line is blank or a comment.
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
    RuleLine::read(&read(&words)?)?.change().map(Some)
}

/// The command and options of a line, as they are given.
#[derive(Default)]
struct RuleLine<'a> {
    command: Option<(LineCommand, &'static RuleOption, &'a str)>,
    options: Vec<(&'static RuleOption, &'a str)>,
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

/// Reads a number in decimal digits alone.
fn number<T: TryFrom<u32>>(word: &str, range: RangeInclusive<u32>) -> Option<T> {
    let is_plain = word.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = word.parse().ok().filter(|_| is_plain)?;
    T::try_from(number).ok().filter(|_| range.contains(&number))
}

/// Reads `HOST[:PORT]` in numbers.
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

impl<'a> RuleLine<'a> {
    fn read(tokens: &[RuleToken<'a>]) -> Result<Self, RuleError> {
        let mut line = Self::default();
        for token in tokens {
            let (row, word) = match token {
                RuleToken::Word(word) => {
                    line.words.push(word);
                    continue;
                }
                RuleToken::Option { row, value } => (*row, *value),
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

    /// Takes the options that name a service or a server. If no port is written for a
    /// server, it has the port of the service before it.
    fn name(&mut self, row: &RuleOption, word: &str) -> Result<(), RuleError> {
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

    fn row(&self, opt: Opt) -> Option<(&'static RuleOption, &'a str)> {
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
        if command != LineCommand::Set
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
            LineCommand::AddService => Change::AddService(self.service(id?)?),
            LineCommand::EditService => Change::EditService(self.service(id?)?),
            LineCommand::DeleteService => Change::DeleteService(id?),
            LineCommand::AddServer => {
                Change::AddServer(id.clone()?, self.destination(id?, server?)?)
            }
            LineCommand::EditServer => {
                Change::EditServer(id.clone()?, self.destination(id?, server?)?)
            }
            LineCommand::DeleteServer => {
                let (address, port) = server?;
                let server = Destination::new(address, port, Forwarding::DirectRoute);
                Change::DeleteServer(id?, server)
            }
            LineCommand::Clear => Change::Clear,
            LineCommand::Zero => Change::Zero(self.id.filter(|id| !id.is_blank())),
            LineCommand::Set => self.timeouts(row)?,
            LineCommand::StartDaemon => Change::StartDaemon(self.daemon(word)?),
            LineCommand::StopDaemon => Change::StopDaemon(daemon_state(word)?),
        })
    }
}

fn name(word: &str) -> Result<Name, RuleError> {
    let name = word.parse().ok().filter(|_| !word.is_empty());
    name.ok_or_else(|| value(word, "a name of 1 to 15 bytes"))
}
