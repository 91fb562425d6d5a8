//! Recognizes the differences on purpose, by the numbers of the README, from
//! what they say must happen: by asking the reference in another way.

use crate::order::is_only_order;
use crate::support::compare::{Arena, Invocation, Seen, disagreements};
use crate::support::netlink::{Attribute, find};
use crate::support::{Outcome, Program, Table};

pub enum Verdict {
    Same,
    /// By its number; 0 where the reference crashed.
    OnPurpose(u8),
    /// In these respects.
    Different(Vec<&'static str>),
}

/// Judges what both programs did with this invocation from this table.
pub fn judge(
    arena: &mut Arena,
    invocation: &Invocation,
    start: &Table,
    reference: &Seen,
    ours: &Seen,
) -> Verdict {
    let differs = disagreements(reference, ours);
    if differs.is_empty() {
        return Verdict::Same;
    }
    let refused = [2, 255].contains(&ours.outcome.status) && ours.table == *start;
    let crashed = (129..160).contains(&reference.outcome.status);
    if crashed && refused {
        return Verdict::OnPurpose(0);
    }
    let only_prints = ours.table == *start
        && reference.table == *start
        && [reference, ours]
            .iter()
            .all(|seen| seen.outcome.status == 0 && seen.outcome.stderr.is_empty());
    if only_prints {
        let (text, complete) = without_thresholds(start, &ours.outcome.stdout);
        if complete && text == reference.outcome.stdout {
            return Verdict::OnPurpose(4);
        }
        if (complete || text == ours.outcome.stdout)
            && is_only_order(&reference.outcome.stdout, &text)
        {
            return Verdict::OnPurpose(5);
        }
        if let Some(theirs) = with_unsigned_marks(&reference.outcome.stdout) {
            let ours = single_spaced(&text);
            if theirs == ours || is_only_order(&theirs, &ours) {
                return Verdict::OnPurpose(6);
            }
        }
    }
    if let Some(words) = accepted_anyway(&invocation.words, reference.outcome.complaint()) {
        let usual = Invocation {
            words,
            ..invocation.clone()
        };
        let expected = arena.act(Program::Reference, &usual, start);
        if disagreements(&expected, ours).is_empty() {
            return Verdict::OnPurpose(8);
        }
    }
    if invocation.name == "ipvsadm-restore" {
        return match is_replaced(arena, &invocation.stdin, start, reference, ours) {
            true => Verdict::OnPurpose(9),
            false => Verdict::Different(differs),
        };
    }
    if !invocation.stdin.is_empty() && is_restored(arena, &invocation.stdin, start, ours) {
        return Verdict::OnPurpose(1);
    }
    Verdict::Different(differs)
}

/// Difference 4: the text without the options `-x` and `-y`, and whether they
/// were those of the table.
fn without_thresholds(table: &Table, text: &str) -> (String, bool) {
    const UPPER: u16 = 5;
    const LOWER: u16 = 6;
    let (mut rest, mut written) = (String::new(), Vec::new());
    for line in text.lines() {
        let mut words = line.split(' ');
        let mut kept = Vec::new();
        while let Some(word) = words.next() {
            match word {
                "-x" | "-y" if line.starts_with("-a ") => {
                    written.push((word, words.next().unwrap_or_default().to_owned()));
                }
                _ => kept.push(word),
            }
        }
        rest += &kept.join(" ");
        rest += "\n";
    }
    let mut set = Vec::new();
    for server in table.services.iter().flat_map(|service| &service.servers) {
        for (option, kind) in [("-x", UPPER), ("-y", LOWER)] {
            let limit = find(server, kind).map_or(0, Attribute::number);
            if limit != 0 {
                set.push((option, limit.to_string()));
            }
        }
    }
    set.sort();
    written.sort();
    (rest, written == set)
}

/// Difference 6: the single-spaced text with its marks unsigned; none where no
/// mark is negative.
fn with_unsigned_marks(text: &str) -> Option<String> {
    let mut is_changed = false;
    let mut is_mark = false;
    let spaced = single_spaced(text);
    let words = spaced.split_inclusive([' ', '\n']).map(|word| {
        let negative = word.trim_end().parse().ok().filter(|mark: &i32| *mark < 0);
        let of_mark = std::mem::replace(&mut is_mark, ["FWM ", "-f "].contains(&word));
        match negative.filter(|_| of_mark) {
            Some(mark) => {
                is_changed = true;
                let end = &word[word.trim_end().len()..];
                format!("{}{end}", mark.cast_unsigned())
            }
            None => word.to_owned(),
        }
    });
    let text: String = words.collect();
    is_changed.then_some(text)
}

/// The text with one space between the words of a line: a column may end after
/// a number of another length.
fn single_spaced(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.join(" ") + "\n"
    });
    lines.collect()
}

/// Difference 8: the words by which the reference would do what ours accepts.
fn accepted_anyway(words: &[String], complaint: &str) -> Option<Vec<String>> {
    if complaint == "-6 used before -f" {
        let mut usual: Vec<String> = words.to_vec();
        usual.retain(|word| word != "-6" && word != "--ipv6");
        for word in &mut usual {
            if word.starts_with('-') && !word.starts_with("--") {
                let (options, value) = word.split_at(word.find('f').map_or(word.len(), |f| f + 1));
                *word = options.replace('6', "") + value;
            }
        }
        usual.retain(|word| word != "-");
        usual.push("-6".to_owned());
        return Some(usual);
    }
    let narrows = complaint
        .starts_with("The option 'service-address' conflicts with the 'connection'")
        || complaint == "Illegal 'real-server' option with the 'list' command";
    if !narrows {
        return None;
    }
    let mut usual = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--tcp-service" | "--udp-service" | "--sctp-service" | "--fwmark-service"
            | "--real-server" => {
                rest.next();
            }
            "-6" | "--ipv6" => {}
            _ if word.contains("-service=") || word.starts_with("--real-server=") => {}
            _ => match narrowing_letter(word) {
                Some((before, value)) => {
                    if before != "-" {
                        usual.push(before.to_owned());
                    }
                    if value.is_empty() {
                        rest.next();
                    }
                }
                None => usual.push(word.clone()),
            },
        }
    }
    Some(usual)
}

/// What stands before and after the letter of a service or a server in a
/// bundle: `-Lc` and `=1` of `-Lcf=1`.
fn narrowing_letter(word: &str) -> Option<(&str, &str)> {
    let letters = word
        .strip_prefix('-')
        .filter(|rest| !rest.starts_with('-'))?;
    // An option with a value ends a bundle.
    let at = letters.find(|letter| "tufrspMbwxy".contains(letter))?;
    let (before, rest) = word.split_at(at + 1);
    "tufr"
        .contains(rest.chars().next()?)
        .then_some((before, &rest[1..]))
}

/// What is due to a line alone: what the reference does with it.
fn alone(arena: &mut Arena, line: &str, table: &Table) -> Seen {
    let mut invocation = Invocation::of(vec!["-R".to_owned()]);
    invocation.stdin = format!("{line}\n");
    let seen = arena.act(Program::Reference, &invocation, table);
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    match accepted_anyway(&words, seen.outcome.complaint()) {
        None => seen,
        Some(usual) => {
            invocation.stdin = format!("{}\n", usual.join(" "));
            let usual = arena.act(Program::Reference, &invocation, table);
            // What both refuse, ours refuses in the reference's words.
            match is_wrong(&usual.outcome) {
                true => seen,
                false => usual,
            }
        }
    }
}

/// The lines by their numbers, and those that are wrong with what is said.
type Numbered<'a> = Vec<(u32, &'a str)>;
type Complaints = Vec<(u32, String)>;

fn right_and_wrong<'a>(
    arena: &mut Arena,
    rules: &'a str,
    start: &Table,
) -> (Numbered<'a>, Complaints) {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(rules.lines()) {
        let seen = alone(arena, line, start);
        match is_wrong(&seen.outcome) {
            true => wrong.push((number, seen.outcome.complaint().to_owned())),
            false => right.push((number, line)),
        }
    }
    (right, wrong)
}

/// Differences 1 and 2: the lines are first all checked, then all carried out,
/// in an empty table those that are right.
fn is_restored(arena: &mut Arena, rules: &str, start: &Table, ours: &Seen) -> bool {
    let (right, wrong) = right_and_wrong(arena, rules, start);
    if !wrong.is_empty() && !start.services.is_empty() {
        return ours.outcome.status == 2
            && ours.table == *start
            && reports(&ours.outcome.stderr, &wrong);
    }
    let (mut table, mut said, mut stdout) = (start.clone(), wrong.clone(), String::new());
    let mut status = 0;
    for (number, line) in right {
        let seen = alone(arena, line, &table);
        stdout += &seen.outcome.stdout;
        if !seen.outcome.stderr.is_empty() {
            said.push((number, seen.outcome.complaint().to_owned()));
        }
        status = seen.outcome.status;
        table = seen.table;
    }
    let status = if wrong.is_empty() { status } else { 2 };
    ours.outcome.status == status
        && ours.outcome.stdout == stdout
        && ours.table == table
        && reports(&ours.outcome.stderr, &said)
}

/// Difference 9: the table is the one that the reference makes of the rules,
/// though it may have another history; what is not right is not begun, unless the
/// table is empty. A line that repeats another is passed over. The rules describe
/// a service by its last line: a scheduler that an edit takes away is not asked
/// for. What comes after the table, a daemon, does not take it back.
fn is_replaced(
    arena: &mut Arena,
    rules: &str,
    start: &Table,
    reference: &Seen,
    ours: &Seen,
) -> bool {
    let (theirs, own) = (&reference.outcome, &ours.outcome);
    let is_same = reference.table.in_any_order() == ours.table.in_any_order();
    if theirs.stderr.is_empty() {
        return theirs == own && is_same;
    }
    let mut said = own.stderr.lines();
    if own.status == 0 {
        let empty = Table {
            services: Vec::new(),
            ..start.clone()
        };
        return said.all(|line| line.contains(": repeats line "))
            && (is_same || describe(arena, rules.lines(), &empty, &ours.table));
    }
    let complaints = own.stderr.lines().map(without_number);
    if is_same && own.status == 255 && complaints.eq(theirs.stderr.lines()) {
        return true;
    }
    if !start.services.is_empty() {
        return said.next().is_some() && ours.table == *start;
    }
    let (right, wrong) = right_and_wrong(arena, rules, start);
    // A contradiction between lines is found before the kernel is asked.
    let statuses: &[i32] = if wrong.is_empty() { &[2, 255] } else { &[2] };
    statuses.contains(&own.status)
        && said.all(|line| line.starts_with("line "))
        && describe(
            arena,
            right.iter().map(|(_, line)| *line),
            start,
            &ours.table,
        )
}

/// Carried out one by one from this table the lines make that one, or would with
/// another scheduler in place of the one that is not there: without the services that
/// have it in the end, since those are refused.
fn describe<'a>(
    arena: &mut Arena,
    lines: impl Iterator<Item = &'a str> + Clone,
    start: &Table,
    made: &Table,
) -> bool {
    const SCHEDULER: u16 = 6;
    let carried_out = |lines: &mut dyn Iterator<Item = String>, arena: &mut Arena| {
        lines.fold(start.clone(), |table, line| {
            alone(arena, &line, &table).table
        })
    };
    let made = made.in_any_order();
    if carried_out(&mut lines.clone().map(str::to_owned), arena).in_any_order() == made {
        return true;
    }
    let others = ["lblcr", "lblc", "nq", "sed"];
    let other = others
        .iter()
        .find(|name| lines.clone().all(|line| !line.contains(*name)));
    let Some(other) = other else {
        return false;
    };
    let with_other = lines.map(|line| line.replace("nosuchsched", other));
    let mut table = carried_out(&mut { with_other }, arena);
    table.services.retain(|service| {
        let scheduler = find(&service.attributes, SCHEDULER);
        scheduler.is_none_or(|name| !name.value.starts_with(other.as_bytes()))
    });
    table.in_any_order() == made
}

/// What is said of a line, without the line's number.
fn without_number(said: &str) -> &str {
    said.strip_prefix("line ")
        .and_then(|rest| rest.split_once(": "))
        .map_or(said, |(_, complaint)| complaint)
}
/// The complaint is about words, not from the kernel.
fn is_wrong(outcome: &Outcome) -> bool {
    let complaint = outcome.complaint();
    outcome.status == 2 || complaint.starts_with("Try `") || complaint.contains(": ")
}

/// Exactly these lines are complained about, in this order. Ours may add which
/// word it is about, and has advice of its own for a line without a command.
fn reports(stderr: &str, complaints: &[(u32, String)]) -> bool {
    stderr.lines().count() == complaints.len()
        && stderr
            .lines()
            .zip(complaints)
            .all(|(line, (number, complaint))| {
                line.starts_with(&format!("line {number}: {complaint}"))
                    || complaint.starts_with("Try `")
                        && line.starts_with(&format!("line {number}: no command"))
            })
}
