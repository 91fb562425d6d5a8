//! Checks the given options against the rules of the table. The first complaint in
//! the order of the labels is reported.

use super::compat131;
use super::options::SECTIONS;
use super::types::{Given, Label, Rule, Uses, Verb};
use super::usage::{Context, Usage};
use super::value_error::ValueError;
use ipvs::model::TunnelKind;

/// The commands that each label goes with. The number of a label is its index.
const USES: [Uses; Label::ALL.len()] = uses();

#[allow(
    clippy::indexing_slicing,
    reason = "the compiler runs it, and would stop"
)]
const fn uses() -> [Uses; Label::ALL.len()] {
    let mut uses: [Uses; Label::ALL.len()] = [&[]; Label::ALL.len()];
    let mut section = 0;
    while section < SECTIONS.len() {
        let options = SECTIONS[section].options;
        let mut at = 0;
        while at < options.len() {
            if let Some(label) = options[at].role.label() {
                uses[label as usize] = options[at].uses;
            }
            at += 1;
        }
        section += 1;
    }
    uses
}

/// Returns the rule of a command for an option.
fn of_command(verb: Verb, label: Label) -> Rule {
    let uses = USES.get(label as usize).copied().unwrap_or_default();
    let found = uses.iter().find(|(of, _)| *of == verb);
    found.map_or(Rule::Illegal, |(_, rule)| *rule)
}

/// Returns the rule of a kind of tunnel for an option.
fn of_tunnel(kind: TunnelKind, label: Label) -> Rule {
    use Label::*;
    use TunnelKind::{Gre, Gue};
    match (kind, label) {
        (Gue, TunPort) => Rule::Required,
        (Gue | Gre, TunNoCsum) => Rule::Allowed,
        (Gue | Gre, TunCsum) => Rule::Unless(&[TunNoCsum]),
        (Gue, TunRemCsum) => Rule::Unless(&[TunNoCsum, TunCsum]),
        (_, TunPort | TunNoCsum | TunCsum | TunRemCsum) => Rule::Illegal,
        _ => Rule::Allowed,
    }
}

/// Returns the complaint about an option, if its presence or absence breaks the
/// rule.
fn complaint(given: Given, context: Context, label: Label, rule: Rule) -> Option<Usage> {
    let present = given.has(label);
    match rule {
        Rule::Required if !present => Some(Usage::Missing { label, context }),
        Rule::RequiredOr(other) if !present && !given.has(other) => {
            Some(Usage::Missing { label, context })
        }
        Rule::Illegal if present => Some(Usage::Illegal { label, context }),
        Rule::Unless(others) if present => {
            let with = *others.iter().find(|&&other| given.has(other))?;
            Some(Usage::Conflict {
                label,
                with,
                context,
            })
        }
        Rule::With(needed) if present && !given.has(needed) => Some(Usage::Missing {
            label: needed,
            context: Context::Option(label),
        }),
        _ => None,
    }
}

fn check(given: Given, context: Context, rule: impl Fn(Label) -> Rule) -> Result<(), Usage> {
    let mut complaints = Label::ALL
        .iter()
        .filter_map(|&label| complaint(given, context, label, rule(label)));
    complaints.next().map_or(Ok(()), Err)
}

/// Checks a command's options.
///
/// # Errors
/// Returns the first complaint. Where ipvsadm 1.31 has another one, that is
/// returned, unless what 1.31 refuses is accepted here.
pub(crate) fn command(verb: Verb, given: Given) -> Result<(), Usage> {
    check(
        given,
        Context::Command(verb),
        |label| match compat131::narrows(verb, given) {
            true => of_command(verb, label),
            false => rule_131(verb, label),
        },
    )
}

/// Returns what ipvsadm 1.31 says of a listing of connections that is narrowed
/// here.
pub(super) fn narrowing(verb: Verb, given: Given) -> Option<Usage> {
    compat131::narrows(verb, given).then(|| command_131(verb, given).err())?
}

/// Checks a command's options as [`command`] does, but refuses to narrow a listing.
fn command_131(verb: Verb, given: Given) -> Result<(), Usage> {
    check(given, Context::Command(verb), |label| rule_131(verb, label))
}

fn rule_131(verb: Verb, label: Label) -> Rule {
    compat131::rule(verb, label).unwrap_or_else(|| of_command(verb, label))
}

/// Checks that a view of the table is not asked for where something else is
/// listed.
pub(crate) fn view(given: Given) -> Result<(), Usage> {
    use Label::{Connection, Daemon, PersistentConn, Rate, Stats, Status, Thresholds, Timeout};
    let any = |labels: &[Label]| labels.iter().any(|&label| given.has(label));
    let of_table = any(&[Stats, Rate, Thresholds]);
    let listed_otherwise = if given.has(Connection) {
        of_table
    } else {
        any(&[Timeout, Daemon, Status]) && (of_table || given.has(PersistentConn))
    };
    match listed_otherwise {
        true => Err(Usage::View),
        false => Ok(()),
    }
}

/// Checks that a listing of the table asks for no more than `/proc` tells. A
/// listing of connections needs no such check: `/proc` tells everything about them.
///
/// # Errors
/// Returns the first option that asks for more.
pub(crate) fn brief(given: Given) -> Result<(), Usage> {
    use Label::{Color, FromProc, Json, PersistentConn, Watch};
    let more = [PersistentConn, Json, Watch, Color];
    match more.into_iter().find(|label| given.has(*label)) {
        None => Ok(()),
        Some(with) => Err(Usage::Conflict {
            label: FromProc,
            with,
            context: Context::Command(Verb::List),
        }),
    }
}

/// Checks that a command may be carried out in each namespace in turn: it changes
/// nothing, and its outputs can stand one below the other.
///
/// # Errors
/// Fails with [`ValueError::NetnsAll`].
pub(crate) fn in_each_namespace(verb: Verb, given: Given) -> Result<(), Usage> {
    use Label::{OpenMetrics, Output, Require, Watch};
    let is_shown = matches!(verb, Verb::List | Verb::Diagnose);
    let goes_on_alone = [Watch, Require, OpenMetrics, Output]
        .iter()
        .any(|&l| given.has(l));
    match is_shown && !goes_on_alone {
        true => Ok(()),
        false => Err(ValueError::NetnsAll.into()),
    }
}

/// Checks that the notes of persistence engines are not wanted together with
/// origins, because no file of the kernel has both. A document of connections has
/// these notes.
///
/// # Errors
/// Returns the option that asks for the notes.
pub(crate) fn origin(given: Given) -> Result<(), Usage> {
    use Label::{By, Json, Origin, PersistentConn};
    if !given.has(Origin) {
        return Ok(());
    }
    let noted = [PersistentConn, Json];
    let with = noted.into_iter().find(|label| given.has(*label));
    match with {
        Some(Json) if given.has(By) => Ok(()),
        None => Ok(()),
        Some(with) => Err(Usage::Conflict {
            label: Origin,
            with,
            context: Context::Command(Verb::List),
        }),
    }
}

/// Returns whether an option means something to a command, whatever else is given.
pub(crate) fn goes_with(verb: Verb, label: Label) -> bool {
    !matches!(of_command(verb, label), Rule::Illegal | Rule::Idle)
}

/// Returns whether an option may be added to those that are given, without a
/// complaint that there was not before.
pub(crate) fn may_follow(verb: Verb, kind: TunnelKind, given: Given, label: Label) -> bool {
    let mut after = given;
    if !after.insert(label) || !goes_with(verb, label) {
        return false;
    }
    let complains = |given: Given, of: Label| {
        let command = complaint(given, Context::Command(verb), of, of_command(verb, of));
        let tunnel = complaint(given, Context::Tunnel(kind), of, of_tunnel(kind, of));
        [command.is_some(), tunnel.is_some()]
    };
    let no_worse = |&of: &Label| {
        let pairs = complains(given, of).into_iter().zip(complains(after, of));
        pairs.into_iter().all(|(before, after)| before || !after)
    };
    (view(after).is_ok() || view(given).is_err()) && Label::ALL.iter().all(no_worse)
}

/// Checks a tunnel's options.
pub(crate) fn tunnel(kind: TunnelKind, given: Given) -> Result<(), Usage> {
    check(given, Context::Tunnel(kind), |label| of_tunnel(kind, label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(labels: &[Label]) -> Given {
        let mut given = Given::default();
        for &label in labels {
            assert!(given.insert(label), "{label}");
        }
        given
    }

    fn complaint(outcome: Result<(), Usage>) -> String {
        outcome
            .err()
            .map_or(String::new(), |usage| usage.to_string())
    }

    #[test]
    fn the_first_complaint_in_the_order_of_labels_wins() {
        use Label::*;
        for (verb, labels, wanted) in [
            (
                Verb::AddService,
                &[Weight][..],
                "You need to supply the 'service-address' option for the 'add-service' command",
            ),
            (
                Verb::AddService,
                &[Weight, Numeric],
                "Illegal 'numeric' option with the 'add-service' command",
            ),
            (
                Verb::List,
                &[Daemon, Service, Weight],
                "Illegal 'weight' option with the 'list' command",
            ),
            (
                Verb::List,
                &[Daemon, Service, OnePacket],
                "The option 'daemon' conflicts with the 'service-address' option in the 'list' \
                 command",
            ),
        ] {
            assert_eq!(complaint(command(verb, given(labels))), wanted);
        }
    }

    #[test]
    fn connections_may_be_narrowed() {
        use Label::{Connection, Server, Service};
        let narrowed = given(&[Connection, Server, Service]);
        assert_eq!(command(Verb::List, narrowed), Ok(()));
        assert_eq!(
            complaint(command_131(Verb::List, narrowed)),
            "The option 'service-address' conflicts with the 'connection' option in the 'list' \
             command"
        );
        assert_eq!(
            complaint(command(Verb::List, given(&[Server]))),
            "Illegal 'real-server' option with the 'list' command"
        );
    }

    #[test]
    fn some_options_need_another() {
        use Label::*;
        for (verb, labels, wanted) in [
            (
                Verb::List,
                &[Client][..],
                "You need to supply the 'connection' option for the 'client' option",
            ),
            (
                Verb::List,
                &[Count],
                "You need to supply the 'watch' option for the 'count' option",
            ),
            (
                Verb::Restore,
                &[Json],
                "You need to supply the 'dry-run' option for the 'json' option",
            ),
            (Verb::List, &[Client, Connection, By, State, Json], ""),
            (
                Verb::List,
                &[Watch, Daemon],
                "The option 'watch' conflicts with the 'daemon' option in the 'list' command",
            ),
        ] {
            assert_eq!(complaint(command(verb, given(labels))), wanted);
        }
    }

    #[test]
    fn tunnels() {
        use Label::*;
        for (kind, labels, wanted) in [
            (
                TunnelKind::Gre,
                &[TunNoCsum, TunCsum, TunRemCsum][..],
                "The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' \
                 tunnel type",
            ),
            (
                TunnelKind::Gre,
                &[TunCsum, TunRemCsum],
                "Illegal 'tun-remcsum' option with the 'gre' tunnel type",
            ),
            (
                TunnelKind::Gue,
                &[TunCsum],
                "You need to supply the 'tun-port' option for the 'gue' tunnel type",
            ),
        ] {
            assert_eq!(complaint(tunnel(kind, given(labels))), wanted);
        }
    }
}
