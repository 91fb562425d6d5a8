//! Rules with names, where the name server does not answer.

use std::fmt::Write;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Namespace, Outcome, Program, TIMEOUT, finish, kernel_table, run, shell};

const HOSTS: &str = "\
127.0.0.1 localhost
10.0.0.1 vip
10.1.0.1 real1
2001:db8::9 only6
";

/// Questions go where nobody is.
fn without_a_name_server() -> Namespace {
    let namespace = Namespace::fresh();
    namespace.replace_file("/etc/hosts", HOSTS);
    // Twice as long as a busy machine may take to look at its own files.
    let server = "nameserver 10.9.255.1\noptions timeout:2 attempts:1\n";
    namespace.replace_file("/etc/resolv.conf", server);
    namespace.replace_file("/etc/nsswitch.conf", "hosts: files dns\nservices: files\n");
    shell("ip link add eth0 type dummy && ip addr add 10.9.0.1/16 dev eth0 && ip link set eth0 up");
    namespace
}

fn timed(rules: &str, words: &[&str]) -> (Duration, Outcome) {
    let start = Instant::now();
    let outcome = run(Program::Ours, words, rules);
    (start.elapsed(), outcome)
}

#[test]
fn all_names_cost_one_time_out_and_each_line_says_why() {
    let _namespace = without_a_name_server();
    // What one name costs, with all that this machine has to do beside.
    let (one, outcome) = timed("-A -t web:80\n", &["-R"]);
    assert_eq!(outcome.status, 2, "{outcome}");

    let mut rules = String::from("-A -t vip:80 -s rr\n-a -t vip:80 -r real1 -m\n");
    for host in 0..40 {
        writeln!(rules, "-A -t web{host}:80 -s rr").unwrap();
    }
    rules += "-a -t vip:80 -r app:80 -m\n-A -t only6:80 -s rr\n-A -t vip:nothing -s rr\n";
    let silence = ": the name server did not answer";
    for words in [&["-R"][..], &["-R", "--replace"], &["-R", "--check"]] {
        run(Program::Ours, ["-C"], "").succeeded();
        let (many, outcome) = timed(&rules, words);
        assert_eq!(outcome.status, 2, "{outcome}");
        assert!(
            many < one * 3 + Duration::from_secs(3),
            "{one:?} {many:?}\n{outcome}"
        );
        let lines = outcome.stderr.lines();
        let said: Vec<&str> = lines
            .map(|line| line.trim_start_matches("stdin: "))
            .collect();
        assert_eq!(said.len(), 42, "{outcome}");
        let service = "illegal virtual server address[:port] specified";
        assert_eq!(said[0], format!("line 3: {service}: web0:80{silence}"));
        assert_eq!(said[39], format!("line 42: {service}: web39:80{silence}"));
        let server = "illegal real server address[:port] specified";
        assert_eq!(said[40], format!("line 43: {server}: app:80{silence}"));
        assert_eq!(said[41], format!("line 45: {service}: vip:nothing"));
        // Whatever can be loaded into an empty table is.
        let loaded = match words.contains(&"--check") {
            true => "",
            false => {
                "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1\n\
                 -A -t [2001:db8::9]:80 -s rr\n"
            }
        };
        assert_eq!(run(Program::Ours, ["-Sn"], "").stdout, loaded);
    }
    // A table in use stays as it is.
    run(Program::Ours, ["-A", "-f", "7"], "").succeeded();
    let before = kernel_table();
    let (_, outcome) = timed(&rules, &["-R", "--replace"]);
    assert_eq!(outcome.status, 2, "{outcome}");
    assert_eq!(kernel_table(), before);
}

#[test]
fn threads_are_few_and_only_for_names() {
    let namespace = without_a_name_server();
    let threads = |rules: &str| {
        let log = namespace.folder().join("threads");
        let mut strace = Command::new("strace");
        strace
            .args(["-fqqq", "-etrace=clone,clone3", "-o"])
            .arg(&log);
        strace.arg(Program::Ours.path()).args(["-R", "--check"]);
        finish(strace, rules.as_bytes(), TIMEOUT);
        let calls = fs::read_to_string(&log).unwrap();
        calls.lines().filter(|line| line.contains("clone")).count()
    };
    let rules = "-A -t 10.0.0.1:http -s rr\n-a -t 10.0.0.1:http -r 10.1.0.1 -m\n";
    assert_eq!(threads(rules), 0);
    let mut rules = String::new();
    for host in 0..100 {
        writeln!(rules, "-A -t web{host}:80 -s rr").unwrap();
    }
    let count = threads(&rules);
    assert!((1..=64).contains(&count), "{count}");
}

#[test]
fn names_that_are_answered_are_those_of_each_line() {
    let namespace = Namespace::fresh();
    let mut hosts = HOSTS.to_owned();
    for host in 0..200 {
        writeln!(hosts, "10.2.0.{host} host{host}").unwrap();
    }
    namespace.name_hosts(&hosts);
    let (mut rules, mut numbers) = (String::new(), String::new());
    for host in 0..200 {
        for (rules, name) in [
            (&mut rules, format!("host{host}")),
            (&mut numbers, format!("10.2.0.{host}")),
        ] {
            writeln!(rules, "-A -t {name}:80 -s rr").unwrap();
            writeln!(rules, "-a -t {name}:80 -r {name}:8080 -m -w 3").unwrap();
        }
    }
    for words in [&["-R", "--replace"][..], &["-R"]] {
        run(Program::Ours, ["-C"], "").succeeded();
        run(Program::Ours, words, &rules).succeeded();
        assert_eq!(run(Program::Ours, ["-Sn"], "").stdout, numbers);
    }
}
