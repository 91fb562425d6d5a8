//! What the program does to a real kernel, and to real traffic.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub
)]

#[path = "../../ipvs/tests/conduct/mod.rs"]
mod conduct;
#[path = "../support/net.rs"]
mod net;
#[path = "../support/schema.rs"]
mod schema;
#[path = "../support/mod.rs"]
mod support;

mod as_text;
mod director;
mod draining;
mod random_tables;
mod typing;

mod any_table;
mod bad_lines;
mod completions;
mod conduct_of_kernel;
mod connection_lists;
mod counters;
mod diagnosis;
mod drain;
mod drain_beside_others;
mod ensure;
mod everywhere;
mod examples;
mod forwarding;
mod from_proc;
mod half_closed;
mod hints;
mod json;
mod manual_examples;
mod metrics;
mod name_server;
mod namespaces;
mod netns;
mod nftables;
mod only;
mod orphans;
mod privileges;
mod ramp;
mod readme;
mod replace_pairs;
mod require;
mod restore_live;
mod rivals;
mod rollback;
mod save_all;
mod save_output;
mod scheduling;
mod scope;
mod scrape;
mod signals;
mod status;
mod streams;
mod sync;
mod undrain;
mod unsettled;
mod walks;
mod watch;
mod without_ip_vs;
mod writers;
