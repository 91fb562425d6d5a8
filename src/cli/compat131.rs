//! Command lines that ipvsadm 1.31 refuses and this program does not.
//!
//! Nothing here makes anything illegal. But where a command line is refused in the
//! end, it is with the words of 1.31, which would have stopped earlier.

use super::types::{Given, Label, Rule, Verb};

/// The rule of 1.31, where it has another: it can't narrow a listing of
/// connections.
pub(super) fn rule(verb: Verb, label: Label) -> Option<Rule> {
    match (verb, label) {
        (Verb::List, Label::Service) => Some(Rule::Unless(&[Label::Connection])),
        (Verb::List, Label::Server) => Some(Rule::Illegal),
        _ => None,
    }
}

/// Returns whether a listing of connections may be narrowed here.
pub(super) fn narrows(verb: Verb, given: Given) -> bool {
    verb == Verb::List && given.has(Label::Connection)
}
