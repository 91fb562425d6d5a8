//! Rule files: reading, checking and writing them, and the way from the table
//! that is there to the table that a file describes.
//!
//! Nothing here speaks with the kernel. What must be sent goes through the
//! trait [`replace::Apply`].

pub mod effective;
pub mod lines;
pub mod output;
pub mod plan;
pub mod replace;
pub mod restore;
pub mod save;
pub mod table;
