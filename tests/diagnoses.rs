//! The documents that are made of the table of checks are those of the program.
//! With `WRITE_DOCUMENTS` set they are written anew: `make documents`.
#![allow(clippy::expect_used, clippy::panic)]

use std::fs;

use ipvsadm::diagnose::{NOT_MADE, all, for_manual, for_web};

const BEGIN: &str = ".\\\" The checks: made by make documents.\n";
const END: &str = ".\\\" The end of the checks.\n";

#[track_caller]
fn hold(file: &str, wanted: &str) {
    if std::env::var_os("WRITE_DOCUMENTS").is_some() {
        fs::write(file, wanted).expect("it can be written");
    }
    let found = fs::read_to_string(file).unwrap_or_default();
    assert!(
        found == wanted,
        "{file} is not what the table of checks says: make documents"
    );
}

#[test]
fn the_page_of_diagnoses() {
    hold("docs/diagnoses.md", &for_web());
}

#[test]
fn the_list_in_the_manual() {
    let file = "man/ipvsadm-diagnose.7";
    let page = fs::read_to_string(file).expect("there is such a page");
    let (before, rest) = page.split_once(BEGIN).expect("the list has a beginning");
    let (_, after) = rest.split_once(END).expect("the list has an end");
    hold(
        file,
        &format!("{before}{BEGIN}{}{END}{after}", for_manual()),
    );
}

#[test]
fn every_fault_is_made_in_the_lab_or_named_as_not_made() {
    let mut tests = String::new();
    for file in fs::read_dir("tests/diagnose").expect("there is such a folder") {
        let path = file.expect("it can be read").path();
        tests += &fs::read_to_string(path).expect("it can be read");
    }
    for check in all() {
        let is_made = tests.contains(&format!("\"{}\"", check.id));
        let is_named = NOT_MADE.iter().any(|(id, _)| *id == check.id);
        assert!(is_made != is_named, "{}", check.id);
    }
    for (id, _) in NOT_MADE {
        assert!(all().any(|check| check.id == *id), "{id}");
    }
}
