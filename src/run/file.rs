//! Files that are written as a whole.

use std::path::Path;

use super::Failure;
use super::signal::StopSignal;
use crate::rules::output::{Contents, Output, Written};

/// Lets `text` write the file that the user named. The file is the old one or the new one, whatever
/// happens.
#[inline(never)]
pub(super) fn to_file(path: &Path, text: &Contents<'_>) -> Result<(), Failure> {
    let unwritten = |error| Failure::Files(anyhow::Error::new(error));
    match Output::at(path).map_err(unwritten)? {
        // A reader may make the write wait; a signal ends it then.
        Output::Stream(stream) => stream.write(text).map_err(unwritten),
        Output::Regular(file) => {
            let stop = StopSignal::watch().map_err(Failure::Files)?;
            match file.write(text, || stop.status()).map_err(unwritten)? {
                Written::Whole => Ok(()),
                Written::Stopped(status) => Err(Failure::Stopped {
                    status,
                    message: format!("interrupted; {} is what it was", path.display()),
                }),
            }
        }
    }
}
