//! A cause that was found, with all that it affects.

use std::fmt;

use serde::Serialize;

/// How grave a finding is. The gravest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    /// The services or servers that it affects; none where it affects all.
    pub affected: Vec<String>,
    /// One sentence: the fault, and what clients see of it.
    pub sentence: String,
    /// Names and values, as they can be checked by hand.
    pub evidence: Vec<String>,
    /// Commands, lines of files, and words between them.
    pub remedy: Vec<Remedy>,
}

/// A step of what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A command of this machine that can be pasted.
    Run(String),
    /// A command of another machine.
    RunOn(&'static str, String),
    /// Words for a person.
    Say(String),
}

impl Finding {
    /// A finding that clients fail.
    pub fn fail(sentence: impl Into<String>) -> Self {
        Self::new(Gravity::Fail, sentence)
    }

    /// A finding that clients fail at times, or will.
    pub fn warn(sentence: impl Into<String>) -> Self {
        Self::new(Gravity::Warn, sentence)
    }

    /// A finding that is worth knowing.
    pub fn note(sentence: impl Into<String>) -> Self {
        Self::new(Gravity::Note, sentence)
    }

    fn new(gravity: Gravity, sentence: impl Into<String>) -> Self {
        Self {
            id: "",
            gravity,
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

    /// Affects this service or server too.
    #[must_use]
    pub fn affects(mut self, what: impl fmt::Display) -> Self {
        self.add(what);
        self
    }

    /// Affects this service or server too.
    pub fn add(&mut self, what: impl fmt::Display) {
        let what = what.to_string();
        if self.affected.last() != Some(&what) {
            self.affected.push(what);
        }
    }

    /// Is shown by this.
    #[must_use]
    pub fn seen(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    /// Is shown by these.
    #[must_use]
    pub fn seen_by(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// Is cured by this command.
    #[must_use]
    pub fn run(mut self, command: impl Into<String>) -> Self {
        self.remedy.push(Remedy::Run(command.into()));
        self
    }

    /// Is cured by this command too, which is named once.
    pub fn also_run(&mut self, command: String) {
        let step = Remedy::Run(command);
        if !self.remedy.contains(&step) {
            self.remedy.push(step);
        }
    }

    /// Is cured by this command on another machine, such as `the server`.
    #[must_use]
    pub fn run_on(mut self, whom: &'static str, command: impl Into<String>) -> Self {
        self.remedy.push(Remedy::RunOn(whom, command.into()));
        self
    }

    /// Is cured by what these words say.
    #[must_use]
    pub fn say(mut self, words: impl Into<String>) -> Self {
        self.remedy.push(Remedy::Say(words.into()));
        self
    }

    /// Is cured by a setting of the kernel, now and after the next start.
    #[must_use]
    pub fn set(self, name: &str, value: &str) -> Self {
        self.run(format!("sysctl -w {name}={value}")).say(format!(
            "and for good, in /etc/sysctl.d/ipvs.conf: {name} = {value}"
        ))
    }
}
