//! Settings among rules, `--sysctl`. They are checked with all lines, made before the other rules,
//! which may depend on them, and put back where those fail.

use std::collections::HashSet;

use super::apply::ends_rules;
use super::verdict::RulesVerdict;
use super::{Failure, Report};
use crate::cli::RuleCommand;
use crate::rules::restore::{NumberedRule, Remark};
use crate::sysctls::{MadeSetting, PendingSetting, PutBack, UnsetError, find};
use ipvs::error::os_text;
use ipvs::model::{Change, Setting};

/// The settings that are to be made, each once, in the order of the rules.
pub(super) struct SettingsOfRules(Vec<NumberedSetting>);

struct NumberedSetting {
    line: u64,
    pending: PendingSetting,
}

/// The settings that were made.
#[must_use]
pub(super) struct MadeSettings(Vec<MadeSetting>);

impl SettingsOfRules {
    /// Takes the settings out of the rules that will be carried out, and looks each one up. A
    /// setting that does not exist, or may not be written, is added to `wrong`. A missing setting
    /// of a scheduler is no mistake: a rule before it may load the scheduler, so the setting goes
    /// to the end of the rules.
    pub(super) fn take(rules: &mut Vec<NumberedRule>, wrong: &mut Vec<Remark>) -> Self {
        let end = rules.iter().position(|rule| ends_rules(&rule.command));
        let taken = rules.extract_if(..end.unwrap_or(rules.len()), |rule| {
            matches!(rule.command, RuleCommand::Sysctl(_))
        });
        let lines = taken.filter_map(|NumberedRule { line, command }| match command {
            RuleCommand::Sysctl(setting) => Some((line, setting)),
            _ => None,
        });
        let mut settings = Vec::new();
        for (line, setting) in last_of_each(lines.collect()) {
            match PendingSetting::find(&setting) {
                Ok(None) => {}
                Ok(Some(pending)) => settings.push(NumberedSetting { line, pending }),
                Err(UnsetError::Unknown { .. })
                    if find(&setting.name).is_some_and(|known| known.scheduler.is_some()) =>
                {
                    let command = RuleCommand::Sysctl(setting);
                    rules.push(NumberedRule { line, command });
                }
                Err(error) => wrong.push(Remark {
                    line,
                    message: error.to_string(),
                }),
            }
        }
        wrong.sort_by_key(|remark| remark.line);
        Self(settings)
    }

    /// Returns whether there are no settings to make.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the settings that differ from their present values.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter().map(|setting| setting.pending.setting())
    }

    /// Makes the settings. One that the kernel refuses is reported. If the rest may go on without
    /// it, its line counts as wrong; if not, all settings are put back.
    ///
    /// # Errors
    /// Where the kernel refuses a setting and the rest may not go on; and the errors of
    /// `may_go_on`.
    pub(super) fn make(
        self,
        may_go_on: &mut dyn FnMut() -> Result<bool, Failure>,
        report: &mut Report<'_>,
    ) -> Result<(MadeSettings, RulesVerdict), Failure> {
        let mut made = MadeSettings(Vec::new());
        let mut verdict = RulesVerdict::Right;
        for NumberedSetting { line, pending } in self.0 {
            match pending.make() {
                Ok(setting) => made.0.extend(setting),
                Err(error) if may_go_on()? => {
                    report(&format_args!("line {line}: {error}"));
                    verdict = RulesVerdict::Wrong;
                }
                Err(error) => {
                    report(&format_args!(
                        "line {line}: {error}; the table is what it was"
                    ));
                    made.put_back(report);
                    return Err(Failure::Lines { status: 255 });
                }
            }
        }
        Ok((made, verdict))
    }
}

impl MadeSettings {
    /// Gives each setting its earlier value back, and reports which ones were put back.
    pub(super) fn put_back(self, report: &mut Report<'_>) {
        let mut count: usize = 0;
        for made in self.0.into_iter().rev() {
            let Setting { name, value } = made.setting().clone();
            match made.put_back() {
                Ok(PutBack::Done) => count = count.saturating_add(1),
                Ok(PutBack::Theirs) => report(&format_args!(
                    "not put back: another program has changed net.ipv4.vs.{name}"
                )),
                Err(error) => report(&format_args!(
                    "could not put back net.ipv4.vs.{name}, which is {value}: {}",
                    os_text(&error)
                )),
            }
        }
        match count {
            0 => {}
            1 => report(&"the setting of net.ipv4.vs that had been made was put back"),
            _ => report(&format_args!(
                "the {count} settings of net.ipv4.vs that had been made were put back"
            )),
        }
    }
}

/// Returns the last line of each setting: it counts where there are several for one name.
fn last_of_each(mut lines: Vec<(u64, Setting)>) -> Vec<(u64, Setting)> {
    let mut names = HashSet::new();
    lines.reverse();
    lines.retain(|(_, setting)| names.insert(setting.name.clone()));
    lines.reverse();
    lines
}

/// Splits rules into settings and changes of everything else, in their order.
pub(super) fn parts(rules: Vec<NumberedRule>) -> (Vec<Setting>, Vec<Change>) {
    let mut settings = Vec::new();
    let mut changes = Vec::new();
    for rule in rules {
        match rule.command {
            RuleCommand::Change(change) => changes.push(change),
            RuleCommand::Sysctl(setting) => settings.push((rule.line, setting)),
            _ => {}
        }
    }
    let settings = last_of_each(settings).into_iter();
    (settings.map(|(_, setting)| setting).collect(), changes)
}
