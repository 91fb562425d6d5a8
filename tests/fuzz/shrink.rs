//! Makes a found difference small, and a case of it.

use std::fmt;

use crate::listed::{Verdict, judge};
use crate::support::compare::{Arena, Invocation, Seen, report};

/// Trials spent on one finding.
const PATIENCE: usize = 150;

/// A difference: the rules that make the table, and the invocation.
pub struct Finding {
    rules: Vec<String>,
    invocation: Invocation,
    differs: Vec<&'static str>,
    /// What each program complained of.
    complaints: [String; 2],
    report: String,
}

impl Finding {
    /// The smallest that could be found of this one. A difference that can't be
    /// seen again from the rules alone is reported as it is.
    pub fn shrunk(arena: &mut Arena, rules: &[String], invocation: &Invocation) -> Self {
        let Some(mut smallest) = Self::try_out(arena, rules.to_vec(), invocation.clone()) else {
            return Self {
                rules: rules.to_vec(),
                invocation: invocation.clone(),
                differs: vec!["seen once, and not again"],
                complaints: Default::default(),
                report: String::new(),
            };
        };
        let mut trials = 0;
        'smaller: loop {
            for (rules, invocation) in smallest.smaller() {
                trials += 1;
                if trials > PATIENCE {
                    return smallest;
                }
                match Self::try_out(arena, rules, invocation) {
                    Some(smaller) if smaller.differs == smallest.differs => {
                        smallest = smaller;
                        continue 'smaller;
                    }
                    _ => {}
                }
            }
            return smallest;
        }
    }

    /// The difference that is seen with these, if there is one.
    fn try_out(arena: &mut Arena, rules: Vec<String>, invocation: Invocation) -> Option<Self> {
        let text: String = rules.iter().map(|rule| format!("{rule}\n")).collect();
        let start = arena.try_table_of(&text).ok()?;
        let (reference, ours) = arena.act_both(&invocation, &start);
        match judge(arena, &invocation, &start, &reference, &ours) {
            Verdict::Different(differs) => Some(Self {
                rules,
                invocation,
                differs,
                complaints: complaints(&reference, &ours),
                report: report(&start, &reference, &ours),
            }),
            _ => None,
        }
    }

    /// What is a little smaller, the boldest first.
    fn smaller(&self) -> Vec<(Vec<String>, Invocation)> {
        let mut all = Vec::new();
        for rules in without_some(&self.rules) {
            all.push((rules, self.invocation.clone()));
        }
        for words in without_some(&self.invocation.words) {
            let invocation = Invocation {
                words,
                ..self.invocation.clone()
            };
            all.push((self.rules.clone(), invocation));
        }
        let lines: Vec<String> = self.invocation.stdin.lines().map(str::to_owned).collect();
        let mut inputs = without_some(&lines);
        for (at, line) in lines.iter().enumerate() {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            for words in without_some(&words) {
                let mut changed = lines.clone();
                changed[at] = words.join(" ");
                inputs.push(changed);
            }
        }
        for input in inputs {
            let invocation = Invocation {
                stdin: input.iter().map(|line| format!("{line}\n")).collect(),
                ..self.invocation.clone()
            };
            all.push((self.rules.clone(), invocation));
        }
        all
    }

    /// Whether what the programs complained of was about the same.
    pub fn is_like(&self, reference: &Seen, ours: &Seen) -> bool {
        let complaints = complaints(reference, ours);
        (self.complaints.iter().zip(&complaints))
            .any(|(known, new)| !new.is_empty() && known == new)
    }
}

fn complaints(reference: &Seen, ours: &Seen) -> [String; 2] {
    [reference, ours].map(|seen| shape(seen.outcome.complaint()))
}

/// The list without a half, a pair or one of its items.
fn without_some(items: &[String]) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut sizes = vec![items.len(), items.len() / 2, 2, 1];
    sizes.dedup();
    for size in sizes
        .into_iter()
        .filter(|size| (1..=items.len()).contains(size))
    {
        for at in (0..=items.len() - size).step_by(size.div_ceil(2)) {
            all.push([&items[..at], &items[at + size..]].concat());
        }
    }
    all
}

/// A message without its numbers.
fn shape(complaint: &str) -> String {
    complaint.chars().filter(|c| !c.is_ascii_digit()).collect()
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |word: &String| match word.is_empty() || word.contains(' ') {
            true => format!("'{word}'"),
            false => word.clone(),
        };
        let words: Vec<String> = self.invocation.words.iter().map(quoted).collect();
        write!(f, "    case({:?})", words.join(" "))?;
        let rules: String = self.rules.iter().map(|rule| format!("{rule}\n")).collect();
        if self.invocation.name != "ipvsadm" {
            write!(f, ".named({:?})", self.invocation.name)?;
        }
        write!(f, ".from({rules:?})")?;
        if !self.invocation.stdin.is_empty() {
            write!(f, ".stdin({:?})", self.invocation.stdin)?;
        }
        writeln!(f, ", // {} differs", self.differs.join(", "))?;
        f.write_str(&self.report)
    }
}
