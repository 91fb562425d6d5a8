//! Rule files: their lines, their checks, what is saved, and replacing one
//! table by another. No kernel: [`kernel`] plays its part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

mod kernel;
mod lines;
mod output;
mod plan;
mod reader;
mod replace;
mod restore;
mod save;
mod tables;
mod units;
