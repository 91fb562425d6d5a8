//! What a diagnosis costs on a large director.

use std::fmt::Write;

use crate::director::{ipvsadm, restore, with_two_servers};
use crate::support::{Program, shell};

/// Of `make bench`.
const SERVICES: usize = 16_000;

/// The processor's time for a command line, in seconds. Waiting does not count.
fn costs(line: &str) -> f64 {
    let program = Program::Ours.path().display();
    let timed = format!("TIMEFORMAT='%U %S'; time {program} {line} >/dev/null");
    let said = shell(&format!("bash -c \"{timed}\" 2>&1"));
    let parts = said
        .split_whitespace()
        .map(|part| part.parse::<f64>().unwrap());
    parts.sum()
}

/// So often at least both are measured, one after the other.
const LEAST_ROUNDS: usize = 3;
/// So often at most, where other programs take the processor: single runs then take twice
/// as long.
const MOST_ROUNDS: usize = 12;

#[test]
fn a_diagnosis_costs_no_more_than_two_listings() {
    let _place = with_two_servers();
    let mut rules = String::new();
    for n in 0..SERVICES {
        let (high, low) = (n / 250, 1 + n % 250);
        let id = format!("10.16.{high}.{low}:80");
        writeln!(
            rules,
            "-A -t {id} -s rr\n-a -t {id} -r 10.1.0.2:{} -m",
            1 + n
        )
        .unwrap();
    }
    restore(&rules);
    shell("ip route add local 10.16.0.0/16 dev lo");
    ipvsadm("--diagnose --sample 0.1");
    let (mut listing, mut diagnosis) = (f64::INFINITY, f64::INFINITY);
    for round in 1..=MOST_ROUNDS {
        listing = listing.min(costs("-Ln --stats"));
        diagnosis = diagnosis.min(costs("--diagnose --sample 0.1"));
        if round >= LEAST_ROUNDS && diagnosis <= 2.0 * listing {
            break;
        }
    }
    assert!(
        diagnosis <= 2.0 * listing,
        "{diagnosis:.2} s beside {listing:.2} s"
    );
}
