//! `-L SERVICE --require NUMBER` tells whether enough servers take new connections, as a plugin of
//! a monitoring system does.
//!
//! The line and the statuses are those of the Monitoring Plugins: a text, `|`, and numbers for
//! graphs; the statuses 0, 1, 2 and 3 are the variants of [`ServiceState`].

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};

use super::{Failure, Out, kernel};
use crate::cli::Require;
use crate::view;
use ipvs::error::{Error, ErrorKind};
use ipvs::model::ServiceEntry;

/// The state of the service, in the words of plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ServiceState {
    /// Enough servers take new connections.
    Ok,
    /// Fewer servers do than are required.
    Warning,
    /// There is no such service.
    Critical,
    /// The service could not be looked at.
    Unknown,
}

impl ServiceState {
    const fn status(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Looks at the service, and prints the result in one line.
#[inline(never)]
pub(super) fn require(wanted: &Require, out: &mut Out) -> Result<(), Failure> {
    let entry = kernel::open().and_then(|mut client| client.service(&wanted.service));
    let (state, text) = match entry {
        Ok(entry) => {
            let usable = Usable::of(&entry, wanted.least);
            (usable.state(), usable.to_string())
        }
        Err(error) => unseen(&error),
    };
    say(wanted, state, &text, out)
}

/// Prints that the network namespace could not be entered.
pub(super) fn unknown(wanted: &Require, why: &Failure, out: &mut Out) -> Result<(), Failure> {
    let text = why.to_string().replace('|', "/");
    say(wanted, ServiceState::Unknown, &text, out)
}

fn say(wanted: &Require, state: ServiceState, text: &str, out: &mut Out) -> Result<(), Failure> {
    let service = wanted.service;
    writeln!(out, "IPVS {} - {service}: {text}", state.word())
        .and_then(|()| out.flush())
        .map_err(unsaid)?;
    match state.status() {
        0 => Ok(()),
        status => Err(Failure::Answered { status }),
    }
}

/// Returns the state and the text where the kernel has not told of the service. Only its answer
/// that there is no such service is a known state.
fn unseen(error: &Error) -> (ServiceState, String) {
    let state = match error.kind() {
        ErrorKind::NoSuchService => ServiceState::Critical,
        _ => ServiceState::Unknown,
    };
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    // Text behind a bar would be taken for numbers.
    (state, first.replace('|', "/"))
}

/// Returns the failure where the line could not be written: its reader knows nothing of the
/// service.
fn unsaid(error: io::Error) -> Failure {
    match Failure::writing(error) {
        failure @ Failure::ClosedPipe => failure,
        failure => Failure::Stopped {
            status: ServiceState::Unknown.status(),
            message: failure.to_string(),
        },
    }
}

/// The number of servers that take new connections, and the connections of all.
struct Usable {
    usable: u64,
    all: u64,
    least: u64,
    active: u64,
    inactive: u64,
}

impl Usable {
    fn of(entry: &ServiceEntry, least: u64) -> Self {
        let usable = view::usable(&entry.service, &entry.destinations).count();
        let mut of = Self {
            usable: u64::try_from(usable).unwrap_or(u64::MAX),
            all: 0,
            least,
            active: 0,
            inactive: 0,
        };
        for row in &entry.destinations {
            of.all = of.all.saturating_add(1);
            of.active = of.active.saturating_add(row.activity.active.into());
            of.inactive = of.inactive.saturating_add(row.activity.inactive.into());
        }
        of
    }

    fn state(&self) -> ServiceState {
        match self.usable >= self.least {
            true => ServiceState::Ok,
            false => ServiceState::Warning,
        }
    }
}

/// `1 of 2 servers takes connections | usable=1;2:;;0;2 active=3 inactive=14`
impl Display for Usable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            usable,
            all,
            least,
            active,
            inactive,
        } = self;
        let servers = if *all == 1 { "server" } else { "servers" };
        let take = if *usable == 1 { "takes" } else { "take" };
        write!(f, "{usable} of {all} {servers} {take} connections")?;
        if self.state() != ServiceState::Ok {
            write!(f, ", {least} required")?;
        }
        write!(
            f,
            " | usable={usable};{least}:;;0;{all} active={active} inactive={inactive}"
        )
    }
}
