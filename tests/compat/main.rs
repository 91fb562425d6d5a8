//! The program compared with the reference: every case is run with both, from
//! the same table, and status, stdout, stderr and the table afterwards must be
//! equal, or differ exactly as the case says.
//!
//! `cargo test … --test compat -- WORDS` runs the cases that have WORDS in
//! their name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::print_stdout, clippy::print_stderr)]
#![allow(unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

mod case;
mod connections;
mod differences;
mod listing;
mod matrix;
mod names;
mod saving;
mod servers;
mod services;
mod settings;
mod tables;
mod users;
mod wording;

use libtest_mimic::{Arguments, Trial};

use case::Case;

fn main() {
    let groups: [(&str, Vec<Case>); 10] = [
        ("services", services::CASES.to_vec()),
        ("servers", servers::CASES.to_vec()),
        ("settings", settings::CASES.to_vec()),
        ("listing", listing::CASES.to_vec()),
        ("saving", saving::CASES.to_vec()),
        ("wording", wording::CASES.to_vec()),
        ("names", names::CASES.to_vec()),
        ("users", users::CASES.to_vec()),
        ("matrix", matrix::cases()),
        ("differences", differences::CASES.to_vec()),
    ];
    let of_group = |(group, cases): (&'static str, Vec<Case>)| {
        cases.into_iter().map(move |case| case.trial(group))
    };
    let mut trials: Vec<Trial> = groups.into_iter().flat_map(of_group).collect();
    trials.extend(connections::trials());

    let mut arguments = Arguments::from_args();
    if arguments.filter.is_none() && !arguments.list && arguments.format.is_none() {
        arguments.quiet = true; // a dot for each case
    }
    libtest_mimic::run(&arguments, trials).exit();
}
