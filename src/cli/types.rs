//! The vocabulary of the command line: commands, the names of options, and the
//! terms in which the table of [`options`](super::options) describes an option.

use std::fmt;

macro_rules! names {
    ($(#[$attribute:meta])* $kind:ident: $($name:ident $text:literal,)+) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the documentation")]
        pub enum $kind {
            $($name,)+
        }

        impl $kind {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the name in messages.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

names! {
    /// A command.
    Verb:
    AddService "add-service",
    EditService "edit-service",
    DeleteService "delete-service",
    AddServer "add-server",
    EditServer "edit-server",
    DeleteServer "delete-server",
    Clear "flush",
    List "list",
    Save "save",
    Restore "restore",
    Zero "zero",
    Set "set",
    StartDaemon "start-daemon",
    StopDaemon "stop-daemon",
    Help "help",
    Version "version",
    Completions "completions",
    Diagnose "diagnose",
    Explain "explain",
    Sysctl "sysctl",
}

names! {
    /// The name of an option in messages, which is its long name too, unless
    /// several options that exclude each other share it.
    ///
    /// A command's options are checked in this order, and the first complaint wins.
    /// It is the order of ipvsadm 1.31, so options that 1.31 lacks come last.
    Label:
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
    // ipvsadm 1.31 lacks the options from here on.
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
    OrEdit "or-edit",
    Keep "keep",
    IfExists "if-exists",
    Raw "raw",
    Strict "strict",
    Only "only",
    KeepWeights "keep-weights",
    NoRemove "no-remove",
    Require "require",
    FromProc "from-proc",
    OnServer "on-server",
    Director "director",
    Orphans "orphans",
    Origin "origin",
    AllServices "all-services",
    OpenMetrics "openmetrics",
    Netns "netns",
    Undrain "undrain",
    Status "status",
    All "all",
    Ramp "ramp",
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

/// A program that saves or restores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `ipvsadm-save`
    Save,
    /// `ipvsadm-restore`
    Restore,
}

/// The options that were given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given(u128);

impl Given {
    fn bit(label: Label) -> u128 {
        1 << label as u32
    }

    /// Returns whether an option of that name was given.
    pub(crate) fn has(self, label: Label) -> bool {
        self.0 & Self::bit(label) != 0
    }

    /// Returns the meaning of the first of these options that was given.
    pub(crate) fn chosen<T: Copy>(self, options: &[(Label, T)]) -> Option<T> {
        let mut given = options.iter().filter(|(label, _)| self.has(*label));
        given.next().map(|&(_, meaning)| meaning)
    }

    /// Notes an option. Returns false if one of that name was noted before.
    pub(crate) fn insert(&mut self, label: Label) -> bool {
        let new = !self.has(label);
        self.0 |= Self::bit(label);
        new
    }
}

/// The value that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// It takes no value.
    Nothing,
    /// It takes a value; the text is what help calls it.
    Value(&'static str),
    /// It may take a value, which is the next word only if that does not begin with a
    /// dash.
    Maybe(&'static str),
    /// It may take a value, but only behind `=`, never the next word.
    Attached(&'static str),
}

/// The role of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A command.
    Command(Verb),
    /// An option of commands, by its name in messages. It may be given once.
    Option(Label),
    /// An option that changes nothing, or only how another of that name is meant.
    /// It may be repeated, and does not count as given.
    Modifier(Label),
}

impl Role {
    /// Returns the name in messages. A command has no such name.
    pub(crate) const fn label(self) -> Option<Label> {
        match self {
            Self::Command(_) => None,
            Self::Option(label) | Self::Modifier(label) => Some(label),
        }
    }

    /// Returns the command, if the option is one.
    pub(crate) fn verb(self) -> Option<Verb> {
        match self {
            Self::Command(verb) => Some(verb),
            Self::Option(_) | Self::Modifier(_) => None,
        }
    }
}

/// Where an option may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the command line and in rules.
    Anywhere,
    /// On the command line only.
    CommandLine,
}

/// The rule of a command, or of a kind of tunnel, for an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It has to be given.
    Required,
    /// It may be given.
    Allowed,
    /// It has to be given, or this option in its place.
    RequiredOr(Label),
    /// It may be given if none of these is.
    Unless(&'static [Label]),
    /// It may be given if this is given too.
    With(Label),
    /// It is accepted, as by ipvsadm 1.31, though it changes nothing.
    Idle,
    /// It must not be given.
    Illegal,
}

/// The commands that an option goes with. It is illegal with all others.
pub(crate) type Uses = &'static [(Verb, Rule)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_fit_the_set_and_do_not_meet() {
        let mut all = Given::default();
        for &label in Label::ALL {
            assert!(all.insert(label), "{label}");
        }
        for &label in Label::ALL {
            assert!(!all.insert(label), "{label}");
        }
    }
}
