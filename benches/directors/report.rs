//! The measurements as a table, and as a section of a document.

use std::fs::read_to_string;

use crate::measure::Cost;

/// The costs of both programs at one task.
pub(crate) struct Row {
    /// The program's words.
    pub(crate) work: String,
    /// The table that it worked on.
    pub(crate) on: String,
    /// None where waiting for the reference would tell nothing.
    pub(crate) reference: Option<Cost>,
    pub(crate) ours: Cost,
    /// The number of things that the task is about, and what they are.
    pub(crate) unit: (usize, &'static str),
}

/// The head of a Markdown table.
pub(crate) const TITLES: &str = "\
| work | on | 1.31 | ours | times faster | 1.31, calls | ours, calls | ours, calls each | 1.31, faults | ours, faults | 1.31, KiB | ours, KiB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// Returns a row of the table.
pub(crate) fn line(row: &Row) -> String {
    let Row {
        work,
        on,
        reference,
        ours,
        unit: (count, unit),
    } = row;
    let our_time = ours.time.as_secs_f64();
    let [their_time, ratio, their_calls, their_faults, their_memory] = match reference {
        None => ["", "", "", "", ""].map(str::to_owned),
        Some(cost) => {
            let time = cost.time.as_secs_f64();
            [
                format!("{time:.3} s"),
                format!("{:.1}", time / our_time),
                calls_of(cost),
                cost.faults.to_string(),
                cost.memory.to_string(),
            ]
        }
    };
    let (calls, faults, memory) = (calls_of(ours), ours.faults, ours.memory);
    let each = ours.system_calls.map_or_else(String::new, |calls| {
        format!("{:.3} a {unit}", calls as f64 / *count as f64)
    });
    format!(
        "| `{work}` | {on} | {their_time} | {our_time:.3} s | {ratio} | {their_calls} | {calls} \
         | {each} | {their_faults} | {faults} | {their_memory} | {memory} |\n"
    )
}

fn calls_of(cost: &Cost) -> String {
    cost.system_calls
        .map_or_else(String::new, |calls| calls.to_string())
}

/// Returns a section with the table, below the machine and kernel that it was made on.
pub(crate) fn section(table: &str) -> String {
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let machine = std::env::var("BENCH_MACHINE").unwrap_or_default();
    format!(
        "## Linux {}, {}\n\n{table}\n",
        kernel.trim(),
        machine.trim()
    )
}
