//! `--from-proc`: what an ordinary user sees.

use std::process::Command;

use crate::director::{ipvsadm, place, restore, with_two_servers};
use crate::support::{Outcome, Program, TIMEOUT, finish, run, words};

/// What is said of the table each time.
const LACKS: &str = "/proc/net/ip_vs does not tell flags of schedulers, persistence engines and \
                     timeouts, -o of IPv6 services and the family of marks; services may be \
                     missing where other network namespaces have some\n";

/// Runs our program as somebody who is not root.
fn as_nobody(line: &str) -> Outcome {
    let mut nobody = Command::new("setpriv");
    nobody.args(words("--reuid 65534 --regid 65534 --clear-groups"));
    nobody.arg(Program::Ours.path()).args(words(line));
    finish(nobody, b"", TIMEOUT)
}

const TABLE: &str = "\
-A -t 10.0.0.1:80 -s wrr
-a -t 10.0.0.1:80 -r 10.1.0.3:8080 -m -w 5
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -g -w 0
-A -u 10.0.0.1:53 -s rr -o
-A -t [fd00::1]:80 -s lc
-a -t [fd00::1]:80 -r [fd01::2]:80 -m
-a -t [fd00::1]:80 -r 10.1.0.2:80 -i
-A -f 7 -s rr
-A -f 8 -6 -s rr
-a -f 8 -6 -r [fd01::2]:0 -g
";

#[test]
fn the_table_is_that_which_root_sees() {
    let _place = place();
    restore(TABLE);
    assert_eq!(as_nobody("-Ln").status, 2);
    for (line, with) in [
        ("-Ln", "-Ln --from-proc"),
        ("-L", "--from-proc -L"),
        ("-Ln -t 10.0.0.1:80", "-Ln -t 10.0.0.1:80 --from-proc"),
        ("-Ln -f 8 -6", "-Ln -f 8 -6 --from-proc"),
    ] {
        let outcome = as_nobody(with);
        assert_eq!(outcome.stdout, ipvsadm(line).stdout, "{with}");
        assert_eq!((outcome.status, &*outcome.stderr), (0, LACKS), "{with}");
    }
    let order = |listing: String| -> Vec<String> { listing.lines().map(str::to_owned).collect() };
    let mut unsorted = order(as_nobody("-Ln --nosort --from-proc").stdout);
    let mut sorted = order(ipvsadm("-Ln").stdout);
    unsorted.sort_unstable();
    sorted.sort_unstable();
    assert_eq!(unsorted, sorted);
}

#[test]
fn what_is_not_told_is_not_shown() {
    let _place = place();
    restore(
        "-A -t 10.0.0.1:80 -s sh -b sh-port -p 90 -M 255.255.0.0\n\
         -A -u [fd00::1]:5060 -s rr -o -p 60 -M 64 --pe sip\n",
    );
    let outcome = as_nobody("-Ln --from-proc");
    assert_eq!(outcome.stderr, LACKS);
    let rows: Vec<_> = outcome.stdout.lines().skip(3).collect();
    assert_eq!(
        rows,
        [
            "TCP  10.0.0.1:80 sh persistent ? mask 255.255.0.0",
            "UDP  [fd00::1]:5060 rr persistent ? mask 64",
        ]
    );
}

#[test]
fn a_service_that_is_not_there() {
    let _place = place();
    let Outcome {
        status,
        stdout,
        stderr,
    } = as_nobody("-Ln -t 10.0.0.1:80 --from-proc");
    assert_eq!((status, &*stdout, &*stderr), (1, "", "No such service\n"));
}

#[test]
fn every_connection_is_listed() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    let mut talk = client.connect("10.0.0.1:80").unwrap();
    talk.ask().unwrap();
    assert_eq!(as_nobody("-Lnc").status, 2);
    let outcome = as_nobody("-Lnc --from-proc").succeeded();
    let row = "ESTABLISHED 10.0.0.9";
    assert!(outcome.stdout.contains(row), "{outcome}");
    let counted = as_nobody("-Lnc --by server --from-proc").succeeded();
    assert!(counted.stdout.contains("10.1.0.2:80"), "{counted}");
    let document = as_nobody("-Lc --json --from-proc").succeeded();
    assert!(document.stdout.contains("\"ESTABLISHED\""), "{document}");
}

#[test]
fn nothing_but_files_is_looked_at() {
    let _place = place();
    let trace = std::env::temp_dir().join("from_proc.trace");
    for line in ["-Ln --from-proc", "-Lnc --from-proc"] {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qqq", "-e", "trace=socket,execve", "-o"]);
        strace
            .arg(&trace)
            .arg(Program::Ours.path())
            .args(words(line));
        finish(strace, b"", TIMEOUT);
        let calls = std::fs::read_to_string(&trace).unwrap();
        assert_eq!(calls.lines().count(), 1, "{calls}");
    }
    run(Program::Ours, ["-Ln"], "").succeeded();
}
