//! A cause that was found, with all that it affects.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

/// How grave a finding is. The gravest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Gravity {
    /// Clients fail.
    Fail,
    /// Clients fail at times, or will fail.
    Warn,
    /// Worth knowing.
    Note,
}

impl fmt::Display for Gravity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fail => "FAIL",
            Self::Warn => "WARN",
            Self::Note => "NOTE",
        })
    }
}

/// A cause that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check that found it.
    pub id: &'static str,
    /// How grave it is.
    pub gravity: Gravity,
    /// The servers that have the fault, if it is a fault of servers. The sentence and
    /// the evidence are about the first one.
    pub servers: Vec<IpAddr>,
    /// The services or servers that it affects; empty if it affects all.
    pub affected: Vec<String>,
    /// One sentence: the fault, and what clients see of it.
    pub sentence: String,
    /// Names and values that can be checked by hand.
    pub evidence: Vec<String>,
    /// Commands, lines of files, and words between them.
    pub remedy: Vec<Remedy>,
}

/// A step of what to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// A command for this machine that can be pasted.
    Run(String),
    /// A command for another machine.
    RunOn(&'static str, String),
    /// Words for a person.
    Say(String),
}

impl Finding {
    /// Returns a finding that clients fail.
    pub fn fail(sentence: impl Into<String>) -> Self {
        Self::new(Gravity::Fail, sentence)
    }

    /// Returns a finding that clients fail at times, or will fail.
    pub fn warn(sentence: impl Into<String>) -> Self {
        Self::new(Gravity::Warn, sentence)
    }

    /// Returns a finding that is worth knowing.
    pub fn note(sentence: impl Into<String>) -> Self {
        Self::new(Gravity::Note, sentence)
    }

    fn new(gravity: Gravity, sentence: impl Into<String>) -> Self {
        Self {
            id: "",
            gravity,
            servers: Vec::new(),
            affected: Vec::new(),
            sentence: sentence.into(),
            evidence: Vec::new(),
            remedy: Vec::new(),
        }
    }

    pub(super) fn of(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    /// Adds a server that has the fault.
    #[must_use]
    pub fn at(mut self, server: IpAddr) -> Self {
        self.servers.push(server);
        self
    }

    /// Adds a service or server that it affects.
    #[must_use]
    pub fn affects(mut self, what: impl fmt::Display) -> Self {
        self.add(what);
        self
    }

    /// Adds a service or server that it affects.
    pub fn add(&mut self, what: impl fmt::Display) {
        let what = what.to_string();
        if self.affected.last() != Some(&what) {
            self.affected.push(what);
        }
    }

    /// Adds a piece of evidence.
    #[must_use]
    pub fn seen(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    /// Adds several pieces of evidence.
    #[must_use]
    pub fn seen_by(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// Adds a command to the remedy.
    #[must_use]
    pub fn run(mut self, command: impl Into<String>) -> Self {
        self.remedy.push(Remedy::Run(command.into()));
        self
    }

    /// Adds a command to the remedy, unless it is there already.
    pub fn also_run(&mut self, command: String) {
        let step = Remedy::Run(command);
        if !self.remedy.contains(&step) {
            self.remedy.push(step);
        }
    }

    /// Adds a command for another machine, such as `the server`, to the remedy.
    #[must_use]
    pub fn run_on(mut self, whom: &'static str, command: impl Into<String>) -> Self {
        self.remedy.push(Remedy::RunOn(whom, command.into()));
        self
    }

    /// Adds words to the remedy.
    #[must_use]
    pub fn say(mut self, words: impl Into<String>) -> Self {
        self.remedy.push(Remedy::Say(words.into()));
        self
    }

    /// Adds a setting of the kernel to the remedy, for now and after the next start.
    #[must_use]
    pub fn set(self, name: &str, value: &str) -> Self {
        let assignment = format!("{name}={value}");
        self.run(format!("sysctl -w {}", in_shell(&assignment)))
            .say(format!(
                "and for good, in /etc/sysctl.d/ipvs.conf: {name} = {value}"
            ))
    }
}

/// Returns a name as a word of a command: the kernel allows names of interfaces that mean
/// something to a shell, and its user is to paste the command.
pub(super) fn in_shell(name: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/@%+=,".contains(c);
    match !name.is_empty() && name.chars().all(is_plain) {
        true => Cow::Borrowed(name),
        false => Cow::Owned(format!("'{}'", name.replace('\'', r"'\''"))),
    }
}

/// Joins the findings of a check that differ only in their server and have the same
/// remedy: forty servers that lack the virtual address have one cause.
pub(super) fn together(findings: Vec<Finding>) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    let mut places = HashMap::new();
    for finding in findings {
        let Some(server) = finding.servers.first() else {
            all.push(finding);
            continue;
        };
        let sentence = finding.sentence.replace(&server.to_string(), "");
        let kind = (finding.gravity, sentence, finding.remedy.clone());
        let place = *places.entry(kind).or_insert(all.len());
        match all.get_mut(place) {
            Some(first) => {
                first.servers.extend(finding.servers);
                first.affected.extend(finding.affected);
            }
            None => all.push(finding),
        }
    }
    for finding in &mut all {
        let mut named = HashSet::new();
        finding
            .affected
            .retain(|affected| named.insert(affected.clone()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::in_shell;

    #[test]
    fn names_that_mean_something_to_a_shell_are_quoted() {
        for name in [
            "eth0.100",
            "br-lan",
            "wg0@if7",
            "net.ipv4.conf.eth0/5.rp_filter=2",
        ] {
            assert_eq!(in_shell(name), name);
        }
        assert_eq!(in_shell("a;reboot"), "'a;reboot'");
        assert_eq!(in_shell("it's"), r"'it'\''s'");
        assert_eq!(in_shell(""), "''");
    }
}
