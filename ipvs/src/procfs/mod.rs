//! The kernel's tables as text, in `/proc/net`.

mod brief;
mod processors;
mod table;
mod totals;
pub(crate) mod words;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::namespace::NetworkNamespace;

pub use brief::{BriefService, BriefTable, brief};
pub use processors::{OfProcessor, PROCESSORS, by_processor};
pub use table::{BriefServers, TABLE, servers};
pub use totals::{TOTALS, totals};

const READ_SIZE: usize = 1 << 20;

/// Opens a table for reading in pieces as large as the kernel gives them.
///
/// The kernel walks the table from the start at every `read()`, so the time goes with
/// the number of pieces. Linux fills a page at most, whatever it is asked for.
///
/// `/proc/net` has the table of this thread's network namespace.
///
/// # Errors
/// Where there is no such file, or it may not be read.
pub fn open(path: impl AsRef<Path>) -> io::Result<impl BufRead> {
    open_in(&NetworkNamespace::default(), path.as_ref())
}

/// As [`open`], of a network namespace.
pub(crate) fn open_in(
    namespace: &NetworkNamespace,
    path: &Path,
) -> io::Result<impl BufRead + Send + use<>> {
    let file = namespace.open(|| File::open(of_this_thread(path)))?;
    Ok(BufReader::with_capacity(READ_SIZE, file))
}

/// `/proc/net` is a link to the folder of the process, which is that of its main
/// thread.
fn of_this_thread(path: &Path) -> PathBuf {
    match path.strip_prefix("/proc/net") {
        Ok(table) => Path::new("/proc/thread-self/net").join(table),
        Err(_) => path.to_owned(),
    }
}
