//! The path of a client, for people and for programs; `docs/schema/explanation.json`
//! describes the document.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;

use super::json::{FindingItem, NotLookedAt, item, not_looked_at};
use super::text::{capital, paragraph, unread, why_and_what};
use crate::diagnose::explain::{Candidate, Explanation, Leg, Passage};
use crate::diagnose::facts::{Journey, Method};
use ipvs::model::{Endpoint, VirtualId};

/// Writes the path in sentences, and then how it ends.
///
/// # Errors
/// The errors of `out`.
pub fn explanation_text(
    out: &mut impl Write,
    journey: &Journey,
    explanation: &Explanation,
) -> io::Result<()> {
    let mut shut = Vec::new();
    for (number, leg) in explanation.legs.iter().enumerate() {
        let number = number.saturating_add(1);
        out.write_all(step(number, leg).as_bytes())?;
        if leg.passage == explanation.passage() {
            shut.push(number.to_string());
        }
    }
    let steps = if shut.len() == 1 { "step" } else { "steps" };
    let steps = format!("see {steps} {}", shut.join(", "));
    let end = match explanation.passage() {
        Passage::Open => match journey.wanted {
            VirtualId::Endpoint { .. } => "would be served".to_owned(),
            VirtualId::Fwmark { mark, .. } => {
                format!("would be served if its packets get the mark {mark}")
            }
        },
        Passage::Unsure => format!("may not be served: {steps}"),
        Passage::Shut => format!("would not be served: {steps}"),
    };
    writeln!(out, "{} {end}.", journey.client)?;
    unread(out, &journey.facts)
}

fn step(number: usize, leg: &Leg) -> String {
    let mut text = String::new();
    let mut first = format!("{number}. ");
    for sentence in &leg.sentences {
        text += &paragraph(&first, "   ", sentence);
        "   ".clone_into(&mut first);
    }
    for finding in &leg.findings {
        let id = match finding.id {
            "" => String::new(),
            id => format!(" {id}"),
        };
        let label = format!("{first}{}{id}: ", finding.gravity);
        text += &paragraph(&label, "   ", &capital(&finding.sentence));
        "   ".clone_into(&mut first);
        text += &why_and_what("   ", finding);
    }
    text
}

#[derive(Serialize)]
struct ExplanationDocument<'a> {
    kernel: &'a str,
    wanted: String,
    client: IpAddr,
    client_port: Option<u16>,
    service: Option<String>,
    passage: Passage,
    steps: Vec<LegItem<'a>>,
    servers: Vec<CandidateItem>,
    not_looked_at: Vec<NotLookedAt<'a>>,
}

#[derive(Serialize)]
struct LegItem<'a> {
    name: &'a str,
    passage: Passage,
    sentences: &'a [String],
    findings: Vec<FindingItem<'a>>,
}

#[derive(Serialize)]
struct CandidateItem {
    address: IpAddr,
    port: u16,
    method: Method,
    weight: u32,
    eligible: bool,
}

/// Writes the path as one document.
///
/// # Errors
/// The errors of `out`.
pub fn explanation_json(
    out: &mut impl Write,
    journey: &Journey,
    explanation: &Explanation,
) -> io::Result<()> {
    let service = journey.facts.services.first();
    let document = ExplanationDocument {
        kernel: &journey.facts.kernel,
        wanted: journey.wanted.to_string(),
        client: journey.client,
        client_port: journey.port,
        service: service.map(|service| service.id.to_string()),
        passage: explanation.passage(),
        steps: explanation.legs.iter().map(leg_item).collect(),
        servers: explanation.servers.iter().map(candidate_item).collect(),
        not_looked_at: not_looked_at(&journey.facts),
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn leg_item(leg: &Leg) -> LegItem<'_> {
    let Leg {
        name,
        passage,
        sentences,
        findings,
    } = leg;
    LegItem {
        name,
        passage: *passage,
        sentences,
        findings: findings.iter().map(item).collect(),
    }
}

fn candidate_item(Candidate { server, eligible }: &Candidate) -> CandidateItem {
    let Endpoint { address, port } = server.endpoint;
    CandidateItem {
        address,
        port,
        method: server.method,
        weight: server.weight,
        eligible: *eligible,
    }
}
