use std::fmt;

use super::types::{Label, Verb};
use super::value_error::ValueError;
use ipvs::model::TunnelKind;

/// The answer of `ipvsadm-save` to an option that it does not have.
pub(crate) const SAVE_USAGE: &str = "\
ipvsadm-save: Script to save the IPVS table to stdout.
   With -n, in numbers. With --output FILE, into FILE. With --json, as JSON.";

/// A command line that can't be carried out.
///
/// Its `Display` is what standard error gets, without the final line break.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Usage {
    /// There is no command, or another option stands before it. The field is the
    /// program's name as typed.
    #[error("Try `{0} -h' or '{0} --help' for more information.")]
    NoCommand(String),
    /// The word with the unknown option in it.
    #[error("{0}: unknown option")]
    UnknownOption(String),
    /// The word with the option whose value is missing.
    #[error("{0}: missing argument")]
    MissingArgument(String),
    /// The word with the option that takes no value.
    #[error("{0}: option does not take an argument")]
    NeedlessArgument(String),
    /// The last word of a second command.
    #[error("invalid option `{0}'")]
    SecondCommand(String),
    /// A word that is no option and no option's value.
    #[error("unexpected argument {0}")]
    UnexpectedWord(String),
    /// An option was given twice, or two that exclude each other.
    #[error("multiple '{0}' options specified")]
    Repeated(Label),
    /// `-6` for a service that is not a firewall mark. A blank line follows.
    #[error("-6 used before -f\n")]
    Ipv6BeforeFwmark,
    /// A value is not what its option takes.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// `--set` with fewer than three words.
    #[error("--set option requires 3 timeout values")]
    SetValues,
    /// An option that the command or kind of tunnel needs.
    #[error("You need to supply the '{label}' option for the {context}")]
    Missing {
        /// The option.
        label: Label,
        /// The command, option or kind of tunnel that needs it.
        context: Context,
    },
    /// An option that does not go with the command or kind of tunnel.
    #[error("Illegal '{label}' option with the {context}")]
    Illegal {
        /// The option.
        label: Label,
        /// The command or kind of tunnel that it does not go with.
        context: Context,
    },
    /// Two options that exclude each other.
    #[error("The option '{label}' conflicts with the '{with}' option in the {context}")]
    Conflict {
        /// One of them.
        label: Label,
        /// The other.
        with: Label,
        /// The command or kind of tunnel where they exclude each other.
        context: Context,
    },
    /// A view of the table is asked for where something else is listed.
    #[error("options conflicts in the list command")]
    View,
    /// Only a persistent service may be for every port.
    #[error("Zero port specified for non-persistent service")]
    ZeroPort,
    /// `-o` with TCP or SCTP.
    #[error("One-Packet Scheduling is only for UDP virtual services")]
    OnePacket,
    /// A server of another address family than its service, without a tunnel.
    #[error("Different address family is allowed only for tunneling servers")]
    MixedFamilies,
    /// `--tun-…` without `-i`.
    #[error("Tunnel options conflict with forward method")]
    TunnelOptions,
    /// An option that is for the command line alone, in a rule file.
    #[error("the '{0}' option is for the command line, not for rules")]
    NotInRules(Label),
    /// An option of a replacement beside `--clear` of `ipvsadm-restore`.
    #[error("the '{0}' option does not go with --clear, which removes every service")]
    WithClear(Label),
    /// An option that `ipvsadm-save` does not have.
    #[error("{}", SAVE_USAGE)]
    SaveOption,
}

impl Usage {
    /// Returns the exit status.
    pub fn status(&self) -> u8 {
        match self {
            Self::NoCommand(_)
            | Self::UnknownOption(_)
            | Self::MissingArgument(_)
            | Self::NeedlessArgument(_) => 255,
            Self::SaveOption => 1,
            _ => 2,
        }
    }
}

/// The command, kind of tunnel or option that other options are checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// A command.
    Command(Verb),
    /// A kind of tunnel.
    Tunnel(TunnelKind),
    /// Another option.
    Option(Label),
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(verb) => write!(f, "'{verb}' command"),
            Self::Option(label) => write!(f, "'{label}' option"),
            Self::Tunnel(TunnelKind::Gue) => f.write_str("'gue' tunnel type"),
            Self::Tunnel(TunnelKind::Gre) => f.write_str("'gre' tunnel type"),
            Self::Tunnel(_) => f.write_str("'ipip' tunnel type"),
        }
    }
}
