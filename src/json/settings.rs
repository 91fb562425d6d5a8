//! `--timeout` and `--daemon`

use std::io::{self, Write};

use serde::Serialize;

use super::identity::{AddressText, Word};
use super::{Sequence, document};
use ipvs::model::{Daemon, DaemonState, Timeouts};

/// Writes the document of the timeouts.
///
/// # Errors
/// The errors of `out`.
pub fn timeouts(out: &mut impl Write, timeouts: &Timeouts) -> io::Result<()> {
    #[derive(Serialize)]
    struct TimeoutsDocument {
        timeouts: Seconds,
    }
    let Timeouts { tcp, tcp_fin, udp } = *timeouts;
    let timeouts = Seconds {
        tcp_seconds: Some(tcp),
        tcp_fin_seconds: Some(tcp_fin),
        udp_seconds: Some(udp),
    };
    document(out, &TimeoutsDocument { timeouts })
}

/// Writes the document of the sync daemons.
///
/// # Errors
/// The errors of `out`.
pub fn daemons(out: &mut impl Write, daemons: &[Daemon]) -> io::Result<()> {
    #[derive(Serialize)]
    struct DaemonsDocument<S> {
        daemons: S,
    }
    let daemons = Sequence(daemons.iter().map(SyncDaemonFields::from));
    document(out, &DaemonsDocument { daemons })
}

/// Timeouts, or a change of timeouts, in seconds.
#[derive(Serialize)]
pub(super) struct Seconds {
    tcp_seconds: Option<u32>,
    tcp_fin_seconds: Option<u32>,
    udp_seconds: Option<u32>,
}

impl Seconds {
    /// Returns the timeouts that `--set` changes: it leaves a timeout of 0 as it is.
    pub(super) fn changed(timeouts: &Timeouts) -> Self {
        let changed = |seconds| Some(seconds).filter(|seconds| *seconds != 0);
        let Timeouts { tcp, tcp_fin, udp } = *timeouts;
        Self {
            tcp_seconds: changed(tcp),
            tcp_fin_seconds: changed(tcp_fin),
            udp_seconds: changed(udp),
        }
    }
}

/// A sync daemon, or the part of one that a change names.
#[derive(Serialize)]
pub(super) struct SyncDaemonFields<'a> {
    state: Word,
    multicast_interface: Option<&'a str>,
    sync_id: Option<u32>,
    sync_message_max_bytes: Option<u16>,
    multicast_group: Option<AddressText>,
    multicast_port: Option<u16>,
    multicast_ttl: Option<u8>,
}

impl<'a> From<&'a Daemon> for SyncDaemonFields<'a> {
    fn from(daemon: &'a Daemon) -> Self {
        let Daemon {
            state,
            interface,
            sync_id,
            max_len,
            group,
            port,
            ttl,
        } = daemon;
        Self {
            state: word(*state),
            multicast_interface: Some(interface),
            sync_id: Some(*sync_id),
            sync_message_max_bytes: *max_len,
            multicast_group: group.map(AddressText),
            multicast_port: *port,
            multicast_ttl: *ttl,
        }
    }
}

impl From<DaemonState> for SyncDaemonFields<'_> {
    fn from(state: DaemonState) -> Self {
        Self {
            state: word(state),
            multicast_interface: None,
            sync_id: None,
            sync_message_max_bytes: None,
            multicast_group: None,
            multicast_port: None,
            multicast_ttl: None,
        }
    }
}

fn word(state: DaemonState) -> Word {
    match state.name() {
        Some(word) => Word::Known(word),
        None => Word::Numbered("state", state.number()),
    }
}
