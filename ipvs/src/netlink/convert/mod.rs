//! Turns the model into requests, and answers into the model.

mod answer;
mod request;

pub(crate) use answer::{
    counters, daemon, destination, destination_entry, destination_key, info, service,
    service_entry, service_key, timeouts,
};
pub(crate) use request::{about, change};
