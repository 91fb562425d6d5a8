//! The crates that this one is built of: their licences are those that
//! `deny.toml` allows, and each comes from the registry.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing)]

use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

/// The packages that are used on this kind of machine, tests and all.
fn packages() -> Vec<Value> {
    let output = |program: &str, words: &[&str]| {
        let output = Command::new(program).args(words).output().unwrap();
        assert!(output.status.success(), "{program} {words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let version = output("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let mut words = vec!["metadata", "--locked", "--offline", "--all-features"];
    words.extend(["--format-version", "1", "--filter-platform", host.unwrap()]);
    words.extend([
        "--manifest-path",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ]);
    let metadata: Value = serde_json::from_str(&output(env!("CARGO"), &words)).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// The licences of `deny.toml`.
fn allowed() -> Vec<&'static str> {
    let (_, rest) = include_str!("../deny.toml")
        .split_once("\nallow = [")
        .unwrap();
    let (list, _) = rest.split_once(']').unwrap();
    list.split(',')
        .map(|word| word.trim().trim_matches('"'))
        .collect()
}

/// Whether a licence, of which some are alternatives, can be kept to.
fn is_allowed(licence: &str, allowed: &[&str]) -> bool {
    let expression = Expression::parse_mode(licence, ParseMode::LAX).unwrap();
    expression.evaluate(|requirement| {
        let name = requirement.license.to_string();
        requirement.addition.is_none() && allowed.contains(&name.as_str())
    })
}

#[test]
fn every_licence_is_an_allowed_one() {
    let allowed = allowed();
    assert!(allowed.contains(&"MIT"), "{allowed:?}");
    assert!(!is_allowed("GPL-2.0-only", &allowed));
    assert!(!is_allowed("MIT AND GPL-2.0-only", &allowed));

    let packages = packages();
    assert!(packages.len() > 50, "{} packages", packages.len());
    for package in packages {
        let name = &package["name"];
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(!licence.is_empty(), "{name} has no licence");
        assert!(is_allowed(licence, &allowed), "{name}: {licence}");
    }
}

/// For every kind of machine: the lock file has them all.
#[test]
fn every_crate_comes_from_the_one_registry_and_has_a_checksum() {
    let lock = include_str!("../Cargo.lock");
    let mut registries = Vec::new();
    for package in lock.split("[[package]]\n").skip(1) {
        let value = |key: &str| package.lines().find_map(|line| line.strip_prefix(key));
        if let Some("\"ipvsadm\"" | "\"libipvs\"") = value("name = ") {
            continue;
        }
        let source = value("source = ").unwrap_or_default();
        assert!(source.starts_with("\"registry+"), "{package}");
        assert!(value("checksum = ").is_some(), "{package}");
        registries.push(source);
    }
    assert!(registries.len() > 50, "{} crates", registries.len());
    registries.dedup();
    assert_eq!(registries.len(), 1, "{registries:?}");
}
