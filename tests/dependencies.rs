//! The crates that this one is built of: their licences are those that
//! `deny.toml` allows, and each comes from the registry.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::{BTreeSet, HashMap};
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

/// What a program prints, which must succeed.
fn output(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    let output = output.unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(output.status.success(), "{program} {words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What Cargo says of this kind of machine's packages.
fn metadata(options: &[&str]) -> Value {
    let version = output("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let mut words = vec!["metadata", "--locked", "--offline"];
    words.extend(["--format-version", "1", "--filter-platform", host.unwrap()]);
    words.extend([
        "--manifest-path",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ]);
    words.extend(options);
    serde_json::from_str(&output(env!("CARGO"), &words)).unwrap()
}

/// The packages that are used on this kind of machine, tests and all.
fn packages() -> Vec<Value> {
    let metadata = metadata(&["--all-features"]);
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

/// The crates that the program may contain, by name and version: what it depends
/// on when it runs, with the features that the tests ask for too. Macros are
/// compiled into the compiler.
fn linkable() -> BTreeSet<String> {
    let metadata = metadata(&[]);
    let packages: HashMap<_, _> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package))
        .collect();
    let nodes: HashMap<_, _> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    let is_macro = |id: &str| {
        let targets = packages[id]["targets"].as_array().unwrap();
        targets
            .iter()
            .any(|target| target["kind"][0] == "proc-macro")
    };
    let root = packages
        .iter()
        .find(|(_, package)| package["name"] == "ipvsadm");
    let mut found = BTreeSet::new();
    let mut left = vec![*root.unwrap().0];
    while let Some(id) = left.pop() {
        if is_macro(id) || !found.insert(id) {
            continue;
        }
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let mut kinds = dependency["dep_kinds"].as_array().unwrap().iter();
            if kinds.any(|kind| kind["kind"].is_null()) {
                left.push(dependency["pkg"].as_str().unwrap());
            }
        }
    }
    let others = found.iter().map(|id| packages[id]);
    others
        .filter(|package| !package["source"].is_null())
        .map(|package| format!("{}-{}", package["name"], package["version"]).replace('"', ""))
        .collect()
}

#[test]
fn the_packages_name_the_holders_and_licence_of_each_linked_crate_and_no_other() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/copyright");
    let text = output(script, &[]);
    let mut named = BTreeSet::new();
    let mut licences = BTreeSet::new();
    for paragraph in text.split("\n\n") {
        let value = |key: &str| paragraph.lines().find_map(|line| line.strip_prefix(key));
        let licence = value("License:").map(str::trim);
        if let Some(files) = value("Files: ") {
            let holder = value("Copyright: ").unwrap_or_default().trim();
            assert!(!holder.is_empty(), "{paragraph}");
            assert!(!licence.unwrap().is_empty(), "{paragraph}");
            let name = files
                .strip_prefix("crates/")
                .map(|name| name.strip_suffix("/*").unwrap());
            named.extend(name.map(str::to_owned));
        }
        if paragraph.contains("Permission is hereby granted") {
            assert!(
                paragraph.contains("WITHOUT WARRANTY OF ANY KIND"),
                "{paragraph}"
            );
            licences.extend(licence);
        }
    }
    let mut words = vec!["tree", "--locked", "--offline", "--package", "ipvsadm"];
    words.extend(["--edges", "normal,no-proc-macro", "--prefix", "none"]);
    let tree = output(env!("CARGO"), &words);
    let linked: BTreeSet<_> = tree
        .lines()
        .filter(|line| !line.contains(" (/")) // ours have a folder
        .map(|line| line.trim_end_matches(" (*)").replace(" v", "-"))
        .collect();
    assert!(linked.len() > 20, "{linked:?}");
    assert_eq!(named, linked);
    let linkable = linkable();
    assert!(linkable.is_superset(&named), "{named:?}\n{linkable:?}");
    assert!(!linkable.iter().any(|name| name.starts_with("syn-")));
    assert!(licences.contains("Expat"), "{text}");
    for holder in [
        "Copyright: 2018 Carl Lerche\n",
        "Copyright: The Rust Project Developers",
        "Copyright: Free Software Foundation, Inc.",
    ] {
        assert!(text.contains(holder), "{holder} is missing");
    }
}
