//! `--drain`: a server goes when nobody is connected to it any more.

mod teller;
mod wait;
mod words;

use super::signal::StopSignal;
use super::{Failure, Report};
use crate::cli::Drain;
use ipvs::client::Client;
use ipvs::drain::Draining;
use ipvs::error::{Error, ErrorKind, Verb};
use ipvs::model::{DestinationEntry, Name, ServiceEntry, ServiceFlags};
use wait::{Ended, wait};
use words::Drained;

/// The sysctl by which clients leave a server of weight 0 though they are
/// persistent.
const EXPIRE_TEMPLATES: &str = "/proc/sys/net/ipv4/vs/expire_quiescent_template";

/// Takes a server out, or a service, without hurting anyone.
#[inline(never)]
pub(super) fn drain(
    client: &mut Client,
    drain: &Drain,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let entry = client.service(&drain.service).map_err(|error| {
        // The user asked for a removal.
        match error.kind() {
            kind @ ErrorKind::NoSuchService => refusal(drain, kind),
            _ => error,
        }
    })?;
    let server = drain.server.map(|server| (server.address, server.port));
    let mut draining =
        Draining::begin(&entry, server).ok_or_else(|| refusal(drain, ErrorKind::NoSuchServer))?;
    let stop = StopSignal::watch().map_err(Failure::Files)?;
    draining.close(client)?;
    warn(drain, &entry, report);
    match wait(client, drain, &mut draining, &stop, report)? {
        Ended::Here => {}
        Ended::Gone => return gone(drain, report),
    }
    match client.apply(&draining.removal()) {
        Err(error) if is_gone(&error) => gone(drain, report),
        outcome => Ok(outcome?),
    }
}

/// Says where weight 0 does not do what is expected of it.
fn warn(drain: &Drain, entry: &ServiceEntry, report: &mut Report<'_>) {
    let drained = Drained(drain);
    let is_kept = |row: &DestinationEntry| is_drained(drain, row) && row.activity.persistent > 0;
    if entry.service.is_persistent()
        && entry.destinations.iter().any(is_kept)
        && std::fs::read_to_string(EXPIRE_TEMPLATES).is_ok_and(|value| value.trim() == "0")
    {
        report(&format_args!(
            "net.ipv4.vs.expire_quiescent_template is 0: persistent clients of {drained} keep \
             coming back to it"
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
    // Where all servers are drained nobody can be served, whatever it is.
    if let (Some(_), Some(scheduler)) = (drain.server, scheduler) {
        report(&format_args!(
            "{scheduler} refuses the new clients of {drained} until it is removed{remedy}"
        ));
    }
}

fn is_drained(drain: &Drain, row: &DestinationEntry) -> bool {
    drain
        .server
        .is_none_or(|server| server.endpoint() == row.destination.endpoint())
}

/// Returns what the kernel would say of the removal.
fn refusal(drain: &Drain, kind: ErrorKind) -> Error {
    let verb = match drain.server {
        Some(_) => Verb::DeleteServer,
        None => Verb::DeleteService,
    };
    Error::refusal(verb, kind)
}

/// Returns whether the server, its service or the whole of IPVS is gone.
fn is_gone(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NoSuchService | ErrorKind::NoSuchServer | ErrorKind::NoIpvs
    )
}

/// That is what was wanted.
fn gone(drain: &Drain, report: &mut Report<'_>) -> Result<(), Failure> {
    report(&format_args!(
        "{} was removed by someone else",
        Drained(drain)
    ));
    Ok(())
}
