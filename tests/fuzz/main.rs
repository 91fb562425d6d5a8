//! The program compared with the reference at random.

fn main() {}
