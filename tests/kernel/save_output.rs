//! `--output FILE` leaves the old file or the new one, whole.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::director::{Place, ipvsadm, place, restore, saved_by_reference};
use crate::net::Ended;
use crate::support::{Program, TIMEOUT, finish};

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

/// A director whose table fills more than a write.
fn a_director() -> Place {
    let place = place();
    let service = |port| format!("-A -t 10.0.0.1:{port} -s wlc\n");
    restore(&(1000..1800).map(service).collect::<String>());
    place
}
