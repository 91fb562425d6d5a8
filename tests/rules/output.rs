use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use ipvsadm::rules::output::{Contents, Output, WriteError, Written};
use tempfile::TempDir;

/// Writes a file; gives the system's reason where that fails.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let written = Output::at(path).and_then(|output| match output {
        Output::Stream(stream) => stream.write(&|out| out.write_all(text.as_bytes())),
        Output::Regular(file) => {
            let text: &Contents<'_> = &|out| out.write_all(text.as_bytes());
            file.write(text, || None).map(drop)
        }
    });
    written.map_err(|error| {
        let sentence = error.to_string();
        assert!(sentence.contains(path.to_str().unwrap()), "{sentence}");
        assert!(!sentence.contains(".ipvsadm-"), "{sentence}");
        match error {
            WriteError::Failed { source, .. }
            | WriteError::Attribute { source, .. }
            | WriteError::Incomplete { source, .. } => source,
        }
    })
}

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("rules");
    (folder, file)
}

/// The names in a folder: nothing temporary may be left.
fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_file_has_the_mode_of_any_new_file() {
    let (folder, file) = folder();
    write(&file, "new").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    let other = folder.path().join("other");
    File::create(&other).unwrap();
    let mode = |path| fs::metadata(path).unwrap().mode();
    assert_eq!(mode(&file), mode(&other));
    assert_eq!(names(&folder), ["other", "rules"]);
}

#[test]
fn an_old_file_keeps_its_mode_and_owner() {
    let (folder, file) = folder();
    fs::write(&file, "old").unwrap();
    for mode in [0o640, 0o600, 0o444, 0o755] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let old = fs::metadata(&file).unwrap();
        write(&file, "new").unwrap();
        let new = fs::metadata(&file).unwrap();
        assert_eq!(new.mode() & 0o7777, mode);
        assert_eq!((new.uid(), new.gid()), (old.uid(), old.gid()));
        assert_ne!(new.ino(), old.ino());
    }
    assert_eq!(names(&folder), ["rules"]);
}

#[test]
fn another_users_file_stays_theirs() {
    let (_folder, file) = folder();
    fs::write(&file, "old").unwrap();
    // Only root can give files away, and so only root can be tested.
    let given = std::os::unix::fs::chown(&file, Some(1234), Some(5678));
    let old = fs::metadata(&file).unwrap();
    assert_eq!(given.is_ok(), old.uid() == 1234);
    write(&file, "new").unwrap();
    let new = fs::metadata(&file).unwrap();
    assert_eq!((new.uid(), new.gid()), (old.uid(), old.gid()));
}

#[test]
fn who_is_asked_to_stop_leaves_the_old_file() {
    let (folder, file) = folder();
    let stopped = |file: &Path| match Output::at(file).unwrap() {
        Output::Regular(file) => {
            let text: &Contents<'_> = &|out| out.write_all(b"new");
            file.write(text, || Some(143)).unwrap()
        }
        Output::Stream(stream) => panic!("{stream:?}"),
    };
    assert_eq!(stopped(&file), Written::Stopped(143));
    assert!(names(&folder).is_empty());
    fs::write(&file, "old").unwrap();
    assert_eq!(stopped(&file), Written::Stopped(143));
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    assert_eq!(names(&folder), ["rules"]);
}

#[test]
fn a_reader_has_the_old_file_or_the_new_one() {
    let (_folder, file) = folder();
    fs::write(&file, "old").unwrap();
    let mut reader = File::open(&file).unwrap();
    write(&file, "new").unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "old");
    assert_eq!(fs::read_to_string(&file).unwrap(), "new");
}

#[test]
fn the_target_of_a_symbolic_link_is_replaced() {
    let (folder, file) = folder();
    fs::create_dir(folder.path().join("there")).unwrap();
    let target = folder.path().join("there/rules");
    fs::write(&target, "old").unwrap();
    symlink("there/rules", folder.path().join("middle")).unwrap();
    symlink(folder.path().join("middle"), &file).unwrap();
    write(&file, "new").unwrap();
    assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
    assert!(!fs::symlink_metadata(&target).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&target).unwrap(), "new");
    assert_eq!(names(&folder), ["middle", "rules", "there"]);
}

#[test]
fn a_link_to_nothing_gets_its_target() {
    let (folder, file) = folder();
    symlink("target", &file).unwrap();
    write(&file, "new").unwrap();
    assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
    let target = folder.path().join("target");
    assert_eq!(fs::read_to_string(target).unwrap(), "new");
}

#[test]
fn links_in_a_circle_are_an_error() {
    let (folder, file) = folder();
    symlink("rules", &file).unwrap();
    write(&file, "new").unwrap_err();
    assert_eq!(names(&folder), ["rules"]);
}

#[test]
fn a_directory_is_an_error() {
    let (folder, _) = folder();
    let error = write(folder.path(), "new").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    let nowhere = folder.path().join("no/rules");
    let error = write(&nowhere, "new").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(names(&folder).is_empty());
}

#[test]
fn a_pipe_is_written_to() {
    let (folder, file) = folder();
    assert!(
        Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap()
            .success()
    );
    let reader = thread::spawn({
        let file = file.clone();
        move || fs::read_to_string(file).unwrap()
    });
    write(&file, "new").unwrap();
    assert_eq!(reader.join().unwrap(), "new");
    assert_eq!(names(&folder), ["rules"]);
    write(Path::new("/dev/null"), "new").unwrap();
}

#[test]
fn an_open_file_is_written_to_as_it_is() {
    use std::os::fd::AsRawFd;
    let (folder, file) = folder();
    let mut open = File::create(&file).unwrap();
    open.write_all(b"first ").unwrap();
    let name = format!("/proc/self/fd/{}", open.as_raw_fd());
    write(Path::new(&name), "then").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "first then");
    let alias = folder.path().join("alias");
    symlink(&name, &alias).unwrap();
    write(&alias, " more").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "first then more");
}

#[test]
fn a_full_disk_is_an_error() {
    let error = write(Path::new("/dev/full"), "new").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}
