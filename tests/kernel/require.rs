//! `-L SERVICE --require`: a plugin for monitoring.

use crate::director::{ipvsadm, place, restore, with_two_servers};
use crate::support::{Outcome, Program, TIMEOUT, finish, run, words};

/// Status and output of a requirement; nothing is said elsewhere.
#[track_caller]
fn required(line: &str) -> (i32, String) {
    let outcome = run(Program::Ours, words(line), "");
    assert_eq!(outcome.stderr, "", "{outcome}");
    (outcome.status, outcome.stdout)
}

#[test]
fn servers_that_take_connections_are_counted() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    restore(
        "-A -t 10.0.0.1:80 -s rr\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2 -m -x 1\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3 -m\n\
         -A -f 7 -6 -s rr\n",
    );
    let web = "-L -t 10.0.0.1:80 --require";
    assert_eq!(
        required(&format!("{web} 2")),
        (
            0,
            "IPVS OK - TCP 10.0.0.1:80: 2 of 2 servers take connections \
             | usable=2;2:;;0;2 active=0 inactive=0\n"
                .into()
        )
    );
    // One is full: it has one connection, and takes no second.
    let mut talks: Vec<_> = (0..2)
        .map(|_| client.connect("10.0.0.1:80").unwrap())
        .collect();
    for talk in &mut talks {
        talk.ask().unwrap();
    }
    assert_eq!(
        required(&format!("{web} 1")),
        (
            0,
            "IPVS OK - TCP 10.0.0.1:80: 1 of 2 servers takes connections \
             | usable=1;1:;;0;2 active=2 inactive=0\n"
                .into()
        )
    );
    // And it is as the kernel has it: a third and a fourth go to the other.
    let count = client.ask(2, "10.0.0.1:80");
    assert_eq!(count.into_iter().collect::<Vec<_>>(), [("B".to_owned(), 2)]);
    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.3 --keep -w 0");
    let (status, line) = required(&format!("{web} 1"));
    assert_eq!(status, 1);
    assert!(
        line.starts_with(
            "IPVS WARNING - TCP 10.0.0.1:80: 0 of 2 servers take connections, 1 required \
             | usable=0;1:;;0;2 active="
        ),
        "{line}"
    );
    assert_eq!(
        required("-L -f 7 -6 --require 1"),
        (
            1,
            "IPVS WARNING - FWM 7 IPv6: 0 of 0 servers take connections, 1 required \
             | usable=0;1:;;0;0 active=0 inactive=0\n"
                .into()
        )
    );
}

#[test]
fn what_is_not_there_is_critical() {
    let _place = place();
    assert_eq!(
        required("-Ln -u [fd00::1]:53 --require 1"),
        (
            2,
            "IPVS CRITICAL - UDP [fd00::1]:53: No such service\n".into()
        )
    );
}

#[test]
fn what_can_not_be_looked_at_is_unknown() {
    let _place = place();
    restore("-A -t 10.0.0.1:80 -s rr\n");
    let mut nobody = std::process::Command::new("setpriv");
    nobody.args(words("--reuid 65534 --regid 65534 --clear-groups"));
    nobody.arg(Program::Ours.path());
    nobody.args(words("-L -t 10.0.0.1:80 --require 1"));
    let Outcome { status, stdout, .. } = finish(nobody, b"", TIMEOUT);
    assert_eq!(status, 3, "{stdout}");
    assert_eq!(
        stdout,
        "IPVS UNKNOWN - TCP 10.0.0.1:80: Can't initialize ipvs: Permission denied (you must be root)\n"
    );
}

#[test]
fn what_can_not_be_said_is_unknown() {
    let _place = place();
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    let line = format!(
        "{} -L -t 10.0.0.1:80 --require 1 >/dev/full",
        Program::Ours.path().display()
    );
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &line]);
    let outcome = finish(shell, b"", TIMEOUT);
    assert_eq!(outcome.status, 3, "{outcome}");
    assert_eq!(
        outcome.stderr,
        "cannot write to standard output: No space left on device\n"
    );
}

#[test]
fn without_a_scheduler_no_server_takes_connections() {
    let _place = place();
    restore("-A -t 10.0.0.1:80 -s none\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    let (status, line) = required("-L -t 10.0.0.1:80 --require 1");
    assert_eq!(status, 1, "{line}");
    assert!(line.contains(": 0 of 1 server"), "{line}");
}
