//! Model in, JSON out: documents of one line, in numbers only.
//!
//! Programs read these documents, so the names of fields are stable: fields may be added, but none
//! is renamed or removed. A field that does not apply is `null`. `docs/schema` describes each
//! document.

mod changes;
mod connections;
mod identity;
mod namespaces;
mod server;
mod service;
mod settings;
mod status;
mod table;

use std::io::{self, Write};

use serde::{Serialize, Serializer};

pub use changes::changes;
pub use connections::{connections, counts};
pub(crate) use identity::{family, protocol};
pub use namespaces::Namespaces;
pub(crate) use server::method;
pub use settings::{daemons, timeouts};
pub use status::status;
pub use table::TableDocument;

/// Writes a document and ends its line.
fn document(out: &mut impl Write, document: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    out.write_all(b"\n")
}

/// A document whose last member is a long array, written item by item.
struct Items<W> {
    out: W,
    separator: &'static [u8],
}

impl<W: Write> Items<W> {
    /// Writes the text that comes before the first item.
    fn begin(mut out: W, head: &str) -> io::Result<Self> {
        out.write_all(head.as_bytes())?;
        Ok(Self {
            out,
            separator: b"",
        })
    }

    fn push(&mut self, item: &impl Serialize) -> io::Result<()> {
        self.out.write_all(self.separator)?;
        self.separator = b",";
        Ok(serde_json::to_writer(&mut self.out, item)?)
    }

    fn end(mut self) -> io::Result<()> {
        self.out.write_all(b"]}\n")
    }
}

/// An array of the items of an iterator, which are not all held in memory.
struct Sequence<I>(I);

impl<I> Serialize for Sequence<I>
where
    I: Iterator<Item: Serialize> + Clone,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}
