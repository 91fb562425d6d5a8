//! Which system calls a run makes, and how each can fail.

use std::collections::HashMap;
use std::fmt;

/// Calls of a name in a whole process, as strace counts them.
#[derive(Debug)]
pub struct Call {
    pub name: String,
    pub which: Which,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// This one alone.
    Only(usize),
    /// This one and all after it.
    From(usize),
}

impl fmt::Display for Which {
    /// As strace's `when` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only(nth) => write!(f, "{nth}"),
            Self::From(nth) => write!(f, "{nth}+"),
        }
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails.
    Error(&'static str),
    /// It gives this instead: a write that took so many bytes only, which are
    /// lost; a program break that does not move.
    Gives(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(name) => f.write_str(name),
            Self::Gives(value) => write!(f, "gives {value}"),
        }
    }
}

impl Fault {
    /// The ways in which a call of that name is made to fail.
    pub fn of(call: &Call) -> impl Iterator<Item = Self> {
        let errors: &[&str] = match call.name.as_str() {
            "sendto" | "recvmmsg" => &["EINTR", "ENOBUFS", "ENOMEM", "EPERM", "EIO"],
            "read" | "write" | "openat" | "fsync" => &["EINTR", "ENOMEM", "EPERM", "EIO"],
            "socket" => &["EMFILE", "ENOBUFS", "ENOMEM", "EPERM"],
            "mmap" => &["ENOMEM"],
            // It has no other way to fail.
            "getrandom" => &["ENOSYS"],
            "brk" => &[],
            _ => &["EPERM", "EIO"],
        };
        let gives: &[usize] = match call.name.as_str() {
            "write" => &[1],
            "brk" => &[0],
            _ => &[],
        };
        // What is interrupted for ever never ends.
        let once = matches!(call.which, Which::Only(_));
        let errors = errors.iter().map(|error| Self::Error(error));
        errors
            .chain(gives.iter().map(|value| Self::Gives(*value)))
            .filter(move |fault| once || !fault.is_to_be_repeated())
    }

    /// Whether it is no failure but a call to be made again, or another way.
    pub fn is_to_be_repeated(self) -> bool {
        matches!(self, Self::Error("EINTR" | "ENOSYS") | Self::Gives(_))
    }

    /// As strace's `inject` takes it.
    pub fn injection(self) -> String {
        match self {
            Self::Error(name) => format!("error={name}"),
            Self::Gives(value) => format!("retval={value}"),
        }
    }
}

/// What the dynamic loader and the runtime do before and after is theirs.
const THEIRS: [&str; 5] = [
    "sigaltstack",
    "munmap",
    "exit_group",
    "rt_sigaction",
    // From the vDSO, but for the lab; and it has no way to fail.
    "clock_gettime",
];

/// Where the runtime is ready, the program's own first call is one of these.
const FIRST: [&str; 4] = ["getrandom", "socket", "read", "openat"];

/// These are made to fail from the first one on as well: the second attempt to
/// speak with the kernel fails too.
const FOR_GOOD: [&str; 5] = ["socket", "connect", "sendto", "recvmmsg", "write"];

/// So many of a name, from the first, and the last are made to fail.
const SAMPLE: usize = 3;

/// The program's own calls, from what strace wrote of a run.
pub fn own(trace: &str) -> Vec<Call> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut runtime = false;
    let mut began = false;
    let mut found: Vec<(&str, Vec<usize>)> = Vec::new();
    for line in trace.lines() {
        let Some((name, _)) = line.split_once('(') else {
            continue;
        };
        let count = counts.entry(name).or_default();
        *count += 1;
        runtime |= name == "sigaltstack";
        began |= runtime && FIRST.contains(&name);
        if !began || THEIRS.contains(&name) {
            continue;
        }
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, places)) => places.push(*count),
            None => found.push((name, vec![*count])),
        }
    }
    let mut calls = Vec::new();
    for (name, places) in found {
        let mut add = |which| {
            let name = name.to_owned();
            calls.push(Call { name, which });
        };
        for (index, &nth) in places.iter().enumerate() {
            if index < SAMPLE || index + 1 == places.len() {
                add(Which::Only(nth));
            }
        }
        if FOR_GOOD.contains(&name) {
            add(Which::From(places[0]));
        }
    }
    calls
}
