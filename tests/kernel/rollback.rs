//! A replacement that can't be finished leaves the table as it was; one that is
//! killed can be repeated.

use std::process::Command;

use crate::director::{
    Place, ipvsadm, many_servers, restore, saved_by_reference, sorted, with_two_servers,
};
use crate::net::{Host, Server, Talk};
use crate::support::{Outcome, Program, TIMEOUT, finish, kernel_table, run};

const SERVED: &str = "\
-A -t 10.0.0.1:80 -s wrr
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1
-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 1
";

#[test]
fn an_unknown_scheduler_in_the_last_line() {
    let live = Live::with("-A -t 10.0.0.2:80 -s lc\n-A -f 5 -s sh -p 60\n");
    let rules = format!(
        "-A -t 10.0.0.3:80\n{}-A -t 10.0.0.4:80 -s sh\n-A -t 10.0.0.5:80 -s nosuch\n",
        SERVED.replace("-w 1", "-w 9")
    );
    let outcome = live.unchanged_by(|| run(Program::Ours, ["-R", "--replace"], &rules));
    assert_eq!(outcome.status, 255, "{outcome}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome}");
    let said = outcome.complaint();
    assert!(
        said.starts_with("line 6: Scheduler or persistence engine not found")
            && said.contains("rolled back"),
        "{said}"
    );
}

#[test]
fn a_second_family_beside_a_sync_daemon() {
    let live = Live::with("-A -t 10.0.0.2:80 -s lc\n");
    ipvsadm("--start-daemon master --mcast-interface eth0");
    let rules = format!(
        "-A -t 10.0.0.7:80\n-a -t 10.0.0.7:80 -r 10.1.0.2:80 -m\n{SERVED}-a -t 10.0.0.1:80 -r [fd01::2]:80 -i\n"
    );
    let outcome = live.unchanged_by(|| run(Program::Ours, ["-R", "--replace"], &rules));
    assert_eq!(outcome.status, 255, "{outcome}");
    let said = outcome.complaint();
    assert!(
        said.starts_with("line 6: ") && said.contains("rolled back"),
        "{said}"
    );
}

#[test]
fn an_edit_that_is_refused_takes_everything_before_it_back() {
    let live = Live::with("-A -t 10.0.0.2:80 -s lc\n-A -t 10.0.0.6:80 -s lc\n");
    let rules = format!(
        "{SERVED}-A -t 10.0.0.9:80\n-A -t 10.0.0.2:80 -s rr\n-A -t 10.0.0.6:80 -s nosuch\n"
    );
    let outcome = live.unchanged_by(|| run(Program::Ours, ["-R", "--replace"], &rules));
    assert_eq!(outcome.status, 255, "{outcome}");
    assert!(outcome.complaint().starts_with("line 6: "), "{outcome}");
}

#[test]
fn sigint_takes_it_back() {
    interrupted("INT", 130, Moment::Adding);
}

#[test]
fn sigterm_takes_it_back_after_removals_too() {
    interrupted("TERM", 143, Moment::Removing);
}

#[test]
fn after_a_kill_the_same_restore_completes() {
    for moment in [Moment::Adding, Moment::Removing] {
        let live = Live::with(&many_servers(10));
        let wanted = format!("{SERVED}{}", many_servers(20));
        let killed = live.stopped("KILL", moment, &wanted);
        assert_eq!(killed.status, 137, "{killed}");
        assert_ne!(sorted(&saved_by_reference()), sorted(&wanted));
        run(Program::Ours, ["-R", "--replace"], &wanted).succeeded();
        assert_eq!(sorted(&saved_by_reference()), sorted(&wanted));
        live.goes_on();
    }
}

#[test]
fn a_wrong_line_touches_nothing() {
    let live = Live::with("-A -t 10.0.0.2:80 -s lc\n");
    for words in [&["-R"][..], &["-R", "--replace"]] {
        let rules = format!("{SERVED}-A -t 10.0.0.9:80\n-A -t 10.0.0.9:none\n-C -L\n");
        let outcome = live.unchanged_by(|| run(Program::Ours, words, &rules));
        assert_eq!(outcome.status, 2, "{outcome}");
        let lines: Vec<_> = outcome.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{outcome}");
        assert!(
            lines[0].starts_with("line 5: ") && lines[1].starts_with("line 6: "),
            "{outcome}"
        );
    }
}

/// A director with traffic, which a failed replacement must not touch.
struct Live {
    _servers: [Server; 2],
    client: Host,
    _hosts: [Host; 2],
    place: Place,
}

impl Live {
    fn with(others: &str) -> Self {
        let (place, [client, a, b]) = with_two_servers();
        restore(&format!("{SERVED}{others}"));
        Self {
            _servers: [a.serve(80), b.serve(80)],
            client,
            _hosts: [a, b],
            place,
        }
    }

    /// Does this, after which the table is the same to the last byte and the
    /// connections that were open are.
    fn unchanged_by(&self, work: impl FnOnce() -> Outcome) -> Outcome {
        let mut kept = self.two_connections();
        let (saved, table) = (saved_by_reference(), kernel_table());
        let outcome = work();
        assert_eq!(saved_by_reference(), saved, "after\n{outcome}");
        let changes = table.changes_to(&kernel_table());
        assert!(changes.is_empty(), "{changes}after\n{outcome}");
        for (talk, who) in &mut kept {
            assert_eq!(talk.ask().unwrap(), *who);
        }
        self.goes_on();
        outcome
    }

    fn two_connections(&self) -> [(Talk, String); 2] {
        [(); 2].map(|()| {
            let mut talk = self.client.connect("10.0.0.1:80").unwrap();
            let who = talk.ask().unwrap();
            (talk, who)
        })
    }

    /// The served service still serves, from both servers.
    fn goes_on(&self) {
        assert_eq!(self.client.ask(4, "10.0.0.1:80").len(), 2);
    }
}

/// How far a replacement has come.
#[derive(Clone, Copy)]
enum Moment {
    Adding,
    Removing,
}

fn interrupted(signal: &str, status: i32, moment: Moment) {
    let live = Live::with(&many_servers(10));
    let mut kept = live.two_connections();
    let before = saved_by_reference();
    let wanted = format!("{}{}", SERVED.replace("-w 1", "-w 5"), many_servers(20));
    let outcome = live.stopped(signal, moment, &wanted);
    assert_eq!(outcome.status, status, "{outcome}");
    assert!(outcome.complaint().contains("rolled back"), "{outcome}");
    // What was removed and put back may be in another place.
    assert_eq!(sorted(&saved_by_reference()), sorted(&before));
    for (talk, who) in &mut kept {
        assert_eq!(talk.ask().unwrap(), *who);
    }
    live.goes_on();
}

impl Live {
    /// Replaces the table by this one, and sends a signal at that moment.
    fn stopped(&self, signal: &str, moment: Moment, wanted: &str) -> Outcome {
        // A first time, to count what is sent: half of it adds, half removes.
        let before = saved_by_reference();
        let (reading, _) = self.sends(&["-R", "--replace", "--dry-run"], wanted, "");
        let (all, whole) = self.sends(&["-R", "--replace"], wanted, "");
        whole.succeeded();
        run(Program::Ours, ["-R", "--replace"], &before).succeeded();

        let changing = all - reading;
        assert!(
            changing >= 8,
            "{changing} sends are too few to be interrupted"
        );
        let when = match moment {
            Moment::Adding => reading + changing / 4,
            Moment::Removing => reading + changing * 5 / 8,
        };
        let inject = format!("-einject={SENDS}:signal={signal}:when={when}");
        self.sends(&["-R", "--replace"], wanted, &inject).1
    }

    /// Runs our program under strace; gives how often it has sent something.
    fn sends(&self, words: &[&str], rules: &str, inject: &str) -> (usize, Outcome) {
        let log = self.place.folder().join("sends");
        let mut strace = Command::new("strace");
        strace.args(["-qqq", "-o"]).arg(&log);
        strace.arg(format!("-etrace={SENDS}"));
        strace.args((!inject.is_empty()).then_some(inject));
        strace.arg(Program::Ours.path()).args(words);
        let outcome = finish(strace, rules.as_bytes(), TIMEOUT);
        let sends = std::fs::read_to_string(&log).unwrap();
        let sends = sends.lines().filter(|line| line.starts_with(SENDS)).count();
        (sends, outcome)
    }
}

/// The system call by which our program sends: strace counts each by itself.
const SENDS: &str = "sendto";
