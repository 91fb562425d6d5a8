//! Signals that were ignored when the program was started still are.

use std::process::Command;

use crate::director::{many_servers, place, restore, saved_by_reference, sorted, with_two_servers};
use crate::draining::{Draining, active, weights};
use crate::net::wait_until;
use crate::support::{Program, TIMEOUT, finish};

/// A program started with these signals ignored, as `nohup` and shells do it.
fn ignoring(signals: &str, program: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("trap '' {signals}; exec \"$0\" \"$@\"")]);
    shell.arg(program);
    shell
}

fn nohup(program: &str) -> Command {
    let mut nohup = Command::new("nohup");
    nohup.arg(program);
    nohup
}

#[test]
fn a_drain_is_not_ended_by_what_its_caller_ignores() {
    let (place, [client, a, _b]) = with_two_servers();
    let _server = a.serve(80);
    let ours = Program::Ours.path().to_str().unwrap();
    for (command, signals) in [
        (nohup(ours), &["HUP"][..]),
        // A shell without job control does so in the background.
        (ignoring("INT QUIT", ours), &["INT", "QUIT"]),
        (ignoring("HUP USR1", ours), &["HUP", "USR1"]),
    ] {
        restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 7\n");
        let mut talk = client.connect("10.0.0.1:80").unwrap();
        talk.ask().unwrap();
        let line = "-d -t 10.0.0.1:80 -r 10.1.0.2:80 --drain";
        let drain = Draining::spawn(&place, command, line);
        drain.wait_for_weight_0();
        for signal in signals {
            drain.signal(signal);
        }
        // It would have ended at its next look.
        std::thread::sleep(std::time::Duration::from_millis(1200));
        assert_eq!((weights(), active()), (vec![0], vec![1]), "{signals:?}");
        drain.signal("TERM");
        let outcome = drain.end();
        assert_eq!(outcome.status, 143, "{signals:?}\n{outcome}");
        assert!(
            outcome
                .stderr
                .contains("interrupted: 1 connection left after ")
        );
        // A server that comes back has the connections that it had.
        drop(talk);
        wait_until("nobody is connected", || active() == [0]);
        restore("-C");
    }
}

#[test]
fn a_replacement_is_not_undone_by_what_its_caller_ignores() {
    let _place = place();
    restore(&many_servers(10));
    let ours = Program::Ours.path().to_str().unwrap();
    for (ignored, signal, status) in [("HUP", "HUP", 0), ("INT", "HUP", 129)] {
        let before = saved_by_reference();
        let mut strace = ignoring(ignored, "strace");
        strace.args(["-qqq", "-o", "/dev/null"]);
        let inject = format!("inject=sendto,sendmsg,sendmmsg:signal={signal}:when=8+");
        strace.args(["-e", &inject, ours, "-R", "--replace"]);
        let wanted = many_servers(20);
        let outcome = finish(strace, wanted.as_bytes(), TIMEOUT);
        assert_eq!(outcome.status, status, "{outcome}");
        let expected = if status == 0 { &wanted } else { &before };
        assert_eq!(sorted(&saved_by_reference()), sorted(expected), "{signal}");
        restore("-C");
        restore(&many_servers(10));
    }
}

/// Every signal that can be caught and would end the program.
#[test]
fn whatever_ends_a_drain_says_what_is_left() {
    let (place, [client, a, _b]) = with_two_servers();
    let _server = a.serve(80);
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m\n");
    let mut talk = client.connect("10.0.0.1:80").unwrap();
    for (signal, status) in [
        ("QUIT", 131),
        ("USR1", 138),
        ("USR2", 140),
        ("ALRM", 142),
        ("XCPU", 152),
        ("XFSZ", 153),
        ("VTALRM", 154),
        ("PROF", 155),
        ("IO", 157),
        ("PWR", 158),
    ] {
        restore("-e -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 7");
        let drain = Draining::begin(&place, "-d -t 10.0.0.1:80 -r 10.1.0.2:80 --drain");
        drain.wait_for_weight_0();
        drain.signal(signal);
        let outcome = drain.end();
        assert_eq!(outcome.status, status, "{outcome}");
        let said = outcome.complaint();
        assert!(
            said.ends_with(" s; 10.1.0.2:80 is not removed and keeps weight 0"),
            "{said}"
        );
    }
    assert_eq!(talk.ask().unwrap(), "A");
}
