//! The flags that options set, while the options are read one after another.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use super::additions::ClientWord;
use super::address::{self, Resolved, Spelling, TypedEndpoint};
use super::command::{Color, Netns, Shell};
use super::types::{Given, Label, Verb};
use super::usage::Usage;
use super::value_error::ValueError;
use super::values;
use crate::names::Resolve;
use ipvs::connections::{Grouping, Origin};
use ipvs::model::{
    Daemon, DaemonState, Family, Forwarding, Name, Netmask, Protocol, TunnelKind, VirtualId,
};
use ipvs::plan::scope::Selected;
use ipvs::rules::DEFAULT_INTERFACE;

/// The options typed. Checks that take more than one option are still to come. A
/// value that was not given is none; the commands know their defaults.
#[derive(Debug, Default)]
pub(crate) struct Flags<'a> {
    pub(crate) given: Given,
    pub(crate) service: Option<VirtualId>,
    pub(crate) server: Option<TypedServer>,
    pub(crate) scheduler: Option<Name>,
    pub(crate) persistence: Option<u32>,
    pub(crate) netmask: Option<Netmask>,
    pub(crate) engine: Option<Name>,
    /// Its meaning depends on the scheduler, which may come later.
    pub(crate) sched_flags: Option<&'a str>,
    pub(crate) forwarding: Option<Forwarding>,
    pub(crate) weight: Option<u32>,
    pub(crate) upper_threshold: Option<u32>,
    pub(crate) lower_threshold: Option<u32>,
    pub(crate) tunnel_kind: Option<TunnelKind>,
    pub(crate) tunnel_port: Option<u16>,
    pub(crate) daemon: TypedDaemon,
    pub(crate) output: Option<PathBuf>,
    pub(crate) clients: Vec<ClientWord>,
    /// As the kernel spells it.
    pub(crate) state: Option<&'static str>,
    pub(crate) origin: Option<Origin>,
    pub(crate) by: Option<Grouping>,
    pub(crate) color: Option<Color>,
    /// The time from one look to the next.
    pub(crate) interval: Option<Duration>,
    pub(crate) count: Option<u64>,
    /// How many servers have to take new connections.
    pub(crate) least: Option<u64>,
    /// The time from the first look of a diagnosis to the second.
    pub(crate) sample: Option<Duration>,
    /// Checks that are left out.
    pub(crate) ignored: BTreeSet<String>,
    pub(crate) facts: Option<PathBuf>,
    /// The director of a real server.
    pub(crate) director: Option<IpAddr>,
    /// The first option that was given again, and the commands that take it more
    /// than once.
    pub(crate) again: Option<(Label, &'static [Verb])>,
    pub(crate) drain_limit: Option<Duration>,
    /// How long a ramp takes to reach the weight.
    pub(crate) ramp_time: Option<Duration>,
    /// Its meaning depends on the command, which may come later.
    pub(crate) raw: Option<&'a str>,
    /// Its value may continue in the words after it.
    pub(crate) sysctl: Option<&'a str>,
    pub(crate) shell: Option<Shell>,
    /// The services that are listed, saved or compared; all of them if this is
    /// empty.
    pub(crate) only: Vec<Selected>,
    pub(crate) netns: Option<Netns>,
    /// The command that help is wanted for.
    pub(crate) topic: Option<Verb>,
    /// Words that belong to no option.
    pub(crate) words: Vec<&'a str>,
}

/// A real server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypedServer {
    pub(crate) endpoint: Resolved,
    /// The port that it gets if none was written: its service's if the service came
    /// first, and 0 otherwise.
    pub(crate) default_port: u16,
}

/// A sync daemon. Its state has a meaning only with `--start-daemon` and
/// `--stop-daemon`.
#[derive(Debug)]
pub(crate) struct TypedDaemon(pub(crate) Daemon);

impl Default for TypedDaemon {
    fn default() -> Self {
        Self(Daemon::new(DaemonState::Master, DEFAULT_INTERFACE, 0))
    }
}

/// The flags while options are being read into them.
pub(crate) struct Reading<'a> {
    names: &'a dyn Resolve,
    pub(crate) flags: Flags<'a>,
    /// True if a firewall mark is named further right.
    pub(super) mark_follows: bool,
    /// True if `-6` came before `-f`.
    early_ipv6: bool,
    /// The first thing that ipvsadm 1.31 would have refused, and its word. If the
    /// command line is refused in the end, for whatever reason, this is the
    /// refusal.
    pub(crate) overlooked: Option<(Usage, Option<&'a str>)>,
    /// The last word of the option that is being read.
    pub(crate) word: Option<&'a str>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(names: &'a dyn Resolve) -> Self {
        Self {
            names,
            flags: Flags::default(),
            mark_follows: false,
            early_ipv6: false,
            overlooked: None,
            word: None,
        }
    }

    /// Forgets every option, because `-h` and `-v` ignore them.
    pub(super) fn clear(&mut self) {
        self.flags = Flags::default();
    }

    pub(super) fn overlook(&mut self, refusal: Usage) {
        let word = self.word;
        self.overlooked.get_or_insert((refusal, word));
    }

    /// Notes an option. Refuses it if it was noted before, unless there are
    /// commands that take it more than once; they are checked when the command is
    /// known.
    pub(super) fn note(&mut self, label: Label, again: &'static [Verb]) -> Result<(), Usage> {
        if !self.flags.given.insert(label) {
            if again.is_empty() {
                return Err(Usage::Repeated(label));
            }
            self.flags.again.get_or_insert((label, again));
        }
        Ok(())
    }

    pub(super) fn daemon_state(&mut self, word: &str, refusal: ValueError) -> Result<(), Usage> {
        self.flags.daemon.0.state = values::DAEMON_STATES.find(word).ok_or(refusal)?;
        Ok(())
    }

    pub(super) fn interface(&mut self, word: &str) {
        let name = Some(values::interface(word)).filter(|name| !name.is_empty());
        self.flags.daemon.0.interface = name.unwrap_or(DEFAULT_INTERFACE).to_owned();
    }

    fn endpoint(
        &mut self,
        word: &str,
        protocol: Option<Protocol>,
        refusal: ValueError,
    ) -> Result<Resolved, Usage> {
        let endpoint = TypedEndpoint::read(word)
            .and_then(|endpoint| endpoint.resolve(self.names, protocol))
            .ok_or_else(|| Usage::from(refusal.clone()))?;
        if endpoint.spelling == Spelling::Ours {
            self.overlook(refusal.into());
        }
        Ok(endpoint)
    }

    pub(super) fn service(&mut self, protocol: Protocol, word: &str) -> Result<(), Usage> {
        let endpoint = self.endpoint(word, Some(protocol), ValueError::ServiceAddress)?;
        self.set_service(VirtualId::Endpoint {
            protocol,
            address: endpoint.address,
            port: endpoint.port.unwrap_or(0),
        });
        Ok(())
    }

    /// Reads a protocol's number and then, as for other services, an address and
    /// port.
    pub(super) fn numbered_service(&mut self, word: &'a str) -> Result<(), Usage> {
        let parts = word.split_once(':');
        let parts = parts.and_then(|(protocol, endpoint)| {
            Some((values::digits(protocol, 0..=u16::MAX.into())?, endpoint))
        });
        let Some((protocol, endpoint)) = parts else {
            return Err(ValueError::ProtocolService(word.to_owned()).into());
        };
        self.service(Protocol::from_number(protocol), endpoint)
    }

    pub(super) fn fwmark(&mut self, word: &str) -> Result<(), Usage> {
        let family = if self.early_ipv6 {
            Family::V6
        } else {
            Family::V4
        };
        let mark = values::fwmark(word)?;
        self.flags.service = Some(VirtualId::Fwmark { mark, family });
        Ok(())
    }

    pub(super) fn ipv6(&mut self) -> Result<(), Usage> {
        match self.flags.service {
            Some(VirtualId::Fwmark { mark, .. }) => {
                let family = Family::V6;
                self.set_service(VirtualId::Fwmark { mark, family });
            }
            None if self.mark_follows => {
                self.overlook(Usage::Ipv6BeforeFwmark);
                self.early_ipv6 = true;
                self.flags.netmask = None;
            }
            _ => return Err(Usage::Ipv6BeforeFwmark),
        }
        Ok(())
    }

    /// Sets the service. A mask that was read before the service was known to be
    /// IPv6 is an IPv4 mask, and is dropped.
    fn set_service(&mut self, id: VirtualId) {
        if id.family() == Family::V6 {
            self.flags.netmask = None;
        }
        self.flags.service = Some(id);
    }

    pub(super) fn netmask(&mut self, word: &str) -> Result<(), Usage> {
        let family = self.flags.service.map(|id| id.family());
        let is_ipv6 = family.map_or(self.early_ipv6, |family| family == Family::V6);
        self.flags.netmask = Some(if is_ipv6 {
            Netmask::V6(values::prefix_length(word)?)
        } else {
            let mask: Option<Ipv4Addr> = address::netmask(word, self.names);
            Netmask::V4(mask.ok_or(ValueError::Netmask)?)
        });
        Ok(())
    }

    pub(super) fn server(&mut self, word: &str) -> Result<(), Usage> {
        let protocol = self.flags.service.map(|id| match id {
            VirtualId::Endpoint { protocol, .. } => protocol,
            VirtualId::Fwmark { .. } => Protocol::Tcp,
        });
        let default_port = self.flags.service.and_then(|id| id.port());
        self.flags.server = Some(TypedServer {
            endpoint: self.endpoint(word, protocol, ValueError::ServerAddress)?,
            default_port: default_port.unwrap_or(0),
        });
        Ok(())
    }
}
