//! Root's folder for what is kept of each network namespace.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::netns::OWN;

/// It is in memory: what is in it ends with the system.
const FOLDER: &str = "/run/ipvsadm";

/// Bits of a mode by which others can change what is in a folder.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// The name of a file of this thread's network namespace.
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
        // Another may be faster.
        let _ = DirBuilder::new().mode(0o700).create(folder);
    }
}

/// Checks that nobody but this user, or root, can have put a file into its folder.
///
/// # Errors
/// Where the folder is another's, or is none.
pub(super) fn check_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    let found = folder.symlink_metadata()?;
    let own = rustix::process::geteuid().as_raw();
    let is_own = found.is_dir() && (found.uid() == 0 || found.uid() == own);
    match is_own && found.mode() & WRITABLE_BY_OTHERS == 0 {
        true => Ok(()),
        false => Err(io::Error::other(format!(
            "others may change what is in {}",
            folder.display()
        ))),
    }
}
