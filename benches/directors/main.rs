//! `make bench` runs both programs in turn on the same tables, in one boot.
//!
//! It is a measurement and no test: it does not fail because a number is bad. `BENCH_SIZE=small`
//! runs everything at a size that only shows that it works, and `BENCH_SIZE=machine` at a size for
//! a machine's kernel in an emulator. `BENCH_REPORT=FILE` also writes the table to that file.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod load;
mod measure;
mod report;

use std::path::Path;

use load::Shape;
use measure::{Contender, Cost, Program, Work, race};
use report::Row;

/// How large the tables are.
#[derive(Clone, Copy)]
enum Size {
    Small,
    /// For a kernel on an emulated machine, where a command takes ten times as long.
    Machine,
    /// For the lab's kernel.
    UserMode,
}

impl Size {
    fn asked_for() -> Self {
        match std::env::var("BENCH_SIZE").as_deref() {
            Ok("small") => Self::Small,
            Ok("machine") => Self::Machine,
            _ => Self::UserMode,
        }
    }

    /// Returns the tables: the number of services, and of servers in each.
    fn shapes(self) -> [Shape; 3] {
        match self {
            Self::Small => [Shape(160, 1), Shape(10, 16), Shape(2, 80)],
            Self::Machine => [Shape(1_500, 1), Shape(75, 40), Shape(10, 300)],
            Self::UserMode => [Shape(16_000, 1), Shape(1_000, 16), Shape(100, 160)],
        }
    }

    fn connections(self) -> usize {
        match self {
            Self::Small => 600,
            Self::Machine => 20_000,
            Self::UserMode => 60_000,
        }
    }

    /// Returns tables larger than any director's, and a number of connections.
    fn extremes(self) -> Option<([Shape; 2], usize)> {
        match self {
            Self::Small => Some(([Shape(1, 1_000), Shape(600, 1)], 2_000)),
            Self::Machine => None,
            Self::UserMode => Some(([Shape(1, 100_000), Shape(60_000, 1)], 200_000)),
        }
    }
}

/// The listings that are timed for each table.
const LISTINGS: [&[&str]; 5] = [
    &["-Ln"],
    &["-Ln", "--stats"],
    &["-Ln", "--rate"],
    &["-Ln", "--thresholds"],
    &["-Sn"],
];

fn main() {
    let size = Size::asked_for();
    let mut text = String::from(report::TITLES);
    print!("{text}");
    let mut add = |row: Row| {
        let line = report::line(&row);
        print!("{line}");
        text += &line;
    };
    for shape in size.shapes() {
        table(shape, &mut add);
    }
    connections(size.connections(), &mut add);
    single_commands(&mut add);
    if let Some((tables, count)) = size.extremes() {
        extremes(tables, count, &mut add);
    }
    if let Ok(file) = std::env::var("BENCH_REPORT") {
        std::fs::write(&file, report::section(&text)).expect("the report can be written");
    }
}

/// Measures restoring, listing and saving one table.
fn table(shape: Shape, add: &mut impl FnMut(Row)) {
    let rules = load::rules(shape);
    let name = format!("{} x {}", shape.0, shape.1);
    let changes = shape.0 * (1 + shape.1);

    let restore = Work::new(&["-R"]).stdin(&rules).before(load::start_afresh);
    let restored = both(&name, &restore, (changes, "rule"));
    let reference = restored.reference;
    add(restored);
    if let Some(reference) = reference {
        add(replace_into_empty(&name, &rules, changes, reference));
    }
    for words in LISTINGS {
        add(both(&name, &Work::new(words), (shape.0, "service")));
    }
    add(metrics(&name, shape.0));
    add(replace_in_place(&name, &rules, shape.0));
    load::start_afresh();
}

/// Measures `-R --replace` into an empty table, as at boot, beside the reference's `-R`.
fn replace_into_empty(name: &str, rules: &Path, changes: usize, reference: Cost) -> Row {
    let replace = Work::new(&["-R", "--replace"])
        .stdin(rules)
        .before(load::start_afresh);
    let [ours] = race([(&replace, Program::Ours)]);
    Row {
        work: replace.words(),
        on: format!("{name}, into an empty table; beside 1.31's -R"),
        reference: Some(reference),
        ours,
        unit: (changes, "rule"),
    }
}

/// Measures `--openmetrics`, which asks the kernel for no more than `--stats` does.
fn metrics(name: &str, services: usize) -> Row {
    let stats = Work::new(&["-Ln", "--stats"]);
    let metrics = Work::new(&["-L", "--openmetrics"]);
    row(
        &metrics,
        format!("{name}; beside our own -Ln --stats"),
        [(&stats, Program::Ours), (&metrics, Program::Ours)],
        (services, "service"),
    )
}

/// Measures `-R --replace` of the table that is already there. The reference has no such command,
/// so it is compared with our own `-Sn`.
fn replace_in_place(name: &str, rules: &Path, services: usize) -> Row {
    let save = Work::new(&["-Sn"]);
    let replace = Work::new(&["-R", "--replace"]).stdin(rules);
    row(
        &replace,
        format!("{name}, in place; beside our own -Sn"),
        [(&save, Program::Ours), (&replace, Program::Ours)],
        (services, "service"),
    )
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

/// Runs the commands on tables larger than any director's, to show that each one ends, and at what
/// cost.
fn extremes(tables: [Shape; 2], count: usize, add: &mut impl FnMut(Row)) {
    for shape in tables {
        let rules = load::rules(shape);
        let name = format!("{} x {}", shape.0, shape.1);
        let rows = (shape.0 * (1 + shape.1), "row");
        let restore = Work::new(&["-R"]).stdin(&rules).before(load::start_afresh);
        add(ours(&name, &restore, rows));
        for words in LISTINGS {
            add(ours(&name, &Work::new(words).uncounted(), rows));
        }
        add(ours(&name, &Work::new(&["-L", "--json"]).uncounted(), rows));
        let replace = Work::new(&["-R", "--replace"]).stdin(&rules).uncounted();
        add(ours(&format!("{name}, in place"), &replace, rows));
        load::start_afresh();
    }
    load::connections(count);
    let name = format!("{count} connections");
    for words in [
        &["-Lnc"][..],
        &["-Lc", "--json"],
        &["-Lnc", "--by", "client"],
    ] {
        add(ours(&name, &Work::new(words), (count, "connection")));
    }
    load::start_afresh();
}

fn ours(on: &str, work: &Work, unit: (usize, &'static str)) -> Row {
    let [ours] = race([(work, Program::Ours)]);
    Row {
        work: work.words(),
        on: on.to_owned(),
        reference: None,
        ours,
        unit,
    }
}

fn both(on: &str, work: &Work, unit: (usize, &'static str)) -> Row {
    let contenders = [Program::Reference, Program::Ours].map(|program| (work, program));
    row(work, on.to_owned(), contenders, unit)
}

fn row(
    work: &Work,
    on: String,
    contenders: [Contender<'_>; 2],
    unit: (usize, &'static str),
) -> Row {
    let [reference, ours] = race(contenders);
    Row {
        work: work.words(),
        on,
        reference: Some(reference),
        ours,
        unit,
    }
}
