//! The errors between a program and the kernel, and the sentence that ipvsadm says for
//! each.
//!
//! ```
//! use ipvs::error::{Error, ErrorKind, Verb};
//!
//! let error = Error::refusal(Verb::DeleteServer, ErrorKind::NoSuchServer);
//! assert_eq!(error.kind(), ErrorKind::NoSuchServer);
//! assert_eq!(error.to_string(), "No such destination");
//! ```

mod kind;
mod refusals;
mod verb;

use std::fmt;
use std::io;

use crate::uapi::{EBUSY, EIO, ENOMEM, ERANGE};
use refusals::Meaning;

pub use kind::ErrorKind;
pub use verb::Verb;

/// The reason why the kernel did not do or answer what it was asked.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum Error {
    /// There is no IPVS to speak with, or this process may not speak with it.
    #[error(
        "Can't initialize ipvs: {}\n\
         Are you sure that IP Virtual Server is built in the kernel or as module?",
        Sentence(Verb::Open, .0)
    )]
    Unavailable(io::Error),
    /// The network namespace can't be entered.
    #[error("the network namespace can't be entered: {}", os_text(.0))]
    Namespace(io::Error),
    /// The kernel refused.
    #[error("{}", Sentence(*.verb, &io::Error::from_raw_os_error(*.errno)))]
    Kernel {
        /// The request.
        verb: Verb,
        /// The kernel's answer, as a positive `errno`.
        errno: i32,
        /// The kernel's own words (`NLMSGERR_ATTR_MSG`), where it sent some.
        note: Option<String>,
    },
    /// The table changed during every one of several attempts to list it.
    #[error("The table changed each time it was being listed")]
    Interrupted,
    /// The kernel had to drop answers (`ENOBUFS`).
    #[error("The kernel's answers overran the receive buffer")]
    Overrun,
    /// The kernel did not answer in time.
    #[error("The kernel has not answered in time")]
    TimedOut,
    /// The kernel's answer makes no sense.
    #[error("The kernel's answer is not understood: {0}")]
    Protocol(String),
    /// A file of `/proc` can't be read.
    #[error("{file} can't be read: {}", os_text(source))]
    File {
        /// The file.
        file: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The socket failed.
    #[error("{}", Sentence(Verb::Open, .0))]
    Io(#[from] io::Error),
}

impl Error {
    /// Returns the `errno` behind the error, where there is one.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Kernel { errno, .. } => Some(*errno),
            Self::Unavailable(error)
            | Self::Namespace(error)
            | Self::File { source: error, .. }
            | Self::Io(error) => error.raw_os_error(),
            Self::Interrupted | Self::Overrun | Self::TimedOut | Self::Protocol(_) => None,
        }
    }

    /// Returns the meaning of the error.
    pub fn kind(&self) -> ErrorKind {
        let meaning = |verb, errno| {
            let refusal = Meaning::find(verb, errno);
            refusal.map_or(ErrorKind::Other, |refusal| refusal.kind)
        };
        match self {
            Self::Kernel { verb, errno, .. } => meaning(*verb, *errno),
            Self::Unavailable(error) => match error.raw_os_error() {
                Some(errno) => meaning(Verb::Open, errno),
                None => ErrorKind::Io,
            },
            Self::Interrupted => ErrorKind::Interrupted,
            Self::Namespace(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                ErrorKind::PermissionDenied
            }
            Self::Namespace(_) => ErrorKind::NoSuchNamespace,
            Self::File { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => ErrorKind::NoIpvs,
                io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                _ => ErrorKind::Io,
            },
            Self::Overrun => ErrorKind::Overrun,
            Self::TimedOut => ErrorKind::TimedOut,
            Self::Protocol(_) => ErrorKind::Protocol,
            Self::Io(_) => ErrorKind::Io,
        }
    }

    /// Returns the error of a kernel that refuses `verb` for this reason, for programs that
    /// know beforehand that it would. Where the kernel never refuses `verb` for this
    /// reason, the error is a [`Protocol`](Self::Protocol) that says so.
    pub fn refusal(verb: Verb, kind: ErrorKind) -> Self {
        let Some(&Meaning { errno, .. }) = Meaning::by_kind(verb, kind) else {
            return Self::Protocol(format!("{verb:?} is not refused with {kind:?}"));
        };
        match verb {
            Verb::Open => Self::Unavailable(io::Error::from_raw_os_error(errno)),
            _ => Self::Kernel {
                verb,
                errno,
                note: None,
            },
        }
    }

    /// Returns whether the kernel refused only because the service or server to be added is
    /// there already, maybe with other settings, or the one to be deleted is not there.
    pub fn is_done(&self) -> bool {
        let Self::Kernel { verb, .. } = self else {
            return false;
        };
        matches!(
            (verb, self.kind()),
            (Verb::AddService | Verb::AddServer, ErrorKind::AlreadyExists)
                | (Verb::DeleteService, ErrorKind::NoSuchService)
                | (Verb::DeleteServer, ErrorKind::NoSuchServer)
        )
    }

    /// Returns the kernel's own words on its refusal, where it sent some.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Kernel { note, .. } => note.as_deref(),
            _ => None,
        }
    }
}

/// The system's own error, where one is behind this one: for a function whose errors
/// are those of files.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(source)
            | Error::Namespace(source)
            | Error::File { source, .. }
            | Error::Io(source) => source,
            other => Self::other(other),
        }
    }
}

/// Writes what ipvsadm says when the kernel answers a verb with an error.
struct Sentence<'a>(Verb, &'a io::Error);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(errno) = self.1.raw_os_error() else {
            return self.1.fmt(f);
        };
        match Meaning::find(self.0, errno).and_then(|refusal| refusal.sentence) {
            Some(text) => f.write_str(text),
            None => f.write_str(&os_text(self.1)),
        }
    }
}

/// Returns the GNU C library's words for an error of the system, and no more. A few words
/// are written down here, for programs that are linked with another C library.
pub fn os_text(error: &io::Error) -> String {
    let words = match error.raw_os_error() {
        Some(EIO) => Some("Input/output error"),
        Some(ENOMEM) => Some("Cannot allocate memory"),
        Some(EBUSY) => Some("Device or resource busy"),
        Some(ERANGE) => Some("Numerical result out of range"),
        _ => None,
    };
    if let Some(words) = words {
        return words.to_owned();
    }
    let mut text = error.to_string();
    if let Some(errno) = error.raw_os_error() {
        let number = format!(" (os error {errno})");
        text.truncate(text.strip_suffix(&number).map_or(text.len(), str::len));
    }
    text
}
