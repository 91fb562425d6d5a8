//! Rules that are carried out, or only shown, one after another.

use std::ops::ControlFlow;

use super::progress::RestoreProgress;
use super::{Failure, Out, Report, carry_out};
use crate::cli::{Restore, RestoreMode, RuleCommand, Strictness};
use crate::rules::repeats::repeats;
use crate::rules::restore::NumberedRule;
use ipvs::client::Client;

/// The lines whose failure decides the status of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CountedLines {
    /// Only the last one: programs that feed `-R` with batches, of which some lines are expected to
    /// fail, rely on this.
    Last,
    /// Every line that fails.
    All,
}

impl CountedLines {
    pub(super) fn of(restore: &Restore) -> Self {
        match (restore.mode, restore.strictness) {
            (RestoreMode::Apply, Strictness::WhereInUse) => Self::Last,
            (RestoreMode::Replace | RestoreMode::ClearThenApply, _)
            | (RestoreMode::Apply, Strictness::Everywhere) => Self::All,
        }
    }
}

/// The status of a run, kept while its lines are carried out one after another.
pub(super) struct LinesStatus {
    counted: CountedLines,
    status: u8,
    /// A listing has failed. ipvsadm 1.31 reads no further then, so later lines change nothing.
    is_final: bool,
}

impl LinesStatus {
    pub(super) fn new(counted: CountedLines) -> Self {
        Self {
            counted,
            status: 0,
            is_final: false,
        }
    }

    pub(super) fn done(&mut self) {
        if self.counted == CountedLines::Last && !self.is_final {
            self.status = 0;
        }
    }

    pub(super) fn failed(&mut self, failure: &Failure) {
        match self.counted {
            CountedLines::All => self.status = 255,
            CountedLines::Last if !self.is_final => {
                self.status = failure.status();
                self.is_final = matches!(failure, Failure::Unlisted(_));
            }
            CountedLines::Last => {}
        }
    }

    pub(super) fn end(self) -> Result<(), Failure> {
        match self.status {
            0 => Ok(()),
            status => Err(Failure::Lines { status }),
        }
    }
}

/// Carries rules out in order. A rule that the kernel refuses is reported, and the others are still
/// carried out.
pub(super) fn apply(
    client: &mut Client,
    rules: &[NumberedRule],
    counted: CountedLines,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let mut tally = LinesStatus::new(counted);
    let mut progress = RestoreProgress::towards(rules.len());
    let mut repeated = None;
    let is_change = |rule: &NumberedRule| matches!(rule.command, RuleCommand::Change(_));
    for run in rules.chunk_by(|one, next| is_change(one) && is_change(next)) {
        let changes = run.iter().filter_map(|rule| match &rule.command {
            RuleCommand::Change(change) => Some(change),
            _ => None,
        });
        let changes = changes.inspect(|_| progress.step());
        let mut last_refused = None;
        client
            .apply_all(changes, |index, error| {
                last_refused = Some(index);
                let line = run.get(index).map_or(0, |rule| rule.line);
                report(&format_args!("line {line}: {error}"));
                let mut is_repeat = || {
                    let lines = repeated.get_or_insert_with(|| repeats(rules));
                    lines.contains(&line)
                };
                if counted == CountedLines::Last || !(error.is_done() && is_repeat()) {
                    tally.failed(&Failure::Refused(error));
                }
                ControlFlow::Continue(())
            })
            .map_err(Failure::Refused)?;
        for rule in run {
            if is_change(rule) {
                continue;
            }
            match carry_out(client, &rule.command, out) {
                // The rules end here, as in ipvsadm 1.31: no later line counts.
                Ok(()) if ends_rules(&rule.command) => {
                    tally.done();
                    return tally.end();
                }
                Ok(()) => {}
                Err(error @ (Failure::ClosedPipe | Failure::Files(_))) => return Err(error),
                Err(error) => {
                    last_refused = Some(0);
                    report(&format_args!("line {}: {error}", rule.line));
                    tally.failed(&error);
                }
            }
        }
        if last_refused != run.len().checked_sub(1) {
            tally.done();
        }
    }
    tally.end()
}

/// Returns whether the command is `-h` or `-v`, which end the rules after them.
pub(super) fn ends_rules(command: &RuleCommand) -> bool {
    matches!(command, RuleCommand::Help(_) | RuleCommand::Version)
}
