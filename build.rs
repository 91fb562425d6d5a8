//! Gives the program its release date, which is in Cargo.toml beside the version.
#![allow(clippy::print_stdout)]

use std::{env, error, fs, path::Path};

fn main() -> Result<(), Box<dyn error::Error>> {
    let manifest = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest)?;
    let released = manifest
        .lines()
        .find_map(|line| line.strip_prefix("released = \"")?.strip_suffix('"'))
        .ok_or("Cargo.toml does not say when this version was released")?;
    println!("cargo::rerun-if-changed=Cargo.toml");
    println!("cargo::rustc-env=RELEASED={released}");
    Ok(())
}
