//! The sentences of a drain.

use std::fmt::{self, Display, Formatter};

use crate::cli::{Drain, Leaving};
use crate::names::Numeric;
use crate::run::server_names::{AnywhereName, ServerOf};
use ipvs::drain::{Draining, Reason};
use ipvs::model::{Destination, VirtualId};
use ipvs::rules::{EndpointWords, Selector};

/// Up to this many services are named; of more, only the number is given.
const MOST: usize = 3;

/// The name of a drained server or service.
pub(super) struct Drained<'a>(pub(super) &'a Drain, pub(super) &'a Draining);

impl Display for Drained<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(drain, draining) = self;
        let id = draining.service();
        match draining.server() {
            Some(server) => DrainedServer(drain, id, server).fmt(f),
            None => Selector::new(id, &Numeric).fmt(f),
        }
    }
}

/// The name of a server, with its service where several are drained.
struct DrainedServer<'a>(&'a Drain, &'a VirtualId, &'a Destination);

impl Display for DrainedServer<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(drain, id, server) = self;
        match drain.leaving {
            Leaving::Anywhere(_) => ServerOf(id, server).fmt(f),
            Leaving::Server(..) | Leaving::Service(_) => {
                EndpointWords::server(id, server, &Numeric).fmt(f)
            }
        }
    }
}

/// The change that another program has made, and the state that remains.
pub(super) struct Theirs<'a>(pub(super) Drained<'a>, pub(super) Reason);

impl Display for Theirs<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(drained, reason) = self;
        let id = drained.1.service();
        let named = |server: &Destination| DrainedServer(drained.0, id, server).to_string();
        let kept = Remaining(drained);
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
                write!(
                    f,
                    "{} was replaced by another program; {kept}",
                    named(server)
                )
            }
            Reason::ServerAdded(server) => {
                write!(f, "{} was added meanwhile; {kept}", named(server))
            }
            Reason::ServiceChanged => {
                write!(
                    f,
                    "{drained} was changed meanwhile; it is not removed, its servers keep weight 0"
                )
            }
            Reason::ServiceIsNew => {
                write!(
                    f,
                    "{drained} was replaced by another program; it is not removed"
                )
            }
        }
    }
}

/// The state that remains where another program has changed a server.
struct Remaining<'a>(&'a Drained<'a>);

impl Display for Remaining<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let drained = self.0;
        match drained.1.server() {
            Some(_) => f.write_str("it is not removed"),
            None => write!(
                f,
                "{drained} is not removed, its other servers keep weight 0"
            ),
        }
    }
}

/// The state that remains of these drains where connections are left.
pub(super) struct Stays<'a>(pub(super) &'a Drain, pub(super) &'a [Draining]);

impl Display for Stays<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(drain, left) = self;
        if let Leaving::Anywhere(machine) = drain.leaving {
            let (machine, services) = (AnywhereName(machine), DrainedServices(left));
            return write!(
                f,
                "{machine} is not removed from {services} and keeps weight 0 there"
            );
        }
        for draining in *left {
            let drained = Drained(drain, draining);
            match draining.server() {
                Some(_) => write!(f, "{drained} is not removed and keeps weight 0")?,
                None => write!(f, "{drained} is not removed, its servers keep weight 0")?,
            }
        }
        Ok(())
    }
}

/// The services of drains, in order.
struct DrainedServices<'a>(&'a [Draining]);

impl Display for DrainedServices<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut ids: Vec<_> = self.0.iter().map(Draining::service).collect();
        ids.sort_unstable();
        ids.dedup();
        let more = ids.len().saturating_sub(MOST);
        for (place, id) in ids.iter().take(MOST).enumerate() {
            let is_last = more == 0 && place > 0 && place + 1 == ids.len();
            let between = match (place, is_last) {
                (0, _) => "",
                (_, true) => " and ",
                (_, false) => ", ",
            };
            write!(f, "{between}{}", Selector::new(id, &Numeric))?;
        }
        match more {
            0 => Ok(()),
            1 => f.write_str(" and 1 more service"),
            more => write!(f, " and {more} more services"),
        }
    }
}
