//! Where rules come from.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, stdin};

use anyhow::Context;
use nix::unistd;

use super::Failure;
use super::closed::refuse_closed;
use crate::cli::Restore;

/// Opens the input of a restore. The buffer is large, so that a long rule file needs few reads.
pub(super) fn open(restore: &Restore) -> Result<Box<dyn BufRead>, Failure> {
    const BUFFER: usize = 128 * 1024;
    let Some(path) = &restore.input else {
        refuse_closed(stdin(), "standard input")?;
        return Ok(Box::new(BufReader::with_capacity(BUFFER, Input)));
    };
    let file = File::open(path)
        .with_context(|| format!("cannot open {}", path.display()))
        .map_err(Failure::Files)?;
    Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
}

/// Standard input, read by the kernel's `read` alone: Rust's own turns an error of a closed stream
/// into the end of the input.
struct Input;

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(unistd::read(stdin(), buffer)?)
    }
}
