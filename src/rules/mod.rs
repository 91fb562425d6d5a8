//! Rule files: reading and checking their lines, and writing whole files.

mod attributes;
pub mod lines;
pub mod output;
pub mod repeats;
pub mod restore;
pub(crate) mod unseen;
