//! Attempts to select services in a way that ipvsadm 1.31, and therefore this program, refuses.

use crate::cli::{self, Label, Usage, Verb};
use crate::run::{Program, ProgramKind};

const SEVERAL: &str =
    "several services are chosen with --only, as in --only 192.0.2.80 --only fwmark:1-9";
const V4: &str = "IPv4 services are chosen with --only 0.0.0.0/0";
const V6: &str = "IPv6 services are chosen with --only ::/0";

/// Returns how to tell `-L` or `-S` which services are wanted.
pub(super) fn way(program: &Program, words: &[String], usage: &Usage) -> Option<&'static str> {
    let given = cli::parse("", words);
    let chooses = match program.kind {
        ProgramKind::Ipvsadm => {
            (given.has_command(Verb::List) && !given.has(Label::Connection))
                || given.has_command(Verb::Save)
        }
        ProgramKind::Save | ProgramKind::Restore => false,
    };
    if !chooses {
        return None;
    }
    match usage {
        Usage::Repeated(Label::Service) => Some(SEVERAL),
        Usage::Illegal {
            label: Label::Service,
            ..
        } => Some(SEVERAL),
        Usage::UnknownOption(word) if word == "-4" || word == "--ipv4" => Some(V4),
        Usage::Ipv6BeforeFwmark => Some(V6),
        _ => None,
    }
}
