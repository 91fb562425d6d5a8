//! Several network namespaces: one document that contains a document for each.

use std::io::{self, Write};

/// A document of documents that is being written. The caller writes each namespace's document,
/// without its line end, between [`Namespaces::begin_one`] and [`Namespaces::end_one`].
#[derive(Default)]
pub struct Namespaces {
    separator: &'static str,
}

impl Namespaces {
    /// Begins the whole document.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn begin(out: &mut impl Write) -> io::Result<Self> {
        out.write_all(b"{\"namespaces\":[")?;
        Ok(Self::default())
    }

    /// Begins the next namespace, with the word by which `--netns` finds it.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn begin_one(&mut self, out: &mut impl Write, word: Option<&str>) -> io::Result<()> {
        write!(out, "{}{{\"netns\":", self.separator)?;
        self.separator = ",";
        serde_json::to_writer(&mut *out, &word)?;
        out.write_all(b",\"document\":")
    }

    /// Ends the namespace, whose document has been written unless `error` says why there is none.
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

    /// Ends the whole document and its line.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn end(self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"]}\n")
    }
}
