//! `--all-services`: one real server in every service that has it.

use std::ops::ControlFlow;

use super::ensure::{edit_server, no_server};
use super::{Failure, Report};
use crate::cli::{Deed, Everywhere, ServerAnywhere, Usage};
use crate::names::Numeric;
use ipvs::client::Client;
use ipvs::error::{ErrorKind, Verb};
use ipvs::model::{Change, Destination, Forwarding, ServiceEntry, VirtualId};
use ipvs::rules::{ChangeRule, EndpointWords, Selector};

/// Makes the change in every service that has the server. All changes are checked before the first
/// is sent.
#[inline(never)]
pub(super) fn everywhere(
    client: &mut Client,
    wanted: &Everywhere,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let found = servers_of(client, &wanted.server)?;
    if found.is_empty() {
        return match wanted.deed {
            Deed::RemoveIfThere => Ok(()),
            Deed::Remove => Err(no_server(Verb::DeleteServer)),
            Deed::Replace(_) | Deed::Edit(_) => Err(no_server(Verb::EditServer)),
        };
    }
    let changes = plan(wanted.deed, found, report)?;
    let mut status = None;
    client
        .apply_all(&changes, |index, error| {
            // Another program may have removed it meanwhile.
            let is_gone = matches!(
                error.kind(),
                ErrorKind::NoSuchServer | ErrorKind::NoSuchService
            );
            if !is_gone || wanted.deed != Deed::RemoveIfThere {
                if let Some(change) = changes.get(index) {
                    let rule = ChangeRule::new(change, &Numeric);
                    report(&format_args!("{rule}: {error}"));
                }
                status = Some(Failure::Refused(error).status());
            }
            ControlFlow::Continue(())
        })
        .map_err(Failure::Refused)?;
    status.map_or(Ok(()), |status| Err(Failure::Lines { status }))
}

/// Returns the services that have this server, with its rows.
pub(super) fn servers_of(
    client: &mut Client,
    server: &ServerAnywhere,
) -> Result<Vec<(VirtualId, Destination)>, Failure> {
    let entries = services_of(client, server)?.into_iter();
    let servers = entries.flat_map(|entry| {
        let id = entry.service.id;
        let rows = entry.destinations.into_iter();
        rows.map(move |row| (id, row.destination))
    });
    Ok(servers.collect())
}

/// Returns the services that have a server, each with only the rows of that server, from one
/// reading of the table.
pub(super) fn services_of(
    client: &mut Client,
    server: &ServerAnywhere,
) -> Result<Vec<ServiceEntry>, Failure> {
    let mut found = Vec::new();
    for mut entry in client.services().map_err(Failure::Refused)? {
        let mut rows = client
            .destinations(&entry.service.id)
            .map_err(Failure::Refused)?;
        rows.retain(|row| server.is_of(&row.destination));
        if !rows.is_empty() {
            entry.destinations = rows;
            found.push(entry);
        }
    }
    Ok(found)
}

/// Returns the changes that are still to be made.
///
/// # Errors
/// Where a change can't be made. Each such change has been reported.
pub(super) fn plan(
    deed: Deed,
    found: Vec<(VirtualId, Destination)>,
    report: &mut Report<'_>,
) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    let mut status = None;
    for (id, now) in found {
        let change = match deed {
            Deed::Remove | Deed::RemoveIfThere => Ok(Some(Change::DeleteServer(id, now))),
            Deed::Edit(settings) => edit(id, now, settings.of(&id, now)),
            Deed::Replace(settings) => {
                let default = Destination::new(now.address, now.port, Forwarding::DirectRoute);
                let wanted = settings.of(&id, default);
                match wanted
                    .as_ref()
                    .is_ok_and(|wanted| is_elsewhere(&id, wanted))
                {
                    true => Err(no_server(Verb::EditServer)),
                    false => edit(id, now, wanted),
                }
            }
        };
        match change {
            Ok(change) => changes.extend(change),
            Err(failure) => {
                let service = Selector::new(&id, &Numeric);
                let server = EndpointWords::server(&id, &now, &Numeric);
                report(&format_args!(
                    "{service} -r {server}: {failure}; nothing is changed"
                ));
                status.get_or_insert(failure.status());
            }
        }
    }
    match status {
        None => Ok(changes),
        Some(status) => Err(Failure::Lines { status }),
    }
}

/// Returns whether `-e` in this service would look for the server at another port: only a server of
/// address translation has a port of its own.
fn is_elsewhere(id: &VirtualId, wanted: &Destination) -> bool {
    wanted.forwarding != Forwarding::Masquerade && id.port().is_some_and(|port| port != wanted.port)
}

/// Returns the change to a server; none where it already has the wanted settings.
fn edit(
    id: VirtualId,
    now: Destination,
    wanted: Result<Destination, Usage>,
) -> Result<Option<Change>, Failure> {
    let wanted = wanted?;
    // The kernel would refuse this only after other services had been changed.
    if wanted.lower_threshold > wanted.upper_threshold {
        return Err(Failure::refusal(Verb::EditServer, ErrorKind::OutOfRange));
    }
    Ok(edit_server(&id, &now, wanted))
}
