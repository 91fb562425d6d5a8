//! Measures one program at one task: wall time, page faults, peak memory, system calls.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const REFERENCE: &str = "/sbin/ipvsadm";

#[derive(Clone, Copy)]
pub(crate) enum Program {
    Reference,
    Ours,
}

impl Program {
    fn path(self) -> PathBuf {
        match self {
            Self::Reference => REFERENCE.into(),
            Self::Ours => env!("CARGO_BIN_EXE_ipvsadm").into(),
        }
    }
}

/// What one program needed.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// The time of the fastest run: other work on the machine only adds to it.
    pub(crate) time: Duration,
    /// Minor page faults: the pages were in memory when they were touched.
    pub(crate) faults: u64,
    /// Peak resident memory in KiB.
    pub(crate) memory: u64,
    /// The system calls of the whole process; none where counting would take minutes.
    pub(crate) system_calls: Option<u64>,
}

/// A command line, and what must be done before each run.
pub(crate) struct Work {
    words: Vec<String>,
    stdin: Option<PathBuf>,
    before: fn(),
    runs: usize,
    counted: bool,
}

impl Work {
    pub(crate) fn new(words: &[&str]) -> Self {
        Self {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            stdin: None,
            before: || (),
            runs: 7,
            counted: true,
        }
    }

    pub(crate) fn stdin(mut self, file: &Path) -> Self {
        self.stdin = Some(file.to_owned());
        self
    }

    pub(crate) fn before(mut self, prepare: fn()) -> Self {
        self.before = prepare;
        self
    }

    /// Runs the command more often: it is so short that a few runs say nothing.
    pub(crate) fn often(mut self) -> Self {
        self.runs = 51;
        self
    }

    /// Leaves the system calls uncounted: there are so many that counting takes minutes.
    pub(crate) fn uncounted(mut self) -> Self {
        self.counted = false;
        self
    }

    /// Returns whether system calls are counted: under strace, seconds become minutes.
    fn is_counted(&self, long: bool) -> bool {
        self.counted && !long
    }

    /// Returns the command line without the program.
    pub(crate) fn words(&self) -> String {
        self.words.join(" ")
    }

    /// Runs the command, and returns its time, page faults and peak memory.
    fn with_memory(&self, path: &Path) -> (Duration, u64, u64) {
        let note = std::env::temp_dir().join("peak-memory");
        let mut command = Command::new("time");
        let time = self.run(command.args(["-f", "%R %M", "-o"]).arg(&note).arg(path));
        let text = std::fs::read_to_string(note).expect("time has written its note");
        let mut numbers = text.split_whitespace().map(|number| {
            let number = number.parse();
            number.expect("time gives numbers")
        });
        let mut next = || numbers.next().expect("time gives two numbers");
        (time, next(), next())
    }

    fn system_calls(&self, path: &Path) -> u64 {
        let note = std::env::temp_dir().join("system-calls");
        let mut command = Command::new("strace");
        self.run(command.args(["-f", "-c", "-o"]).arg(&note).arg(path));
        let text = std::fs::read_to_string(note).expect("strace has written its note");
        // "100.00    0.018346           2      8123        12 total"
        let total = text.lines().last().expect("strace ends with the sum");
        let calls = total.split_whitespace().nth(3);
        calls
            .and_then(|calls| calls.parse().ok())
            .expect("strace counts calls")
    }

    /// Returns whether a run takes five seconds or more. It is not repeated: the race is not close.
    fn is_long(time: Duration) -> bool {
        time.as_secs() >= 5
    }

    fn run(&self, command: &mut Command) -> Duration {
        (self.before)();
        let stdin = match &self.stdin {
            Some(file) => Stdio::from(File::open(file).expect("the rule file is there")),
            None => Stdio::null(),
        };
        command.args(&self.words).stdin(stdin).stdout(Stdio::null());
        let start = Instant::now();
        let status = command.status().expect("the program can be started");
        let time = start.elapsed();
        assert!(status.success(), "{command:?} ended with {status}");
        time
    }
}

/// A program and the task that it does.
pub(crate) type Contender<'a> = (&'a Work, Program);

/// Runs each contender once for memory, some times in turn for time, and once for system calls.
pub(crate) fn race<const COUNT: usize>(contenders: [Contender<'_>; COUNT]) -> [Cost; COUNT] {
    let mut runs = contenders.map(|(work, program)| {
        let path = program.path();
        let (time, faults, memory) = work.with_memory(&path);
        let long = Work::is_long(time);
        let times = if long { vec![time] } else { Vec::new() };
        (work, path, faults, memory, long, times)
    });
    let rounds = contenders.map(|(work, _)| work.runs).into_iter().max();
    // The programs take turns, so that other work on the machine affects both.
    for _ in 0..rounds.unwrap_or_default() {
        for (work, path, _, _, long, times) in &mut runs {
            if !*long {
                times.push(work.run(&mut Command::new(&*path)));
            }
        }
    }
    runs.map(|(work, path, faults, memory, long, times)| Cost {
        time: times.into_iter().min().expect("a run"),
        faults,
        memory,
        system_calls: work.is_counted(long).then(|| work.system_calls(&path)),
    })
}
