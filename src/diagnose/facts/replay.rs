//! One client on its way through a director whose facts were written into a file.

use std::net::IpAddr;

use super::journey::Journey;
use super::lookup::{look_up, others};
use super::system::FIRST_UNPRIVILEGED;
use super::{Facts, Unread};
use ipvs::model::VirtualId;

/// The part that facts lack: they sum connections up, and do not tell which client has
/// which.
pub const SINGLE_CONNECTIONS: &str = "connections and templates of single clients";

/// The reason why facts can't tell the path of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReplayed {
    /// They are the facts of a real server.
    #[error("it has the facts of a real server, and not those of a director")]
    RealServer,
    /// They have no service but this one.
    #[error("it has the facts of {0} alone")]
    OtherService(VirtualId),
    /// They do not tell which packets have a mark and are taken in.
    #[error("facts do not tell of packets with a mark: run --explain on the director itself")]
    Mark,
    /// The kernel was not asked for the way of this client.
    #[error(
        "it has no way of {0}: write it anew, with ipvsadm --diagnose --client {0} --output FILE"
    )]
    Client(IpAddr),
}

impl Journey {
    /// Takes the way of a client from a director's facts.
    ///
    /// # Errors
    /// Where the facts do not tell this way.
    pub fn replay(
        mut facts: Facts,
        wanted: VirtualId,
        client: IpAddr,
        port: Option<u16>,
    ) -> Result<Self, NotReplayed> {
        if facts.on_server.is_some() {
            return Err(NotReplayed::RealServer);
        }
        if let VirtualId::Fwmark { .. } = wanted {
            return Err(NotReplayed::Mark);
        }
        if let Some(only) = facts.only.filter(|only| *only != wanted) {
            return Err(NotReplayed::OtherService(only));
        }
        if !facts.clients.contains(&client) {
            return Err(NotReplayed::Client(client));
        }
        let ids: Vec<_> = facts.services.iter().map(|service| service.id).collect();
        let unprivileged = facts.sysctl(FIRST_UNPRIVILEGED);
        let unprivileged = unprivileged.and_then(|port| port.try_into().ok());
        let found = look_up(&ids, wanted, unprivileged.unwrap_or(1024));
        facts
            .services
            .retain(|service| found.is_some_and(|(id, _)| id == service.id));
        facts.only = Some(wanted);
        facts.clients = vec![client];
        facts.unread.push(Unread {
            what: SINGLE_CONNECTIONS.to_owned(),
            why: "facts sum them up".to_owned(),
        });
        Ok(Self {
            wanted,
            client,
            port,
            lookup: found.map(|(_, lookup)| lookup),
            others: others(&ids, wanted, found.map(|(id, _)| id)),
            engine: None,
            connections: Vec::new(),
            template: None,
            marks: Vec::new(),
            marked: Vec::new(),
            facts,
        })
    }
}
