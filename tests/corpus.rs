//! The inputs that fuzzing found worth keeping, tried again.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::path::Path;

/// Runs a body on each file of its corpus.
fn try_again(name: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut tried = 0;
    for file in files {
        let path = file.unwrap().path();
        // Seen only where it panics.
        println!("{}", path.display());
        body(&std::fs::read(&path).unwrap());
        tried += 1;
    }
    assert!(tried > 0, "{} is empty", folder.display());
}

#[test]
fn rules() {
    try_again("rules", bodies::rules);
}

#[test]
fn words() {
    try_again("words", bodies::words);
}

#[test]
fn netlink() {
    try_again("netlink", bodies::netlink);
}

#[test]
fn proc() {
    try_again("proc", bodies::proc);
}
