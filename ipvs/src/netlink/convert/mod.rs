//! The model into requests, and answers into the model.

mod answer;
mod request;

pub(crate) use answer::{
    counters, daemon, destination, destination_entry, info, service, service_entry, timeouts,
};
pub(crate) use request::{about, change};
