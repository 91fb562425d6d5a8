//! Findings for programs; `docs/schema/diagnosis.json` describes the document.

use std::io::{self, Write};

use serde::Serialize;

use super::LookedAt;
use crate::diagnose::finding::{Finding, Gravity, Remedy};
use crate::diagnose::{Facts, all};

#[derive(Serialize)]
struct Document<'a> {
    kernel: &'a str,
    sample_seconds: f64,
    services: usize,
    servers: usize,
    connections: Option<u64>,
    clients: usize,
    checks: usize,
    findings: Vec<Item<'a>>,
    not_looked_at: Vec<NotLookedAt<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    gravity: Gravity,
    id: &'a str,
    affected: &'a [String],
    sentence: &'a str,
    evidence: &'a [String],
    remedy: Vec<Step<'a>>,
}

/// A step is a command or words; the machine is named where it is another.
#[derive(Serialize)]
struct Step<'a> {
    command: Option<&'a str>,
    words: Option<&'a str>,
    machine: Option<&'a str>,
}

#[derive(Serialize)]
struct NotLookedAt<'a> {
    what: &'a str,
    why: &'a str,
}

/// Writes the findings and what was looked at as one document.
///
/// # Errors
/// The errors of `out`.
pub fn json(out: &mut impl Write, facts: &Facts, findings: &[Finding]) -> io::Result<()> {
    let LookedAt {
        services,
        servers,
        connections,
        clients,
    } = LookedAt::of(facts);
    let document = Document {
        kernel: &facts.kernel,
        sample_seconds: facts.sample,
        services,
        servers,
        connections: facts.connections.as_ref().map(|_| connections),
        clients,
        checks: all().count(),
        findings: findings.iter().map(item).collect(),
        not_looked_at: facts
            .unread
            .iter()
            .map(|unread| NotLookedAt {
                what: &unread.what,
                why: &unread.why,
            })
            .collect(),
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn item(finding: &Finding) -> Item<'_> {
    let Finding {
        id,
        gravity,
        affected,
        sentence,
        evidence,
        remedy,
    } = finding;
    Item {
        gravity: *gravity,
        id,
        affected,
        sentence,
        evidence,
        remedy: remedy.iter().map(step).collect(),
    }
}

fn step(remedy: &Remedy) -> Step<'_> {
    let (command, words, machine) = match remedy {
        Remedy::Run(command) => (Some(command.as_str()), None, None),
        Remedy::RunOn(whom, command) => (Some(command.as_str()), None, Some(*whom)),
        Remedy::Say(words) => (None, Some(words.as_str()), None),
    };
    Step {
        command,
        words,
        machine,
    }
}
