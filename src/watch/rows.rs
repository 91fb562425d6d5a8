//! The rows of the table on a terminal: their order, and those that pass the filter.

use super::filter::RowFilter;
use crate::names::NameOf;
use crate::render::{RowLabels, characters};
use crate::view::{self, ColumnPlace, Sorting, View};
use ipvs::model::ServiceEntry;

/// The rows that can be scrolled to.
#[derive(Default)]
pub(super) struct ShownRows {
    /// The places of the rows, in their order.
    pub(super) places: Vec<ColumnPlace>,
    /// The length of the longest label in the first column.
    pub(super) longest: usize,
}

impl ShownRows {
    /// Returns the rows that pass the filter. A service that passes keeps all of its servers, and a
    /// server that passes keeps its service.
    pub(super) fn of(
        entries: &[ServiceEntry],
        view: View,
        sorting: Sorting,
        filter: &RowFilter,
        names: &dyn NameOf,
    ) -> Self {
        let mut shown = Self::default();
        let mut labels = RowLabels::new(names);
        let places = view::places(entries, view, sorting);
        for rows in places.chunk_by(|_, next| next.server.is_some()) {
            let Some((first, servers)) = rows.split_first() else {
                continue;
            };
            let Some(entry) = entries.get(first.service) else {
                continue;
            };
            let id = &entry.service.id;
            // Writing to memory does not fail.
            let (word, label) = labels.service(id).unwrap_or_default();
            // In the other views, the settings of a service follow its label.
            let mut longest = if view.counts() { characters(label) } else { 0 };
            let service_passes = filter.passes(&[word.as_bytes(), label].join(&b' '));
            let mut kept = Vec::new();
            for place in servers {
                let server = place.server.and_then(|place| entry.destinations.get(place));
                let label = server.and_then(|server| labels.server(id, server).ok());
                let Some(label) = label.filter(|label| service_passes || filter.passes(label))
                else {
                    continue;
                };
                longest = longest.max(characters(label));
                kept.push(*place);
            }
            if service_passes || !kept.is_empty() {
                shown.places.push(*first);
                shown.places.append(&mut kept);
                shown.longest = shown.longest.max(longest);
            }
        }
        shown
    }
}
