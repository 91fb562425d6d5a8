//! Faults that each forwarding method can have.

pub(super) mod address;
pub(super) mod asked;
pub(super) mod connections;
pub(super) mod filters;
pub(super) mod servers;
pub(super) mod settings;
pub(super) mod surroundings;
