//! Saving and restoring.

use std::path::PathBuf;

use super::{Format, Selection};
use ipvs::plan::scope::Scope;

/// `ipvsadm -S [--all|[--only WHAT]... [--json]] [-n] [--output FILE]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Save {
    /// Numbers are written in place of names.
    pub numeric: bool,
    /// The part of the director that is saved.
    pub coverage: Coverage,
    /// The file to write; standard output otherwise.
    pub output: Option<PathBuf>,
    /// Rules or JSON.
    pub format: Format,
    /// The services that are saved.
    pub services: Selection,
}

/// The part of IPVS that is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coverage {
    /// Services and servers.
    #[default]
    Table,
    /// `--all`: timeouts, sync daemons and settings too.
    All,
}

/// `ipvsadm -R [--replace [--only WHAT]... [--keep-weights] [--no-remove]] [--strict]
/// [--check|--dry-run [--json]]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restore {
    /// How the present table is treated.
    pub mode: RestoreMode,
    /// How far a replacement goes.
    pub scope: Scope,
    /// The fate of the good lines of an input that has bad ones.
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
    /// They are loaded into an empty table, where there is nothing to protect, but
    /// not into one that is in use.
    #[default]
    WhereInUse,
    /// `--strict`: they are not loaded into an empty table either.
    Everywhere,
}

/// How a restore treats the present table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestoreMode {
    /// The rules are carried out on it, one after another.
    #[default]
    Apply,
    /// It is made equal to what the rules describe; only differences are changed.
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
