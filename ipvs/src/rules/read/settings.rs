//! Timeouts and sync daemons: `--set`, `--start-daemon` and `--stop-daemon`.

use std::net::IpAddr;

use super::options::{Opt, RuleOption};
use super::{RuleError, RuleLine, number, value};
use crate::model::{Change, Daemon, DaemonState, Timeouts};
use crate::rules::{DEFAULT_INTERFACE, LONGEST_SYNC_MESSAGE, LONGEST_TIMEOUT};

impl RuleLine<'_> {
    pub(super) fn timeouts(&self, row: &RuleOption) -> Result<Change, RuleError> {
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

    pub(super) fn daemon(&self, state: &str) -> Result<Daemon, RuleError> {
        let interface = self.get(Opt::Interface).unwrap_or(DEFAULT_INTERFACE);
        if interface.is_empty() || interface.len() > 15 || interface.contains('\0') {
            return Err(value(interface, "a network interface"));
        }
        let id = self.number(Opt::SyncId, 0..=255, "0 to 255")?;
        let mut daemon = Daemon::new(daemon_state(state)?, interface, id.unwrap_or_default());
        daemon.max_len = self.number(
            Opt::MaxLen,
            1..=LONGEST_SYNC_MESSAGE.into(),
            "1 to 65507 bytes",
        )?;
        if let Some(word) = self.get(Opt::Group) {
            let group = word.parse().ok().filter(IpAddr::is_multicast);
            daemon.group = Some(group.ok_or_else(|| value(word, "a multicast address"))?);
        }
        daemon.port = self.number(Opt::Port, 1..=u16::MAX.into(), "a port from 1 to 65535")?;
        daemon.ttl = self.number(Opt::Ttl, 1..=255, "1 to 255")?;
        Ok(daemon)
    }
}

pub(super) fn daemon_state(word: &str) -> Result<DaemonState, RuleError> {
    let known = DaemonState::NAMES.iter().find(|(name, _)| *name == word);
    known
        .map(|(_, state)| *state)
        .ok_or_else(|| value(word, "master or backup"))
}
