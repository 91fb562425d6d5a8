//! Faults that each forwarding method can have.

pub(super) mod address;
pub(super) mod servers;
pub(super) mod settings;
