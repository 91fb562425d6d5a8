//! Writes a file as a whole: at each moment, either the old file or the new one is
//! there.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use tempfile::{Builder, NamedTempFile};

use super::attributes::{self, Unkept};

/// The most symbolic links that the kernel follows (`MAXSYMLINKS`).
const MOST_LINKS: usize = 40;

/// How many bytes of a text are gathered for a system call.
const BUFFER: usize = 64 * 1024;

/// The target that a path names.
#[derive(Debug)]
pub enum Output {
    /// A target that is written to as it is: a pipe, a terminal, a file that this
    /// process has open already.
    Stream(Stream),
    /// A regular file, which is there already or will be made.
    Regular(Regular),
}

/// See [`Output::Stream`].
#[derive(Debug)]
pub struct Stream {
    path: PathBuf,
    file: File,
}

/// See [`Output::Regular`].
#[derive(Debug)]
pub struct Regular {
    /// The name that was given.
    path: PathBuf,
    /// The path at the end of its symbolic links.
    target: PathBuf,
    old: Option<Metadata>,
}

/// The text of a file, as a function that writes it each time it is called.
pub type Contents<'a> = dyn Fn(&mut dyn Write) -> io::Result<()> + 'a;

/// The outcome of writing a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it is on the disk.
    Whole,
    /// The file is what it was: the program was asked to stop, and is to end with
    /// this status.
    Stopped(u8),
}

/// The reason why a file was not written. The sentence names the file that was given;
/// the system's reason is the source.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file is what it was, or it was replaced and only its folder could not be
    /// flushed.
    #[error("cannot write {}", path.display())]
    Failed {
        /// The name that was given.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is what it was, because the new one would lack an attribute of it.
    #[error("cannot replace {}, because {unkept} can't be kept", path.display())]
    Attribute {
        /// The name that was given.
        path: PathBuf,
        /// The attribute that would be lost.
        unkept: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The file could not be replaced, only written over, and that has failed.
    #[error("cannot write {}, which is incomplete now", path.display())]
    Incomplete {
        /// The name that was given.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl Output {
    /// Finds out what there is at `path`. Nothing is changed yet.
    ///
    /// # Errors
    /// The errors of the file system.
    pub fn at(path: &Path) -> Result<Self, WriteError> {
        Self::find(path).map_err(|source| failed(path, source))
    }

    fn find(path: &Path) -> io::Result<Self> {
        let stream = |options: &mut OpenOptions| {
            Ok(Self::Stream(Stream {
                path: path.to_owned(),
                file: options.open(path)?,
            }))
        };
        let old = match fs::metadata(path) {
            Ok(old) if old.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(old) if !old.is_file() => return stream(OpenOptions::new().write(true)),
            Ok(old) => Some(old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        match target(path)? {
            Some(target) => Ok(Self::Regular(Regular {
                path: path.to_owned(),
                target,
                old,
            })),
            // The path leads through /proc to an open file, which is the one that is
            // meant.
            None => stream(OpenOptions::new().append(true)),
        }
    }
}

impl Stream {
    /// Writes all of `text`.
    ///
    /// # Errors
    /// The errors of the file.
    pub fn write(self, text: &Contents<'_>) -> Result<(), WriteError> {
        write_to(&self.file, text).map_err(|source| failed(&self.path, source))
    }
}

impl Regular {
    /// Puts a file with this text in place of the old one. The text may be asked for
    /// twice.
    ///
    /// The text goes to a temporary file beside the old one. When it is on the disk,
    /// the temporary file takes the place of the old one. Owner, mode, access control
    /// list and extended attributes stay; a new file has those that a shell's `>`
    /// would give it. A file that is a mount point, or is in a folder on a file
    /// system that can only be read, can't be replaced: it is written over.
    ///
    /// `stopped` is called before anything is changed that others see. If it returns
    /// a status, nothing is changed.
    ///
    /// # Errors
    /// The errors of the file system. There is no temporary file then; each
    /// [`WriteError`] says what has become of the old file.
    pub fn write(
        self,
        text: &Contents<'_>,
        stopped: impl Fn() -> Option<u8>,
    ) -> Result<Written, WriteError> {
        let failed = |source| failed(&self.path, source);
        let directory = directory_of(&self.target);
        let temporary = match self.temporary(directory) {
            Err(error)
                if error.kind() == io::ErrorKind::ReadOnlyFilesystem && self.old.is_some() =>
            {
                return self.write_over(text, stopped);
            }
            outcome => outcome.map_err(failed)?,
        };
        let file = temporary.as_file();
        write_to(file, text).map_err(failed)?;
        if let Some(old) = &self.old {
            attributes::keep(&self.target, old, file).map_err(|unkept| self.unkept(unkept))?;
        }
        file.sync_all().map_err(failed)?;
        if let Some(status) = stopped() {
            return Ok(Written::Stopped(status));
        }
        match temporary.persist(&self.target) {
            Ok(_) => flush_directory(directory).map_err(failed)?,
            Err(error) if error.error.kind() == io::ErrorKind::ResourceBusy => {
                return self.write_over(text, stopped);
            }
            Err(error) => return Err(failed(error.error)),
        }
        Ok(Written::Whole)
    }

    /// Makes a file beside the target. It is removed again if it does not get the
    /// target's name.
    fn temporary(&self, directory: &Path) -> io::Result<NamedTempFile> {
        let mode = match self.old {
            // Nobody can read it who may not read the old file, not even for a
            // moment.
            Some(_) => 0o600,
            // The umask takes bits away from these.
            None => 0o666,
        };
        // It is opened here, because tempfile adds the name to the system's error.
        Builder::new()
            .prefix(".ipvsadm-")
            .make_in(directory, |path| {
                let mut options = OpenOptions::new();
                options.write(true).create_new(true).mode(mode).open(path)
            })
    }

    /// Writes over the old file. As many as possible of the steps that can fail are
    /// done before the first byte is lost.
    fn write_over(
        &self,
        text: &Contents<'_>,
        stopped: impl Fn() -> Option<u8>,
    ) -> Result<Written, WriteError> {
        let failed = |source| failed(&self.path, source);
        let incomplete = |source| WriteError::Incomplete {
            path: self.path.clone(),
            source,
        };
        let mut bytes = Vec::new();
        text(&mut bytes).map_err(failed)?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let options = OpenOptions::new().write(true).open(&self.target);
        let mut file = options.map_err(failed)?;
        match fallocate(&file, FallocateFlags::KEEP_SIZE, 0, length.max(1)) {
            // Not every file system can reserve room.
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            Err(error) => return Err(failed(error.into())),
        }
        if let Some(status) = stopped() {
            return Ok(Written::Stopped(status));
        }
        file.write_all(&bytes).map_err(incomplete)?;
        file.set_len(length).map_err(incomplete)?;
        file.sync_all().map_err(incomplete)?;
        Ok(Written::Whole)
    }

    fn unkept(&self, unkept: Unkept) -> WriteError {
        WriteError::Attribute {
            path: self.path.clone(),
            unkept: unkept.what,
            source: unkept.error,
        }
    }
}

/// Writes a text in few system calls, however small its pieces are.
fn write_to(file: &File, text: &Contents<'_>) -> io::Result<()> {
    let mut buffered = BufWriter::with_capacity(BUFFER, file);
    text(&mut buffered)?;
    buffered.flush()
}

fn failed(path: &Path, source: io::Error) -> WriteError {
    WriteError::Failed {
        path: path.to_owned(),
        source,
    }
}

/// Returns the end of a chain of symbolic links, even if there is no file. Returns
/// none if a link leads to an open file of a process.
fn target(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {}
            Ok(_) => return Ok(Some(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(path)),
            Err(error) => return Err(error),
        }
        let directory = directory_of(&path);
        if fs::canonicalize(directory)?.starts_with("/proc") {
            return Ok(None);
        }
        path = directory.join(fs::read_link(&path)?);
    }
    Err(io::Error::other("too many symbolic links"))
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Flushes a directory, because a new name is on the disk only when its directory is.
/// It is no error that the directory can't be read, or that its file system can't
/// flush it.
fn flush_directory(directory: &Path) -> io::Result<()> {
    let Ok(directory) = File::open(directory) else {
        return Ok(());
    };
    match directory.sync_all() {
        Err(error) if error.kind() != io::ErrorKind::InvalidInput => Err(error),
        _ => Ok(()),
    }
}
