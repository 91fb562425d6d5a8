//! `-R` and `ipvsadm-restore`: all of the input is read and checked before
//! anything is changed. Only lines typed on a terminal act at once.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write, stdin};

use anyhow::Context;

use super::apply::{CountedLines, LinesStatus, apply, ends_rules};
use super::settings::{SettingsOfRules, parts};
use super::turn::{Job, Turn};
use super::verdict::{RulesVerdict, WRONG, may_do_part};
use super::{Failure, Out, Report, carry_out, daemons, formats, input, replace};
use crate::cli::{self, Extent, Mistake, Restore, RestoreMode, RuleCommand};
use crate::names::{Gathered, System};
use crate::rules::lines::Lines;
use crate::rules::restore::{Checked, Parse, read_rules, read_table};
use ipvs::client::Client;
use ipvs::model::Change;

/// Returns whether a restore needs the kernel.
pub(super) fn needs_kernel(restore: &Restore) -> bool {
    match restore.stop_at {
        Extent::Check => false,
        Extent::DryRun => restore.mode == RestoreMode::Replace,
        Extent::Full => true,
    }
}

/// Carries out `--check`, and `--dry-run` of rules that would be carried out as they stand.
#[inline(never)]
pub(super) fn rehearse(
    program: &str,
    restore: &Restore,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let input = input::open(restore)?;
    let parser = Parser::new(program);
    if restore.stop_at == Extent::Check {
        let name = restore
            .input
            .as_deref()
            .map_or("stdin".into(), |file| file.display().to_string());
        let checked = read_table(input, &parser, restore.scope.clone()).map_err(reading)?;
        let report = &mut |remark: &dyn Display| report(&format_args!("{name}: {remark}"));
        return all(checked, report).map(drop);
    }
    let rules = all(read_rules(input, &parser).map_err(reading)?, report)?;
    let (settings, mut changes) = parts(rules);
    if restore.mode == RestoreMode::ClearThenApply {
        changes.insert(0, Change::Clear);
    }
    formats::of(restore.format).changes(&settings, &changes, out, report)
}

/// A restore that needs the kernel.
#[inline(never)]
pub(super) fn restore(
    program: &str,
    client: &mut Client,
    restore: &Restore,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let counted = CountedLines::of(restore);
    if restore.mode == RestoreMode::Apply && restore.input.is_none() && stdin().is_terminal() {
        return converse(program, client, counted, out, report);
    }
    let input = input::open(restore)?;
    let parser = Parser::new(program);
    if restore.mode == RestoreMode::Replace {
        let mut checked = read_table(input, &parser, restore.scope.clone()).map_err(reading)?;
        let _turn = match restore.stop_at {
            Extent::Full => Some(Turn::take(Job::Restore, report)?),
            Extent::Check | Extent::DryRun => None,
        };
        let settings = SettingsOfRules::take(&mut checked.rules.others, &mut checked.wrong);
        let (wanted, end) = usable(checked, client, restore, report)?;
        return end.after(replace::replace(
            client, wanted, settings, restore, out, report,
        ));
    }
    let mut checked = read_rules(input, &parser).map_err(reading)?;
    let _turn = Turn::take(Job::Restore, report)?;
    let settings = SettingsOfRules::take(&mut checked.rules, &mut checked.wrong);
    let (mut rules, end) = usable(checked, client, restore, report)?;
    // A refused line undoes nothing, so the settings are not put back either.
    let (_made, made) = settings.make(&mut || may_do_part(client, restore), report)?;
    if restore.mode == RestoreMode::ClearThenApply {
        daemons::leave_out_done(client, &mut rules).map_err(Failure::Unlisted)?;
        client.apply(&Change::Clear).map_err(Failure::Refused)?;
    }
    end.after(made.after(apply(client, &rules, counted, out, report)))
}

/// Carries out rules from a terminal as they are typed.
fn converse(
    program: &str,
    client: &mut Client,
    counted: CountedLines,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let names = System::default();
    let mut typed = Lines::new(stdin().lock());
    let mut tally = LinesStatus::new(counted);
    while let Some(line) = typed
        .next_line()
        .context("cannot read stdin")
        .map_err(Failure::Files)?
    {
        let words = match line.words {
            Ok(words) => words,
            Err(malformed) => {
                report(&malformed);
                tally.failed(&Failure::Lines { status: 255 });
                continue;
            }
        };
        if words.is_empty() {
            continue;
        }
        let command = cli::parse_rule(program, words).resolve_rule(&names);
        let command = command.map_err(|mistake| mistake.usage)?;
        let last = ends_rules(&command);
        match carry_out(client, &command, out) {
            Ok(()) => tally.done(),
            Err(failure) => {
                report(&failure);
                tally.failed(&failure);
            }
        }
        out.flush().map_err(Failure::writing)?;
        if last {
            break;
        }
    }
    tally.end()
}

/// Turns the words of a line into a command.
struct Parser<'a> {
    program: &'a str,
    names: Gathered,
}

impl<'a> Parser<'a> {
    fn new(program: &'a str) -> Self {
        let names = Gathered::default();
        Self { program, names }
    }
}

impl Parse for Parser<'_> {
    fn parse(&self, words: &[String]) -> Result<RuleCommand, Mistake> {
        self.names.begin_line();
        cli::parse_rule(self.program, words).resolve_rule(&self.names)
    }

    fn waits(&self) -> bool {
        self.names.waits()
    }

    fn look_up(&self) {
        self.names.look_up();
    }

    fn is_unanswered(&self) -> bool {
        self.names.is_unanswered()
    }
}

fn reading(error: io::Error) -> Failure {
    Failure::Files(anyhow::Error::new(error).context("cannot read the rules"))
}

/// Returns the rules, if none is wrong. Each wrong one is reported.
fn all<T>(checked: Checked<T>, report: &mut Report<'_>) -> Result<T, Failure> {
    match remark(&checked, report) {
        RulesVerdict::Right => Ok(checked.rules),
        RulesVerdict::Wrong => Err(WRONG),
    }
}

/// Returns the rules that can be carried out: all of them or, where the table is empty, the right
/// ones.
fn usable<T>(
    checked: Checked<T>,
    client: &mut Client,
    restore: &Restore,
    report: &mut Report<'_>,
) -> Result<(T, RulesVerdict), Failure> {
    let end = remark(&checked, report);
    match end == RulesVerdict::Right || may_do_part(client, restore)? {
        true => Ok((checked.rules, end)),
        false => Err(WRONG),
    }
}

/// Reports the remarks on lines.
fn remark<T>(checked: &Checked<T>, report: &mut Report<'_>) -> RulesVerdict {
    for remark in &checked.idle {
        report(remark);
    }
    for remark in &checked.wrong {
        report(remark);
    }
    match checked.wrong.is_empty() {
        true => RulesVerdict::Right,
        false => RulesVerdict::Wrong,
    }
}
