//! The filter of `/`: a text that rows must contain.

use super::keys::FilterKey;

/// The longest text. No label of a row is longer.
const LONGEST: usize = 80;

/// A text that rows must contain, in upper or lower case. Every row contains the empty text.
#[derive(Default)]
pub(super) struct RowFilter {
    text: String,
    /// True while the text is typed.
    is_open: bool,
}

impl RowFilter {
    /// Does what a key asks for, and returns whether other rows pass now.
    pub(super) fn act(&mut self, key: FilterKey) -> bool {
        let before = self.text.len();
        match key {
            FilterKey::Begin | FilterKey::EraseAll | FilterKey::Clear => self.text.clear(),
            FilterKey::Letter(letter) if before < LONGEST => {
                self.text.push(letter);
            }
            FilterKey::Letter(_) | FilterKey::Keep => {}
            FilterKey::Erase => drop(self.text.pop()),
        }
        self.is_open = match key {
            FilterKey::Begin | FilterKey::Letter(_) | FilterKey::Erase | FilterKey::EraseAll => {
                true
            }
            FilterKey::Keep | FilterKey::Clear => false,
        };
        self.text.len() != before
    }

    /// Returns whether there is a text that rows must contain.
    pub(super) fn narrows(&self) -> bool {
        !self.text.is_empty()
    }

    /// Returns whether a row passes.
    pub(super) fn passes(&self, row: &[u8]) -> bool {
        let text = self.text.as_bytes();
        let mut places = row.windows(text.len().max(1));
        !self.narrows() || places.any(|place| place.eq_ignore_ascii_case(text))
    }

    /// Returns the text for the bar; none where there is no filter.
    pub(super) fn told(&self) -> Option<String> {
        let cursor = if self.is_open { "_" } else { "" };
        (self.is_open || self.narrows()).then(|| format!("/{}{cursor}", self.text))
    }

    /// Returns whether the text is being typed.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_narrows_while_it_is_typed_and_afterwards() {
        use FilterKey::{Begin, Clear, Erase, EraseAll, Keep, Letter};
        let mut filter = RowFilter::default();
        let row = b"TCP 10.0.0.1:https";
        assert!(filter.passes(row) && filter.passes(b""));
        for (key, told, changed, passes) in [
            (Erase, "/_", false, true),
            (Begin, "/_", false, true),
            (Letter('T'), "/T_", true, true),
            (Letter('p'), "/Tp_", true, true),
            (Letter('z'), "/Tpz_", true, false),
            (Erase, "/Tp_", true, true),
            (Keep, "/Tp", false, true),
            (Begin, "/_", true, true),
            (Letter('u'), "/u_", true, false),
            (EraseAll, "/_", true, true),
            (Letter('u'), "/u_", true, false),
            (Clear, "", true, true),
            (Clear, "", false, true),
        ] {
            assert_eq!(filter.act(key), changed, "{key:?}");
            assert_eq!(filter.told().unwrap_or_default(), told);
            assert_eq!(filter.passes(row), passes, "{told}");
            assert_eq!(filter.passes(b""), matches!(told, "" | "/_"), "{told}");
        }
        for _ in 0..1000 {
            filter.act(Letter('a'));
        }
        assert_eq!(filter.text.len(), LONGEST);
    }
}
