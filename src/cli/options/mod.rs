//! The options: one table, from which words are read, checked, explained and
//! completed.
//!
//! A new option is a name in [`Label`](super::types::Label) and a row of `table.rs`.

mod row;
mod table;
mod uses;

pub(crate) use row::{Offers, Row, Setter};
pub(crate) use table::{FWMARK, SECTIONS};

/// Options that help shows below one title.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) options: &'static [Row],
}

/// Every option, in the order of the help.
pub(crate) fn options() -> impl Iterator<Item = &'static Row> {
    SECTIONS.iter().flat_map(|section| section.options)
}

/// The option with that letter.
pub(crate) fn by_letter(letter: char) -> Option<&'static Row> {
    options().find(|row| row.short.contains(letter))
}

/// The option with that long name.
pub(crate) fn by_name(name: &str) -> Option<&'static Row> {
    options().find(|row| row.long == name)
}

/// The schedulers of Linux, and what each does.
pub const SCHEDULERS: &[(&str, &str)] = &[
    ("rr", "round robin: one server after another"),
    ("wrr", "weighted round robin"),
    ("lc", "least connections"),
    ("wlc", "weighted least connections (the default)"),
    ("lblc", "locality-based least connections, for caches"),
    ("lblcr", "the same with replication"),
    ("dh", "destination hashing, for caches"),
    ("sh", "source hashing: by the client's address"),
    ("sed", "shortest expected delay"),
    ("nq", "never queue: an idle server first"),
    ("fo", "failover: the server of the highest weight"),
    ("ovf", "overflow: the same until it has enough"),
    ("mh", "Maglev hashing: by the client's address"),
    ("twos", "power of two choices"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::types::{Label, Role, Verb};

    #[test]
    fn every_name_and_letter_is_one_options() {
        for (at, row) in options().enumerate() {
            assert!(!row.long.is_empty());
            for other in options().skip(at + 1) {
                assert_ne!(row.long, other.long);
                assert!(
                    !other.short.contains(|c| row.short.contains(c)),
                    "{}",
                    other.long
                );
            }
        }
    }

    #[test]
    fn help_names_the_schedulers() {
        let help = by_letter('s').map_or("", |row| row.help);
        let words: Vec<_> = help.split([' ', ',']).collect();
        for (name, _) in SCHEDULERS {
            assert!(words.contains(name), "{name}");
        }
    }

    #[test]
    fn every_name_has_a_row_and_options_that_share_one_the_same_uses() {
        for &label in Label::ALL {
            let rows: Vec<_> = options()
                .filter(|row| row.role.label() == Some(label))
                .collect();
            let uses = rows.first().map(|row| row.uses);
            assert!(uses.is_some(), "{label}");
            assert!(rows.iter().all(|row| Some(row.uses) == uses), "{label}");
        }
        for &verb in Verb::ALL {
            assert!(
                options().any(|row| row.role == Role::Command(verb)),
                "{verb}"
            );
        }
    }
}
