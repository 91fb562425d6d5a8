//! Writing a file as a whole: at each moment there is the old one or the new.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// As many symbolic links as the kernel follows.
const MOST_LINKS: usize = 40;

/// Writes what `fill` gives to the file at `path`.
///
/// It goes to a temporary file beside it, then to the disk, then into its
/// place. Owner and mode stay; a new file has those that a shell's `>` would
/// give it. Of a symbolic link, the target is replaced. What is not a regular
/// file, such as a pipe or a terminal, is written to as it is.
///
/// # Errors
/// Those of `fill` and of the file system. The old file is then untouched,
/// unless it was replaced and only the directory could not be flushed.
pub fn write_file(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let old = match fs::metadata(path) {
        Ok(old) if old.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(old) if !old.is_file() => {
            return write_through(OpenOptions::new().write(true).open(path)?, fill);
        }
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    match target(path)? {
        Target::Path(target) => replace(&target, old.as_ref(), fill),
        // An open file of this process, /dev/stdout say: it has a name, but it
        // is the file that is meant.
        Target::Open => write_through(OpenOptions::new().append(true).open(path)?, fill),
    }
}

enum Target {
    Path(PathBuf),
    Open,
}

/// The end of a chain of symbolic links, whether or not there is a file.
fn target(path: &Path) -> io::Result<Target> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {}
            Ok(_) => return Ok(Target::Path(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Target::Path(path));
            }
            Err(error) => return Err(error),
        }
        let directory = directory_of(&path);
        if fs::canonicalize(directory)?.starts_with("/proc") {
            return Ok(Target::Open);
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

fn write_through(
    file: File,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    fill(&mut out)?;
    out.flush()
}

fn replace(
    target: &Path,
    old: Option<&Metadata>,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let directory = directory_of(target);
    let mut out = BufWriter::new(temporary(directory, old)?);
    fill(&mut out)?;
    let file = out.into_inner()?;
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    flush_directory(directory)
}

/// A file beside the target, removed again if it does not get its name.
fn temporary(directory: &Path, old: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".ipvsadm-");
    let Some(old) = old else {
        // Less what the umask takes away.
        return builder
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(directory);
    };
    // Nobody sees more of it than of the old file, not even for a moment.
    let file = builder
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(directory)?;
    let new = file.as_file().metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        fchown(file.as_file(), Some(old.uid()), Some(old.gid()))?;
    }
    let mode = Permissions::from_mode(old.mode() & 0o7777);
    file.as_file().set_permissions(mode)?;
    Ok(file)
}

/// The new name is on the disk only when its directory is. A directory that
/// can't be read can't be flushed either, nor can some file systems.
fn flush_directory(directory: &Path) -> io::Result<()> {
    let Ok(directory) = File::open(directory) else {
        return Ok(());
    };
    match directory.sync_all() {
        Err(error) if error.kind() != io::ErrorKind::InvalidInput => Err(error),
        _ => Ok(()),
    }
}
