//! The table of checks itself.

use std::collections::BTreeSet;

use super::all;
use crate::diagnose::{Facts, judge};

#[test]
fn every_check_has_a_name_and_a_text_of_its_own() {
    let ids: BTreeSet<_> = all().map(|check| check.id).collect();
    assert_eq!(ids.len(), all().count());
    for check in all() {
        assert!(
            check
                .id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{}",
            check.id
        );
        for text in [check.symptom, check.cause, check.seen, check.remedy] {
            assert!(text.ends_with('.'), "{}: {text}", check.id);
        }
    }
}

#[test]
fn of_nothing_nothing_is_said() {
    assert_eq!(judge(&Facts::default(), &BTreeSet::new()), []);
}
