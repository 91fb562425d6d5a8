//! `make bench`: both programs in turn on the same tables, in one boot.
//!
//! A measurement and no test: nothing here fails because a number is bad.
//! `BENCH_SIZE=small` runs everything at a size that only shows that it works.
//! `BENCH_REPORT=FILE` also writes the table there.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod load;
mod measure;
mod report;

use load::Shape;
use measure::{Program, Work};
use report::Row;

/// The tables: services, and servers of each.
fn shapes(small: bool) -> [Shape; 3] {
    if small {
        [Shape(160, 1), Shape(10, 16), Shape(2, 80)]
    } else {
        [Shape(16_000, 1), Shape(1_000, 16), Shape(100, 160)]
    }
}

/// The listings that are timed on each table.
const LISTINGS: [&[&str]; 5] = [
    &["-Ln"],
    &["-Ln", "--stats"],
    &["-Ln", "--rate"],
    &["-Ln", "--thresholds"],
    &["-Sn"],
];

fn main() {
    let small = std::env::var("BENCH_SIZE").is_ok_and(|size| size == "small");
    let mut text = String::from(report::TITLES);
    print!("{text}");
    let mut add = |row: Row| {
        let line = report::line(&row);
        print!("{line}");
        text += &line;
    };
    for shape in shapes(small) {
        table(shape, &mut add);
    }
    connections(if small { 600 } else { 60_000 }, &mut add);
    single_commands(&mut add);
    if let Ok(file) = std::env::var("BENCH_REPORT") {
        std::fs::write(&file, report::document(&text)).expect("the report can be written");
    }
}

/// Restoring, listing and saving one table.
fn table(shape: Shape, add: &mut impl FnMut(Row)) {
    let rules = load::rules(shape);
    let name = format!("{} x {}", shape.0, shape.1);
    let changes = shape.0 * (1 + shape.1);

    let restore = Work::new(&["-R"]).stdin(&rules).before(load::start_afresh);
    add(both(&name, &restore, (changes, "rule")));
    for words in LISTINGS {
        add(both(&name, &Work::new(words), (shape.0, "service")));
    }
    add(replace_in_place(&name, &rules, shape.0));
    load::start_afresh();
}

/// `-R --replace` of what is there; the reference has no such thing, so it is
/// set beside our own `-Sn`.
fn replace_in_place(name: &str, rules: &std::path::Path, services: usize) -> Row {
    let replace = Work::new(&["-R", "--replace"]).stdin(rules);
    Row {
        work: replace.words(),
        on: format!("{name}, in place; beside our own -Sn"),
        reference: Work::new(&["-Sn"]).measure(Program::Ours),
        ours: replace.measure(Program::Ours),
        unit: (services, "service"),
    }
}

fn connections(count: usize, add: &mut impl FnMut(Row)) {
    load::connections(count);
    add(both(
        &format!("{count} connections"),
        &Work::new(&["-Lnc"]),
        (count, "connection"),
    ));
    load::start_afresh();
}

fn single_commands(add: &mut impl FnMut(Row)) {
    let timeouts = Work::new(&["-L", "--timeout"]);
    let service = Work::new(&["-A", "-t", "10.9.9.9:80"]).before(load::start_afresh);
    for work in [timeouts, service] {
        add(both("an empty table", &work.often(), (1, "command")));
    }
}

fn both(on: &str, work: &Work, unit: (usize, &'static str)) -> Row {
    Row {
        work: work.words(),
        on: on.to_owned(),
        reference: work.measure(Program::Reference),
        ours: work.measure(Program::Ours),
        unit,
    }
}
