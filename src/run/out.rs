//! Where the output goes.

use std::io::{self, BufWriter, Write, stdout};

use nix::unistd;

/// Gathers everything into few large writes.
pub(super) type Out = BufWriter<StandardOutput>;

const BUFFER: usize = 64 * 1024;

/// Standard output as the kernel knows it: Rust's own looks for the ends of
/// lines, and writes what is behind the last one by itself.
pub(super) struct StandardOutput;

pub(super) fn open() -> Out {
    BufWriter::with_capacity(BUFFER, StandardOutput)
}

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(unistd::write(stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
