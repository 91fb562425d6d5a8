//! What an invocation asks for, with nothing left to look up or to check.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::model::{Change, VirtualId};
use crate::render::{Numbers, Order, View};

/// One invocation, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `-A`, `-E`, `-D`, `-a`, `-e`, `-d`, `-C`, `-Z`, `--set`,
    /// `--start-daemon`, `--stop-daemon`
    Change(Change),
    /// `-L`, or nothing at all
    List(List),
    /// `-L -c`
    Connections(Connections),
    /// `-L --timeout`
    ShowTimeouts,
    /// `-L --daemon`
    ShowDaemons,
    /// `-S`, `ipvsadm-save`
    Save(Save),
    /// `-R`, `ipvsadm-restore`
    Restore(Restore),
    /// `-h`
    Help,
    /// `-v`
    Version,
}

/// `ipvsadm -L [SERVICE] [--stats|--rate|…] [--exact] [--nosort] [-n]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Only this service; all of them otherwise.
    pub service: Option<VirtualId>,
    /// Which columns.
    pub view: View,
    /// How large numbers are written.
    pub numbers: Numbers,
    /// In which order.
    pub order: Order,
    /// No names.
    pub numeric: bool,
}

/// `ipvsadm -L -c [SERVICE] [-r SERVER] [--persistent-conn] [-n]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Only those through this service.
    pub service: Option<VirtualId>,
    /// Only those to this real server; without a port, to any of its ports.
    pub server: Option<(IpAddr, Option<u16>)>,
    /// With the persistence engine's columns.
    pub persistent: bool,
    /// No names.
    pub numeric: bool,
}

/// `ipvsadm -S [-n] [--output FILE]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Save {
    /// No names.
    pub numeric: bool,
    /// The file to write; standard output otherwise.
    pub output: Option<PathBuf>,
}

/// `ipvsadm -R [--replace] [--check|--dry-run]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restore {
    /// What becomes of the table that is there.
    pub mode: RestoreMode,
    /// How far to go.
    pub stop_at: Extent,
    /// The file to read; standard input otherwise.
    pub input: Option<PathBuf>,
}

/// What a restore does with the table that is there.
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
