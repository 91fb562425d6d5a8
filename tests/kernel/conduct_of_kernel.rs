//! The kernel in memory that the library has for tests does as this one: both pass
//! the same tests.

use ipvs::client::Client;

use crate::conduct;
use crate::director::place;

fn with(test: impl FnOnce(&mut Client)) {
    let _place = place();
    test(&mut Client::open().unwrap());
}

conduct::of!(with);
