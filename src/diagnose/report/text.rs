//! Findings for people.

use std::fmt::{Display, Write as _};
use std::io::{self, Write};
use std::net::IpAddr;

use super::{LookedAt, NAMED};
use crate::diagnose::finding::{Finding, Remedy};
use crate::diagnose::{Facts, of};

/// Lines are broken before this column, except commands, which are to be pasted.
const WIDTH: usize = 80;
/// The most servers with the same fault that are named.
const SERVERS_NAMED: usize = 24;

/// Writes the findings, then what was looked at.
///
/// # Errors
/// The errors of `out`.
pub fn text(out: &mut impl Write, facts: &Facts, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        out.write_all(one(finding).as_bytes())?;
    }
    match (findings.is_empty(), facts.unread.is_empty()) {
        (true, true) => writeln!(out, "Nothing was found.\n")?,
        (true, false) => writeln!(out, "Nothing was found in what could be looked at.\n")?,
        (false, _) => {}
    }
    out.write_all(looked_at(facts).as_bytes())?;
    unread(out, facts)
}

/// Writes what could not be read, and why.
pub(super) fn unread(out: &mut impl Write, facts: &Facts) -> io::Result<()> {
    for unread in &facts.unread {
        writeln!(
            out,
            "Not looked at: {}: {}",
            plain(&unread.what),
            plain(&unread.why)
        )?;
    }
    Ok(())
}

/// Returns a text without control characters: the kernel allows them in names of
/// interfaces, and facts may come from another machine.
fn plain(text: &str) -> String {
    text.replace(char::is_control, "?")
}

fn one(finding: &Finding) -> String {
    let mut text = format!("{} {}", finding.gravity, finding.id);
    if !finding.affected.is_empty() {
        text += "  ";
        text += &few(&finding.affected, NAMED);
    }
    text.push('\n');
    text += &paragraph("  ", "  ", &capital(&finding.sentence));
    text += &why_and_what("  ", finding);
    text.push('\n');
    text
}

/// Returns the first of many, and how many more there are.
fn few(all: &[impl Display], named: usize) -> String {
    let names: Vec<_> = all
        .iter()
        .take(named)
        .map(|name| plain(&name.to_string()))
        .collect();
    match all.len().saturating_sub(named) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// Returns the evidence and the remedy, with `margin` before each line.
pub(super) fn why_and_what(margin: &str, finding: &Finding) -> String {
    let mut text = String::new();
    let next = format!("{margin}      ");
    let mut label = format!("{margin}seen: ");
    for evidence in &finding.evidence {
        text += &paragraph(&label, &next, evidence);
        label.clone_from(&next);
    }
    if let [_, others @ ..] = finding.servers.as_slice()
        && !others.is_empty()
    {
        let others = few(others, SERVERS_NAMED);
        text += &paragraph(&label, &next, &format!("the same is true of {others}"));
    }
    let mut label = format!("{margin}do:   ");
    for remedy in &finding.remedy {
        match remedy {
            Remedy::Run(command) => {
                let _ = writeln!(text, "{label}{}", plain(command));
            }
            Remedy::RunOn(whom, command) => {
                let _ = writeln!(text, "{label}{}    # on {whom}", plain(command));
            }
            Remedy::Say(words) => text += &paragraph(&label, &next, words),
        }
        label.clone_from(&next);
    }
    text
}

fn looked_at(facts: &Facts) -> String {
    let LookedAt {
        services,
        servers,
        connections,
        clients,
    } = LookedAt::of(facts);
    let number = |count: u64, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    let what = match &facts.on_server {
        None => format!(
            "{}, {}, {} and {}",
            number(services as u64, "service"),
            number(servers as u64, "server"),
            number(connections, "connection"),
            number(clients as u64, "client"),
        ),
        Some(on_server) => format!(
            "a real server of {} {} ({}) and {}",
            on_server.protocol,
            on_server.service,
            on_server.method.words(),
            number(clients as u64, "client"),
        ),
    };
    let line = format!(
        "Looked at {what} on Linux {} for {:.1} s with {}.",
        facts.kernel,
        facts.sample,
        number(of(facts).count() as u64, "check"),
    );
    paragraph("", "", &line)
}

/// Returns the sentence with a full stop, and a capital unless an address begins it.
pub(super) fn capital(sentence: &str) -> String {
    let first_word = sentence.split(' ').next().unwrap_or_default();
    let mut text = sentence.to_owned();
    if first_word.parse::<IpAddr>().is_err() {
        let mut letters = sentence.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        text = first.chain(letters).collect();
    }
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// Breaks words into lines: `first` stands before the first line, `next` before others.
pub(super) fn paragraph(first: &str, next: &str, words: &str) -> String {
    let mut text = String::new();
    let mut line = first.to_owned();
    let mut is_fresh = true;
    for word in plain(words).split(' ') {
        if !is_fresh && line.len() + 1 + word.len() >= WIDTH {
            text += &line;
            text.push('\n');
            line = next.to_owned();
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line += word;
        is_fresh = false;
    }
    text + &line + "\n"
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::diagnose::facts::Unread;
    use crate::diagnose::finding::in_shell;

    #[test]
    fn sentences_begin_with_a_capital_and_addresses_stay_as_they_are() {
        assert_eq!(
            capital("the service has no server"),
            "The service has no server."
        );
        assert_eq!(capital("fe80::1 is no address"), "fe80::1 is no address.");
    }
    #[test]
    fn other_servers_are_named_a_few() {
        let mut finding = Finding::fail("the server 10.1.0.1 is lost").seen("a look");
        finding.servers = (1..=27).map(|n| IpAddr::from([10, 1, 0, n])).collect();
        let text = why_and_what("", &finding);
        assert!(
            text.contains("a look\n      the same is true of 10.1.0.2, "),
            "{text}"
        );
        assert!(text.ends_with(" 10.1.0.25 and 2\n      more\n"), "{text}");
        finding.servers.truncate(1);
        assert!(!why_and_what("", &finding).contains("the same"));
    }

    #[test]
    fn no_text_of_others_reaches_a_terminal_as_it_is() {
        let evil = "e\x1b[31mX\n\u{9b}2J";
        let finding = Finding::fail(format!("{evil} is off"))
            .affects(evil)
            .seen(evil)
            .say(evil)
            .run_on("the server", evil)
            .run(format!("ip link set {} up", in_shell(evil)));
        let facts = Facts {
            kernel: evil.to_owned(),
            unread: vec![Unread {
                what: evil.to_owned(),
                why: evil.to_owned(),
            }],
            ..Facts::default()
        };
        let mut out = Vec::new();
        text(&mut out, &facts, &[finding]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("?[31mX??2J").count(), 9, "{text}");
        assert_eq!(text.lines().count(), 10, "{text}");
    }
}
