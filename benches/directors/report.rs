//! The measurements as a table, and as a document.

use std::fs::read_to_string;

use crate::measure::Cost;

/// Both programs at one piece of work.
pub(crate) struct Row {
    /// The program's words.
    pub(crate) work: String,
    /// The table that it worked on.
    pub(crate) on: String,
    pub(crate) reference: Cost,
    pub(crate) ours: Cost,
    /// How many of what the work is about.
    pub(crate) unit: (usize, &'static str),
}

/// The head of a Markdown table.
pub(crate) const TITLES: &str = "\
| work | on | 1.31 | ours | times faster | 1.31, calls | ours, calls | ours, calls each | 1.31, KiB | ours, KiB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// A line of it.
pub(crate) fn line(row: &Row) -> String {
    let Row {
        work,
        on,
        reference,
        ours,
        unit: (count, unit),
    } = row;
    let [their_time, our_time] = [reference, ours].map(|cost| cost.time.as_secs_f64());
    format!(
        "| `{work}` | {on} | {their_time:.3} s | {our_time:.3} s | {:.1} | {} | {} | {:.3} a {unit} | {} | {} |\n",
        their_time / our_time,
        reference.system_calls,
        ours.system_calls,
        ours.system_calls as f64 / *count as f64,
        reference.memory,
        ours.memory,
    )
}

/// The table with what it was made on and how.
pub(crate) fn document(table: &str) -> String {
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let processor = std::env::var("BENCH_MACHINE").unwrap_or_default();
    format!(
        "# Benchmarks\n\n\
         `make bench` made this page: Linux {} in the lab (tests/lab), on {}.\n\n\
         Both programs ran in turn on the same tables within one boot. Time is the median of\n\
         three runs (of 51 for single commands; of one where a run takes five seconds or more),\n\
         from start to end of the process. Memory is the peak resident set as GNU time gives it,\n\
         system calls are counted by `strace -f -c`, both in runs of their own. System calls and\n\
         page faults cost several times what they cost on hardware: read the ratios.\n\n\
         {table}",
        kernel.trim(),
        processor.trim(),
    )
}
