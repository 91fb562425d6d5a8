//! Host and port names, looked up both ways. Parsing and rendering see only the
//! traits; only `run` holds the types that ask the system.

mod gathered;
mod hosts;
mod services;
mod workers;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use ipvs::model::Protocol;

pub use gathered::Gathered;
pub use hosts::{Names, Restorable};
pub(crate) use ipvs::model::Dotted;
pub use ipvs::model::HostText;
pub use ipvs::rules::{NameOf, Numeric};
use services::Services;

/// Turns names into numbers.
pub trait Resolve {
    /// Returns the IPv4 addresses of a host or, if it has none, its IPv6 addresses.
    fn addresses(&self, host: &str) -> Vec<IpAddr>;
    /// Returns the port of a named service of a protocol, from the services database.
    fn port(&self, service: &str, protocol: Protocol) -> Option<u16>;
}

/// The system's resolver and services database. A host is looked up once,
/// however many rules name it.
#[derive(Default)]
pub struct System {
    hosts: RefCell<BTreeMap<String, Vec<IpAddr>>>,
    services: Services,
}

impl Resolve for System {
    fn addresses(&self, host: &str) -> Vec<IpAddr> {
        if let Some(known) = self.hosts.borrow().get(host) {
            return known.clone();
        }
        let found = hosts::addresses(host);
        let mut hosts = self.hosts.borrow_mut();
        hosts.insert(host.to_owned(), found.clone());
        found
    }

    fn port(&self, service: &str, protocol: Protocol) -> Option<u16> {
        self.services.port(service, protocol)
    }
}
