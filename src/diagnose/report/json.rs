//! Findings for programs; `docs/schema/diagnosis.json` describes the document.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;

use super::LookedAt;
use crate::diagnose::facts::Unread;
use crate::diagnose::finding::{Finding, Gravity, Remedy};
use crate::diagnose::{Facts, Method, OnServer, of};

#[derive(Serialize)]
struct DiagnosisDocument<'a> {
    kernel: &'a str,
    sample_seconds: f64,
    on_server: Option<RealServer<'a>>,
    services: usize,
    servers: usize,
    connections: Option<u64>,
    clients: usize,
    checks: usize,
    findings: Vec<FindingItem<'a>>,
    not_looked_at: Vec<NotLookedAt<'a>>,
}

/// The real server that is looked at.
#[derive(Serialize)]
struct RealServer<'a> {
    protocol: &'a str,
    address: IpAddr,
    port: u16,
    method: Method,
    director: Option<IpAddr>,
}

#[derive(Serialize)]
pub(super) struct FindingItem<'a> {
    gravity: Gravity,
    id: &'a str,
    affected: &'a [String],
    servers: &'a [IpAddr],
    sentence: &'a str,
    evidence: &'a [String],
    remedy: Vec<RemedyStep<'a>>,
}

/// A step is a command or words. `machine` is where to run a command, if not here.
#[derive(Serialize)]
struct RemedyStep<'a> {
    command: Option<&'a str>,
    words: Option<&'a str>,
    machine: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct NotLookedAt<'a> {
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
    let document = DiagnosisDocument {
        kernel: &facts.kernel,
        sample_seconds: facts.sample,
        on_server: facts.on_server.as_ref().map(part),
        services,
        servers,
        connections: facts.connections.as_ref().map(|_| connections),
        clients,
        checks: of(facts).count(),
        findings: findings.iter().map(item).collect(),
        not_looked_at: not_looked_at(facts),
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

pub(super) fn not_looked_at(facts: &Facts) -> Vec<NotLookedAt<'_>> {
    let unread = facts.unread.iter();
    let items = unread.map(|Unread { what, why }| NotLookedAt { what, why });
    items.collect()
}

fn part(on_server: &OnServer) -> RealServer<'_> {
    let OnServer {
        protocol,
        service,
        method,
        director,
    } = on_server;
    RealServer {
        protocol,
        address: service.address,
        port: service.port,
        method: *method,
        director: *director,
    }
}

pub(super) fn item(finding: &Finding) -> FindingItem<'_> {
    let Finding {
        id,
        gravity,
        servers,
        affected,
        sentence,
        evidence,
        remedy,
    } = finding;
    FindingItem {
        gravity: *gravity,
        id,
        affected,
        servers,
        sentence,
        evidence,
        remedy: remedy.iter().map(step).collect(),
    }
}

fn step(remedy: &Remedy) -> RemedyStep<'_> {
    let (command, words, machine) = match remedy {
        Remedy::Run(command) => (Some(command.as_str()), None, None),
        Remedy::RunOn(whom, command) => (Some(command.as_str()), None, Some(*whom)),
        Remedy::Say(words) => (None, Some(words.as_str()), None),
    };
    RemedyStep {
        command,
        words,
        machine,
    }
}
