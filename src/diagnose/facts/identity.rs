//! A virtual service in the words of a command line.

use ipvs::model::VirtualId;
use ipvs::rules::{Numeric, Selector};

/// Returns the options that name the service: `-t 10.0.0.1:80`.
pub fn selector(id: VirtualId) -> String {
    Selector::new(&id, &Numeric).to_string()
}
