//! `--or-edit`, `--keep` and `--if-exists` reach the wanted state, whatever there was before. Where
//! it is there already, nothing is sent.

use super::Failure;
use crate::cli::Ensure;
use ipvs::client::Client;
use ipvs::error::{Error, ErrorKind, Verb};
use ipvs::model::equivalence::{same_server, same_service};
use ipvs::model::{Change, Destination, Service, ServiceEntry, VirtualId};

/// How often the change is tried while other programs change the same thing in between.
const ATTEMPTS: usize = 3;

/// Brings the table to the wanted state.
#[inline(never)]
pub(super) fn ensure(client: &mut Client, wanted: &Ensure) -> Result<(), Failure> {
    let mut attempt = 1;
    loop {
        let Some(change) = difference(client, wanted)? else {
            return Ok(());
        };
        match client.apply(&change) {
            Err(error) if attempt < ATTEMPTS && is_overtaken(&error) => attempt += 1,
            outcome => return outcome.map_err(Failure::Refused),
        }
    }
}

/// Returns the change that leads to the wanted state; none if it is there already.
fn difference(client: &mut Client, wanted: &Ensure) -> Result<Option<Change>, Failure> {
    Ok(match wanted {
        Ensure::Service(service) => match find(client, &service.id)? {
            None => Some(Change::AddService(service.clone())),
            Some(entry) => edit_service(&entry.service, service.clone()),
        },
        Ensure::Server(id, server) => {
            let entry = find(client, id)?.ok_or_else(|| no_service(Verb::AddServer))?;
            match server_of(&entry, |of| is_same(of, server)) {
                None => Some(Change::AddServer(*id, *server)),
                Some(now) => edit_server(id, &now, *server),
            }
        }
        Ensure::EditedService(edit) => {
            let entry = find(client, &edit.id)?.ok_or_else(|| no_service(Verb::EditService))?;
            edit_service(&entry.service, edit.clone().of(entry.service.clone())?)
        }
        Ensure::EditedServer(edit) => {
            let id = &edit.service;
            let entry = find(client, id)?.ok_or_else(|| no_service(Verb::EditServer))?;
            let now = server_of(&entry, |of| edit.is_of(of));
            let now = now.ok_or_else(|| no_server(Verb::EditServer))?;
            edit_server(id, &now, edit.settings.of(id, now)?)
        }
        Ensure::NoService(id) => find(client, id)?.map(|_| Change::DeleteService(*id)),
        Ensure::NoServer(id, server) => find(client, id)?
            .and_then(|entry| server_of(&entry, |of| is_same(of, server)))
            .map(|_| Change::DeleteServer(*id, *server)),
    })
}

fn edit_service(now: &Service, wanted: Service) -> Option<Change> {
    (!same_service(now, &wanted)).then_some(Change::EditService(wanted))
}

/// Returns the change to a server; none where it already has the wanted settings.
pub(super) fn edit_server(
    id: &VirtualId,
    now: &Destination,
    wanted: Destination,
) -> Option<Change> {
    (!same_server(now, &wanted)).then_some(Change::EditServer(*id, wanted))
}

/// Returns the service, if it is there.
pub(super) fn find(client: &mut Client, id: &VirtualId) -> Result<Option<ServiceEntry>, Failure> {
    match client.service(id) {
        Ok(entry) => Ok(Some(entry)),
        Err(error) if error.kind() == ErrorKind::NoSuchService => Ok(None),
        Err(error) => Err(Failure::Refused(error)),
    }
}

/// Returns the server of a service for which the condition holds, if it is there.
pub(super) fn server_of(
    entry: &ServiceEntry,
    is: impl Fn(&Destination) -> bool,
) -> Option<Destination> {
    let mut servers = entry.destinations.iter().map(|row| row.destination);
    servers.find(is)
}

/// Returns whether both name the same server.
pub(super) fn is_same(one: &Destination, other: &Destination) -> bool {
    one.endpoint() == other.endpoint()
}

/// Returns whether another program has added or removed the same thing in between.
fn is_overtaken(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AlreadyExists | ErrorKind::NoSuchService | ErrorKind::NoSuchServer
    )
}

/// Returns the kernel's refusal where the service does not exist.
pub(super) fn no_service(verb: Verb) -> Failure {
    Failure::refusal(verb, ErrorKind::NoSuchService)
}

/// Returns the kernel's refusal where there is no such server.
pub(super) fn no_server(verb: Verb) -> Failure {
    Failure::refusal(verb, ErrorKind::NoSuchServer)
}
