//! A drain, and somebody else who makes anew or changes what is drained.

use crate::director::{mark, restore, with_two_servers};
use crate::draining::{Draining, weights};
use crate::net::{Host, Talk, wait_until};
use crate::support::{Program, run};

/// A service with two servers, of which one is drained; how a client gets there.
struct Case {
    service: &'static str,
    to: &'static str,
    servers: [&'static str; 2],
}

const CASES: [Case; 3] = [
    Case {
        service: "-t 10.0.0.1:80",
        to: "10.0.0.1:80",
        servers: ["10.1.0.2:80", "10.1.0.3:80"],
    },
    Case {
        service: "-t [fd00::1]:80",
        to: "[fd00::1]:80",
        servers: ["[fd01::2]:80", "[fd01::3]:80"],
    },
    Case {
        service: "-f 5",
        to: "10.0.0.1:81",
        servers: ["10.1.0.2:0", "10.1.0.3:0"],
    },
];

impl Case {
    /// Lines in which the word `S` stands for the service, and `A` and `B` for
    /// its servers.
    fn lines(&self, lines: &[&str]) -> String {
        let [a, b] = self.servers;
        let mut text = String::new();
        for line in lines {
            let words = line.split(' ').map(|word| match word {
                "S" => self.service,
                "A" => a,
                "B" => b,
                other => other,
            });
            text += &(words.collect::<Vec<_>>().join(" ") + "\n");
        }
        text
    }
}

/// Two connections, one to each server.
fn one_to_each(client: &Host, to: &str) -> [Talk; 2] {
    let mut talks = [(); 2].map(|()| client.connect(to).unwrap());
    for talk in &mut talks {
        talk.ask().unwrap();
    }
    talks
}

/// What somebody else does, all at once; what is said then, and what is left.
fn left_alone(drained: &str, others: &[&str], said: &str, left: &[&str]) {
    let (place, [client, a, b]) = with_two_servers();
    let _servers = [&a, &b].map(|host| [host.serve(80), host.serve(81)]);
    mark("10.0.0.1", "tcp", &[81], 5);
    for case in &CASES {
        restore(&case.lines(&SERVED));
        let kept = one_to_each(&client, case.to);
        let drain = Draining::begin(&place, case.lines(&[drained]).trim_end());
        drain.wait_for_weight_0();
        restore(&case.lines(others));
        // Even if nobody is connected any more.
        drop(kept);
        let outcome = drain.end();
        assert_eq!(outcome.status, 1, "{others:?}\n{outcome}");
        assert_eq!(outcome.stderr, case.lines(&[said]), "{others:?}");
        let rules = run(Program::Ours, ["-Sn"], "").succeeded().stdout;
        assert_eq!(rules, case.lines(left), "{others:?}");
        restore("-C");
    }
}

const SERVED: [&str; 3] = [
    "-A S -s rr",
    "-a S -r A -m -w 1",
    "-a S -r B -m -w 7 -x 50 -y 10",
];
const ONE: &str = "-d S -r B --drain";
const ALL: &str = "-D S --drain";

#[test]
fn a_service_that_is_made_anew_is_theirs() {
    let said = "S was replaced by another program; it is not removed";
    left_alone(ALL, &["-D S", "-A S -s rr"], said, &["-A S -s rr"]);
    left_alone(ALL, &["-C", "-A S -s rr"], said, &["-A S -s rr"]);
}

#[test]
fn a_service_that_is_changed_is_theirs() {
    left_alone(
        ALL,
        &["-E S -s wlc"],
        "S was changed meanwhile; it is not removed, its servers keep weight 0",
        &[
            "-A S -s wlc",
            "-a S -r A -m -w 0",
            "-a S -r B -m -w 0 -x 50 -y 10",
        ],
    );
}

#[test]
fn a_service_that_gets_another_server_is_theirs() {
    left_alone(
        ALL,
        &["-d S -r B", "-a S -r B -m -w 3"],
        "B was given weight 3 meanwhile; S is not removed, its other servers keep weight 0",
        &["-A S -s rr", "-a S -r A -m -w 0", "-a S -r B -m -w 3"],
    );
}

#[test]
fn a_server_that_is_added_again_is_theirs() {
    left_alone(
        ONE,
        &["-d S -r B", "-a S -r B -m -w 7 -x 50 -y 10"],
        "B was given weight 7 meanwhile; it is not removed",
        &SERVED,
    );
    left_alone(
        ONE,
        &["-d S -r B", "-a S -r B -m -w 0"],
        "B was changed meanwhile; it is not removed",
        &["-A S -s rr", "-a S -r A -m -w 1", "-a S -r B -m -w 0"],
    );
}

/// Counters that are set to 0 are no sign of a new service.
#[test]
fn zeroed_counters_are_nobodys_work() {
    let (place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    let case = &CASES[0];
    for (drained, zero) in [(ONE, "-Z S"), (ALL, "-Z S"), (ALL, "-Z")] {
        restore(&case.lines(&SERVED));
        let kept = one_to_each(&client, case.to);
        wait_until("the kernel has added up", || {
            let rates = run(Program::Ours, ["-Ln", "--stats"], "")
                .succeeded()
                .stdout;
            rates
                .lines()
                .skip(3)
                .all(|row| !row.contains("   0        0"))
        });
        let drain = Draining::begin(&place, case.lines(&[drained]).trim_end());
        drain.wait_for_weight_0();
        std::thread::sleep(std::time::Duration::from_millis(700));
        restore(&case.lines(&[zero]));
        std::thread::sleep(std::time::Duration::from_millis(700));
        drop(kept);
        drain.end().succeeded();
        restore("-C");
    }
    assert_eq!(weights(), [0_u32; 0]);
}
