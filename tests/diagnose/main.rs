//! Directors with one fault each, on real traffic: clients fail, the diagnosis
//! names the fault and nothing else, what it says to do is done, and clients work.
//! And healthy directors, of which nothing but notes is said.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub
)]

#[path = "../support/net.rs"]
mod net;
#[path = "../support/schema.rs"]
mod schema;
#[path = "../support/mod.rs"]
mod support;

mod clients;
mod director;

mod address;
mod any_method;
mod direct;
mod explain;
mod hashing;
mod healthy;
mod local;
mod marks;
mod nat;
mod nftables;
mod odd;
mod on_server;
mod packet_filter;
mod persistence;
mod picture;
mod since_7_2;
mod sync;
mod tunnel;
