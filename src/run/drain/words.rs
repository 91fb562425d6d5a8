//! What is said of what is drained.

use std::fmt::{self, Display, Formatter};

use crate::cli::Drain;
use crate::names::Numeric;
use ipvs::rules::{Endpoint, Selector};

/// What is drained.
pub(super) struct Drained<'a>(pub(super) &'a Drain);

impl Display for Drained<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Drain { service, .. } = self.0;
        match &self.0.server {
            Some(server) => Endpoint::server(service, server, &Numeric).fmt(f),
            None => Selector::new(service, &Numeric).fmt(f),
        }
    }
}

/// What remains where somebody else gives a server work again.
pub(super) struct Kept<'a>(pub(super) &'a Drain);

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

/// What remains where connections are left.
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
