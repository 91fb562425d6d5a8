#![doc = include_str!("../README.md")]
//!
//! ## Modules
//!
//! [`client::Client`] speaks with the kernel's IPVS; [`model`] is what it
//! speaks of. [`plan`] finds the way from one table to another and goes it, or
//! takes it back. [`rules`] writes tables and changes as the lines that
//! `ipvsadm` reads, and reads them too. [`connections`] reads the connection table, [`drain`]
//! decides when a server may go, [`ramp`] which weight one has when. [`director`] is
//! the trait, [`fake`] the kernel in memory.

pub mod client;
pub mod connections;
pub mod director;
pub mod drain;
pub mod error;
pub mod fake;
pub mod model;
mod namespace;
#[cfg(not(feature = "wire"))]
mod netlink;
#[cfg(feature = "wire")]
pub mod netlink;
pub mod plan;
pub mod procfs;
pub mod ramp;
pub mod rules;
mod uapi;
