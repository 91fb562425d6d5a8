//! The measurements as a table, and as a document.

use std::fs::read_to_string;

use crate::measure::Cost;

/// Both programs at one piece of work.
pub(crate) struct Row {
    /// The program's words.
    pub(crate) work: String,
    /// The table that it worked on.
    pub(crate) on: String,
    /// None where waiting for it would tell nothing.
    pub(crate) reference: Option<Cost>,
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
    let our_time = ours.time.as_secs_f64();
    let [their_time, ratio, their_calls, their_memory] = match reference {
        None => ["", "", "", ""].map(str::to_owned),
        Some(cost) => {
            let time = cost.time.as_secs_f64();
            [
                format!("{time:.3} s"),
                format!("{:.1}", time / our_time),
                calls_of(cost),
                cost.memory.to_string(),
            ]
        }
    };
    let (calls, memory) = (calls_of(ours), ours.memory);
    let each = ours.system_calls.map_or_else(String::new, |calls| {
        format!("{:.3} a {unit}", calls as f64 / *count as f64)
    });
    format!(
        "| `{work}` | {on} | {their_time} | {our_time:.3} s | {ratio} | {their_calls} | {calls} \
         | {each} | {their_memory} | {memory} |\n"
    )
}

fn calls_of(cost: &Cost) -> String {
    cost.system_calls
        .map_or_else(String::new, |calls| calls.to_string())
}

/// The table with what it was made on and how.
pub(crate) fn document(table: &str) -> String {
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let processor = std::env::var("BENCH_MACHINE").unwrap_or_default();
    format!(
        "# Benchmarks\n\n\
         `make bench` made this page: Linux {} in the lab (tests/lab), on {}.\n\n\
         Both programs ran in turn on the same tables within one boot. Time is the median of\n\
         seven runs (of 51 for single commands; of one where a run takes five seconds or more),\n\
         from start to end of the process. Memory is the peak resident set as GNU time gives it,\n\
         system calls are counted by `strace -f -c`, both in runs of their own; they are not\n\
         counted where that takes minutes: 1.31 makes 16 for a rule and 18 for a service that it\n\
         lists, as smaller tables show. System calls and\n\
         page faults cost several times what they cost on hardware: read the ratios. The last\n\
         rows are tables beyond any director's, and only what we do with them.\n\n\
         {table}\n{NOTES}",
        kernel.trim(),
        processor.trim(),
    )
}

/// What the table can't say. The figures are of Linux 6.1 in the lab.
const NOTES: &str = "\
## What the ratios depend on

The lab's kernel is a process, and what runs in it is another. A system call or a
page fault is a switch from one to the other. Where a processor lies idle beside
them they run on two, and each switch wakes one up: 1.31 then takes up to 20 s to
list 16,000 services. Where the machine is busy, or under `taskset -c 0 make bench`,
they share one, a switch costs far less, and the same listing takes 2.2 to 5 s. We
make few system calls, so that this takes more from 1.31 than from us: `-Ln` is 12
times faster there, in 0.18 s, and the views with counters 5 to 7 times.

## Where the time goes

**Views with counters, 16,000 x 1.** The kernel tells the servers of one service
for one question, and takes the next question on a socket only after the answer's
end. That is two system calls a service: `send`, and a `recvmmsg` that takes the
rows and the end together. A program in C that does no more than these calls, into
two buffers of 32 KiB, and does not look at what it gets took 2.0 to 2.3 s where
1.31 took 17 to 20 s, and on one processor 0.30 s to 2.2 s, another day 0.61 s to 5.0:
8 to 9 times, or 7.3 to 8.2, is the most that can be had. Of its 128 microseconds a
service 114 are the two switches: `getppid` alone takes 57. Our own part is 260
million instructions for 32,000 rows (`valgrind --tool=callgrind`), 210 to 250 where
no counters are shown, and 500 to 700 page faults of 160 microseconds for what is
held: together 0.2 to 0.3 s. From one run to the next the same program varies by a
tenth, and these four rows by more: 6.4 to 9.4 times in three runs of the whole.

**`-Ln`, 16,000 x 1.** The services are one question, answered in 180 datagrams; the
servers are `/proc/net/ip_vs`, which the kernel gives a page at a time, 341 of them.
In the C program, on one processor, the first took 0.05 s and the second 0.07 s. Our
own part is 160 million instructions. Linux walks its table from the start for each
page: at 60,000 services that is most of the time.

**100 x 160.** Both programs are told the same 16,000 servers, some 400 bytes each,
and write the same rows. 1.31 makes 2,800 system calls for that, and we 210 to 310;
so few are a small part of the time for either. What is left is the kernel, which
writes each row into a datagram, and the reading and writing of rows in the program.

**`-Lnc`.** Linux fills one page at a `read()` of `/proc/net/ip_vs_conn`, however
large the buffer is; 60,000 connections are 968 pages. A program that reads them and
does nothing else takes 0.48 to 0.54 s where we take 0.57 to 0.64 s. 1.31 reads a
quarter of a page at a time.

**A single command.** A start is page faults: 235 of them, to 223 of 1.31, at 160
microseconds each; and 65 system calls to 108. 40 are pages of the C library's table of
symbols, 45 of our own code, and 25 those that Rust's run-time touches when it looks
for the end of its stack in `/proc/self/maps`. What `make static` builds needs no
loader, and took 0.019 s where 1.31 took 0.043 s and the program of `make` 0.043 s.

**`-R` of one service with 100,000 servers.** Linux looks through the servers of a
service before it adds one: 20,000 take 0.9 s, 40,000 take 3.5 s.
";
