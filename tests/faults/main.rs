//! Every system call that the program makes of its own is made to fail, one at
//! a time, with strace. Whatever fails, the program says so in one sentence and
//! ends with the right status, and the table and the saved file are what they
//! were or what was asked for.
//!
//! What was tried and what came of it is printed, alike outcomes on one line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::print_stdout, clippy::print_stderr)]
#![allow(unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

mod calls;
mod operations;
mod verdict;

use std::collections::BTreeMap;

use libtest_mimic::{Arguments, Failed, Trial};

use calls::{Fault, Which};
use operations::{OPERATIONS, Operation, Stage};
use support::Namespace;

fn main() {
    let trials = OPERATIONS
        .iter()
        .map(|operation| Trial::test(operation.name, move || explore(operation)))
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn explore(operation: &Operation) -> Result<(), Failed> {
    let namespace = Namespace::fresh();
    let stage = Stage::new(operation, namespace.folder());
    let mut outcomes: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut order = Vec::new();
    let mut unexplained = Vec::new();
    let calls = stage.calls();
    assert!(calls.iter().any(|call| call.name == "sendto"), "{calls:?}");
    for call in &calls {
        let (name, which) = (&call.name, call.which);
        for fault in Fault::of(call) {
            let after = stage.run_with(call, fault);
            let row = match verdict::judge(operation, &stage, name, fault, &after) {
                Ok(row) => row,
                Err(complaint) => {
                    let outcome = &after.outcome;
                    unexplained.push(format!("{name} {which} {fault}: {complaint}\n{outcome}"));
                    format!("UNEXPLAINED: {complaint}")
                }
            };
            let for_good = match which {
                Which::Only(_) => "",
                Which::From(_) => " for good",
            };
            let key = (format!("{name} {fault}{for_good}"), row);
            if !outcomes.contains_key(&key) {
                order.push(key.clone());
            }
            *outcomes.entry(key).or_default() += 1;
        }
    }
    let tried: usize = outcomes.values().sum();
    println!("\n{}: {tried} faults", operation.name);
    for key in order {
        println!("    {:<26} x {:<2} {}", key.0, outcomes[&key], key.1);
    }
    match unexplained.is_empty() {
        true => Ok(()),
        false => Err(Failed::from(unexplained.join("\n"))),
    }
}
