//! Which option goes with which command, as data.

use std::fmt;

use super::usage::{Context, Usage};
use crate::model::TunnelKind;

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
    Illegal,
}

/// Commands against options.
fn of_command(verb: Verb, label: Label) -> Rule {
    use Label::*;
    use Verb::{
        AddServer, AddService, DeleteServer, DeleteService, EditServer, EditService, List, Restore,
        Save, StartDaemon, StopDaemon, Zero,
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
        (List, Numeric | NoSort | Exact | SyncId) => Rule::Allowed,
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

        (StartDaemon, McastInterface | McastGroup | McastPort | McastTtl) => Rule::Allowed,
        (StartDaemon, SyncId | SyncMaxLen) => Rule::Allowed,
        (StopDaemon, SyncId) => Rule::Allowed,
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

fn check(given: Given, context: Context, rule: impl Fn(Label) -> Rule) -> Result<(), Usage> {
    for &label in Label::ALL {
        let present = given.has(label);
        match rule(label) {
            Rule::Required if !present => return Err(Usage::Missing { label, context }),
            Rule::Illegal if present => return Err(Usage::Illegal { label, context }),
            Rule::Unless(others) if present => {
                if let Some(&with) = others.iter().find(|&&other| given.has(other)) {
                    return Err(Usage::Conflict {
                        label,
                        with,
                        context,
                    });
                }
            }
            Rule::With(needed) if present && !given.has(needed) => {
                return Err(Usage::Missing {
                    label: needed,
                    context: Context::Option(label),
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks a command's options. A listing of connections may be narrowed.
pub(crate) fn command(verb: Verb, given: Given) -> Result<(), Usage> {
    let narrowed = verb == Verb::List && given.has(Label::Connection);
    check(given, Context::Command(verb), |label| match label {
        Label::Service | Label::Server if narrowed => Rule::Allowed,
        _ => of_command(verb, label),
    })
}

/// Checks a command's options as ipvsadm 1.31 does.
pub(crate) fn command_of_1_31(verb: Verb, given: Given) -> Result<(), Usage> {
    check(given, Context::Command(verb), |label| {
        of_command(verb, label)
    })
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
            complaint(command_of_1_31(Verb::List, narrowed)),
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
