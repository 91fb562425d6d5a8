//! Why a run ended without having done what was asked, and its exit status.

use std::io;

use crate::cli::Usage;
use crate::netns::NetnsError;
use crate::sysctls::UnsetError;
use ipvs::error::{Error, ErrorKind, Verb, os_text};

/// A run that did not do what was asked, with a hint that may help.
#[derive(Debug)]
pub struct FailedRun {
    /// Why.
    pub failure: Failure,
    /// Advice for a person at a terminal.
    pub hint: Option<String>,
}

impl From<Failure> for FailedRun {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            hint: None,
        }
    }
}

/// The reason of a failed run, which `main` reports before it exits.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The words make no command.
    #[error(transparent)]
    Usage(#[from] Usage),
    /// There is no network namespace to look into.
    #[error(transparent)]
    Netns(#[from] NetnsError),
    /// There is no IPVS to speak with.
    #[error(transparent)]
    NoIpvs(Error),
    /// The kernel refused a change.
    #[error(transparent)]
    Refused(Error),
    /// A setting is not what was asked for.
    #[error(transparent)]
    Unset(#[from] UnsetError),
    /// The table, or a part of it, could not be shown.
    #[error(transparent)]
    Unlisted(Error),
    /// The table could not be looked at.
    #[error(transparent)]
    Unexplained(Error),
    /// Some lines of a rule file failed; each has been reported.
    #[error("")]
    Lines {
        /// The status of such a run.
        status: u8,
    },
    /// Standard output has the answer, and the status repeats it: a diagnosis or explanation found
    /// a fault, a requirement is not met, or not everything could be looked at. Of several network
    /// namespaces, each that failed has been reported.
    #[error("")]
    Answered {
        /// 1, 2 or 3.
        status: u8,
    },
    /// The run was not finished: a signal asked it to stop, its time was over, or another program
    /// changed the same thing.
    #[error("{message}")]
    Stopped {
        /// 128 and the signal's number, or 1.
        status: u8,
        /// Why, and what became of the table.
        message: String,
    },
    /// A file, or an output stream, failed.
    #[error("{}", what_and_why(.0))]
    Files(anyhow::Error),
    /// The reader of standard output has gone.
    #[error("")]
    ClosedPipe,
}

/// Returns what was attempted, and the system's error text.
fn what_and_why(error: &anyhow::Error) -> String {
    match error.root_cause().downcast_ref::<io::Error>() {
        Some(cause) => format!("{error}: {}", os_text(cause)),
        None => format!("{error:#}"),
    }
}

impl Failure {
    /// Returns the exit status: that of ipvsadm 1.31 where it has the same failure.
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(usage) => usage.status(),
            Self::Netns(_) | Self::NoIpvs(_) | Self::Unexplained(_) => 2,
            Self::Refused(_) | Self::Unset(_) => 255,
            Self::Unlisted(_) | Self::Files(_) => 1,
            Self::Lines { status } | Self::Answered { status } | Self::Stopped { status, .. } => {
                *status
            }
            // The status that a shell gives a program which SIGPIPE has ended.
            Self::ClosedPipe => 141,
        }
    }

    /// Returns the failure of a change that the kernel would refuse for this reason.
    pub(super) fn refusal(verb: Verb, kind: ErrorKind) -> Self {
        Self::Refused(Error::refusal(verb, kind))
    }

    /// Returns the failure for a failed write to standard output.
    pub(super) fn writing(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Files(anyhow::Error::new(error).context("cannot write to standard output")),
        }
    }
}
