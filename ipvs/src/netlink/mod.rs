//! The kernel's side of the conversation: generic netlink, family `IPVS`.
//!
//! [`attr`] and [`message`] turn bytes into typed attributes and back,
//! `convert` turns those into the [model](crate::model), [`socket`] carries
//! the bytes, `received` reads the kernel's messages, `exchange` sees to it that
//! questions and answers match, and `listing` that a list is of one state.
//! Bytes from the kernel are never trusted: whatever they are, the worst that
//! comes of them is an error.

// What is public here is so for tests only, by the feature `wire`.
#![cfg_attr(not(feature = "wire"), allow(unreachable_pub))]

#[cfg(feature = "wire")]
use crate::{client::Client, error::Error};

pub mod attr;
pub(crate) mod convert;
pub(crate) mod exchange;
pub(crate) mod listing;
pub mod message;
pub(crate) mod received;
pub mod socket;

/// Opens a conversation over another transport than a socket.
///
/// # Errors
/// As for [`Client::open`].
#[cfg(feature = "wire")]
pub fn client(transport: impl socket::Transport + Send + 'static) -> Result<Client, Error> {
    Client::with_transport(transport)
}
