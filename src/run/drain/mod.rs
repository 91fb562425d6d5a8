//! `--drain` takes a server out when nobody is connected to it any more. `--undrain` brings it
//! back.

mod kept;
mod teller;
mod undrain;
mod wait;
mod words;

use super::everywhere::services_of;
use super::look::Entries;
use super::signal::StopSignal;
use super::{Failure, Report};
use crate::cli::{Drain, Leaving};
use crate::sysctls;
use ipvs::client::Client;
use ipvs::drain::{Draining, Together};
use ipvs::error::{Error, ErrorKind, Verb};
use ipvs::model::{DestinationEntry, Name, ServiceEntry, ServiceFlags};
use kept::Keeper;
use words::Drained;

pub(super) use undrain::undrain;

/// The sysctl that makes even persistent clients leave a server of weight 0.
const EXPIRE_TEMPLATES: &str = "expire_quiescent_template";

/// Takes servers, or a whole service, out without breaking connections.
#[inline(never)]
pub(super) fn drain(
    client: &mut Client,
    drain: &Drain,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let entries = entries(client, drain)?;
    let together: Together = entries
        .values()
        .flat_map(|entry| drains(drain, entry))
        .collect();
    if together.ongoing().is_empty() {
        return Err(Failure::Refused(refusal(drain, ErrorKind::NoSuchServer)));
    }
    let stop = StopSignal::watch().map_err(Failure::Files)?;
    let keeper = Keeper::begin(&together, report);
    together.close(client).map_err(Failure::Refused)?;
    for draining in together.ongoing() {
        if let Some(entry) = entries.get(draining.service()) {
            warn(drain, draining, entry, report);
        }
    }
    drop(entries);
    wait::wait(client, drain, together, keeper, &stop, report)
}

/// Returns the services that are drained, or whose servers are drained.
fn entries(client: &mut Client, drain: &Drain) -> Result<Entries, Failure> {
    let entries = match drain.leaving {
        Leaving::Anywhere(server) => services_of(client, &server)?,
        Leaving::Service(id) | Leaving::Server(id, _) => {
            let entry = client
                .service(&id)
                .map_err(|error| {
                    // The user asked for a removal, so the refusal is that of a removal.
                    match error.kind() {
                        kind @ ErrorKind::NoSuchService => refusal(drain, kind),
                        _ => error,
                    }
                })
                .map_err(Failure::Refused)?;
            vec![entry]
        }
    };
    let by_id = entries.into_iter().map(|entry| (entry.service.id, entry));
    Ok(by_id.collect())
}

/// Begins the drains in one service.
fn drains(drain: &Drain, entry: &ServiceEntry) -> Vec<Draining> {
    let begin = |server| Draining::begin(entry, server);
    match drain.leaving {
        Leaving::Service(_) => begin(None).into_iter().collect(),
        Leaving::Server(_, server) => begin(Some((server.address, server.port)))
            .into_iter()
            .collect(),
        // The entry has only the rows of this server.
        Leaving::Anywhere(_) => {
            let rows = entry.destinations.iter().map(|row| row.destination);
            rows.filter_map(|server| begin(Some((server.address, server.port))))
                .collect()
        }
    }
}

/// Warns where weight 0 does not have the expected effect.
fn warn(drain: &Drain, draining: &Draining, entry: &ServiceEntry, report: &mut Report<'_>) {
    let drained = Drained(drain, draining);
    let is_kept = |row: &DestinationEntry| {
        let server = draining.server();
        row.activity.persistent > 0
            && server.is_none_or(|server| server.endpoint() == row.destination.endpoint())
    };
    if entry.service.is_persistent()
        && entry.destinations.iter().any(is_kept)
        && sysctls::value(EXPIRE_TEMPLATES).is_some_and(|value| value == "0")
    {
        report(&format_args!(
            "net.ipv4.vs.{EXPIRE_TEMPLATES} is 0: persistent clients of {drained} keep coming \
             back to it"
        ));
    }
    let falls_back = entry.service.flags.contains(ServiceFlags::SCHED1);
    let scheduler = entry.service.scheduler.as_ref().map(Name::as_str);
    let remedy = match scheduler {
        Some("sh") if !falls_back => " (it needs the flag sh-fallback)",
        Some("mh") if !falls_back => " (it needs the flag mh-fallback)",
        Some("dh") => "",
        _ => return,
    };
    // Where all servers are drained, no scheduler could serve clients anyway.
    if let (Some(_), Some(scheduler)) = (draining.server(), scheduler) {
        report(&format_args!(
            "{scheduler} refuses the new clients of {drained} until it is removed{remedy}"
        ));
    }
}

/// Returns the error with which the kernel would refuse the removal.
fn refusal(drain: &Drain, kind: ErrorKind) -> Error {
    let verb = match drain.leaving {
        Leaving::Server(..) | Leaving::Anywhere(_) => Verb::DeleteServer,
        Leaving::Service(_) => Verb::DeleteService,
    };
    Error::refusal(verb, kind)
}
