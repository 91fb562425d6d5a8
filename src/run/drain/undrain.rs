//! `--undrain`: servers get back the weights that they had before they were
//! drained.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::ops::ControlFlow;

use super::kept::{DrainedState, Kept, Store};
use crate::cli::Undrain;
use crate::names::Numeric;
use crate::run::look::still_there;
use crate::run::server_names::{AnywhereName, ServerOf};
use crate::run::{Failure, Report};
use ipvs::client::Client;
use ipvs::model::{Change, Destination, ServiceEntry};
use ipvs::rules::ChangeRule;

/// The step that brings one server back, or the reason why there is none.
#[derive(Debug, PartialEq, Eq)]
enum WayBack {
    /// The change that brings it back.
    Send(Change),
    /// The server is already as it was.
    Done,
    /// The service is gone.
    NoService,
    /// Another program has removed the server.
    Removed,
    /// Another program has given the server this weight.
    Weighted(u32),
    /// Another program has added the server again.
    Added,
}

/// Gives drained servers the weights back that they had, unless another program has changed them
/// meanwhile.
#[inline(never)]
pub(in crate::run) fn undrain(
    client: &mut Client,
    undrain: &Undrain,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let store = Store::open(report)?;
    let (meant, mut others): (Vec<Kept>, _) = store
        .read()?
        .into_iter()
        .partition(|kept| is_meant(undrain, kept));
    if meant.is_empty() {
        return Err(Failure::Stopped {
            status: 1,
            message: format!(
                "no weight of {} is kept in {}: it was not drained, or has its weight back",
                name(undrain),
                store.path().display()
            ),
        });
    }
    let entries =
        still_there(client, meant.iter().map(|kept| kept.service)).map_err(Failure::Refused)?;
    let mut sent = Vec::new();
    let mut status = 0;
    for kept in meant {
        let verdict = judge(&kept, entries.get(&kept.service));
        match verdict {
            WayBack::Send(change) => sent.push((kept, change)),
            WayBack::Done => report(&Back(&kept, &verdict)),
            theirs => {
                report(&Back(&kept, &theirs));
                status = 1;
            }
        }
    }
    let changes: Vec<_> = sent.iter().map(|(_, change)| change.clone()).collect();
    let mut refused = HashMap::new();
    client
        .apply_all(&changes, |place, error| {
            refused.insert(place, error);
            ControlFlow::Continue(())
        })
        .map_err(Failure::Refused)?;
    for (place, (kept, change)) in sent.iter().enumerate() {
        match refused.remove(&place) {
            None => report(&Back(kept, &WayBack::Send(change.clone()))),
            Some(error) => {
                report(&format_args!(
                    "{}: {error}",
                    ChangeRule::new(change, &Numeric)
                ));
                others.push(*kept);
                status = 255;
            }
        }
    }
    store.write(&others)?;
    match status {
        0 => Ok(()),
        status => Err(Failure::Lines { status }),
    }
}

fn is_meant(undrain: &Undrain, kept: &Kept) -> bool {
    match undrain {
        Undrain::Server(id, server) => kept.is(id, server),
        Undrain::Anywhere(server) => server.is_of(&kept.server),
    }
}

fn name(undrain: &Undrain) -> String {
    match undrain {
        Undrain::Server(id, server) => ServerOf(id, server).to_string(),
        Undrain::Anywhere(server) => AnywhereName(*server).to_string(),
    }
}

/// Compares the server with the state in which the drain has left it.
fn judge(kept: &Kept, entry: Option<&ServiceEntry>) -> WayBack {
    let Kept {
        service: id,
        server: then,
        state,
    } = *kept;
    let Some(entry) = entry else {
        return WayBack::NoService;
    };
    let mut servers = entry.destinations.iter().map(|row| row.destination);
    match (state, servers.find(|server| kept.is(&id, server))) {
        (DrainedState::Removed, None) => WayBack::Send(Change::AddServer(id, then)),
        (DrainedState::Closed, None) => WayBack::Removed,
        (_, Some(now)) if now.weight == then.weight => WayBack::Done,
        (DrainedState::Removed, Some(_)) => WayBack::Added,
        (DrainedState::Closed, Some(now)) if now.weight == 0 => {
            let weight = then.weight;
            WayBack::Send(Change::EditServer(id, Destination { weight, ..now }))
        }
        (DrainedState::Closed, Some(now)) => WayBack::Weighted(now.weight),
    }
}

/// Displays how the return of a server has ended.
struct Back<'a>(&'a Kept, &'a WayBack);

impl Display for Back<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(kept, verdict) = self;
        let Kept {
            service,
            server,
            state: _,
        } = kept;
        let (name, weight) = (ServerOf(service, server), server.weight);
        match verdict {
            WayBack::Send(Change::AddServer(..)) => {
                write!(f, "{name} is there again, with weight {weight}")
            }
            WayBack::Send(_) => write!(f, "{name} has weight {weight} again"),
            WayBack::Done => write!(f, "{name} has weight {weight} already"),
            WayBack::NoService => write!(f, "{name} is not back: its service is gone"),
            WayBack::Removed => {
                write!(
                    f,
                    "{name} was removed by someone else; it is not added again"
                )
            }
            WayBack::Weighted(now) => {
                write!(
                    f,
                    "{name} was given weight {now} by someone else; it does not get {weight} again"
                )
            }
            WayBack::Added => write!(
                f,
                "{name} was added again by someone else; it is left as it is"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipvs::model::{DestinationEntry, Forwarding, Protocol, Service, Stats, VirtualId};

    #[test]
    fn what_others_have_done_is_left() {
        let id = VirtualId::Endpoint {
            protocol: Protocol::Tcp,
            address: [10, 0, 0, 1].into(),
            port: 80,
        };
        let server = |weight, upper_threshold| Destination {
            weight,
            upper_threshold,
            ..Destination::new([10, 1, 0, 2].into(), 80, Forwarding::Masquerade)
        };
        let back = |state, now: Option<Destination>| {
            let kept = Kept {
                service: id,
                server: server(7, 50),
                state,
            };
            let scheduler = "rr".parse().map(|name| Service::new(id, name));
            let entry = scheduler.ok().map(|service| {
                let mut entry = ServiceEntry::new(service, Stats::default());
                entry.destinations.extend(now.map(DestinationEntry::new));
                entry
            });
            (judge(&kept, entry.as_ref()), judge(&kept, None))
        };
        for (state, now, wanted) in [
            (
                DrainedState::Closed,
                Some(server(0, 9)),
                WayBack::Send(Change::EditServer(id, server(7, 9))),
            ),
            (DrainedState::Closed, Some(server(7, 50)), WayBack::Done),
            (
                DrainedState::Closed,
                Some(server(3, 50)),
                WayBack::Weighted(3),
            ),
            (DrainedState::Closed, None, WayBack::Removed),
            (
                DrainedState::Removed,
                None,
                WayBack::Send(Change::AddServer(id, server(7, 50))),
            ),
            (DrainedState::Removed, Some(server(7, 50)), WayBack::Done),
            (DrainedState::Removed, Some(server(0, 50)), WayBack::Added),
        ] {
            assert_eq!(back(state, now), (wanted, WayBack::NoService));
        }
    }
}
