//! What a case is, and how it is judged.

use std::cell::RefCell;

use libtest_mimic::{Failed, Trial};

use crate::support::compare::{Arena, Invocation, Seen, disagreements, report};
use crate::support::{Table, words};
use crate::tables::BASIC;

/// One invocation, compared. Made by [`case`] and narrowed by the methods.
#[derive(Clone, Copy)]
pub struct Case {
    name: &'static str,
    words: &'static str,
    /// The rules that make the table to start from.
    from: &'static str,
    stdin: &'static str,
    as_nobody: bool,
    to_full_disk: bool,
    difference: Option<Difference>,
}

/// A difference on purpose, by its number in the README, and all of what each
/// program does instead.
#[derive(Clone, Copy)]
struct Difference {
    number: u8,
    reference: Answer,
    ours: Answer,
}

/// What a program does, exactly.
#[derive(Clone, Copy)]
pub struct Answer {
    status: i32,
    stdout: Text,
    stderr: Text,
    /// The rules that make the table it leaves; none: it leaves it as it was.
    leaves: Option<&'static str>,
}

/// How a title begins, to the end of its size: each kernel has its own.
const SIZE: &str = "IP Virtual Server version 1.2.1 (size=4096)";

/// The same in this kernel's words.
fn size_of_the_connection_table() -> String {
    let table = std::fs::read_to_string("/proc/thread-self/net/ip_vs").unwrap();
    table.lines().next().unwrap().to_owned()
}

/// What is on a stream.
#[derive(Clone, Copy)]
enum Text {
    All(&'static str),
    FirstLine(&'static str),
    FirstWords(&'static str),
}

impl Text {
    fn is(self, text: &str) -> bool {
        match self {
            Text::All(all) => text == all.replace(SIZE, &size_of_the_connection_table()),
            Text::FirstLine(line) => text.lines().next() == Some(line),
            Text::FirstWords(words) => text.starts_with(words),
        }
    }
}

/// `ipvsadm` with these words, from the table [`BASIC`].
pub const fn case(words: &'static str) -> Case {
    Case {
        name: "ipvsadm",
        words,
        from: BASIC,
        stdin: "",
        as_nobody: false,
        to_full_disk: false,
        difference: None,
    }
}

impl Case {
    pub const fn from(self, rules: &'static str) -> Self {
        Self {
            from: rules,
            ..self
        }
    }

    pub const fn stdin(self, stdin: &'static str) -> Self {
        Self { stdin, ..self }
    }

    /// Called by another of the program's names.
    pub const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    pub const fn as_nobody(self) -> Self {
        Self {
            as_nobody: true,
            ..self
        }
    }

    /// Nothing can be written to stdout.
    pub const fn to_full_disk(self) -> Self {
        Self {
            to_full_disk: true,
            ..self
        }
    }

    /// The programs differ here, on purpose: number so of the README's list.
    pub const fn differs(self, number: u8, reference: Answer, ours: Answer) -> Self {
        let difference = Some(Difference {
            number,
            reference,
            ours,
        });
        Self { difference, ..self }
    }

    pub fn trial(self, group: &str) -> Trial {
        let mut name = format!("{group}: {} {}", self.name, self.words);
        if !self.stdin.is_empty() {
            name += &format!(" < {:?}", self.stdin);
        }
        Trial::test(name, move || self.judge().map_err(Failed::from))
    }

    fn judge(&self) -> Result<(), String> {
        thread_local!(static ARENA: RefCell<Option<Arena>> = const { RefCell::new(None) });
        ARENA.with_borrow_mut(|arena| self.judge_in(arena.get_or_insert_with(Arena::new)))
    }

    fn judge_in(&self, arena: &mut Arena) -> Result<(), String> {
        let invocation = Invocation {
            name: self.name,
            words: words(self.words),
            stdin: self.stdin.to_owned(),
            as_nobody: self.as_nobody,
            to_full_disk: self.to_full_disk,
        };
        let start = arena.table_of(self.from);
        let (reference, ours) = arena.act_both(&invocation, &start);
        let wrong = match self.difference {
            None => disagreements(&reference, &ours)
                .into_iter()
                .map(|what| format!("{what} differs"))
                .collect(),
            Some(difference) => difference.contradictions(arena, &start, &reference, &ours),
        };
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{}\n{}",
            wrong.join(", "),
            report(&start, &reference, &ours)
        ))
    }
}

impl Difference {
    fn contradictions(
        &self,
        arena: &mut Arena,
        start: &Table,
        reference: &Seen,
        ours: &Seen,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        if disagreements(reference, ours).is_empty() {
            wrong.push(format!("difference {} is gone", self.number));
        }
        for (who, answer, seen) in [
            ("the reference", self.reference, reference),
            ("ours", self.ours, ours),
        ] {
            for what in answer.contradictions(arena, start, seen) {
                wrong.push(format!(
                    "{what} of {who} is not as difference {} says",
                    self.number
                ));
            }
        }
        wrong
    }
}

/// Status 0, all of this on stdout, nothing on stderr, and the table untouched.
pub const fn prints(stdout: &'static str) -> Answer {
    Answer {
        status: 0,
        stdout: Text::All(stdout),
        stderr: Text::All(""),
        leaves: None,
    }
}

/// The same, of stdout only what it begins with.
pub const fn begins(stdout: &'static str) -> Answer {
    Answer {
        stdout: Text::FirstWords(stdout),
        ..prints("")
    }
}

/// Status 0, nothing printed, and then the table is as these rules make it.
pub const fn makes(rules: &'static str) -> Answer {
    prints("").leaving(rules)
}

/// This status, this first line on stderr, and the table untouched.
pub const fn refuses(status: i32, complaint: &'static str) -> Answer {
    Answer {
        status,
        stderr: Text::FirstLine(complaint),
        ..prints("")
    }
}

/// This status, a stderr that begins like this, and the table untouched.
pub const fn complains(status: i32, start: &'static str) -> Answer {
    Answer {
        stderr: Text::FirstWords(start),
        ..refuses(status, "")
    }
}

/// This status, all of this on stderr, and the table untouched.
pub const fn says(status: i32, stderr: &'static str) -> Answer {
    Answer {
        stderr: Text::All(stderr),
        ..refuses(status, "")
    }
}

impl Answer {
    pub const fn leaving(self, rules: &'static str) -> Self {
        let leaves = Some(rules);
        Self { leaves, ..self }
    }

    fn contradictions(&self, arena: &mut Arena, start: &Table, seen: &Seen) -> Vec<&'static str> {
        let mut wrong = Vec::new();
        let outcome = &seen.outcome;
        if outcome.status != self.status {
            wrong.push("status");
        }
        if !self.stdout.is(&outcome.stdout) {
            wrong.push("stdout");
        }
        if !self.stderr.is(&outcome.stderr) {
            wrong.push("stderr");
        }
        let left = match self.leaves {
            Some(rules) => &arena.table_of(rules),
            None => start,
        };
        if seen.table != *left {
            wrong.push("table");
        }
        wrong
    }
}
