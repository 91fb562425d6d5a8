//! The widths of a listing: those of ipvsadm 1.31, or widths that suit a window.

use super::label::{LabelWidth, WIDTH};
use crate::view::{Cell, ServiceCells, View};

/// The arrow, or the protocol, before the first column.
pub(super) const ARROW: usize = 5;
/// The longest title of the first column. It is not cut.
const TITLE: usize = "RemoteAddress:Port".len();
/// The text beside the bar of a share: a blank, the per cent, a blank.
const PERCENT: usize = " 100% ".len();
const SHORTEST_BAR: usize = 6;
const LONGEST_BAR: usize = 20;

/// The widths of the columns that may vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The first column.
    pub(super) labels: LabelWidth,
    /// The bar of a share.
    pub(super) bar: usize,
}

impl Layout {
    /// The widths of ipvsadm 1.31, whatever the labels are.
    pub(super) const LISTING: Self = Self {
        labels: LabelWidth::Listed,
        bar: SHORTEST_BAR,
    };

    /// Makes the first column as wide as the longest label, if all columns then fit into a window
    /// of this many characters, and never narrower than its title. The room that is left makes bars
    /// longer.
    pub fn fit(view: View, longest: usize, window: usize) -> Self {
        let description = view.description();
        let columns = description.columns.iter();
        let others: usize = columns.map(|column| width(column.cell, SHORTEST_BAR)).sum();
        let least = match description.services {
            // In these views, windows have always had the columns at these places.
            ServiceCells::Settings | ServiceCells::Counters => WIDTH,
            ServiceCells::Totals => TITLE,
        };
        let room = window.saturating_sub(ARROW + others);
        let label = longest.min(room).max(least);
        let left = room.saturating_sub(label);
        Self {
            labels: LabelWidth::Fitted(label),
            bar: SHORTEST_BAR.saturating_add(left).min(LONGEST_BAR),
        }
    }
}

/// Makes each column as wide as its longest label and at least `least`, if all of them fit.
/// Otherwise the wide columns are cut to one common width, never below `least`.
pub(super) fn share<const N: usize>(room: usize, longest: [usize; N], least: usize) -> [usize; N] {
    let wanted = longest.map(|longest| longest.max(least));
    let widest = wanted.into_iter().max().unwrap_or(least);
    let cut_to = |most: usize| wanted.map(|wanted| wanted.min(most));
    let fits = |most: &usize| cut_to(*most).iter().sum::<usize>() <= room;
    cut_to((least..=widest).rev().find(fits).unwrap_or(least))
}

/// Returns the width of a column with the blank before it.
pub(super) fn width(cell: Cell, bar: usize) -> usize {
    match cell {
        Cell::Scheduler => 0,
        Cell::Word { width, .. }
        | Cell::Number { width, .. }
        | Cell::Sum { width, .. }
        | Cell::ShortRate { width, .. } => 1 + width,
        Cell::Counter { .. } | Cell::Rate { .. } => 9,
        Cell::Share { .. } => PERCENT + bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_column_grows_as_far_as_the_window_allows() {
        for (view, longest, window, label, bar) in [
            // Short labels change nothing in views that are also listings.
            (View::Rate, 11, 79, 28, None),
            (View::Rate, 46, 79, 29, None),
            (View::Rate, 46, 131, 46, None),
            (View::Rate, 46, 39, 28, None),
            (View::Plain, 46, 79, 37, None),
            (View::Overview, 11, 79, 18, Some(9)),
            (View::Overview, 21, 79, 21, Some(6)),
            (View::Overview, 46, 79, 21, Some(6)),
            (View::Overview, 46, 131, 46, Some(20)),
            (View::Overview, 46, 39, 18, Some(6)),
            (View::Overview, 0, 0, 18, Some(6)),
        ] {
            let found = Layout::fit(view, longest, window);
            let labels = LabelWidth::Fitted(label);
            assert_eq!(found.labels, labels, "{view:?} {longest} {window}");
            if let Some(bar) = bar {
                assert_eq!(found.bar, bar, "{view:?} {longest} {window}");
            }
        }
    }

    #[test]
    fn columns_share_a_window() {
        for (room, longest, expected) in [
            (54, [11, 12, 13], [18, 18, 18]),
            (54, [46, 11, 46], [18, 18, 18]),
            (90, [46, 11, 46], [36, 18, 36]),
            (91, [46, 11, 46], [36, 18, 36]),
            (90, [46, 46, 20], [35, 35, 20]),
            (200, [46, 20, 46], [46, 20, 46]),
            (0, [46, 20, 46], [18, 18, 18]),
        ] {
            assert_eq!(share(room, longest, 18), expected, "{room} {longest:?}");
        }
    }
}
