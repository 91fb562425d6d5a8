//! Streams that are closed or can't be read, and words that only look harmless:
//! the table stays as it is.

use std::path::Path;
use std::process::Command;

use crate::support::{Namespace, Outcome, Program, TIMEOUT, finish, kernel_table, run};

const TABLE: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1
";

/// Links to our program under its names, in a folder with a rule file and an
/// empty one.
fn fresh() -> Namespace {
    let namespace = Namespace::fresh();
    for name in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
        let link = namespace.folder().join(name);
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(Program::Ours.path(), link).unwrap();
    }
    std::fs::write(namespace.folder().join("rules"), "-A -f 7 -s rr\n").unwrap();
    std::fs::write(namespace.folder().join("empty"), "").unwrap();
    run(Program::Ours, ["-R"], TABLE).succeeded();
    namespace
}

/// Runs a line of a shell in that folder.
fn in_shell(folder: &Path, line: &str) -> Outcome {
    let mut command = Command::new("/bin/bash");
    command.current_dir(folder).env("PATH", folder);
    command.args(["-c", line]);
    finish(command, b"", TIMEOUT)
}

#[test]
fn rules_that_can_not_be_read_are_no_empty_file() {
    let namespace = fresh();
    let before = kernel_table();
    let closed = "standard input is closed, or is /dev/null opened for reading and writing";
    let unreadable = "cannot read the rules: Bad file descriptor";
    for (line, complaint) in [
        ("ipvsadm-restore <&-", closed),
        ("ipvsadm-restore --clear <&-", closed),
        ("ipvsadm-restore --strict - <&-", closed),
        ("ipvsadm-restore --check <&-", closed),
        ("ipvsadm-restore --dry-run <&-", closed),
        ("ipvsadm -R <&-", closed),
        (
            "ipvsadm -R --replace <&- >&- 2>err; s=$?; echo \"$(<err)\" >&2; exit $s",
            closed,
        ),
        ("ipvsadm-restore 0<>/dev/null", closed),
        ("ipvsadm-restore 0>empty", unreadable),
        ("ipvsadm-restore --clear 0>empty", unreadable),
        ("ipvsadm -R 0>empty", unreadable),
        ("ipvsadm-restore 0>/dev/null", unreadable),
        (
            "ipvsadm-restore <.",
            "cannot read the rules: Is a directory",
        ),
    ] {
        let outcome = in_shell(namespace.folder(), line);
        assert_eq!(outcome.status, 1, "{line}\n{outcome}");
        assert_eq!(outcome.stderr, format!("{complaint}\n"), "{line}");
        assert_eq!(kernel_table(), before, "{line}\n{outcome}");
    }
}

#[test]
fn an_empty_file_is_an_empty_table() {
    for line in [
        "ipvsadm-restore </dev/null",
        "ipvsadm-restore <empty",
        "ipvsadm-restore empty <&-",
        "ipvsadm-restore /dev/null",
        "ipvsadm-restore -n </dev/null",
    ] {
        let namespace = fresh();
        in_shell(namespace.folder(), line).succeeded();
        assert_eq!(run(Program::Ours, ["-Sn"], "").stdout, "", "{line}");
    }
    let namespace = fresh();
    in_shell(namespace.folder(), "ipvsadm -R </dev/null").succeeded();
    assert_eq!(run(Program::Ours, ["-Sn"], "").stdout, TABLE);
}

#[test]
fn rules_are_not_saved_into_nothing() {
    let namespace = fresh();
    let closed = "standard output is closed, or is /dev/null opened for reading and writing\n";
    for line in [
        "ipvsadm-save -n >&-",
        "ipvsadm-save --json >&-",
        "ipvsadm -Sn >&-",
        "ipvsadm -R <<<-S >&-",
        "ipvsadm-save 1<>/dev/null",
    ] {
        let outcome = in_shell(namespace.folder(), line);
        assert_eq!(
            (outcome.status, outcome.stderr.as_str()),
            (1, closed),
            "{line}"
        );
    }
    let outcome = in_shell(namespace.folder(), "ipvsadm-save -n 1<empty");
    let wanted = "cannot write to standard output: Bad file descriptor\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, wanted));
    for line in [
        "ipvsadm-save -n >/dev/null",
        "ipvsadm-save -n --output kept >&-",
        // Other programs look at the status of a listing and no more.
        "ipvsadm -Ln 1<>/dev/null",
        "ipvsadm -Ln >&-",
    ] {
        in_shell(namespace.folder(), line).succeeded();
    }
    let kept = std::fs::read_to_string(namespace.folder().join("kept")).unwrap();
    assert_eq!(kept, TABLE);
}

#[test]
fn a_word_that_is_not_known_is_refused_before_anything_is_read() {
    let namespace = fresh();
    let before = kernel_table();
    for (line, word) in [
        ("ipvsadm-restore -check rules", "-check"),
        ("ipvsadm-restore -dry-run rules", "-dry-run"),
        ("ipvsadm-restore -n rules", "-n"),
        ("ipvsadm-restore rules -n", "-n"),
        ("ipvsadm-restore -c <rules", "-c"),
        ("ipvsadm-restore --hlep <rules", "--hlep"),
        ("ipvsadm-restore -q /no/such/file", "-q"),
    ] {
        let outcome = in_shell(namespace.folder(), line);
        let complaint = format!("{word}: unknown option\n");
        assert_eq!((outcome.status, outcome.stderr), (255, complaint), "{line}");
        assert_eq!(kernel_table(), before, "{line}");
    }
    in_shell(namespace.folder(), "ipvsadm-restore -n <rules").succeeded();
    assert_eq!(run(Program::Ours, ["-Sn"], "").stdout, "-A -f 7 -s rr\n");
}

#[test]
fn every_program_tells_about_itself_and_changes_nothing() {
    let namespace = fresh();
    let before = kernel_table();
    for name in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
        for (word, start) in [
            ("-h", "ipvsadm v"),
            ("--help", "ipvsadm v"),
            ("-v", "ipvsadm v"),
            ("--version", "ipvsadm v"),
        ] {
            let line = format!("{name} {word} </dev/null");
            let outcome = in_shell(namespace.folder(), &line).succeeded();
            assert!(outcome.stdout.starts_with(start), "{line}\n{outcome}");
            let usage = outcome
                .stdout
                .lines()
                .any(|line| line.starts_with(&format!("Usage: {name}")));
            assert_eq!(usage, word.contains('h'), "{line}\n{outcome}");
        }
    }
    assert_eq!(kernel_table(), before);
}
