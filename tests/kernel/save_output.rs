//! `--output FILE` leaves the old file or the new one, whole.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::fs::XattrFlags;

use crate::director::{Place, ipvsadm, place, restore, saved_by_reference};
use crate::net::Ended;
use crate::support::{Outcome, Program, TIMEOUT, finish, shell};

const NOBODY: u32 = 65534;

#[test]
fn what_is_written_is_what_is_printed() {
    let place = a_director();
    let file = place.folder().join("rules");
    ipvsadm(&format!("-Sn --output {}", file.display()));
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        saved_by_reference()
    );

    // The file that is there keeps its owner and mode, and a link stays one.
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    let link = place.folder().join("link");
    symlink("rules", &link).unwrap();
    ipvsadm("-C");
    let mut save = Program::Ours.command("ipvsadm-save");
    save.args(["-n", "--output"]).arg(&link);
    finish(save, b"", TIMEOUT).succeeded();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "");
    assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o640);
    assert!(link.symlink_metadata().unwrap().is_symlink());
}

#[test]
fn a_save_that_fails_leaves_the_old_file() {
    let place = a_director();
    let file = place.folder().join("rules");
    std::fs::write(&file, "old\n").unwrap();
    // Not root: the table can't be read.
    let mut save = Program::Ours.command("ipvsadm");
    save.args(["-Sn", "--output"])
        .arg(&file)
        .uid(NOBODY)
        .gid(NOBODY);
    assert_eq!(finish(save, b"", TIMEOUT).status, 2);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old\n");

    // No room: the new one can't be written.
    for call in ["write", "fsync", "rename,renameat,renameat2"] {
        let mut strace = Command::new("strace");
        strace.args(["-qqq", "-o", "/dev/null"]);
        strace.arg("-e").arg(format!("inject={call}:error=ENOSPC"));
        strace
            .arg(Program::Ours.path())
            .args(["-Sn", "--output"])
            .arg(&file);
        let outcome = finish(strace, b"", TIMEOUT);
        assert_ne!(outcome.status, 0, "{call} fails: {outcome}");
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            "old\n",
            "{call} fails"
        );
    }
    let left: Vec<_> = std::fs::read_dir(place.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["rules"]);
}

#[test]
fn a_save_that_is_killed_leaves_one_or_the_other() {
    let place = a_director();
    let file = place.folder().join("rules");
    let new = saved_by_reference();
    let old: String = new.replace("wlc", "rr");
    let whole = |text: &str| text == new || text == old;

    let ended = Ended::default();
    std::fs::write(&file, &old).unwrap();
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !ended.is_so() {
                let seen = std::fs::read_to_string(&file).unwrap();
                assert!(whole(&seen), "a reader saw {} bytes", seen.len());
                thread::sleep(Duration::from_millis(5));
            }
        });
        ended.after(|| {
            for round in 0..12 {
                let mut save = Program::Ours.command("ipvsadm");
                save.args(["-Sn", "--output"])
                    .arg(&file)
                    .stdin(Stdio::null());
                let mut save = save.spawn().unwrap();
                thread::sleep(Duration::from_millis(20 * round));
                save.kill().unwrap();
                save.wait().unwrap();
                assert!(
                    whole(&std::fs::read_to_string(&file).unwrap()),
                    "round {round}"
                );
            }
        });
        reader.join().unwrap();
    });
    ipvsadm(&format!("-Sn --output {}", file.display()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), new);
}

/// An access control list as the kernel keeps it: tags, permissions and users.
fn access_list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let entries = entries.iter().flat_map(|(tag, permissions, user)| {
        [
            &tag.to_le_bytes()[..],
            &permissions.to_le_bytes(),
            &user.to_le_bytes(),
        ]
        .concat()
    });
    2_u32.to_le_bytes().into_iter().chain(entries).collect()
}

const OWNER: u16 = 1;
const USER: u16 = 2;
const GROUP: u16 = 4;
const MASK: u16 = 16;
const OTHERS: u16 = 32;
const NOBODY_MEANT: u32 = u32::MAX;
const LIST: &str = "system.posix_acl_access";

fn set(file: &Path, name: &str, value: &[u8]) {
    rustix::fs::setxattr(file, name, value, XattrFlags::empty()).unwrap();
}

fn attribute(file: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 4096];
    let length = rustix::fs::getxattr(file, name, &mut value[..]).ok()?;
    value.truncate(length);
    Some(value)
}

/// Whether this user, in this group, can read a file.
fn can_read(file: &Path, user: u32, group: u32) -> bool {
    let mut cat = Command::new("cat");
    cat.arg(file).uid(user).gid(group);
    finish(cat, b"", TIMEOUT).status == 0
}

#[test]
fn nobody_sees_more_than_before() {
    let place = a_director();
    open_to_all(&place);
    let folder = place.folder().join("folder");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    let file = folder.join("rules");
    let save = || ipvsadm(&format!("-Sn --output {}", file.display()));

    std::fs::write(&file, "old").unwrap();
    std::os::unix::fs::chown(&file, Some(1001), Some(2000)).unwrap();
    let list = access_list(&[
        (OWNER, 6, NOBODY_MEANT),
        (USER, 4, 1000),
        (GROUP, 0, NOBODY_MEANT),
        (MASK, 4, NOBODY_MEANT),
        (OTHERS, 0, NOBODY_MEANT),
    ]);
    set(&file, LIST, &list);
    // What security modules and administrators note is kept too.
    set(&file, "trusted.note", b"kept");
    set(&file, "security.note", b"\0bytes");
    let readers = [(1001, 1), (1000, 1), (1002, 2000), (1002, 1)];
    let reading = || readers.map(|(user, group)| can_read(&file, user, group));
    assert_eq!(reading(), [true, true, false, false]);
    save();
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        saved_by_reference()
    );
    assert_eq!(reading(), [true, true, false, false]);
    assert_eq!(attribute(&file, LIST), Some(list));
    assert_eq!(
        attribute(&file, "trusted.note").as_deref(),
        Some(&b"kept"[..])
    );
    let bytes = attribute(&file, "security.note");
    assert_eq!(bytes.as_deref(), Some(&b"\0bytes"[..]));
    let found = file.metadata().unwrap();
    assert_eq!(
        (found.uid(), found.gid(), found.mode() & 0o7777),
        (1001, 2000, 0o640)
    );

    // What the folder gives every new file is not for one that was without.
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, "old").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    set(
        &folder,
        "system.posix_acl_default",
        &access_list(&[
            (OWNER, 6, NOBODY_MEANT),
            (USER, 4, 1000),
            (GROUP, 4, NOBODY_MEANT),
            (MASK, 4, NOBODY_MEANT),
            (OTHERS, 4, NOBODY_MEANT),
        ]),
    );
    assert!(!can_read(&file, 1000, 1));
    save();
    assert!(!can_read(&file, 1000, 1));
    assert_eq!(attribute(&file, LIST), None);
    assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o640);
    // A new file has what the folder gives.
    std::fs::remove_file(&file).unwrap();
    save();
    assert!(can_read(&file, 1000, 1));
}

#[test]
fn what_cannot_be_kept_is_not_lost() {
    let place = a_director();
    let file = place.folder().join("rules");
    std::fs::write(&file, "old\n").unwrap();
    set(&file, "trusted.note", b"kept");
    let list = access_list(&[
        (OWNER, 6, NOBODY_MEANT),
        (USER, 4, 1000),
        (GROUP, 0, NOBODY_MEANT),
        (MASK, 4, NOBODY_MEANT),
        (OTHERS, 0, NOBODY_MEANT),
    ]);
    set(&file, LIST, &list);
    let path = file.display();
    for (call, what) in [
        (
            "fsetxattr:error=EOPNOTSUPP:when=1",
            "its access control list",
        ),
        (
            "fsetxattr:error=EOPNOTSUPP:when=2",
            "its attribute trusted.note",
        ),
        ("fchmod:error=EPERM", "its mode"),
        ("listxattr:error=EIO", "its attributes"),
    ] {
        let outcome = with_a_fault(call, &file);
        assert_eq!(outcome.status, 1, "{outcome}");
        let reason = match call {
            _ if call.contains("EPERM") => "Operation not permitted",
            _ if call.contains("EIO") => "Input/output error",
            _ => "Operation not supported",
        };
        let swapped = match what {
            // Which is first is for the file system to say.
            "its access control list" => "its attribute trusted.note",
            _ => "its access control list",
        };
        let says = |what| {
            let because = format!("because {what} can't be kept");
            outcome.stderr == format!("cannot replace {path}, {because}: {reason}\n")
        };
        assert!(says(what) || says(swapped), "{call}: {outcome}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old\n", "{call}");
    }
    assert_eq!(names(place.folder()), ["rules"]);
}

#[test]
fn a_file_that_is_mounted_is_written_over() {
    let place = a_director();
    let [file, volume] = ["rules", "volume"].map(|name| place.folder().join(name));
    let long = "old\n".repeat(100_000);
    std::fs::write(&file, "").unwrap();
    std::fs::write(&volume, &long).unwrap();
    std::fs::set_permissions(&volume, PermissionsExt::from_mode(0o604)).unwrap();
    shell(&format!(
        "mount --bind {} {}",
        volume.display(),
        file.display()
    ));
    let _unmounted = Unmounted(file.clone());
    ipvsadm(&format!("-Sn --output {}", file.display()));
    let saved = saved_by_reference();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), saved);
    assert_eq!(std::fs::read_to_string(&volume).unwrap(), saved);
    assert_eq!(volume.metadata().unwrap().mode() & 0o7777, 0o604);
    assert_eq!(names(place.folder()), ["rules", "volume"]);

    // What can be known beforehand leaves the old one, and what can't is said.
    ipvsadm("-C");
    let path = file.display();
    for (call, sentence) in [
        ("fallocate:error=ENOSPC", format!("cannot write {path}")),
        (
            "ftruncate,?ftruncate64:error=EIO",
            format!("cannot write {path}, which is incomplete now"),
        ),
    ] {
        let outcome = with_a_fault(call, &file);
        assert_eq!(outcome.status, 1, "{outcome}");
        assert!(
            outcome.stderr.starts_with(&format!("{sentence}: ")),
            "{outcome}"
        );
        assert_eq!(std::fs::read_to_string(&volume).unwrap(), saved, "{call}");
        assert_eq!(names(place.folder()), ["rules", "volume"]);
    }
}

/// As in a container whose root can only be read.
#[test]
fn a_mounted_file_in_a_folder_that_can_only_be_read_is_written_over() {
    let place = a_director();
    let volume = place.folder().join("volume");
    std::fs::write(&volume, "old\n").unwrap();
    let root = place.folder().join("root");
    std::fs::create_dir(&root).unwrap();
    let file = root.join("rules");
    std::fs::write(&file, "").unwrap();
    let [root_name, file_name, volume_name] = [&root, &file, &volume].map(|path| path.display());
    shell(&format!(
        "mount --bind {root_name} {root_name} && mount -o remount,bind,ro {root_name}"
    ));
    let _root = Unmounted(root.clone());
    let other = root.join("other");
    let refused = with_a_fault("fallocate:error=EIO", &other);
    let told = format!("cannot write {}: Read-only file system\n", other.display());
    assert_eq!(refused.stderr, told);
    shell(&format!("mount --bind {volume_name} {file_name}"));
    let _file = Unmounted(file.clone());
    ipvsadm(&format!("-Sn --output {file_name}"));
    assert_eq!(
        std::fs::read_to_string(&volume).unwrap(),
        saved_by_reference()
    );
}

struct Unmounted(PathBuf);

impl Drop for Unmounted {
    fn drop(&mut self) {
        shell(&format!("umount {}", self.0.display()));
    }
}

#[test]
fn signals_leave_the_old_file_and_nothing_beside_it() {
    let place = a_director();
    let file = place.folder().join("rules");
    std::fs::write(&file, "old\n").unwrap();
    for (signal, status) in [("HUP", 129), ("INT", 130), ("QUIT", 131), ("TERM", 143)] {
        // It comes while the temporary file is being written.
        let outcome = with_a_fault(&format!("fsync:signal=SIG{signal}:when=1"), &file);
        assert_eq!(outcome.status, status, "{outcome}");
        let told = format!("interrupted; {} is what it was\n", file.display());
        assert_eq!(outcome.stderr, told);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old\n", "{signal}");
        assert_eq!(names(place.folder()), ["rules"], "{signal}");
    }
    // A file as long as files may be.
    let line = format!(
        "ulimit -f 1; exec {} -Sn --output {}",
        Program::Ours.path().display(),
        file.display()
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &line]);
    let outcome = finish(bash, b"", TIMEOUT);
    assert_eq!(outcome.status, 1, "{outcome}");
    let told = format!("cannot write {}: File too large\n", file.display());
    assert_eq!(outcome.stderr, told);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old\n");
    assert_eq!(names(place.folder()), ["rules"]);
}

#[test]
fn messages_name_the_file_that_was_asked_for() {
    let place = a_director();
    let file = place.folder().join("rules");
    std::fs::write(&file, "old\n").unwrap();
    let full = place.folder().join("full");
    std::fs::create_dir(&full).unwrap();
    shell(&format!(
        "mount -t tmpfs -o size=4k,nr_inodes=3 full {}",
        full.display()
    ));
    let _full = Unmounted(full.clone());
    let output = |file: &Path| {
        let mut save = Program::Ours.command("ipvsadm");
        save.args(["-Sn", "--output"]).arg(file);
        finish(save, b"", TIMEOUT)
    };
    let big = full.join("rules");
    let outcome = output(&big);
    assert_eq!(outcome.status, 1);
    let told = format!("cannot write {}: No space left on device\n", big.display());
    assert_eq!(outcome.stderr, told);
    assert!(names(&full).is_empty());
    // What a diagnosis was made of is kept as well.
    let facts = place.folder().join("full/facts");
    std::fs::write(&facts, "old\n").unwrap();
    let mut diagnosis = Program::Ours.command("ipvsadm");
    diagnosis.args(["--diagnose", "--sample", "0.1", "--output"]);
    diagnosis.arg(&facts);
    let outcome = finish(diagnosis, b"", TIMEOUT);
    assert_eq!(outcome.status, 1);
    let told = format!(
        "cannot write {}: No space left on device\n",
        facts.display()
    );
    assert_eq!(outcome.stderr, told);
    assert_eq!(std::fs::read_to_string(&facts).unwrap(), "old\n");
    std::fs::remove_file(&facts).unwrap();
    let told = format!("cannot write {}: No space left on device\n", big.display());
    // No room even for the temporary file's name.
    for name in ["one", "two"] {
        std::fs::write(full.join(name), "").unwrap();
    }
    let outcome = output(&big);
    assert_eq!(outcome.stderr, told);

    let nowhere = place.folder().join("no/rules");
    let told = format!(
        "cannot write {}: No such file or directory\n",
        nowhere.display()
    );
    assert_eq!(output(&nowhere).stderr, told);
    for (call, reason) in [
        ("fsync:error=EIO:when=1", "Input/output error"),
        (
            "rename,renameat,renameat2:error=EACCES",
            "Permission denied",
        ),
        ("fallocate:error=EIO", ""),
    ] {
        let outcome = with_a_fault(call, &file);
        let told = format!("cannot write {}: {reason}\n", file.display());
        match reason {
            "" => assert_eq!(outcome.status, 0, "{outcome}"),
            _ => assert_eq!(outcome.stderr, told),
        }
    }
}

/// A save into a file, with a fault that strace makes.
fn with_a_fault(fault: &str, file: &Path) -> Outcome {
    let mut strace = Command::new("strace");
    strace.args(["-qqq", "-o", "/dev/null", "-e"]);
    strace.arg(format!("inject={fault}"));
    strace
        .arg(Program::Ours.path())
        .args(["-Sn", "--output"])
        .arg(file);
    finish(strace, b"", TIMEOUT)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Other users get as far as the test's folder.
fn open_to_all(place: &Place) {
    for folder in place
        .folder()
        .ancestors()
        .take_while(|folder| folder.starts_with("/run"))
    {
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
    }
}

/// A director whose table fills more than a write.
fn a_director() -> Place {
    let place = place();
    let service = |port| format!("-A -t 10.0.0.1:{port} -s wlc\n");
    restore(&(1000..1800).map(service).collect::<String>());
    place
}
