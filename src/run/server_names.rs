//! The names of servers in messages.

use std::fmt::{self, Display, Formatter};

use crate::cli::ServerAnywhere;
use crate::names::Numeric;
use ipvs::model::{Destination, Endpoint, VirtualId};
use ipvs::rules::{EndpointWords, Selector};

/// `192.168.10.11:80 of -t 192.0.2.80:80`
pub(super) struct ServerOf<'a>(pub(super) &'a VirtualId, pub(super) &'a Destination);

impl Display for ServerOf<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(id, server) = self;
        let (service, server) = (
            Selector::new(id, &Numeric),
            EndpointWords::server(id, server, &Numeric),
        );
        write!(f, "{server} of {service}")
    }
}

/// The name of a server in every service that has it.
pub(super) struct AnywhereName(pub(super) ServerAnywhere);

impl Display for AnywhereName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ServerAnywhere { address, port } = self.0;
        match port {
            Some(port) => Endpoint { address, port }.fmt(f),
            None => address.fmt(f),
        }
    }
}
