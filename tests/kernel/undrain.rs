//! A machine leaves every service that has it, and comes back.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::director::{ipvsadm, place, restore, sorted, with_two_servers};
use crate::draining::{Draining, ours};
use crate::net::{Host, Talk, wait_until};
use crate::support::kernel_table;

const TABLE: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1
-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 7 -x 50 -y 10
-A -t 10.0.0.1:81 -s rr
-a -t 10.0.0.1:81 -r 10.1.0.2:80 -m -w 2
-a -t 10.0.0.1:81 -r 10.1.0.3:80 -m -w 3
-A -u 10.0.0.1:53 -s rr
-a -u 10.0.0.1:53 -r 10.1.0.3:5353 -m -w 4
";
const OUT: &str = "-d -r 10.1.0.3 --all-services --drain";
const BACK: &str = "-e -r 10.1.0.3 --all-services --undrain";

/// The file of this thread's namespace. An earlier namespace of its number may have
/// left one.
fn file() -> PathBuf {
    let namespace = Path::new("/proc/thread-self/ns/net").metadata().unwrap();
    PathBuf::from(format!("/run/ipvsadm/netns-{}.drained", namespace.ino()))
}

fn without_file() {
    let _ = std::fs::remove_file(file());
}

#[track_caller]
fn has(table: &str) {
    assert_eq!(sorted(&ipvsadm("-Sn").stdout), sorted(table));
}

/// A connection to B through this service.
fn to_b(client: &Host, to: &str) -> Talk {
    for _ in 0..4 {
        let mut talk = client.connect(to).unwrap();
        if talk.ask().unwrap() == "B" {
            return talk;
        }
    }
    panic!("no connection to B");
}

#[test]
fn a_machine_leaves_all_its_services_and_comes_back_as_it_was() {
    let (place, [client, a, b]) = with_two_servers();
    without_file();
    let _servers = (a.serve(80), b.serve(80));
    restore(TABLE);
    let (first, mut second) = (to_b(&client, "10.0.0.1:80"), to_b(&client, "10.0.0.1:81"));
    let drain = Draining::begin(&place, OUT);
    let weighted = || {
        let saved = ipvsadm("-Sn").stdout;
        let rows = saved.lines().filter(|row| row.contains("10.1.0.3"));
        rows.filter(|row| !row.contains("-w 0")).count()
    };
    wait_until("it takes no more", || weighted() == 0);
    let mode = file().metadata().unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(first);
    wait_until("it has left two services", || {
        ipvsadm("-Sn").stdout.matches("10.1.0.3").count() == 1
    });
    assert_eq!(second.ask().unwrap(), "B");
    drop(second);
    drain.end().succeeded();
    let left: Vec<_> = TABLE
        .lines()
        .filter(|row| !row.contains("10.1.0.3"))
        .collect();
    has(&left.join("\n"));
    let outcome = ours(BACK);
    assert_eq!(
        (outcome.status, sorted(&outcome.stderr)),
        (
            0,
            vec![
                "10.1.0.3:5353 of -u 10.0.0.1:53 is there again, with weight 4",
                "10.1.0.3:80 of -t 10.0.0.1:80 is there again, with weight 7",
                "10.1.0.3:80 of -t 10.0.0.1:81 is there again, with weight 3",
            ]
        )
    );
    has(TABLE);
    assert!(!file().exists());
}

#[test]
fn a_time_that_is_over_and_a_signal_leave_it_where_it_is_connected() {
    let (place, [client, a, b]) = with_two_servers();
    without_file();
    let _servers = (a.serve(80), b.serve(80));
    restore(TABLE);
    let _kept = [to_b(&client, "10.0.0.1:80"), to_b(&client, "10.0.0.1:81")];
    let outcome = ours(&format!("{OUT}=0"));
    let stays = "10.1.0.3 is not removed from -t 10.0.0.1:80 and -t 10.0.0.1:81 and keeps weight 0 \
                 there";
    assert_eq!(
        (outcome.status, outcome.stderr),
        (1, format!("2 connections left after 0 s; {stays}\n"))
    );
    let drain = Draining::begin(&place, OUT);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    drain.signal("INT");
    let outcome = drain.end();
    assert_eq!(outcome.status, 130, "{outcome}");
    let said = outcome.complaint();
    assert!(
        said.starts_with("interrupted: 2 connections left after ") && said.ends_with(stays),
        "{said}"
    );
    // What it had before the first of the two.
    assert_eq!(ours(BACK).status, 0);
    has(TABLE);
}

#[test]
fn what_someone_else_has_changed_is_said_and_left() {
    let (place, [client, a, b]) = with_two_servers();
    without_file();
    let _servers = (a.serve(80), b.serve(80));
    restore(TABLE);
    let kept = [to_b(&client, "10.0.0.1:80"), to_b(&client, "10.0.0.1:81")];
    let drain = Draining::begin(&place, OUT);
    drain.wait_for_weight_0();
    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.3 --keep -w 5");
    drop(kept);
    let outcome = drain.end();
    assert_eq!(
        (outcome.status, outcome.stderr),
        (
            1,
            "10.1.0.3:80 of -t 10.0.0.1:80 was given weight 5 meanwhile; it is not removed\n"
                .to_owned()
        )
    );
    ipvsadm("-D -u 10.0.0.1:53");
    ipvsadm("-a -t 10.0.0.1:81 -r 10.1.0.3:80 -m -w 9");
    let before = kernel_table();
    let outcome = ours(BACK);
    assert_eq!(
        (outcome.status, sorted(&outcome.stderr)),
        (
            1,
            vec![
                "10.1.0.3:5353 of -u 10.0.0.1:53 is not back: its service is gone",
                "10.1.0.3:80 of -t 10.0.0.1:80 was given weight 5 by someone else; it does not \
                 get 7 again",
                "10.1.0.3:80 of -t 10.0.0.1:81 was added again by someone else; it is left as it \
                 is",
            ]
        )
    );
    let changes = before.changes_to(&kernel_table());
    assert!(changes.is_empty(), "{changes}");
}

#[test]
fn without_a_weight_that_is_kept_it_says_so() {
    let _place = place();
    without_file();
    restore(TABLE);
    let none = |name: &str| {
        let path = file().display().to_string();
        format!("no weight of {name} is kept in {path}: it was not drained, or has its weight back")
    };
    for (line, name) in [
        (BACK, "10.1.0.3"),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.3 --undrain",
            "10.1.0.3:80 of -t 10.0.0.1:80",
        ),
    ] {
        let outcome = ours(line);
        assert_eq!((outcome.status, outcome.complaint()), (1, &*none(name)));
    }
    let outcome = ours("-d -r 10.1.0.9 --all-services --drain");
    assert_eq!(
        (outcome.status, outcome.complaint()),
        (255, "No such destination")
    );
    // A file that something else has written.
    std::fs::write(file(), "{").unwrap();
    let outcome = ours(BACK);
    let broken = format!(
        "{} holds no weights of drained servers, remove it: ",
        file().display()
    );
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.starts_with(&broken), "{outcome}");
    without_file();
    // Someone else has given it back.
    ours("-d -t 10.0.0.1:80 -r 10.1.0.3 --drain").succeeded();
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 7 -x 50 -y 10");
    let outcome = ours("-e -t 10.0.0.1:80 -r 10.1.0.3 --undrain");
    assert_eq!(
        (outcome.status, outcome.complaint()),
        (0, "10.1.0.3:80 of -t 10.0.0.1:80 has weight 7 already")
    );
    has(TABLE);
    // One service alone.
    ours("-d -t 10.0.0.1:80 -r 10.1.0.3 --drain").succeeded();
    let outcome = ours("-e -t 10.0.0.1:80 -r 10.1.0.3 --undrain");
    assert_eq!(outcome.status, 0, "{outcome}");
    has(TABLE);
}
