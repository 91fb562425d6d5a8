//! Words in; a typed command, or an exact error and status, out. No kernel.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod additions;
mod changes;
mod complete;
mod diagnosis;
mod differences;
mod files;
mod listing;
mod matrix;
mod namespaces;
mod servers;
mod services;
mod settings;
mod support;
mod views;
mod words;
