//! The sentences of a ramp.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::cli::{Ramp, Ramped};
use crate::names::Numeric;
use crate::run::server_names::{AnywhereName, ServerOf};
use ipvs::ramp::{Interference, Ramping};
use ipvs::rules::{ChangeRule, EndpointWords, Selector};

/// The name of a server whose weight is led, with its service where there may be several.
#[derive(Clone, Copy)]
pub(super) struct RampedServer<'a>(pub(super) &'a Ramp, pub(super) &'a Ramping);

impl Display for RampedServer<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(ramp, ramping) = self;
        let (id, server) = (ramping.service(), ramping.wanted());
        match ramp.ramped {
            Ramped::Anywhere(..) => ServerOf(id, server).fmt(f),
            Ramped::New(..) | Ramped::NewOrThere(..) | Ramped::Edited(_) => {
                EndpointWords::server(id, server, &Numeric).fmt(f)
            }
        }
    }
}

/// The change that another program has made, and the state that remains.
pub(super) struct RampLeft<'a>(pub(super) RampedServer<'a>, pub(super) Interference);

impl Display for RampLeft<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(server, theirs) = self;
        let (now, wanted) = (server.1.weight(), server.1.wanted().weight);
        match theirs {
            Interference::Removed => write!(f, "{server} was removed by someone else"),
            Interference::Added => {
                write!(f, "{server} was added by someone else; it is left as it is")
            }
            Interference::Weight(weight) => write!(
                f,
                "{server} was given weight {weight} meanwhile; it does not go on to {wanted}"
            ),
            Interference::Changed => write!(
                f,
                "{server} was changed meanwhile; it keeps weight {now} and does not go on to \
                 {wanted}"
            ),
        }
    }
}

/// `weight 4 towards 10`
pub(super) struct UnderWay<'a>(pub(super) &'a [Ramping]);

impl Display for UnderWay<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => Ok(()),
            [one] => write!(f, "weight {} towards {}", one.weight(), one.wanted().weight),
            [one, ..] => {
                let (servers, weight) = (self.0.len(), one.wanted().weight);
                write!(f, "{servers} servers towards weight {weight}")
            }
        }
    }
}

/// The state of a server, and the command that leads it back.
pub(super) struct RampInterrupted<'a>(pub(super) RampedServer<'a>);

impl Display for RampInterrupted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let server = self.0;
        let (weight, reversal) = (server.1.weight(), server.1.reversal());
        let back = ChangeRule::new(&reversal, &Numeric);
        write!(f, "{server} has weight {weight}; {back} goes back")
    }
}

/// The command that leads the servers on, in the rest of the time.
pub(super) struct WayOn<'a>(pub(super) RampedServer<'a>, pub(super) Duration);

impl Display for WayOn<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(RampedServer(ramp, ramping), rest) = self;
        let (id, server) = (ramping.service(), ramping.wanted());
        match ramp.ramped {
            Ramped::Anywhere(server, _) => {
                write!(f, "-e -r {} --all-services", AnywhereName(server))?;
            }
            Ramped::New(..) | Ramped::NewOrThere(..) | Ramped::Edited(_) => {
                let service = Selector::new(id, &Numeric);
                let name = EndpointWords::server(id, server, &Numeric);
                write!(f, "-e {service} -r {name}")?;
            }
        }
        let (weight, seconds) = (server.weight, rest.as_secs().saturating_add(1));
        write!(f, " -w {weight} --ramp={seconds} goes on")
    }
}
