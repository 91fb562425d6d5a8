//! A restore starts no sync daemon that already runs as wanted, and stops none that does not run:
//! so the same file can be restored again.

use std::net::{IpAddr, Ipv4Addr};

use crate::cli::RuleCommand;
use crate::rules::restore::NumberedRule;
use ipvs::client::Client;
use ipvs::error::Error;
use ipvs::model::{Change, Daemon, DaemonState};

/// Leaves out the rules about daemons that are already fulfilled.
///
/// # Errors
/// Where the kernel does not tell which daemons run.
pub(super) fn leave_out_done(
    client: &mut Client,
    rules: &mut Vec<NumberedRule>,
) -> Result<(), Error> {
    if rules.iter().any(|rule| is_about_daemons(&rule.command)) {
        let mut running = client.daemons()?;
        rules.retain(|rule| match &rule.command {
            RuleCommand::Change(change) => is_needed(change, &mut running),
            _ => true,
        });
    }
    Ok(())
}

fn is_about_daemons(command: &RuleCommand) -> bool {
    matches!(
        command,
        RuleCommand::Change(Change::StartDaemon(_) | Change::StopDaemon(_))
    )
}

/// Returns whether a change does something, given the daemons that run when its turn comes. Updates
/// `running` by what the change does.
fn is_needed(change: &Change, running: &mut Vec<Daemon>) -> bool {
    match change {
        Change::StartDaemon(wanted) => {
            match running.iter().find(|daemon| daemon.state == wanted.state) {
                Some(daemon) => !runs_as(daemon, wanted),
                None => {
                    running.push(wanted.clone());
                    true
                }
            }
        }
        Change::StopDaemon(state) => {
            let before = running.len();
            running.retain(|daemon| daemon.state != *state);
            running.len() < before
        }
        Change::AddService(_)
        | Change::EditService(_)
        | Change::DeleteService(_)
        | Change::AddServer(..)
        | Change::EditServer(..)
        | Change::DeleteServer(..)
        | Change::Clear
        | Change::Zero(_)
        | Change::SetTimeouts(_) => true,
    }
}

/// The kernel's choice where no group is given.
const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 81));
const PORT: u16 = 8848;
const TTL: u8 = 1;
/// The smallest length of sync messages that a daemon chooses by itself on Ethernet: the MTU, less
/// the headers of IPv6 and UDP. A backup accepts what its interface can receive.
const MAX_LEN: u16 = 1500 - 48;

/// Returns whether starting `wanted` would make a daemon like the one that runs.
fn runs_as(running: &Daemon, wanted: &Daemon) -> bool {
    let Daemon {
        state,
        interface,
        sync_id,
        max_len,
        group,
        port,
        ttl,
    } = wanted;
    let is_len = |length: u16| match (max_len, state) {
        (Some(max_len), _) => length == *max_len,
        (None, DaemonState::Backup) => length >= MAX_LEN,
        (None, DaemonState::Master | DaemonState::Other(_)) => {
            (MAX_LEN..=1500 - 28).contains(&length)
        }
    };
    *state == running.state
        && *interface == running.interface
        && *sync_id == running.sync_id
        && running.max_len.is_none_or(is_len)
        && group.unwrap_or(GROUP) == running.group.unwrap_or(GROUP)
        && port.unwrap_or(PORT) == running.port.unwrap_or(PORT)
        && ttl.unwrap_or(TTL) == running.ttl.unwrap_or(TTL)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Vec<Daemon> {
        let mut master = Daemon::new(DaemonState::Master, "eth0", 7);
        master.max_len = Some(1472);
        master.group = Some(GROUP);
        master.port = Some(PORT);
        master.ttl = Some(TTL);
        vec![master]
    }

    fn start(change: impl Fn(&mut Daemon)) -> bool {
        let mut daemon = Daemon::new(DaemonState::Master, "eth0", 7);
        change(&mut daemon);
        is_needed(&Change::StartDaemon(daemon), &mut running())
    }

    #[test]
    fn only_a_daemon_with_every_setting_alike_is_done() {
        assert!(!start(|_| {}));
        assert!(!start(|daemon| daemon.max_len = Some(1472)));
        assert!(!start(|daemon| daemon.port = Some(8848)));
        assert!(start(|daemon| daemon.state = DaemonState::Backup));
        assert!(start(|daemon| daemon.interface = "eth1".into()));
        assert!(start(|daemon| daemon.sync_id = 8));
        assert!(start(|daemon| daemon.max_len = Some(1400)));
        assert!(start(|daemon| daemon.port = Some(9000)));
        assert!(start(|daemon| daemon.ttl = Some(2)));
        assert!(start(
            |daemon| daemon.group = Some(IpAddr::V4(Ipv4Addr::new(239, 1, 2, 3)))
        ));
        // The master that runs was given another length.
        let mut short = running();
        short.iter_mut().for_each(|d| d.max_len = Some(1400));
        let plain = Daemon::new(DaemonState::Master, "eth0", 7);
        assert!(is_needed(&Change::StartDaemon(plain), &mut short));
    }

    #[test]
    fn what_is_stopped_first_is_started_again() {
        let mut running = running();
        let master = Daemon::new(DaemonState::Master, "eth0", 7);
        let (stop, start) = (
            Change::StopDaemon(DaemonState::Master),
            Change::StartDaemon(master),
        );
        assert!(is_needed(&stop, &mut running));
        assert!(!is_needed(&stop, &mut running));
        assert!(is_needed(&start, &mut running));
        assert!(!is_needed(&start, &mut running));
    }
}
