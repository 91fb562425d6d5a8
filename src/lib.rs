//! Linux Virtual Server administration over generic netlink.
//!
//! [`client::Client`] speaks with the kernel's IPVS; [`model`] is what it
//! speaks of. The modules behind the feature `program` are the `ipvsadm`
//! command and no part of the library's promise.

pub mod client;
pub mod error;
pub mod model;
pub mod netlink;
pub mod procfs;

#[cfg(feature = "program")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod json;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod names;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod render;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod rules;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod run;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod watch;
