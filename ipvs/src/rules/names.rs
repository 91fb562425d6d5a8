//! The names of hosts and ports in rules, where they have some.

use std::net::IpAddr;

use crate::model::Protocol;

/// Numbers into names, for listings and saved rules.
pub trait NameOf {
    /// The name of an address; none where it is to be written as a number.
    fn host(&self, address: IpAddr) -> Option<&str>;
    /// The name of a port; none where it is to be written as a number.
    fn port(&self, port: u16, protocol: Protocol) -> Option<&str>;
}

/// Numbers stay numbers (`-n`).
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
