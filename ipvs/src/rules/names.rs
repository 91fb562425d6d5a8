//! The names of hosts and ports in rules, where they have some.

use std::net::IpAddr;

use crate::model::Protocol;

/// Turns numbers into names, for listings and saved rules.
pub trait NameOf {
    /// Returns the name of an address; `None` where it is to be written as a number.
    fn host(&self, address: IpAddr) -> Option<&str>;
    /// Returns the name of a port; `None` where it is to be written as a number.
    fn port(&self, port: u16, protocol: Protocol) -> Option<&str>;
}

/// Leaves numbers as they are (`-n`).
#[derive(Clone, Copy, Debug, Default)]
pub struct Numeric;

impl NameOf for Numeric {
    fn host(&self, _: IpAddr) -> Option<&str> {
        None
    }

    fn port(&self, _: u16, _: Protocol) -> Option<&str> {
        None
    }
}
