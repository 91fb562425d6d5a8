//! Standard streams that were closed when the program started.

use std::os::fd::AsFd;

use anyhow::anyhow;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::stat::{SFlag, fstat, major, minor};

use super::Failure;

/// Refuses a closed stream where something would be lost by it: a table that is
/// emptied because its rules can't be read, or rules that are saved nowhere.
///
/// Rust's runtime opens /dev/null in the place of a closed stream before the program begins, for
/// reading and writing. A shell's `</dev/null` and `>/dev/null` open it for one of the two only,
/// and are accepted. Some other programs open it for both, which looks the same as a closed stream:
/// so the message names both cases, and listings, which such programs may throw away on purpose,
/// are not refused.
pub(super) fn refuse_closed(stream: impl AsFd, name: &str) -> Result<(), Failure> {
    if !looks_closed(stream) {
        return Ok(());
    }
    Err(Failure::Files(anyhow!(
        "{name} is closed, or is /dev/null opened for reading and writing"
    )))
}

/// Returns whether a stream is /dev/null, opened for both reading and writing.
fn looks_closed(stream: impl AsFd) -> bool {
    const NULL: (u64, u64) = (1, 3);
    let is_null = fstat(&stream).is_ok_and(|stat| {
        let kind = SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT;
        kind == SFlag::S_IFCHR && (major(stat.st_rdev), minor(stat.st_rdev)) == NULL
    });
    let for_both = || {
        let flags = fcntl(&stream, FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
        flags.is_ok_and(|flags| flags & OFlag::O_ACCMODE == OFlag::O_RDWR)
    };
    is_null && for_both()
}
