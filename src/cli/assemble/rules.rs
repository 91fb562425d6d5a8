//! Turns flags into saving and restoring.

use crate::cli::command::{Coverage, Extent, Restore, RestoreMode, Save, Selection, Strictness};
use crate::cli::flags::Flags;
use crate::cli::types::Label;
use ipvs::plan::scope::{Removals, Scope, Weights};

impl Flags<'_> {
    #[inline(never)]
    pub(in crate::cli) fn into_save(self) -> Save {
        Save {
            numeric: self.given.has(Label::Numeric),
            coverage: self.chosen(&[(Label::All, Coverage::All)]),
            format: self.format(),
            output: self.output,
            services: Selection::of(None, self.only),
        }
    }

    #[inline(never)]
    pub(in crate::cli) fn into_restore(self) -> Restore {
        Restore {
            mode: self.chosen(&[(Label::Replace, RestoreMode::Replace)]),
            strictness: self.chosen(&[(Label::Strict, Strictness::Everywhere)]),
            stop_at: self.chosen(&[
                (Label::Check, Extent::Check),
                (Label::DryRun, Extent::DryRun),
            ]),
            input: None,
            format: self.format(),
            scope: Scope {
                weights: self.chosen(&[(Label::KeepWeights, Weights::Kept)]),
                removals: self.chosen(&[(Label::NoRemove, Removals::LeftOut)]),
                only: self.only,
            },
        }
    }
}
