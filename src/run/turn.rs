//! Restores of one network namespace take turns. If two ran at the same time, each would find a
//! table that it has not read.
//!
//! The lock is `flock(2)` on a file that is named by the namespace. It ends with the process, and
//! only root can open the file. A process without that right goes on without the lock: a
//! replacement notices by itself what other programs have changed.

use std::fmt::{self, Display, Formatter};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, IsTerminal, stderr};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};

use super::per_namespace::{make_folder, path};
use super::{Failure, Report};

/// No restore takes this long: one that does is stopped or stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// The time to wait before the user is told why.
const SILENCE: Duration = Duration::from_millis(500);

/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// The work that is done by one process at a time in each network namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// A replacement of the table.
    Restore,
    /// A look at the weights that drains keep, and a change of them.
    Drain,
}

impl Job {
    /// Returns the end of the lock file's name.
    fn ending(self) -> &'static str {
        match self {
            Self::Restore => "lock",
            Self::Drain => "drained.lock",
        }
    }
}

impl Display for Job {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Restore => "restore",
            Self::Drain => "drain",
        })
    }
}

/// This process's turn, until it is dropped.
pub(super) struct Turn {
    /// None where the lock file can't be had.
    held: Option<(PathBuf, Flock<File>)>,
}

impl Turn {
    /// Waits until no other process does this work in this namespace.
    ///
    /// # Errors
    /// When another process has done it for a minute.
    #[inline(never)]
    pub(super) fn take(work: Job, report: &mut Report<'_>) -> Result<Self, Failure> {
        match path(work.ending()) {
            Ok(path) => Self::at(&path, work, PATIENCE, report),
            Err(_) => Ok(Self { held: None }),
        }
    }

    fn at(
        path: &Path,
        work: Job,
        patience: Duration,
        report: &mut Report<'_>,
    ) -> Result<Self, Failure> {
        let began = Instant::now();
        let mut is_told = !stderr().is_terminal();
        loop {
            match attempt(path) {
                Ok(Some(lock)) => {
                    let held = Some((path.to_owned(), lock));
                    return Ok(Self { held });
                }
                Ok(None) => {}
                Err(_) => return Ok(Self { held: None }),
            }
            let waited = began.elapsed();
            if waited >= patience {
                return Err(Failure::Stopped {
                    status: 1,
                    message: format!(
                        "another {work} has been at work for {} s; nothing was changed",
                        waited.as_secs()
                    ),
                });
            }
            if !is_told && waited >= SILENCE {
                report(&format_args!("waiting until another {work} has ended"));
                is_told = true;
            }
            sleep(PAUSE);
        }
    }
}

/// Takes the lock; none while another process has it.
fn attempt(path: &Path) -> io::Result<Option<Flock<File>>> {
    let file = open(path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            make_folder(path);
            open(path)
        }
        _ => Err(error),
    })?;
    let inode = |file: io::Result<Metadata>| file.map_or(0, |file| file.ino());
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) if inode(lock.metadata()) == inode(path.metadata()) => Ok(Some(lock)),
        // The previous holder has removed the file, so another process may have locked a new one.
        Ok(lock) => {
            release(lock);
            Ok(None)
        }
        Err((_, Errno::EWOULDBLOCK | Errno::EINTR)) => Ok(None),
        Err((_, error)) => Err(error.into()),
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .mode(0o600)
        .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
        .open(path)
}

/// Releases the lock. If the kernel refuses, the lock ends with the process: dropping it would
/// panic.
fn release(lock: Flock<File>) {
    if let Err((lock, _)) = lock.unlock() {
        std::mem::forget(lock);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some((path, lock)) = self.held.take() {
            // The file is removed while it is locked, so that it is not taken from the next holder.
            let _ = std::fs::remove_file(path);
            release(lock);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn take(path: &Path) -> Result<Turn, Failure> {
        Turn::at(path, Job::Restore, Duration::from_millis(50), &mut |_| {})
    }

    #[test]
    fn one_has_it_at_a_time_and_no_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = take(&path).unwrap();
        assert!(first.held.is_some());
        let mode = path.metadata().unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(take(&path), Err(Failure::Stopped { .. })));
        drop(first);
        assert!(!path.exists());
        assert!(take(&path).unwrap().held.is_some());
    }

    #[test]
    fn many_at_once_have_it_one_after_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let inside = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let turn = Turn::at(&path, Job::Restore, PATIENCE, &mut |_| {}).unwrap();
                        assert!(turn.held.is_some());
                        let order = std::sync::atomic::Ordering::SeqCst;
                        assert_eq!(inside.fetch_add(1, order), 0);
                        inside.fetch_sub(1, order);
                    }
                });
            }
        });
    }

    #[test]
    fn who_can_not_have_the_file_goes_on_without() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none").join("none").join("lock");
        assert!(take(&path).unwrap().held.is_none());
        // Only the folder is made.
        let path = folder.path().join("none").join("lock");
        assert!(take(&path).unwrap().held.is_some());
    }
}
