//! The servers among which the scheduler chooses.

use super::hash::{self, Computed};
use super::{Candidate, Fixed, Leg, Passage, SHOWN, beyond, found};
use crate::diagnose::facts::{Journey, Server, ServiceFacts};
use ipvs::model::ServiceFlags;

pub(super) const CHECKS: &[&str] = &["no-usable-server", "all-overloaded"];

pub(super) fn choice(journey: &Journey, fixed: Option<Fixed>) -> (Leg, Vec<Candidate>) {
    let mut leg = Leg::new("servers");
    let Some(service) = journey.facts.services.first() else {
        return (leg, Vec::new());
    };
    let chosen = fixed.and_then(|fixed| {
        let (Fixed::Connection(server) | Fixed::Template(server)) = fixed;
        service.server_of(server).map(|server| server.endpoint)
    });
    let mut candidates: Vec<Candidate> = service
        .servers
        .iter()
        .map(|server| Candidate {
            server: *server,
            eligible: match chosen {
                Some(chosen) => chosen == server.endpoint,
                None => service.scheduler.is_some() && why_not(server).is_none(),
            },
        })
        .collect();
    candidates.sort_by_key(|candidate| candidate.server.endpoint);
    match fixed {
        Some(Fixed::Connection(server)) => {
            leg.say(format!("The connection goes to {server}; nothing is chosen."));
        }
        Some(Fixed::Template(server)) => leg.say(format!(
            "The template names {server}, whatever its weight and its threshold are; nothing is chosen."
        )),
        None => {
            scheduled(&mut leg, journey, service, &candidates);
            leg.find(found(&journey.facts, CHECKS));
        }
    }
    (leg, candidates)
}

/// Returns why a server takes no new connection, or none if it does.
fn why_not(server: &Server) -> Option<String> {
    if server.weight == 0 {
        return Some("its weight is 0".to_owned());
    }
    let connections = u64::from(server.active) + u64::from(server.inactive);
    server.is_full().then(|| {
        format!(
            "it has {connections} connections, and takes no more than {}",
            server.upper_threshold
        )
    })
}

fn scheduled(leg: &mut Leg, journey: &Journey, service: &ServiceFacts, candidates: &[Candidate]) {
    let Some(scheduler) = service.scheduler.as_deref() else {
        leg.say("The service has no scheduler, so that no server is chosen.");
        return;
    };
    let number = candidates
        .iter()
        .filter(|candidate| candidate.eligible)
        .count();
    leg.say(match number {
        0 => format!("{scheduler} has no server to choose."),
        1 => format!(
            "{scheduler} has one server to choose, of {}.",
            candidates.len()
        ),
        _ => format!(
            "{scheduler} chooses one of {number} servers, of {}.",
            candidates.len()
        ),
    });
    for Candidate { server, .. } in candidates.iter().take(SHOWN) {
        let words = format!(
            "{} ({}, weight {})",
            server.endpoint,
            server.method.words(),
            server.weight
        );
        let (connections, full) = (
            u64::from(server.active) + u64::from(server.inactive),
            server.upper_threshold,
        );
        // A server that was full takes connections again only below the lower
        // threshold.
        let lower = match server.lower_threshold {
            0 => u64::from(full) * 3 / 4,
            lower => lower.into(),
        };
        leg.say(match why_not(server) {
            Some(why) => format!("{words}: not, since {why}."),
            None if full > 0 && connections > lower => format!(
                "{words}: may get it; has {connections} connections of at most {full}. If it was full, it takes none until it has fewer than {lower}."
            ),
            None => format!("{words}: may get it."),
        });
    }
    if let Some(more) = beyond(SHOWN, candidates.len()) {
        leg.say(format!("And {more} more."));
    }
    let Some((computed, places)) = hash::computed(journey, service).filter(|_| number > 0) else {
        return;
    };
    // It is computed with the usual size of the table; a kernel may be built with
    // another.
    let by = format!("{scheduler} computes the server; with a table of the usual {places} places");
    match computed {
        Computed::Takes(server) => leg.say(format!("{by} it is {}.", server.endpoint)),
        Computed::Refuses(server) => {
            leg.at_most(Passage::Unsure);
            leg.say(format!(
                "{by} it is {}, which takes nothing: the client is refused. sh-fallback and mh-fallback (-b) choose another one then.",
                server.endpoint
            ));
        }
        Computed::Nobody => {
            leg.at_most(Passage::Unsure);
            leg.say(format!(
                "{by} there is none for this client, which is refused."
            ));
        }
        Computed::Unknown(why) => {
            leg.say(format!(
                "Which server {scheduler} comes to is not computed here: {why}."
            ));
            may_be_refused(leg, service, candidates);
        }
    }
}

/// Adds that a scheduler that hashes, without a fallback, may come to a server that
/// takes nothing.
fn may_be_refused(leg: &mut Leg, service: &ServiceFacts, candidates: &[Candidate]) {
    let falls_back = ServiceFlags(service.flags).contains(ServiceFlags::SCHED1);
    let is = |name| service.scheduler.as_deref() == Some(name);
    // mh keeps the places that a server of weight 0 had, and has none for a server that
    // never had a weight.
    let has_places = |server: &Server| !is("mh") || server.weight > 0 || server.had_clients();
    let idle = candidates
        .iter()
        .any(|candidate| !candidate.eligible && has_places(&candidate.server));
    if idle && (is("dh") || !falls_back) {
        leg.at_most(Passage::Unsure);
        leg.say(
            "If it comes to one that takes nothing, the client is refused. sh-fallback and mh-fallback (-b) choose another one then.",
        );
    }
}
