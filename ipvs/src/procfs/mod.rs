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
use crate::uapi::page_size;

pub use brief::{BriefService, BriefTable, brief};
pub use processors::{OfProcessor, PROCESSORS, by_processor};
pub use table::{BriefServers, TABLE, servers};
pub use totals::{TOTALS, totals};

/// Opens a table for reading in pieces as the kernel makes them.
///
/// The kernel walks the table from the start for every piece. A piece is as many rows
/// as fit a page, or a single row that is longer, such as a service with all its
/// servers. It is read a page at a time: where there is room for more, the kernel makes
/// the next row too, and makes it again if it finds no room.
///
/// A path in `/proc/net` stands for the table of the calling thread's network namespace.
///
/// # Errors
/// Where there is no such file, or it may not be read.
pub fn open(path: impl AsRef<Path>) -> io::Result<impl BufRead> {
    open_in(&NetworkNamespace::default(), path.as_ref())
}

/// Does the same as [`open`], in a given network namespace.
pub(crate) fn open_in(
    namespace: &NetworkNamespace,
    path: &Path,
) -> io::Result<impl BufRead + Send + use<>> {
    let file = namespace.open(|| File::open(of_this_thread(path)))?;
    Ok(BufReader::with_capacity(page_size(), file))
}

/// Replaces `/proc/net`, which is a link to the folder of the main thread, by the folder of
/// the calling thread.
fn of_this_thread(path: &Path) -> PathBuf {
    match path.strip_prefix("/proc/net") {
        Ok(table) => Path::new("/proc/thread-self/net").join(table),
        Err(_) => path.to_owned(),
    }
}
