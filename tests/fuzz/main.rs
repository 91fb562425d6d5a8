//! The program compared with the reference on random command sequences.
//!
//! Every command is run by both programs from the same table, and judged as a
//! compat case is; a difference on purpose is recognized by what it is
//! ([`listed`]). What else is found is made small and printed as a case.
//!
//! `FUZZ_SECONDS` (60) and `FUZZ_SEED` (1) come from the environment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::print_stdout, clippy::print_stderr)]
#![allow(unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

mod dice;
mod generator;
mod listed;
mod operands;
mod options;
mod order;
mod shrink;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

use dice::Dice;
use generator::Generator;
use listed::{Verdict, judge};
use shrink::Finding;
use support::Table;
use support::compare::{Arena, Invocation, Seen};

/// With so many findings it is time to look at them.
const ENOUGH: usize = 8;

fn main() {
    let trial = Trial::test("random commands", || {
        let seconds = number_from("FUZZ_SECONDS", 60);
        let seed = number_from("FUZZ_SEED", 1);
        match explore(seed, Duration::from_secs(seconds)) {
            0 => Ok(()),
            found => Err(Failed::from(format!("{found} differences"))),
        }
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit();
}

fn number_from(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|e| panic!("{variable}={text}: {e}")),
        Err(_) => default,
    }
}

fn explore(seed: u64, time: Duration) -> usize {
    let began = Instant::now();
    let mut arena = Arena::new();
    let mut generator = Generator::new(Dice::new(seed));
    let mut findings: Vec<Finding> = Vec::new();
    let mut on_purpose: BTreeMap<u8, usize> = BTreeMap::new();
    let (mut sequences, mut commands) = (0, 0);

    let mut walk = Walk::from(&mut arena, generator.table());
    while began.elapsed() < time && findings.len() < ENOUGH {
        sequences += 1;
        if generator.starts_afresh() {
            walk = Walk::from(&mut arena, generator.table());
        }
        for _ in 0..generator.length() {
            commands += 1;
            let invocation = generator.invocation();
            let (reference, ours) = arena.act_both(&invocation, &walk.table);
            if reference.outcome.status != 0 {
                generator.unlearn();
            }
            match judge(&mut arena, &invocation, &walk.table, &reference, &ours) {
                Verdict::Same => walk.follow(&invocation, &reference),
                Verdict::OnPurpose(number) => *on_purpose.entry(number).or_default() += 1,
                Verdict::Different(_)
                    if findings
                        .iter()
                        .any(|known| known.is_like(&reference, &ours)) => {}
                Verdict::Different(_) => {
                    let finding = Finding::shrunk(&mut arena, &walk.rules, &invocation);
                    println!("\n{finding}");
                    findings.push(finding);
                }
            }
            if began.elapsed() >= time || findings.len() >= ENOUGH {
                break;
            }
        }
    }

    let seconds = began.elapsed().as_secs_f64();
    println!(
        "\nseed {seed}: {commands} commands in {sequences} sequences, {seconds:.0} s, {:.1} a second; \
         {} differences; on purpose (by number): {on_purpose:?}",
        f64::from(commands) / seconds,
        findings.len(),
    );
    findings.len()
}

/// The table as the commands so far have made it, and the rules that make it.
struct Walk {
    table: Table,
    rules: Vec<String>,
}

impl Walk {
    fn from(arena: &mut Arena, rules: &str) -> Self {
        Self {
            table: arena.table_of(rules),
            rules: rules.lines().map(str::to_owned).collect(),
        }
    }

    /// Goes on from where a command led, if it can be written as rules.
    fn follow(&mut self, invocation: &Invocation, seen: &Seen) {
        let Invocation { words, stdin, .. } = invocation;
        if seen.table == self.table || seen.outcome.status != 0 {
            return;
        }
        if invocation.name != "ipvsadm" {
            return;
        } else if !stdin.is_empty() {
            self.rules.extend(stdin.lines().map(str::to_owned));
        } else if words
            .iter()
            .all(|word| !word.is_empty() && !word.contains(' '))
        {
            self.rules.push(words.join(" "));
        } else {
            return;
        }
        self.table = seen.table.clone();
        if self.table == Table::empty() {
            self.rules.clear();
        }
    }
}
