//! What the program may do, and what it does beside speaking with the kernel.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use crate::director::{place, restore};
use crate::support::{Outcome, Program, TIMEOUT, finish, words};

const MANUAL: &str = include_str!("../../man/ipvsadm.8");

/// Runs a command line, in which PROGRAM stands for one of the two.
fn run_in_shell(line: &str, program: Program) -> Outcome {
    let line = line.replace("PROGRAM", program.path().to_str().unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]);
    finish(shell, b"", TIMEOUT)
}

const NOBODY: &str = "setpriv --reuid 65534 --regid 65534 --clear-groups";
const CAPABLE: &str = "--inh-caps -all,+net_admin --ambient-caps +net_admin \
                       --bounding-set -all,+net_admin";

/// Else the tests that run it as somebody else would fail in a clone that is
/// open to its owner alone, as below a home of Debian.
#[test]
fn everybody_may_run_the_program_under_test() {
    for path in Program::Ours.path().ancestors() {
        let mode = path.metadata().unwrap().mode();
        assert_eq!(mode & 0o005, 0o005, "{}: {mode:o}", path.display());
    }
}

#[test]
fn one_capability_is_enough_and_nothing_else_is() {
    let _place = place();
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    for (line, status) in [
        (format!("{NOBODY} PROGRAM -Ln"), 2),
        (format!("{NOBODY} {CAPABLE} PROGRAM -Ln"), 0),
        (format!("{NOBODY} {CAPABLE} PROGRAM -Lnc"), 0),
        (format!("{NOBODY} {CAPABLE} PROGRAM -Sn"), 0),
        (format!("{NOBODY} {CAPABLE} PROGRAM -A -u 10.0.0.1:53"), 0),
        // Root there is nobody to this kernel's IPVS.
        ("unshare -Ur PROGRAM -Ln".to_owned(), 2),
        ("unshare -Urn PROGRAM -A -t 10.0.0.1:81".to_owned(), 2),
        (hidden_proc("PROGRAM -Ln"), 0),
        (hidden_proc("PROGRAM -Lnc"), 1),
        (hidden_proc("PROGRAM -Sn"), 0),
    ] {
        let reference = run_in_shell(&line, Program::Reference);
        if line.contains("-A -u") {
            run_in_shell("PROGRAM -D -u 10.0.0.1:53", Program::Reference).succeeded();
        }
        let ours = run_in_shell(&line, Program::Ours);
        assert_eq!(ours, reference, "{line}");
        assert_eq!(ours.status, status, "{line}\n{ours}");
    }
}

fn hidden_proc(line: &str) -> String {
    format!("unshare -m sh -c 'mount -t tmpfs none /proc && {line}'")
}

#[test]
fn hidden_settings_are_not_taken_for_missing_ones() {
    let _place = place();
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    let hidden = |line: &str| {
        let line = format!("unshare -m sh -c 'mount -t tmpfs none /proc/sys && PROGRAM {line}'");
        run_in_shell(&line, Program::Ours)
    };
    let diagnosis = hidden("--diagnose --sample 0.1");
    assert_ne!(diagnosis.status, 0, "{diagnosis}");
    let unread = "\nNot looked at: net.ipv4.ip_forward: No such file or directory\n";
    assert!(diagnosis.stdout.contains(unread), "{diagnosis}");
    assert!(!diagnosis.stdout.contains("Linux  for"), "{diagnosis}");
    let refused = hidden("--sysctl drop_entry=1");
    assert!(
        refused
            .stderr
            .starts_with("cannot set net.ipv4.vs.drop_entry"),
        "{refused}"
    );
    let metrics = hidden("-L --openmetrics");
    assert!(
        !metrics.stdout.contains("ipvs_estimation_running"),
        "{metrics}"
    );
    let missing = run_in_shell("PROGRAM --sysctl no_such=1", Program::Ours);
    assert!(
        missing.stderr.starts_with("this kernel has no setting"),
        "{missing}"
    );
}

/// The lines that strace writes of a run of our program.
fn trace(options: &[&str], line: &str, stdin: &str) -> Vec<String> {
    let place = std::env::temp_dir().join("privileges.trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-v", "-qqq", "-s", "200"]).args(options);
    strace.arg("-o").arg(&place).arg(Program::Ours.path());
    strace.args(words(line));
    finish(strace, stdin.as_bytes(), TIMEOUT);
    let text = std::fs::read_to_string(place).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn nothing_is_executed_but_modprobe() {
    let _place = place();
    let started = |options: &[&str], line: &str| -> Vec<String> {
        let options = [&["-e", "trace=execve,execveat,socket"], options].concat();
        let calls = trace(&options, line, "").into_iter();
        calls.filter(|call| call.contains("execve")).collect()
    };
    for line in ["-Ln", "-L", "-Sn", "-A -t 10.0.0.1:80", "-C", "-L --daemon"] {
        assert_eq!(started(&[], line).len(), 1, "{line}");
    }
    // Where IPVS does not answer.
    let no_answer = ["-e", "inject=socket:error=ENOBUFS:when=1"];
    let runs = started(&no_answer, "-Ln");
    assert_eq!(runs.len(), 2);
    let modprobe = r#"execve("/sbin/modprobe", ["/sbin/modprobe", "--", "ip_vs"], [])"#;
    assert!(runs[1].contains(modprobe), "{}", runs[1]);
}

#[test]
fn no_file_is_read_but_those_in_the_manual() {
    let place = place();
    place.name_hosts("127.0.0.1 localhost\n10.0.0.1 web\n");
    let rules = "-A -t web:http -s rr\n-a -t web:http -r 10.1.0.2 -m\n";
    let mut read = BTreeSet::new();
    for (line, stdin) in [
        ("-R", rules),
        ("-R --replace", rules),
        ("-Ln", ""),
        ("-L", ""),
        ("-S", ""),
        ("-Lc", ""),
        ("-L --stats", ""),
        ("-A -t localhost:https", ""),
        ("-d -t web:http -r 10.1.0.2 --drain", ""),
        ("--complete -A -s ''", ""),
        ("-Ln --netns all", ""),
        ("-C", ""),
    ] {
        for call in trace(&["-e", "trace=open,openat"], line, stdin) {
            let path = call.split('"').nth(1).unwrap_or_default().to_owned();
            // The dynamic loader's, and the C library's at the start of main.
            let of_the_start = path.contains(".so") || path == "/proc/self/maps";
            if !of_the_start && !path.is_empty() {
                read.insert(path);
            }
        }
    }
    assert!(read.contains("/etc/services"), "{read:?}");
    for path in read {
        assert!(is_in_manual(&path), "{path} is read, and not in the manual");
    }
}

/// Whether it is named there, or a folder that it is in.
fn is_in_manual(path: &str) -> bool {
    let named = |path: &Path| {
        let words = MANUAL.split_whitespace();
        words.map(Path::new).any(|word| word == path)
    };
    let mut folders = Path::new(path).ancestors();
    folders.any(|path| path != Path::new("/") && named(path))
}
