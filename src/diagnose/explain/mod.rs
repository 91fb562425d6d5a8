//! `--explain`: the path of one client, step by step.
//!
//! Each leg of the path is one pure function from a [`Journey`] to a [`Leg`]. If a
//! check knows a fault already, the function asks this check, with the one service and
//! the servers that may get the client.

mod arrival;
mod back;
mod choice;
mod hash;
mod lookup;
mod memory;
mod onward;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::facts::{Facts, Journey, Server};
use super::finding::{Finding, Gravity};
use ipvs::model::Endpoint;

/// The prospects of a client on a leg of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Passage {
    /// The client gets past.
    Open,
    /// The client may not get past: it depends on the server, or on what can't be seen
    /// from here.
    Unsure,
    /// The client does not get past.
    Shut,
}

/// A leg of a client's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Its name for programs: `arrival`.
    pub name: &'static str,
    /// The client's prospects there.
    pub passage: Passage,
    /// A sentence for each thing that happens on the leg.
    pub sentences: Vec<String>,
    /// The faults on the leg, with their remedies. A fault that no check found has no
    /// id.
    pub findings: Vec<Finding>,
}

impl Leg {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            passage: Passage::Open,
            sentences: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn say(&mut self, sentence: impl Into<String>) {
        self.sentences.push(sentence.into());
    }

    /// Makes the passage no better than this.
    fn at_most(&mut self, passage: Passage) {
        self.passage = self.passage.max(passage);
    }

    /// Adds findings, and makes the passage no better than their gravity allows.
    fn find(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.at_most(match finding.gravity {
                Gravity::Fail => Passage::Shut,
                Gravity::Warn => Passage::Unsure,
                Gravity::Note => Passage::Open,
            });
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}

/// A server of the service, and whether the client may get it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The server.
    pub server: Server,
    /// The client may get it.
    pub eligible: bool,
}

/// The path of a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The legs, in their order.
    pub legs: Vec<Leg>,
    /// The servers of the service.
    pub servers: Vec<Candidate>,
}

impl Explanation {
    /// Returns the client's prospects on the whole path.
    pub fn passage(&self) -> Passage {
        let worst = self.legs.iter().map(|leg| leg.passage).max();
        worst.unwrap_or(Passage::Open)
    }
}

/// Explains what happens to a client.
pub fn explain(journey: &Journey) -> Explanation {
    let mut legs = vec![arrival::arrival(journey), lookup::lookup(journey)];
    let mut servers = Vec::new();
    if !journey.facts.services.is_empty() {
        let (leg, fixed) = memory::memory(journey);
        legs.push(leg);
        let (leg, candidates) = choice::choice(journey, fixed);
        legs.push(leg);
        let eligible: Vec<Server> = candidates
            .iter()
            .filter(|candidate| candidate.eligible)
            .map(|candidate| candidate.server)
            .collect();
        if !eligible.is_empty() {
            legs.push(onward::onward(journey, &eligible));
            legs.push(back::back(journey, &eligible));
        }
        servers = candidates;
    }
    let mut explanation = Explanation { legs, servers };
    // No leg has a fault, and yet all of the client's connections have failed.
    if explanation.passage() == Passage::Open && memory::in_vain(journey).is_some() {
        let mut legs = explanation.legs.iter_mut();
        if let Some(leg) = legs.find(|leg| leg.name == memory::NAME) {
            leg.at_most(Passage::Unsure);
        }
    }
    explanation
}

/// Returns the findings of these checks as if the service had this server alone, with a
/// weight above 0.
///
/// `facts` are the journey's own, except that the servers are replaced: there may be
/// too many servers to copy all facts for each.
fn found_of(facts: &mut Facts, server: &Server, ids: &[&str]) -> Vec<Finding> {
    for service in &mut facts.services {
        service.servers = vec![Server {
            weight: server.weight.max(1),
            ..*server
        }];
    }
    found(facts, ids)
}

/// Returns the findings of these checks.
fn found(facts: &Facts, ids: &[&str]) -> Vec<Finding> {
    let checks = super::all().filter(|check| ids.contains(&check.id));
    let findings = checks.flat_map(|check| {
        let of = |finding: Finding| finding.of(check.id);
        (check.judge)(facts).into_iter().map(of).collect::<Vec<_>>()
    });
    findings.collect()
}

/// Adds what `one` says of each server. The leg is open or shut if it is so for every
/// server; otherwise it depends on the server.
fn for_each_server(leg: &mut Leg, servers: &[Server], mut one: impl FnMut(&Server) -> Leg) {
    let mut passages = Vec::new();
    for server in servers {
        let Leg {
            name: _,
            passage,
            sentences,
            findings,
        } = one(server);
        passages.push(passage);
        if passages.len() <= SHOWN {
            leg.sentences.extend(sentences);
        }
        for finding in findings {
            if !leg.findings.contains(&finding) {
                leg.findings.push(finding);
            }
        }
    }
    if let Some(more) = beyond(SHOWN, servers.len()) {
        leg.say(format!("And so on for {more} more."));
    }
    let all_shut = passages.iter().all(|passage| *passage == Passage::Shut);
    let all_open = passages.iter().all(|passage| *passage == Passage::Open);
    leg.at_most(match (all_shut, all_open) {
        (_, true) => Passage::Open,
        (true, _) => Passage::Shut,
        _ => Passage::Unsure,
    });
}

/// The most servers that are told of one by one.
const SHOWN: usize = 16;

/// Returns how many of all are not shown, or none if all are.
fn beyond(shown: usize, all: usize) -> Option<usize> {
    all.checked_sub(shown).filter(|more| *more > 0)
}

/// Returns a time in words: `1 s`, `12 s`, `3 min`.
fn time(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        _ => format!("{} min", seconds / 60),
    }
}

/// Returns the words as `A, B and C`.
fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The server that gets the client whatever the scheduler would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fixed {
    /// The client's connection goes to this server.
    Connection(Endpoint),
    /// The client's template keeps it with this server.
    Template(Endpoint),
}
