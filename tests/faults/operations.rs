//! What is done while calls fail: the words, the table before, the file.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::calls::{Call, Fault, own};
use crate::support::{Outcome, Program, TIMEOUT, Table, finish, kernel_table, run, words};

pub struct Operation {
    pub name: &'static str,
    /// The program's words; FILE is a file of the test's own.
    words: &'static str,
    stdin: &'static str,
    /// What FILE holds before.
    file: &'static str,
    /// The statuses with which it may fail.
    pub statuses: &'static [i32],
}

/// Nine services, so that a listing takes the short way through /proc.
const TABLE: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 2
-A -t 10.0.0.1:81 -s wlc
-A -t 10.0.0.1:82 -s wlc
-A -t 10.0.0.1:83 -s wlc
-A -t 10.0.0.1:84 -s wlc
-A -t 10.0.0.1:85 -s wlc
-A -u 10.0.0.1:53 -s wlc
-a -u 10.0.0.1:53 -r 10.1.0.1:53 -g -w 1
-A -f 7 -s wlc
-A -f 8 -s wlc
";

const OTHER_TABLE: &str = "\
-A -t 10.0.0.1:80 -s wrr
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 7
-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 1
-A -t 10.0.0.1:86 -s wlc
-a -t 10.0.0.1:86 -r 10.1.0.3:80 -m -w 1
";

const MORE: &str = "\
-A -t 10.0.0.1:90 -s rr
-a -t 10.0.0.1:90 -r 10.1.0.1:80 -m -w 1
-e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 9
";

/// A listing that fails; no IPVS.
const LISTING: &[i32] = &[1, 2];
/// A change that fails; no IPVS, or input that can't be read.
const CHANGE: &[i32] = &[255, 2, 1];

pub const OPERATIONS: &[Operation] = &[
    operation("add", "-A -u 10.0.0.1:54 -s rr", "", "", CHANGE),
    operation("list", "-Ln", "", "", LISTING),
    operation("list -c", "-Lnc", "", "", LISTING),
    operation("save", "-Sn", "", "", LISTING),
    operation("save --output", "-Sn --output FILE", "", "old\n", LISTING),
    operation("restore", "-R", MORE, "", CHANGE),
    operation("restore --replace", "-R --replace", OTHER_TABLE, "", CHANGE),
];

const fn operation(
    name: &'static str,
    words: &'static str,
    stdin: &'static str,
    file: &'static str,
    statuses: &'static [i32],
) -> Operation {
    Operation {
        name,
        words,
        stdin,
        file,
        statuses,
    }
}

/// Where an operation is done, and what it does if nothing fails.
pub struct Stage<'a> {
    operation: &'a Operation,
    file: PathBuf,
    trace: PathBuf,
    pub before: Table,
    pub asked: After,
}

/// What a run left behind.
pub struct After {
    pub outcome: Outcome,
    pub table: Table,
    pub file: String,
    /// Files beside FILE that are none of ours.
    pub litter: Vec<String>,
}

impl<'a> Stage<'a> {
    pub fn new(operation: &'a Operation, folder: &Path) -> Self {
        run(Program::Reference, ["-R"], TABLE).succeeded();
        let mut stage = Self {
            operation,
            file: folder.join("saved"),
            trace: folder.join("trace"),
            before: kernel_table(),
            asked: After {
                outcome: Outcome {
                    status: 0,
                    stdout: String::new(),
                    stderr: String::new(),
                },
                table: Table::empty(),
                file: String::new(),
                litter: Vec::new(),
            },
        };
        stage.asked = stage.run(stage.strace());
        assert_eq!(stage.asked.outcome.status, 0, "{}", stage.asked.outcome);
        stage
    }

    /// What FILE holds before.
    pub fn before_file(&self) -> &str {
        self.operation.file
    }

    /// The program's own calls where nothing fails.
    pub fn calls(&self) -> Vec<Call> {
        self.run(self.strace());
        own(&std::fs::read_to_string(&self.trace).unwrap())
    }

    /// A run in which these calls fail.
    pub fn run_with(&self, call: &Call, fault: Fault) -> After {
        let Call { name, which } = call;
        let injection = fault.injection();
        let mut strace = self.strace();
        strace.arg("-e").arg(format!("trace={name}"));
        strace
            .arg("-e")
            .arg(format!("inject={name}:{injection}:when={which}"));
        self.run(strace)
    }

    fn strace(&self) -> Command {
        let mut strace = Command::new("strace");
        strace.args(["-qqq", "-o"]).arg(&self.trace);
        strace
    }

    fn run(&self, mut strace: Command) -> After {
        self.before.put();
        std::fs::write(&self.file, self.operation.file).unwrap();
        strace.arg(Program::Ours.path());
        for word in words(self.operation.words) {
            match word.as_str() {
                "FILE" => strace.arg(&self.file),
                word => strace.arg(word),
            };
        }
        let outcome = finish(strace, self.operation.stdin.as_bytes(), TIMEOUT);
        let folder = self.file.parent().unwrap();
        let mut litter: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !["saved", "trace"].contains(&name.as_str()))
            .collect();
        litter.sort();
        for name in &litter {
            std::fs::remove_file(folder.join(name)).unwrap();
        }
        After {
            outcome,
            table: kernel_table().in_any_order(),
            file: std::fs::read_to_string(&self.file).unwrap_or_default(),
            litter,
        }
    }
}
