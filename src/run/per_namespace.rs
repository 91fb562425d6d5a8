//! The folder of root for the files that are kept for each network namespace.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::netns::OWN;

/// The folder is in memory: its content ends with the system.
const FOLDER: &str = "/run/ipvsadm";

/// Bits of a mode by which others can change what is in a folder.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Returns the path of a file for this thread's network namespace.
///
/// # Errors
/// Where `/proc` does not tell the namespace.
pub(super) fn path(ending: &str) -> io::Result<PathBuf> {
    let namespace = Path::new(OWN).metadata()?;
    Ok(Path::new(FOLDER).join(format!("netns-{}.{ending}", namespace.ino())))
}

/// Makes the folder of a file, unless it is there.
pub(super) fn make_folder(file: &Path) {
    if let Some(folder) = file.parent() {
        // Another process may have made it first.
        let _ = DirBuilder::new().mode(0o700).create(folder);
    }
}

/// Checks that nobody but this user or root can have put a file into its folder.
///
/// # Errors
/// Where the folder belongs to another user, others can write to it, or it is no folder.
pub(super) fn check_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    let found = folder.symlink_metadata()?;
    let own = rustix::process::geteuid().as_raw();
    let is_own = found.is_dir() && (found.uid() == 0 || found.uid() == own);
    match is_own && found.mode() & WRITABLE_BY_OTHERS == 0 {
        true => Ok(()),
        false => Err(io::Error::other(format!(
            "other users may change what is in {}",
            folder.display()
        ))),
    }
}
