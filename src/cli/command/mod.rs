//! Commands, in which nothing is left to look up or to check.

mod changes;
mod diagnosis;
mod listing;
mod rules;

use std::path::PathBuf;

pub use changes::{
    Deed, Drain, Ensure, Everywhere, GivenSettings, Leaving, Ramp, Ramped, ServerAnywhere,
    ServerEdit, ServiceEdit, Undrain,
};
pub use diagnosis::{Diagnose, Explain};
pub use listing::{
    Access, BriefList, Color, Connections, List, Metrics, Require, Selection, Standing, Watch,
};
pub use rules::{Coverage, Extent, Restore, RestoreMode, Save, Strictness};

use crate::cli::types::{Tool, Verb};
use ipvs::model::{Change, Protocol, Setting, VirtualId};

/// The meaning of one command line or rule. A rule file becomes many commands, so
/// the variants that are large and rare are boxed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// One that may also be a line of rules.
    Rule(RuleCommand),
    /// `-A`, `-a` with `--or-edit`, `-E`, `-e` with `--keep`, `-D`, `-d` with
    /// `--if-exists`
    Ensure(Ensure),
    /// `-e`, `-d` with `--all-services`
    Everywhere(Box<Everywhere>),
    /// `-d --drain`, `-D --drain`
    Drain(Drain),
    /// `-e --undrain`
    Undrain(Undrain),
    /// `-a --ramp`, `-e --ramp`
    Ramp(Box<Ramp>),
    /// `-L SERVICE --require NUMBER`
    Require(Require),
    /// `-L --openmetrics`
    Metrics(Metrics),
    /// `-L --from-proc`
    ListFromProc(BriefList),
    /// `-R`, `ipvsadm-restore`
    Restore(Restore),
    /// `--diagnose`
    Diagnose(Box<Diagnose>),
    /// `--explain`
    Explain(Explain),
    /// `ipvsadm-save -h`, `ipvsadm-restore -h`
    ToolHelp(Tool),
    /// `--completions`
    Completions(Shell),
    /// Offers a shell the words that may follow.
    Complete(Completion),
}

/// A command that may also be a line of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleCommand {
    /// `-A`, `-E`, `-D`, `-a`, `-e`, `-d`, `-C`, `-Z`, `--set`,
    /// `--start-daemon`, `--stop-daemon`
    Change(Change),
    /// `-L`, or nothing at all
    List(List),
    /// `-L -c`
    Connections(Box<Connections>),
    /// `-L --timeout`
    ShowTimeouts(Format),
    /// `-L --status`
    ShowStatus(Format),
    /// `-L --daemon`
    ShowDaemons(Format),
    /// `-S`, `ipvsadm-save`
    Save(Save),
    /// `--sysctl`
    Sysctl(Setting),
    /// `-h`, perhaps about one command only
    Help(Option<Verb>),
    /// `-v`
    Version,
}

impl Command {
    /// Returns the format of what the command prints, if there is one to choose.
    pub fn format(&self) -> Option<Format> {
        match self {
            Self::Rule(command) => command.format(),
            Self::Restore(restore) => Some(restore.format),
            Self::Diagnose(diagnose) => Some(diagnose.format),
            Self::Explain(explain) => Some(explain.format),
            Self::Ensure(_)
            | Self::Everywhere(_)
            | Self::Drain(_)
            | Self::Undrain(_)
            | Self::Ramp(_)
            | Self::Require(_)
            | Self::Metrics(_)
            | Self::ListFromProc(_)
            | Self::ToolHelp(_)
            | Self::Completions(_)
            | Self::Complete(_) => None,
        }
    }
}

impl RuleCommand {
    fn format(&self) -> Option<Format> {
        match self {
            Self::List(list) => Some(list.format),
            Self::Connections(connections) => Some(connections.format),
            Self::ShowTimeouts(format) | Self::ShowStatus(format) | Self::ShowDaemons(format) => {
                Some(*format)
            }
            Self::Save(save) => Some(save.format),
            Self::Change(_) | Self::Sysctl(_) | Self::Help(_) | Self::Version => None,
        }
    }
}

impl From<RuleCommand> for Command {
    fn from(command: RuleCommand) -> Self {
        Self::Rule(command)
    }
}

/// `--netns`: the network namespace that a command is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Netns {
    /// The one of this name.
    Named(String),
    /// The one that this file stands for.
    File(PathBuf),
    /// `all`: each in turn.
    All,
}

/// The meaning of the words of `ipvsadm-save` or `ipvsadm-restore`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCommand {
    /// The command.
    pub command: Command,
    /// The network namespace to carry it out in; this one if none is named.
    pub netns: Option<Netns>,
}

impl From<Command> for ToolCommand {
    fn from(command: Command) -> Self {
        Self {
            command,
            netns: None,
        }
    }
}

/// The format of what a command prints; `run::formats` writes each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people, as ipvsadm 1.31 writes it.
    #[default]
    Text,
    /// `--json`: one document, always in numbers, whatever the view.
    Json,
}

/// A shell that completes words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// GNU bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

/// The words that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The start of the word, before the part that is completed: `--state=`.
    pub prefix: String,
    /// The part that is completed, as far as it is typed.
    pub stem: String,
    /// The words that this part may become.
    pub candidates: Candidates,
}

/// The words that a word may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidates {
    /// One of these words, each with what it means.
    Words(Vec<(String, &'static str)>),
    /// The address and port of a service of this protocol.
    Services(Protocol),
    /// The mark of a service.
    Marks,
    /// A server of this service.
    ServersOf(VirtualId),
    /// A server of any service.
    Servers,
    /// A scheduler.
    Schedulers,
    /// A persistence engine.
    Engines,
    /// The name of a file.
    Files,
    /// A network namespace, or one of these words.
    Namespaces(Vec<(String, &'static str)>),
}
