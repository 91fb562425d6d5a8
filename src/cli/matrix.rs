//! Which option goes with which command, as data.

use std::fmt;

use super::usage::{Context, Usage};
use ipvs::model::TunnelKind;

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `-A`
    AddService,
    /// `-E`
    EditService,
    /// `-D`
    DeleteService,
    /// `-a`
    AddServer,
    /// `-e`
    EditServer,
    /// `-d`
    DeleteServer,
    /// `-C`
    Clear,
    /// `-L`, `-l`
    List,
    /// `-S`
    Save,
    /// `-R`
    Restore,
    /// `-Z`
    Zero,
    /// `--set`
    Set,
    /// `--start-daemon`
    StartDaemon,
    /// `--stop-daemon`
    StopDaemon,
    /// `-h`
    Help,
    /// `-v`
    Version,
    /// `--completions`
    Completions,
    /// `--diagnose`
    Diagnose,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddService => "add-service",
            Self::EditService => "edit-service",
            Self::DeleteService => "delete-service",
            Self::AddServer => "add-server",
            Self::EditServer => "edit-server",
            Self::DeleteServer => "delete-server",
            Self::Clear => "flush",
            Self::List => "list",
            Self::Save => "save",
            Self::Restore => "restore",
            Self::Zero => "zero",
            Self::Set => "set",
            Self::StartDaemon => "start-daemon",
            Self::StopDaemon => "stop-daemon",
            Self::Help => "help",
            Self::Version => "version",
            Self::Completions => "completions",
            Self::Diagnose => "diagnose",
        })
    }
}

macro_rules! labels {
    ($($label:ident $name:literal,)+) => {
        /// What an option is called in messages.
        ///
        /// Options that exclude each other share one. The order is that in
        /// which a command's options are checked: the first complaint wins.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the documentation")]
        pub enum Label {
            $($label,)+
        }

        impl Label {
            /// Every label, in the order of the checks.
            pub const ALL: &'static [Self] = &[$(Self::$label,)+];
        }

        impl fmt::Display for Label {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$label => $name,)+
                })
            }
        }
    };
}

labels! {
    Numeric "numeric",
    Connection "connection",
    Service "service-address",
    Scheduler "scheduler",
    Persistent "persistent",
    Netmask "netmask",
    Server "real-server",
    Forwarding "forwarding-method",
    Weight "weight",
    UpperThreshold "u-threshold",
    LowerThreshold "l-threshold",
    McastInterface "mcast-interface",
    Timeout "timeout",
    Daemon "daemon",
    Stats "stats",
    Rate "rate",
    Thresholds "thresholds",
    PersistentConn "persistent-conn",
    NoSort "nosort",
    SyncId "syncid",
    Exact "exact",
    OnePacket "ops",
    Engine "pe",
    SchedFlags "sched-flags",
    McastGroup "mcast-group",
    McastPort "mcast-port",
    McastTtl "mcast-ttl",
    SyncMaxLen "sync-maxlen",
    TunInfo "tun-info",
    TunType "tun-type",
    TunPort "tun-port",
    TunNoCsum "tun-nocsum",
    TunCsum "tun-csum",
    TunRemCsum "tun-remcsum",
    Replace "replace",
    Check "check",
    DryRun "dry-run",
    Output "output",
    Json "json",
    Client "client",
    State "state",
    By "by",
    Watch "watch",
    Count "count",
    Color "color",
    Drain "drain",
    Sample "sample",
    Probe "probe",
    Ignore "ignore",
    Facts "facts",
}

impl Label {
    /// The options of tunnels.
    pub(crate) const OF_TUNNELS: [Self; 5] = [
        Self::TunType,
        Self::TunPort,
        Self::TunNoCsum,
        Self::TunCsum,
        Self::TunRemCsum,
    ];
}

/// The options that were given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given(u64);

impl Given {
    fn bit(label: Label) -> u64 {
        1 << label as u32
    }

    /// Whether an option of that name was given.
    pub(crate) fn has(self, label: Label) -> bool {
        self.0 & Self::bit(label) != 0
    }

    /// Notes an option; false if there was one of that name already.
    pub(crate) fn insert(&mut self, label: Label) -> bool {
        let new = !self.has(label);
        self.0 |= Self::bit(label);
        new
    }
}

/// What a command, or a kind of tunnel, makes of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Required,
    Allowed,
    /// Allowed if none of these is given.
    Unless(&'static [Label]),
    /// Allowed if this is given too.
    With(Label),
    /// Accepted, as ever, though it changes nothing.
    Idle,
    Illegal,
}

/// Commands against options.
fn of_command(verb: Verb, label: Label) -> Rule {
    use Label::*;
    use Verb::{
        AddServer, AddService, DeleteServer, DeleteService, Diagnose, EditServer, EditService,
        List, Restore, Save, StartDaemon, StopDaemon, Zero,
    };
    match (verb, label) {
        (AddService | EditService | DeleteService, Service) => Rule::Required,
        (
            AddService | EditService,
            Scheduler | Persistent | Netmask | OnePacket | Engine | SchedFlags,
        ) => Rule::Allowed,

        (AddServer | EditServer | DeleteServer, Service | Server) => Rule::Required,
        (AddServer | EditServer, Forwarding | Weight | UpperThreshold | LowerThreshold) => {
            Rule::Allowed
        }
        (AddServer | EditServer, TunType | TunPort | TunNoCsum | TunCsum | TunRemCsum) => {
            Rule::Allowed
        }

        (List, Service) => Rule::Unless(&[Connection]),
        (List, Timeout) => Rule::Unless(&[Connection, Service]),
        (List, Daemon) => Rule::Unless(&[Connection, Service, Timeout]),
        (List, Connection | Stats | Rate | Thresholds | PersistentConn | TunInfo) => Rule::Allowed,
        (List, Numeric | NoSort | Exact) => Rule::Allowed,
        (List | StopDaemon, SyncId) => Rule::Idle,
        (List, Client | State | By) => Rule::With(Connection),
        (List, Watch) => Rule::Unless(&[Timeout, Daemon]),
        (List, Count) => Rule::With(Watch),
        (List, Json | Color) => Rule::Allowed,

        (DeleteService | DeleteServer, Drain) => Rule::Allowed,
        (Zero, Service) => Rule::Allowed,
        (Save, Numeric | Output | Json) => Rule::Allowed,
        (Restore, Replace | Check) => Rule::Allowed,
        (Restore, DryRun) => Rule::Unless(&[Check]),
        (Restore, Json) => Rule::With(DryRun),

        (Diagnose, Service | Client | Sample | Probe | Output) => Rule::Unless(&[Facts]),
        (Diagnose, Ignore | Facts | Json) => Rule::Allowed,

        (StartDaemon, McastInterface | McastGroup | McastPort | McastTtl) => Rule::Allowed,
        (StartDaemon, SyncId | SyncMaxLen) => Rule::Allowed,
        _ => Rule::Illegal,
    }
}

/// Kinds of tunnels against their options.
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

/// What there is to say against an option, given or not.
fn complaint(given: Given, context: Context, label: Label, rule: Rule) -> Option<Usage> {
    let present = given.has(label);
    match rule {
        Rule::Required if !present => Some(Usage::Missing { label, context }),
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

/// Commands against options. A listing of connections may be narrowed.
fn of_ours(verb: Verb, label: Label) -> Rule {
    match (verb, label) {
        (Verb::List, Label::Service) => Rule::Allowed,
        (Verb::List, Label::Server) => Rule::With(Label::Connection),
        _ => of_command(verb, label),
    }
}

/// Checks a command's options.
pub(crate) fn command(verb: Verb, given: Given) -> Result<(), Usage> {
    let narrowed = verb == Verb::List && given.has(Label::Connection);
    check(given, Context::Command(verb), |label| match label {
        Label::Service | Label::Server if narrowed => of_ours(verb, label),
        _ => of_command(verb, label),
    })
}

/// As [`command`], but for a listing of connections that can't be narrowed, as
/// in ipvsadm 1.31.
pub(crate) fn command_unnarrowed(verb: Verb, given: Given) -> Result<(), Usage> {
    check(given, Context::Command(verb), |label| {
        of_command(verb, label)
    })
}

/// Checks that a view of the table is not asked for where something else is
/// listed.
pub(crate) fn view(given: Given) -> Result<(), Usage> {
    use Label::{Connection, Daemon, PersistentConn, Rate, Stats, Thresholds, Timeout};
    let any = |labels: &[Label]| labels.iter().any(|&label| given.has(label));
    let of_table = any(&[Stats, Rate, Thresholds]);
    let listed_otherwise = if given.has(Connection) {
        of_table
    } else {
        any(&[Timeout, Daemon]) && (of_table || given.has(PersistentConn))
    };
    match listed_otherwise {
        true => Err(Usage::View),
        false => Ok(()),
    }
}

/// Whether an option means something to a command, whatever else is given.
pub(crate) fn goes_with(verb: Verb, label: Label) -> bool {
    !matches!(of_ours(verb, label), Rule::Illegal | Rule::Idle)
}

/// Whether an option may be added to those that are given: that brings no
/// complaint that there was not before.
pub(crate) fn may_follow(verb: Verb, kind: TunnelKind, given: Given, label: Label) -> bool {
    let mut after = given;
    if !after.insert(label) || !goes_with(verb, label) {
        return false;
    }
    let complains = |given: Given, of: Label| {
        let command = complaint(given, Context::Command(verb), of, of_ours(verb, of));
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
    fn labels_fit_the_set_and_do_not_meet() {
        let mut all = given(Label::ALL);
        for &label in Label::ALL {
            assert!(!all.insert(label), "{label}");
        }
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
            complaint(command_unnarrowed(Verb::List, narrowed)),
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
