//! Network namespaces: found by the names that other programs give them, and entered.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::sys::statfs::{NSFS_MAGIC, statfs};

use ipvs::error::os_text;

/// The folders of files that stand for namespaces: those of `ip netns`, which Podman
/// and Kubernetes use too, and Docker's. The first that has a name decides.
const FOLDERS: [&str; 3] = ["/run/netns", "/var/run/netns", "/run/docker/netns"];

/// The namespace of this thread.
pub(crate) const OWN: &str = "/proc/thread-self/ns/net";

/// Why a namespace is not entered.
#[derive(Debug, thiserror::Error)]
pub enum NetnsError {
    /// No folder has the name.
    #[error("there is no network namespace {}: {}", shown(name), those(.names))]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        names: Vec<String>,
    },
    /// The file stands for none.
    #[error("{} is no network namespace", shown(&.0.to_string_lossy()))]
    Another(PathBuf),
    /// The system does not let it be entered.
    #[error("cannot enter the network namespace {}: {}{}", shown(&file.to_string_lossy()), os_text(error), advice(error))]
    Refused {
        /// The file that stands for it.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A name as a terminal may have it: other programs made it.
fn shown(name: &str) -> String {
    name.replace(char::is_control, "?")
}

/// As many names are shown.
const SHOWN: usize = 12;

fn those(names: &[String]) -> String {
    let first: Vec<_> = names.iter().take(SHOWN).map(|name| shown(name)).collect();
    match (first.as_slice(), names.len().saturating_sub(SHOWN)) {
        ([], _) => "none has a name".to_owned(),
        (first, 0) => format!("there are {}", first.join(", ")),
        (first, more) => format!("there are {} and {more} more", first.join(", ")),
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; it takes the capability CAP_SYS_ADMIN, as root has it"
        }
        _ => "",
    }
}

/// Returns the file that stands for the namespace of this name.
///
/// # Errors
/// [`NetnsError::Unknown`], or [`NetnsError::Refused`] where a folder can't be looked
/// into.
pub(crate) fn find(name: &str) -> Result<PathBuf, NetnsError> {
    let mut refused = None;
    for folder in FOLDERS {
        let file = Path::new(folder).join(name);
        match file.metadata() {
            Ok(_) => return Ok(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => refused = Some(NetnsError::Refused { file, error }),
        }
    }
    Err(refused.unwrap_or_else(|| NetnsError::Unknown {
        name: name.to_owned(),
        names: names(),
    }))
}

/// Moves this thread, and the threads that it starts from here on, into the namespace
/// that a file stands for. The thread that a process began with moves
/// `/proc/self/net` and `/proc/net` too.
///
/// # Errors
/// [`NetnsError::Another`] and [`NetnsError::Refused`].
pub(crate) fn enter(file: &Path) -> Result<(), NetnsError> {
    let refused = |error| NetnsError::Refused {
        file: file.to_owned(),
        error,
    };
    // A pipe would be waited for, and opening a device may do something.
    if !file.metadata().map_err(refused)?.is_file() {
        return Err(NetnsError::Another(file.to_owned()));
    }
    let opened = File::open(file).map_err(refused)?;
    setns(opened, CloneFlags::CLONE_NEWNET).map_err(|error| match error {
        Errno::EINVAL => NetnsError::Another(file.to_owned()),
        error => refused(error.into()),
    })
}

/// Returns the names by which namespaces can be found, in order.
pub(crate) fn names() -> Vec<String> {
    let names = files().filter_map(|file| Some(file.file_name()?.to_str()?.to_owned()));
    let names: BTreeSet<_> = names.collect();
    names.into_iter().collect()
}

/// A namespace among all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KnownNamespace {
    /// The one of this process, which has no name.
    Own,
    /// The one that this file stands for, and the word by which `--netns` finds it.
    Elsewhere { word: String, file: PathBuf },
}

/// Returns every namespace once: this process's own, if it has no name, then those
/// that have one, in the order of the names.
pub(crate) fn all() -> Vec<KnownNamespace> {
    let own = identity(Path::new(OWN));
    let mut seen = BTreeSet::new();
    let mut names = BTreeSet::new();
    let mut found = Vec::new();
    for file in files() {
        let Some(identity) = identity(&file) else {
            continue;
        };
        let name = file.file_name().unwrap_or_default();
        // A name that an earlier folder has finds the other one.
        let word = match names.insert(name.to_owned()) {
            true => name.to_string_lossy().into_owned(),
            false => file.to_string_lossy().into_owned(),
        };
        if seen.insert(identity) {
            found.push(KnownNamespace::Elsewhere { word, file });
        }
    }
    found.sort_by(|one, other| one.word().cmp(&other.word()));
    if own.is_none_or(|own| !seen.contains(&own)) {
        found.insert(0, KnownNamespace::Own);
    }
    found
}

impl fmt::Display for KnownNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.word() {
            Some(word) => write!(f, "network namespace {}", shown(word)),
            None => f.write_str("this network namespace"),
        }
    }
}

impl KnownNamespace {
    /// The word by which `--netns` finds it.
    pub(crate) fn word(&self) -> Option<&str> {
        match self {
            Self::Own => None,
            Self::Elsewhere { word, .. } => Some(word),
        }
    }
}

/// Device and inode number, which two files of one namespace share.
fn identity(file: &Path) -> Option<(u64, u64)> {
    let metadata = file.metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// The files of the folders that stand for a namespace. Others are left where one was
/// not removed as it was made.
fn files() -> impl Iterator<Item = PathBuf> {
    FOLDERS.into_iter().flat_map(|folder| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
        files
            .retain(|file| statfs(file).is_ok_and(|system| system.filesystem_type() == NSFS_MAGIC));
        files.sort();
        files
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_far_as_a_line_goes() {
        let named = |number| -> Vec<_> { (1..=number).map(|n: usize| format!("n{n}")).collect() };
        assert_eq!(those(&named(0)), "none has a name");
        assert_eq!(those(&named(2)), "there are n1, n2");
        assert!(those(&named(15)).ends_with("n11, n12 and 3 more"));
    }

    #[test]
    fn no_name_reaches_a_terminal_as_it_is() {
        let odd = || "a\x1b\n".to_owned();
        let said = [
            those(&[odd()]),
            NetnsError::Another(odd().into()).to_string(),
            NetnsError::Unknown {
                name: odd(),
                names: Vec::new(),
            }
            .to_string(),
        ];
        for text in said {
            assert!(
                text.contains("a??") && !text.contains(char::is_control),
                "{text}"
            );
        }
    }
}
