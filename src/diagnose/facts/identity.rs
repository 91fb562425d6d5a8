//! A virtual service in the words of a command line, and addresses that no machine has.

use std::net::IpAddr;

use ipvs::model::VirtualId;
use ipvs::rules::{Numeric, Selector};

/// Returns the options that name the service: `-t 10.0.0.1:80`.
pub fn selector(id: VirtualId) -> String {
    Selector::new(&id, &Numeric).to_string()
}

/// Returns whether an address is the unspecified one, or stands for several machines.
pub fn is_of_no_machine(address: IpAddr) -> bool {
    address.is_unspecified()
        || address.is_multicast()
        || matches!(address, IpAddr::V4(address) if address.is_broadcast())
}
