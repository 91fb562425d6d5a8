//! Copies owner, mode, access control list and extended attributes of a file to the
//! file that takes its place.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr, getxattr, listxattr};
use rustix::io::Errno;

/// The access control list, as the kernel keeps it.
const ACCESS_LIST: &str = "system.posix_acl_access";
/// Attributes that the kernel computes from a file's content. It computes them for
/// the new file too.
const OF_CONTENT: [&str; 2] = ["security.ima", "security.evm"];
/// The most bytes of a value, or of a list of names (`XATTR_SIZE_MAX`,
/// `XATTR_LIST_MAX`).
const LONGEST: usize = 64 * 1024;

/// An attribute of the old file that can't be kept.
#[derive(Debug)]
pub(super) struct Unkept {
    pub(super) what: String,
    pub(super) error: io::Error,
}

impl Unkept {
    fn because<E: Into<io::Error>>(what: &str) -> impl FnOnce(E) -> Self {
        move |error| Self {
            what: what.to_owned(),
            error: error.into(),
        }
    }
}

/// Gives `new`, which only its owner may read so far, the attributes of the old file
/// at `path`. At no moment can anybody read it who may not read the old file.
pub(super) fn keep(path: &Path, old: &Metadata, new: &File) -> Result<(), Unkept> {
    let owner = |error| Unkept::because("its owner")(error);
    let made = new.metadata().map_err(owner)?;
    if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid())).map_err(owner)?;
    }
    keep_extended(path, new)?;
    // The access control list has changed the mode.
    let mode = Permissions::from_mode(old.mode() & 0o7777);
    new.set_permissions(mode)
        .map_err(Unkept::because("its mode"))
}

fn keep_extended(path: &Path, new: &File) -> Result<(), Unkept> {
    let unlisted = || Unkept::because("its attributes");
    let all = names(|list| listxattr(path, list)).map_err(unlisted())?;
    let made = names(|list| flistxattr(new, list)).map_err(unlisted())?;
    // The folder may have given the new file an access control list of its own.
    let is_list = |name: &String| name == ACCESS_LIST;
    if made.iter().any(is_list) && !all.iter().any(is_list) {
        fremovexattr(new, ACCESS_LIST).map_err(Unkept::because("its mode"))?;
    }
    for name in all
        .iter()
        .filter(|name| !OF_CONTENT.contains(&name.as_str()))
    {
        let what = match is_list(name) {
            true => "its access control list".to_owned(),
            false => format!("its attribute {name}"),
        };
        let value = value(|room| getxattr(path, name.as_str(), room));
        let value = value.map_err(Unkept::because(&what))?;
        // A security module may have given the new file the same value, and let
        // nobody set it.
        let is_there = self::value(|room| fgetxattr(new, name.as_str(), room))
            .is_ok_and(|there| there == value);
        if !is_there {
            fsetxattr(new, name.as_str(), &value, XattrFlags::empty())
                .map_err(Unkept::because(&what))?;
        }
    }
    Ok(())
}

/// Returns the names of a file's attributes, or none on a file system without any.
fn names(list: impl FnOnce(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<String>, Errno> {
    let bytes = match value(list) {
        Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
        outcome => outcome?,
    };
    let names = bytes
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    Ok(names
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect())
}

fn value(read: impl FnOnce(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; LONGEST];
    let length = read(&mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}
