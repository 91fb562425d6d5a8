//! Commands, with nothing left to look up or to check.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::types::{Given, Tool, Verb};
use crate::diagnose::OnServer;
use crate::view::{Numbers, Order, View};
use ipvs::connections::{Grouping, Origin};
use ipvs::model::{
    Change, Destination, Forwarding, Name, Netmask, Prefix, Protocol, Service, TunnelKind,
    VirtualId,
};
use ipvs::plan::scope::{Scope, Selected};

/// One invocation, understood. A rule file becomes many: the large and rare ones are
/// boxed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `-A`, `-E`, `-D`, `-a`, `-e`, `-d`, `-C`, `-Z`, `--set`,
    /// `--start-daemon`, `--stop-daemon`
    Change(Change),
    /// `-A`, `-a` with `--or-edit`, `-E`, `-e` with `--keep`, `-D`, `-d` with
    /// `--if-exists`
    Ensure(Ensure),
    /// `-e`, `-d` with `--all-services`
    Everywhere(Box<Everywhere>),
    /// `-d --drain`, `-D --drain`
    Drain(Drain),
    /// `-e --undrain`
    Undrain(Undrain),
    /// `-L`, or nothing at all
    List(List),
    /// `-L SERVICE --require NUMBER`
    Require(Require),
    /// `-L --openmetrics`
    Metrics(Metrics),
    /// `-L --from-proc`
    ListFromProc(BriefList),
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
    /// `-R`, `ipvsadm-restore`
    Restore(Restore),
    /// `--diagnose`
    Diagnose(Box<Diagnose>),
    /// `--explain`
    Explain(Explain),
    /// `-h`, perhaps about one command only
    Help(Option<Verb>),
    /// `ipvsadm-save -h`, `ipvsadm-restore -h`
    ToolHelp(Tool),
    /// `-v`
    Version,
    /// `--completions`
    Completions(Shell),
    /// Offers a shell the words that may follow.
    Complete(Completion),
}

/// A state that the table is brought to, whatever there was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ensure {
    /// `ipvsadm -A SERVICE ... --or-edit`
    Service(Service),
    /// `ipvsadm -a SERVICE -r SERVER ... --or-edit`
    Server(VirtualId, Destination),
    /// `ipvsadm -E SERVICE ... --keep`
    EditedService(Box<ServiceEdit>),
    /// `ipvsadm -e SERVICE -r SERVER ... --keep`
    EditedServer(Box<ServerEdit>),
    /// `ipvsadm -D SERVICE --if-exists`
    NoService(VirtualId),
    /// `ipvsadm -d SERVICE -r SERVER --if-exists`
    NoServer(VirtualId, Destination),
}

/// The settings of a service that are given with `--keep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEdit {
    /// The service.
    pub id: VirtualId,
    pub(super) scheduler: Option<Name>,
    pub(super) persistence: Option<u32>,
    pub(super) netmask: Option<Netmask>,
    pub(super) engine: Option<Name>,
    /// Their names; which there are depends on the scheduler.
    pub(super) sched_flags: Option<String>,
    pub(super) one_packet: bool,
}

/// The settings of a real server that are given with `--keep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEdit {
    /// Its service.
    pub service: VirtualId,
    /// The server as it was named, with the port of its service if it was named
    /// without one.
    pub server: Destination,
    /// The settings that are given.
    pub settings: GivenSettings,
}

/// The settings of a real server that are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenSettings {
    pub(super) forwarding: Option<Forwarding>,
    pub(super) weight: Option<u32>,
    pub(super) upper_threshold: Option<u32>,
    pub(super) lower_threshold: Option<u32>,
    pub(super) tunnel_kind: Option<TunnelKind>,
    pub(super) tunnel_port: Option<u16>,
    pub(super) given: Given,
}

/// `-r SERVER --all-services`: a real server, in whichever services it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerAnywhere {
    /// The address of the server.
    pub address: IpAddr,
    /// Its port; any otherwise.
    pub port: Option<u16>,
}

/// `ipvsadm -e -r SERVER --all-services ...`, `ipvsadm -d -r SERVER --all-services`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Everywhere {
    /// The server.
    pub server: ServerAnywhere,
    /// The change in each service that has it.
    pub deed: Deed,
}

/// A change to a real server wherever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// `-e`: what is not given is set to its default.
    Replace(GivenSettings),
    /// `-e --keep`: what is not given stays.
    Edit(GivenSettings),
    /// `-d`
    Remove,
    /// `-d --if-exists`: it may be nowhere.
    RemoveIfThere,
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

/// The words of `ipvsadm-save` or `ipvsadm-restore`, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCommand {
    /// The command.
    pub command: Command,
    /// Where it is carried out: here, if none is named.
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

/// `--color`: whether servers that take no new connections stand out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// They do where standard output is a terminal and `NO_COLOR` is not set.
    Auto,
    /// They do.
    Always,
    /// They do not; so it is where nothing is asked for.
    #[default]
    Never,
}

/// `--watch[=SECONDS] [--count NUMBER]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// From one look to the next.
    pub interval: Duration,
    /// How many looks; without end otherwise.
    pub count: Option<u64>,
}

/// `ipvsadm -d SERVICE -r SERVER --drain[=SECONDS]`, `ipvsadm -D SERVICE
/// --drain[=SECONDS]`, `ipvsadm -d -r SERVER --all-services --drain[=SECONDS]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// The part of the table that goes.
    pub leaving: Leaving,
    /// How long to wait for connections to end; for ever otherwise.
    pub limit: Option<Duration>,
}

/// A part of the table that is drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// A service with its servers.
    Service(VirtualId),
    /// A server of a service.
    Server(VirtualId, Destination),
    /// A server of every service that has it.
    Anywhere(ServerAnywhere),
}

/// `ipvsadm -e SERVICE -r SERVER --undrain`, `ipvsadm -e -r SERVER --all-services
/// --undrain`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undrain {
    /// A server of a service.
    Server(VirtualId, Destination),
    /// A server of every service out of which it was drained.
    Anywhere(ServerAnywhere),
}

/// `ipvsadm --diagnose [SERVICE] [--client ADDRESS]... [--sample SECONDS] [--probe]
/// [--ignore CHECK]... [--output FILE] [--json]`, `ipvsadm --diagnose --on-server
/// SERVICE [-g|-i|-m] [--director ADDRESS] …`, `ipvsadm --diagnose --facts FILE
/// [--ignore CHECK]... [--json]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnose {
    /// Only this service; all of them otherwise.
    pub service: Option<VirtualId>,
    /// This machine is a real server; it is a director otherwise.
    pub on_server: Option<OnServer>,
    /// Clients to ask about.
    pub clients: Vec<IpAddr>,
    /// From the first look to the second.
    pub sample: Duration,
    /// Ask on the links who else has the virtual addresses.
    pub probe: bool,
    /// The checks that are left out.
    pub ignored: BTreeSet<String>,
    /// The file to judge; this machine otherwise.
    pub facts: Option<PathBuf>,
    /// The file for what was looked at; none otherwise.
    pub output: Option<PathBuf>,
    /// Text or JSON.
    pub format: Format,
}

/// `ipvsadm --explain SERVICE --client ADDRESS[:PORT] [--facts FILE] [--json]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explain {
    /// Where the client's packets go, or the mark that they have.
    pub service: VirtualId,
    /// The client, of the same family.
    pub client: IpAddr,
    /// The port that it sends from; any otherwise.
    pub port: Option<u16>,
    /// The file with the facts of a director; this one is looked at otherwise.
    pub facts: Option<PathBuf>,
    /// Text or JSON.
    pub format: Format,
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

/// The services that are listed or saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// All of them.
    #[default]
    All,
    /// This one, which has to be there.
    One(VirtualId),
    /// `--only`: those that one of these selects, if there are any.
    Only(Vec<Selected>),
}

impl Selection {
    /// The services of these options, which exclude each other.
    pub(super) fn of(service: Option<VirtualId>, only: Vec<Selected>) -> Self {
        match (service, only.as_slice()) {
            (Some(id), _) => Self::One(id),
            (None, []) => Self::All,
            (None, [_, ..]) => Self::Only(only),
        }
    }

    /// The service, where it is about one.
    pub fn one(&self) -> Option<&VirtualId> {
        match self {
            Self::One(id) => Some(id),
            Self::All | Self::Only(_) => None,
        }
    }

    /// Returns whether that service is selected.
    pub fn covers(&self, id: &VirtualId) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == id,
            Self::Only(only) => only.iter().any(|selected| selected.contains(id)),
        }
    }
}

/// `ipvsadm -L [SERVICE|--only WHAT...] [--stats|--rate|…] [--exact] [--nosort] [-n]
/// [--json] [--color WHEN] [--watch…]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The services that are listed.
    pub services: Selection,
    /// Which columns.
    pub view: View,
    /// How large numbers are written.
    pub numbers: Numbers,
    /// In which order.
    pub order: Order,
    /// No names.
    pub numeric: bool,
    /// Text or JSON.
    pub format: Format,
    /// The use of colours.
    pub color: Color,
    /// Again and again; once otherwise.
    pub watch: Option<Watch>,
}

/// `ipvsadm -L --openmetrics [--output FILE] [-n]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// The file to write; standard output otherwise.
    pub output: Option<PathBuf>,
}

/// `ipvsadm -L [SERVICE|--only WHAT...] --from-proc [--nosort] [-n]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BriefList {
    /// The services that are listed.
    pub services: Selection,
    /// In which order.
    pub order: Order,
    /// No names.
    pub numeric: bool,
}

/// The state of the servers whose connections are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Servers in any state.
    #[default]
    Any,
    /// `--orphans`: servers that no service of the table has any more.
    Orphaned,
}

/// The source of a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// There has, as ever, even if it is not asked for anything.
    #[default]
    Netlink,
    /// `--from-proc`: files that any user may read are enough.
    Proc,
}

/// `ipvsadm -L SERVICE --require NUMBER [-n]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Require {
    /// The service.
    pub service: VirtualId,
    /// How many of its servers have to take new connections.
    pub least: u64,
}

/// `ipvsadm -L -c [SERVICE] [-r SERVER] [--client PREFIX] [--state NAME] [--origin
/// ORIGIN] [--orphans] [--by WHAT[,WHAT]] [--persistent-conn] [-n] [--json] [--watch…] [--from-proc]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Only those through this service.
    pub service: Option<VirtualId>,
    /// Only those to this real server; without a port, to any of its ports.
    pub server: Option<(IpAddr, Option<u16>)>,
    /// Only those from these clients.
    pub client: Option<Prefix>,
    /// Only those in this state, as the kernel spells it.
    pub state: Option<&'static str>,
    /// Only those that came to be known so.
    pub origin: Option<Origin>,
    /// Only those whose servers are so.
    pub standing: Standing,
    /// Counted, not listed.
    pub by: Option<Grouping>,
    /// With the persistence engine's columns.
    pub persistent: bool,
    /// No names.
    pub numeric: bool,
    /// Text or JSON.
    pub format: Format,
    /// Again and again; once otherwise.
    pub watch: Option<Watch>,
    /// The source of the listing.
    pub access: Access,
}

/// `ipvsadm -S [--only WHAT]... [-n] [--output FILE] [--json]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Save {
    /// No names.
    pub numeric: bool,
    /// The file to write; standard output otherwise.
    pub output: Option<PathBuf>,
    /// Rules or JSON.
    pub format: Format,
    /// The services that are saved.
    pub services: Selection,
}

/// `ipvsadm -R [--replace [--only WHAT]... [--keep-weights] [--no-remove]] [--strict]
/// [--check|--dry-run [--json]]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restore {
    /// The way with the table that is there.
    pub mode: RestoreMode,
    /// How far a replacement goes.
    pub scope: Scope,
    /// The meaning of a bad line for the others.
    pub strictness: Strictness,
    /// How far to go.
    pub stop_at: Extent,
    /// The file to read; standard input otherwise.
    pub input: Option<PathBuf>,
    /// How the changes of a dry run are printed.
    pub format: Format,
}

/// The fate of the good lines of an input that has bad ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// A table in use is left alone. Into an empty one, where there is nothing to
    /// protect, they are loaded.
    #[default]
    WhereInUse,
    /// `--strict`: an empty table is left alone too.
    Everywhere,
}

/// The way of a restore with the table that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestoreMode {
    /// The rules are carried out on it, one after another.
    #[default]
    Apply,
    /// It is made equal to what the rules describe, by the differences only.
    Replace,
    /// It is cleared first.
    ClearThenApply,
}

/// How far a restore goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// The input is read and checked; the kernel is not asked for anything.
    Check,
    /// The changes are printed, not made.
    DryRun,
    /// The changes are made.
    #[default]
    Full,
}

/// The words that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The start of the word, before the part that is completed: `--state=`.
    pub prefix: String,
    /// The part that is completed, as far as it is typed.
    pub stem: String,
    /// The words that part may become.
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
