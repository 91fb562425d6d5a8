//! Rows that are looked up by a key. A director may have many thousands of rows, and
//! checks look one up for each server.

use std::ops::Deref;

use serde::{Deserialize, Serialize, Serializer};

/// A row that is looked up by a key. Several rows may have the same key.
pub trait HasKey {
    /// The type of the key.
    type LookupKey: Ord;

    /// Returns its key.
    fn key(&self) -> Self::LookupKey;
}

/// Rows in the order in which they were read, each found by its key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<T>", bound = "T: HasKey + Deserialize<'de>")]
pub struct Keyed<T> {
    rows: Vec<T>,
    /// The places of the rows, sorted by the rows' keys. Rows of the same key are in the
    /// order of their places.
    order: Vec<usize>,
}

impl<T: HasKey> Keyed<T> {
    /// Returns the rows that have this key, in their order.
    pub fn of(&self, key: T::LookupKey) -> impl Iterator<Item = &T> {
        let key_of = |place: &usize| self.rows.get(*place).map(HasKey::key);
        let start = self
            .order
            .partition_point(|place| key_of(place).is_some_and(|other| other < key));
        let places = self.order.get(start..).unwrap_or_default().iter();
        let rows = places.filter_map(|place| self.rows.get(*place));
        rows.take_while(move |row| row.key() == key)
    }
}

#[cfg(test)]
impl<T: HasKey> Keyed<T> {
    /// Changes the rows.
    pub fn change(&mut self, how: impl FnOnce(&mut Vec<T>)) {
        let mut rows = std::mem::take(&mut self.rows);
        how(&mut rows);
        *self = rows.into();
    }
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            order: Vec::new(),
        }
    }
}

impl<T> Deref for Keyed<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.rows
    }
}

impl<T: HasKey> From<Vec<T>> for Keyed<T> {
    fn from(rows: Vec<T>) -> Self {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_cached_key(|place| rows.get(*place).map(HasKey::key));
        Self { rows, order }
    }
}

impl<T: HasKey> FromIterator<T> for Keyed<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        Vec::from_iter(rows).into()
    }
}

impl<T: HasKey> Extend<T> for Keyed<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, rows: I) {
        let mut all = std::mem::take(&mut self.rows);
        all.extend(rows);
        *self = all.into();
    }
}

impl<T: Serialize> Serialize for Keyed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rows.serialize(serializer)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    impl HasKey for (u8, char) {
        type LookupKey = u8;

        fn key(&self) -> u8 {
            self.0
        }
    }

    #[test]
    fn rows_stay_in_their_order_and_are_found_by_their_keys() {
        let mut rows: Keyed<_> = vec![(3, 'a'), (1, 'b'), (3, 'c')].into();
        rows.extend([(2, 'd'), (3, 'e')]);
        let of = |key| rows.of(key).map(|row| row.1).collect::<String>();
        assert_eq!(
            [of(0), of(1), of(2), of(3), of(4)],
            ["", "b", "d", "ace", ""]
        );
        assert_eq!(rows.iter().map(|row| row.1).collect::<String>(), "abcde");
        let text = serde_json::to_string(&rows).unwrap();
        assert_eq!(text, r#"[[3,"a"],[1,"b"],[3,"c"],[2,"d"],[3,"e"]]"#);
        let again: Keyed<(u8, char)> = serde_json::from_str(&text).unwrap();
        assert_eq!(again, rows);
    }
}
