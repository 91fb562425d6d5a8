//! Where the output goes.

use std::io::{self, BufWriter, Write, stdout};

use nix::unistd;

/// Standard output, gathered into few large writes.
pub(super) type Out = BufWriter<StandardOutput>;

const BUFFER: usize = 64 * 1024;

/// Standard output, written by the kernel's `write` alone: Rust's own looks for the ends of lines,
/// and writes the text after the last one separately.
pub(super) struct StandardOutput {
    line_ends: LineEnds,
    /// The number of bytes that it has taken.
    taken: u64,
}

/// The treatment of line ends. A document has one only as its last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnds {
    /// They are written.
    Kept,
    /// They are left out: documents become parts of a larger one.
    LeftOut,
}

pub(super) fn open() -> Out {
    let output = StandardOutput {
        line_ends: LineEnds::Kept,
        taken: 0,
    };
    BufWriter::with_capacity(BUFFER, output)
}

/// Decides on the line ends that are written from here on.
///
/// # Errors
/// The errors of writing the bytes before this call.
pub(super) fn set_line_ends(out: &mut Out, line_ends: LineEnds) -> io::Result<()> {
    out.flush()?;
    out.get_mut().line_ends = line_ends;
    Ok(())
}

/// Returns how many bytes have been written so far.
pub(super) fn position(out: &Out) -> u64 {
    out.get_ref()
        .taken
        .saturating_add(out.buffer().len() as u64)
}

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = match self.line_ends {
            LineEnds::Kept => bytes,
            LineEnds::LeftOut => bytes.split(|byte| *byte == b'\n').next().unwrap_or(bytes),
        };
        let written = match line {
            // The line end is left out, but counts as written.
            [] => bytes.len().min(1),
            line => unistd::write(stdout(), line)?,
        };
        self.taken = self.taken.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
