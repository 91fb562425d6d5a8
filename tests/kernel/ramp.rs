//! A server reaches another weight in even steps.

use std::process::Command;

use crate::director::{Place, ipvsadm, place, restore, sorted, with_two_servers};
use crate::draining::{Draining, ours, weights};
use crate::net::{count, wait_until};
use crate::support::{Outcome, Program, TIMEOUT, finish, kernel_table, run, words};

const AT_80: &str = "10.0.0.1:80";
const EDIT_B: &str = "-e -t 10.0.0.1:80 -r 10.1.0.3";

const SERVED: [&str; 3] = [
    "-A -t 10.0.0.1:80 -s wrr -p 300 -M 255.255.255.0",
    "-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 10",
    "-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 7 -x 50 -y 10",
];

/// A ramp that takes a day goes on from its first step until it is told otherwise.
const DAY: &str = "--ramp=86400";

fn serve() {
    restore(&(SERVED.join("\n") + "\n"));
}

fn saved() -> String {
    ipvsadm("-Sn").stdout
}

#[track_caller]
fn is_served_with(b: &str) {
    let table = [SERVED[0], SERVED[1], b].join("\n");
    assert_eq!(sorted(&saved()), sorted(&table));
}

/// Begins a ramp whose first step changes the table.
fn begin(place: &Place, line: &str) -> Draining {
    let before = kernel_table();
    let ramp = Draining::begin(place, line);
    wait_until("the first step is made", || {
        !before.changes_to(&kernel_table()).is_empty()
    });
    ramp
}

#[test]
fn the_weight_alone_goes_up_and_down() {
    let _place = place();
    serve();
    for (options, server) in [
        ("-w 10 --ramp=2", "-m -w 10 -x 50 -y 10"),
        ("-w 300 --ramp 1", "-m -w 300 -x 50 -y 10"),
        // It has this weight.
        ("-w 300 --ramp=86400", "-m -w 300 -x 50 -y 10"),
        ("-w 0 --ramp=2 --keep", "-m -w 0 -x 50 -y 10"),
        ("-w 2 -x 60 --ramp=1", "-m -w 2 -x 60 -y 10"),
        ("-w 2 -y 20 --ramp=86400", "-m -w 2 -x 60 -y 20"),
        ("-w 1 -g --ramp=1", "-g -w 1 -x 60 -y 20"),
    ] {
        let outcome = ours(&format!("{EDIT_B} {options}")).succeeded();
        assert_eq!((&*outcome.stdout, &*outcome.stderr), ("", ""), "{options}");
        is_served_with(&format!("-a -t 10.0.0.1:80 -r 10.1.0.3:80 {server}"));
    }
}

#[test]
fn the_weights_on_the_way_are_in_order() {
    let place = place();
    serve();
    let ramp = Draining::begin(&place, &format!("{EDIT_B} -w 1007 --ramp=1000"));
    let mut seen = vec![7];
    wait_until("it has had two weights", || {
        let now = weights()[1];
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        seen.len() > 2
    });
    drop(ramp);
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    assert!(seen[2] < 1007, "{seen:?}");
}

#[test]
fn a_new_server_begins_with_weight_0() {
    let place = place();
    serve();
    let add = "-a -t 10.0.0.1:80 -r 10.1.0.4 -m -x 9 -w 3";
    let before = saved();
    let ramp = begin(&place, &format!("{add} {DAY}"));
    assert_eq!(weights(), [10, 7, 0]);
    let (status, back, _) = interrupted(ramp, "10.1.0.4:80", 0);
    assert_eq!(status, 143);
    assert_eq!(back, "-d -t 10.0.0.1:80 -r 10.1.0.4:80");
    ipvsadm(&back);
    assert_eq!(saved(), before);
    for (options, weight) in [("--ramp=1", 3), ("--ramp=1 --or-edit", 3)] {
        ours(&format!("{add} {options}")).succeeded();
        assert_eq!(weights(), [10, 7, weight]);
    }
    ours("-a -t 10.0.0.1:80 -r 10.1.0.4 -m -w 1 --ramp=1 --or-edit").succeeded();
    assert!(saved().contains("-r 10.1.0.4:80 -m -w 1\n"), "{}", saved());
}

/// The kernel keeps some settings otherwise than they were sent: that is not the work
/// of others.
#[test]
fn servers_of_every_method_get_their_weight() {
    let _place = place();
    restore("-A -u 10.0.0.1:53 -s rr\n");
    let servers = [
        "10.1.0.2:5353 -m",
        "127.0.0.1:53 -m",
        "10.1.0.3:53 -g",
        "[fd01::3]:53 -i",
        "10.1.0.4:53 -i --tun-type gue --tun-port 5555 --tun-remcsum",
        "10.1.0.5:53 -i --tun-type gre --tun-csum",
    ];
    for server in servers {
        ours(&format!("-a -u 10.0.0.1:53 -r {server} -w 2 --ramp=2")).succeeded();
    }
    assert_eq!(weights(), [2; 6]);
}

/// Stops it, and returns its status with the words that go back and on.
#[track_caller]
fn interrupted(ramp: Draining, server: &str, weight: u32) -> (i32, String, String) {
    ramp.signal("TERM");
    let outcome = ramp.end();
    let start = format!("interrupted: {server} has weight {weight}; ");
    let ways = outcome.complaint().strip_prefix(&start);
    let ways = ways.and_then(|ways| ways.strip_suffix(" goes on"));
    let ways = ways.and_then(|ways| ways.split_once(" goes back, "));
    let (back, on) = ways.unwrap_or_else(|| panic!("{outcome}"));
    (outcome.status, back.to_owned(), on.to_owned())
}

#[test]
fn a_signal_says_where_it_stands_and_how_to_go_on_or_back() {
    let place = place();
    serve();
    let before = saved();
    let ramp = begin(&place, &format!("{EDIT_B} -w 9 -x 60 {DAY}"));
    let (_, back, on) = interrupted(ramp, "10.1.0.3:80", 7);
    assert_eq!(weights(), [10, 7]);
    ipvsadm(&back);
    assert_eq!(saved(), before);
    let (on, seconds) = on.split_once(" --ramp=").unwrap();
    assert_eq!(on, "-e -t 10.0.0.1:80 -r 10.1.0.3:80 -w 9");
    let seconds: u32 = seconds.parse().unwrap();
    assert!((80_000..=86_400).contains(&seconds), "{seconds}");
    for (signal, status) in [("INT", 130), ("HUP", 129)] {
        ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.3 -m -w 7");
        let ramp = begin(&place, &format!("{EDIT_B} -w 9 -x 60 {DAY}"));
        ramp.signal(signal);
        let outcome = ramp.end();
        assert_eq!(outcome.status, status, "{outcome}");
    }
}

#[test]
fn the_work_of_others_ends_it_and_is_left() {
    let place = place();
    for (other, said, b) in [
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.3 -m -w 5 -x 60 -y 10",
            "10.1.0.3:80 was given weight 5 meanwhile; it does not go on to 9",
            "-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 5 -x 60 -y 10",
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.3 -i -w 7 -x 60 -y 10",
            "10.1.0.3:80 was changed meanwhile; it keeps weight 7 and does not go on to 9",
            "-a -t 10.0.0.1:80 -r 10.1.0.3:80 -i -w 7 -x 60 -y 10 --tun-type ipip",
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.3 -m -w 7",
            "10.1.0.3:80 was changed meanwhile; it keeps weight 7 and does not go on to 9",
            "-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 7",
        ),
        (
            "-d -t 10.0.0.1:80 -r 10.1.0.3",
            "10.1.0.3:80 was removed by someone else",
            "",
        ),
    ] {
        serve();
        let ramp = begin(&place, &format!("{EDIT_B} -w 9 -x 60 {DAY}"));
        ipvsadm(other);
        is_told(ramp.end(), said);
        is_served_with(b);
        ipvsadm("-C");
    }
    serve();
    let ramp = begin(&place, &format!("{EDIT_B} -w 9 -x 60 {DAY}"));
    ipvsadm("-C");
    is_told(ramp.end(), "10.1.0.3:80 was removed by someone else");
    assert_eq!(saved(), "");
}

#[track_caller]
fn is_told(outcome: Outcome, said: &str) {
    assert_eq!(outcome.status, 1, "{outcome}");
    assert_eq!(outcome.stderr, format!("{said}\n"));
}

/// The work of others on the service, or on another server of it, is no reason.
#[test]
fn it_goes_on_beside_the_work_of_others() {
    let place = place();
    serve();
    let ramp = begin(&place, &format!("{EDIT_B} -w 9 -x 60 --ramp=6"));
    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.2 -m -w 1");
    ipvsadm("-E -t 10.0.0.1:80 -s wlc");
    ipvsadm("-Z");
    ramp.end().succeeded();
    assert_eq!(weights(), [1, 9]);
    assert!(saved().starts_with("-A -t 10.0.0.1:80 -s wlc\n"));
}

#[test]
fn a_server_in_every_service() {
    let place = place();
    let table = "-A -t 10.0.0.1:80 -s wrr\n\
                 -a -t 10.0.0.1:80 -r 10.1.0.3:8080 -m -w 1\n\
                 -a -t 10.0.0.1:80 -r 10.1.0.4:8080 -m -w 2\n\
                 -A -u 10.0.0.1:53 -s wrr\n\
                 -a -u 10.0.0.1:53 -r 10.1.0.3:53 -g -w 5 -x 9\n\
                 -A -f 3 -s wrr\n\
                 -a -f 3 -r 10.1.0.3:0 -m -w 3\n";
    restore(table);
    let ramp = "-e -r 10.1.0.3 --all-services -w 3";
    ours(&format!("{ramp} --ramp=2")).succeeded();
    let wanted = table.replace("-m -w 1", "-m -w 3").replace("-w 5", "-w 3");
    assert_eq!(sorted(&saved()), sorted(&wanted));

    restore(&format!("-C\n{table}"));
    let ramp = begin(&place, &format!("{ramp} -x 20 {DAY}"));
    wait_until("each first step is made", || {
        saved().matches(" -x 20").count() == 3
    });
    ipvsadm("-e -u 10.0.0.1:53 -r 10.1.0.3 -g -w 4 -x 20");
    ramp.signal("TERM");
    let outcome = ramp.end();
    assert_eq!(outcome.status, 143, "{outcome}");
    let mut lines: Vec<_> = outcome.stderr.lines().collect();
    let last = lines.pop().unwrap();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "10.1.0.3:53 of -u 10.0.0.1:53 was given weight 4 meanwhile; it does not go on to 3",
            "10.1.0.3:8080 of -t 10.0.0.1:80 has weight 1; -e -t 10.0.0.1:80 -r 10.1.0.3:8080 -m \
             -w 1 goes back",
        ]
    );
    let on = "interrupted: -e -r 10.1.0.3 --all-services -w 3 --ramp=";
    assert!(last.starts_with(on) && last.ends_with(" goes on"), "{last}");
    let outcome = ours("-e -r 10.1.0.9 --all-services -w 3 --ramp=2");
    assert_eq!(
        (outcome.status, outcome.complaint()),
        (255, "No such destination")
    );
}

#[test]
fn a_bar_on_a_terminal() {
    let _place = place();
    serve();
    let mut script = Command::new("script");
    let program = Program::Ours.path().display();
    let line = format!("{program} {EDIT_B} -w 8 --ramp=3");
    script.args(["-qec", &line, "/dev/null"]);
    let outcome = finish(script, b"", TIMEOUT).succeeded();
    let bar = format!("\r[{}] weight 7 towards 8, ", " ".repeat(30));
    assert!(outcome.stdout.starts_with(&bar), "{outcome}");
    assert!(
        outcome.stdout.ends_with(" of 3 s\x1b[K\r\x1b[K"),
        "{outcome}"
    );
    assert_eq!(weights(), [10, 8]);
}

#[test]
fn a_line_every_10_seconds() {
    let place = place();
    serve();
    let outcome = begin(&place, &format!("{EDIT_B} -w 8 -x 60 --ramp=11")).end();
    let said = "weight 7 towards 8 after 10 s\n";
    assert_eq!((outcome.status, &*outcome.stderr), (0, said));
}

#[test]
fn what_is_wrong_is_refused_before_anything_is_changed() {
    let _place = place();
    serve();
    let before = kernel_table();
    for line in [
        "-a -t 10.0.0.1:80 -r 10.1.0.3 -m -w 5",
        "-a -t 10.0.0.1:81 -r 10.1.0.3 -m -w 5",
        "-a -t 10.0.0.1:80 -r 10.1.0.4 -m -w 5 -x 1 -y 2",
        "-e -t 10.0.0.1:81 -r 10.1.0.3 -m -w 5",
        "-e -t 10.0.0.1:80 -r 10.1.0.4 -m -w 5",
        "-e -t 10.0.0.1:80 -r 10.1.0.3 -m -w 5 -x 1 -y 2",
    ] {
        let reference = run(Program::Reference, words(line), "");
        assert_eq!(reference.status, 255, "{line}\n{reference}");
        let ours = ours(&format!("{line} {DAY}"));
        assert!(
            ours == reference,
            "{line}\nthe reference:\n{reference}ours:\n{ours}"
        );
    }
    let rule = format!("-C\n{EDIT_B} -w 5 --ramp=5\n");
    let outcome = run(Program::Ours, ["-R"], &rule);
    assert_eq!(outcome.status, 2, "{outcome}");
    for line in [
        format!("{EDIT_B} --ramp=5"),
        format!("{EDIT_B} -w 5 --ramp=0"),
        format!("{EDIT_B} -w 5 -m --tun-type gre {DAY}"),
        format!("-e -r 10.1.0.3 --all-services -w 5 -x 1 {DAY}"),
    ] {
        assert_ne!(ours(&line).status, 0, "{line}");
    }
    let changes = before.changes_to(&kernel_table());
    assert!(changes.is_empty(), "{changes}");
}

#[test]
fn the_share_grows_with_the_weight() {
    let (place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    restore("-A -t 10.0.0.1:80 -s wrr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m -w 10\n");
    let ramp = begin(
        &place,
        &format!("-a -t 10.0.0.1:80 -r 10.1.0.3 -m -w 10 {DAY}"),
    );
    assert_eq!(client.ask(10, AT_80), count(&[("A", 10)]));
    interrupted(ramp, "10.1.0.3:80", 0);
    let mut before = 0;
    while before < 4 {
        let ramp = begin(&place, &format!("{EDIT_B} -w 10 --ramp=20"));
        ramp.signal("TERM");
        ramp.end();
        let weight = usize::try_from(weights()[1]).unwrap();
        assert!(weight > before, "{weight} after {before}");
        let shares = count(&[("A", 10), ("B", weight)]);
        assert_eq!(client.ask(10 + weight, AT_80), shares);
        before = weight;
    }
}
