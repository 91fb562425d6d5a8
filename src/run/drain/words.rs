//! The sentences of a drain.

use std::fmt::{self, Display, Formatter};

use crate::cli::Drain;
use crate::names::Numeric;
use ipvs::drain::Reason;
use ipvs::rules::{EndpointWords, Selector};

/// The name of the drained server or service.
pub(super) struct Drained<'a>(pub(super) &'a Drain);

impl Display for Drained<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Drain { service, .. } = self.0;
        match &self.0.server {
            Some(server) => EndpointWords::server(service, server, &Numeric).fmt(f),
            None => Selector::new(service, &Numeric).fmt(f),
        }
    }
}

/// The deed of somebody else, and the state that remains.
pub(super) struct Theirs<'a>(pub(super) &'a Drain, pub(super) Reason);

impl Display for Theirs<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(drain, reason) = self;
        let named = |server| EndpointWords::server(&drain.service, server, &Numeric);
        let kept = Kept(drain);
        match reason {
            Reason::Weight(server) => {
                let weight = server.weight;
                write!(
                    f,
                    "{} was given weight {weight} meanwhile; {kept}",
                    named(server)
                )
            }
            Reason::ServerChanged(server) => {
                write!(f, "{} was changed meanwhile; {kept}", named(server))
            }
            Reason::ServerIsNew(server) => {
                write!(f, "{} was made anew by someone else; {kept}", named(server))
            }
            Reason::ServerAdded(server) => {
                write!(f, "{} was added meanwhile; {kept}", named(server))
            }
            Reason::ServiceChanged => {
                let service = Drained(drain);
                write!(
                    f,
                    "{service} was changed meanwhile; it is not removed, its servers keep weight 0"
                )
            }
            Reason::ServiceIsNew => {
                let service = Drained(drain);
                write!(
                    f,
                    "{service} was made anew by someone else; it is not removed"
                )
            }
        }
    }
}

/// The state that remains where somebody else works with a server.
struct Kept<'a>(&'a Drain);

impl Display for Kept<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0.server {
            Some(_) => f.write_str("it is not removed"),
            None => {
                let service = Drained(self.0);
                write!(
                    f,
                    "{service} is not removed, its other servers keep weight 0"
                )
            }
        }
    }
}

/// The state that remains where connections are left.
pub(super) struct Stays<'a>(pub(super) &'a Drain);

impl Display for Stays<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let drained = Drained(self.0);
        match &self.0.server {
            Some(_) => write!(f, "{drained} is not removed and keeps weight 0"),
            None => write!(f, "{drained} is not removed, its servers keep weight 0"),
        }
    }
}
