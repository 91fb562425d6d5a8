//! Lines that ask for what an earlier line has already brought about.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::restore::NumberedRule;
use crate::cli::RuleCommand;
use ipvs::model::{Change, VirtualId};

/// The last change of a service, and of each of its servers.
#[derive(Default)]
struct LastChanges<'a> {
    service: Option<&'a Change>,
    servers: HashMap<(IpAddr, u16), &'a Change>,
}

/// Returns the numbers of the lines that repeat exactly the last line about the same
/// service or server. If the kernel refuses them, nothing is lost.
pub fn repeats(rules: &[NumberedRule]) -> HashSet<u64> {
    let mut seen: HashMap<VirtualId, LastChanges<'_>> = HashMap::new();
    let mut lines = HashSet::new();
    for NumberedRule { line, command } in rules {
        let RuleCommand::Change(change) = command else {
            continue;
        };
        let last = match change {
            Change::AddService(service) | Change::EditService(service) => {
                seen.entry(service.id).or_default().service.replace(change)
            }
            Change::DeleteService(id) => {
                let seen = seen.entry(*id).or_default();
                seen.servers.clear();
                seen.service.replace(change)
            }
            Change::AddServer(id, server)
            | Change::EditServer(id, server)
            | Change::DeleteServer(id, server) => {
                let servers = &mut seen.entry(*id).or_default().servers;
                servers.insert((server.address, server.port), change)
            }
            Change::Clear => {
                seen.clear();
                None
            }
            Change::Zero(_)
            | Change::SetTimeouts(_)
            | Change::StartDaemon(_)
            | Change::StopDaemon(_) => None,
        };
        if last == Some(change) {
            lines.insert(*line);
        }
    }
    lines
}
