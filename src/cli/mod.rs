//! Words into commands.
//!
//! [`parse`] reads what was typed, [`Invocation::resolve`] looks its names up
//! and gives the [`Command`], or the [`Usage`] error that the user is shown.
//! Nothing here touches the network, a file or the kernel.

mod command;
mod usage;

pub use command::{Command, Connections, Extent, List, Restore, RestoreMode, Save};
pub use usage::Usage;

use crate::names::Resolve;

/// What was read from the command line, before names are looked up.
#[derive(Clone, Debug)]
pub struct Invocation {}

impl Invocation {
    /// Looks the names up, in the order in which they were typed.
    ///
    /// # Errors
    /// The first mistake from left to right; a name that is not known is one.
    pub fn resolve(self, _names: &dyn Resolve) -> Result<Command, Usage> {
        Err(Usage::refused("not yet written"))
    }
}

/// Reads the words of `ipvsadm`; `program` is its name as typed.
pub fn parse(_program: &str, _words: &[String]) -> Invocation {
    Invocation {}
}

/// Reads the words of `ipvsadm-save`.
pub fn parse_save(_program: &str, _words: &[String]) -> Invocation {
    Invocation {}
}

/// Reads the words of `ipvsadm-restore`.
pub fn parse_restore(_program: &str, _words: &[String]) -> Invocation {
    Invocation {}
}

/// Reads the words of one line of rules, without a leading `ipvsadm`.
pub fn parse_rule(_words: &[String]) -> Invocation {
    Invocation {}
}

/// The text of `-h`.
pub fn help() -> String {
    String::new()
}

/// The text of `-v`.
pub fn version() -> String {
    String::new()
}
