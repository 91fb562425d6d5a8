//! The library's examples, run as their first lines say.

use std::process::Command;

use crate::director::{VIP, place, restore};
use crate::support::{Outcome, Program, TIMEOUT, finish, run};

/// `cargo build --examples` puts them beside the tests.
fn example(name: &str, words: &[&str], stdin: &str) -> Outcome {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(name);
    assert!(path.exists(), "{} is not built", path.display());
    let mut command = Command::new(path);
    command.args(words);
    finish(command, stdin.as_bytes(), TIMEOUT)
}

fn saved() -> String {
    run(Program::Reference, ["-Sn"], "").succeeded().stdout
}

#[test]
fn a_monitor_shows_each_server() {
    let _place = place();
    restore(&format!(
        "-A -t {VIP}:80 -s rr\n\
         -a -t {VIP}:80 -r 10.1.0.2 -m\n\
         -a -t {VIP}:80 -r 10.1.0.3 -m -w 0\n\
         -A -f 7 -s wlc\n\
         -a -f 7 -r 10.1.0.4 -g\n"
    ));
    let shown = example("monitor", &[], "").succeeded().stdout;
    let mut lines: Vec<_> = shown.lines().collect();
    lines.sort();
    let quiet = "active=0 inactive=0 connections=0 bytes=0";
    assert_eq!(
        lines,
        [
            format!("service=mark,7 server=10.1.0.4,0 accepts=true {quiet}"),
            format!("service=tcp,{VIP},80 server=10.1.0.2,80 accepts=true {quiet}"),
            format!("service=tcp,{VIP},80 server=10.1.0.3,80 accepts=false {quiet}"),
        ]
    );
}

#[test]
fn a_controller_keeps_a_service_in_step() {
    let _place = place();
    restore("-A -t 10.9.9.9:80 -s rr\n");
    let service = format!("{VIP}:80");
    let lists = "10.1.0.2:80 1\n10.1.0.3:80 5\n\n\
                 10.1.0.3:80 7\n10.1.0.4:8080 1\n\n\
                 10.1.0.3:80 7\n10.1.0.4:8080 1\n\n";
    let outcome = example("in_step", &[&service], lists).succeeded();
    let counts = ["3 changes made", "3 changes made", "0 changes made"];
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), counts);
    let mut rules: Vec<_> = saved()
        .lines()
        .map(str::trim_end)
        .map(str::to_owned)
        .collect();
    rules.sort();
    assert_eq!(
        rules,
        [
            format!("-A -t {VIP}:80 -s wlc"),
            "-A -t 10.9.9.9:80 -s rr".to_owned(),
            format!("-a -t {VIP}:80 -r 10.1.0.3:80 -m -w 7"),
            format!("-a -t {VIP}:80 -r 10.1.0.4:8080 -m -w 1"),
        ]
    );

    // A mistake in a list changes nothing.
    let before = saved();
    let refused = example("in_step", &[&service], "10.1.0.5:80 1\n10.1.0.6 1\n\n");
    assert_eq!((refused.status, saved()), (1, before));
}
