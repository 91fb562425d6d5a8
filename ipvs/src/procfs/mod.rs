//! The kernel's tables as text, in `/proc/net`.

mod table;
pub(crate) mod words;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

pub use table::{Servers, TABLE, servers};

const READ_SIZE: usize = 1 << 20;

/// Opens a table for reading in pieces as large as the kernel gives them.
///
/// The kernel walks the table from the start at every `read()`, so the time goes with
/// the number of pieces. Linux fills a page at most, whatever it is asked for.
pub fn open(path: impl AsRef<Path>) -> io::Result<impl BufRead> {
    Ok(BufReader::with_capacity(READ_SIZE, File::open(path)?))
}
