//! Command lines that ipvsadm 1.31 refuses and this program does not.
//!
//! Nothing here refuses a command line. But one that is refused in the end is
//! refused with the words of 1.31, which would have stopped earlier.

use super::types::{Given, Label, Rule, Verb};

/// Returns the rule of 1.31 where it differs: 1.31 can't narrow a listing of
/// connections.
pub(super) fn rule(verb: Verb, label: Label) -> Option<Rule> {
    match (verb, label) {
        (Verb::List, Label::Service) => Some(Rule::Unless(&[Label::Connection])),
        (Verb::List, Label::Server) => Some(Rule::Illegal),
        _ => None,
    }
}

/// Returns whether the command is a listing of connections, which may be narrowed
/// here.
pub(super) fn narrows(verb: Verb, given: Given) -> bool {
    verb == Verb::List && given.has(Label::Connection)
}
