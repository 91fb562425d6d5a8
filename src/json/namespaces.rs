//! Several network namespaces: a document of each, within one.

use std::io::{self, Write};

/// A document of documents that is being written. The document of each namespace is
/// written between [`Namespaces::begin_one`] and [`Namespaces::end_one`] by whoever
/// has it, without its line end.
#[derive(Default)]
pub struct Namespaces {
    separator: &'static str,
}

impl Namespaces {
    /// Begins the whole.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn begin(out: &mut impl Write) -> io::Result<Self> {
        out.write_all(b"{\"namespaces\":[")?;
        Ok(Self::default())
    }

    /// Begins the next namespace, with the word that finds it.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn begin_one(&mut self, out: &mut impl Write, word: Option<&str>) -> io::Result<()> {
        write!(out, "{}{{\"netns\":", self.separator)?;
        self.separator = ",";
        serde_json::to_writer(&mut *out, &word)?;
        out.write_all(b",\"document\":")
    }

    /// Ends it: its document is written, or there is a reason for which there is none.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn end_one(&self, out: &mut impl Write, error: Option<&str>) -> io::Result<()> {
        if error.is_some() {
            out.write_all(b"null")?;
        }
        out.write_all(b",\"error\":")?;
        serde_json::to_writer(&mut *out, &error)?;
        out.write_all(b"}")
    }

    /// Ends the whole and its line.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn end(self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"]}\n")
    }
}
