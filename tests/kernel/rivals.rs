//! Replacements beside live traffic, beside each other and beside other programs:
//! what is refused has touched no connection, and what two do at once is done.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::director::{
    Place, VIP, VIP6, ipvsadm, mark, place, restore, saved_by_reference, sorted, with_two_servers,
};
use crate::net::{Talk, wait_until};
use crate::support::{Outcome, Program, TIMEOUT, finish, kernel_table, run, shell, words};

const BUSY: usize = 20;

/// Replaces a table in which a busy service is no longer wanted by rules that the
/// kernel refuses; the service's 20 connections live on, and so do its counters.
#[track_caller]
fn nothing_happens_to(busy: &str, to: &str, more: &str, wanted: &str, refused: &str) {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    std::fs::write("/proc/sys/net/ipv4/vs/expire_nodest_conn", "1").unwrap();
    let others: String = (0..120)
        .map(|n| format!("-A -t 10.0.0.2:{} -s rr\n", 1000 + n))
        .collect();
    restore(&format!("{others}{busy}{more}"));
    if busy.contains("-f 7") {
        mark(VIP, "tcp", &[80], 7);
    }
    let mut kept: Vec<(Talk, String)> = (0..BUSY)
        .map(|_| {
            let mut talk = client.connect(to).unwrap();
            let who = talk.ask().unwrap();
            (talk, who)
        })
        .collect();
    let table = kernel_table();
    let outcome = run(Program::Ours, ["-R", "--replace"], wanted);
    assert_eq!(outcome.status, 255, "{outcome}");
    let said = outcome.complaint();
    assert!(
        said.starts_with(refused) && said.ends_with("rolled back: the table is what it was"),
        "{outcome}"
    );
    let changes = table.changes_to(&kernel_table());
    assert!(changes.is_empty(), "{changes}after\n{outcome}");
    for (talk, who) in &mut kept {
        assert_eq!(talk.ask().ok().as_ref(), Some(&*who), "a connection broke");
    }
    assert_eq!(client.ask(2, to).len(), 2);
    // The kernel adds its counters up every two seconds.
    wait_until("the busy service has counted all of them", || {
        let counted = ipvsadm("-Ln --stats --exact").stdout;
        counted.lines().any(|row| {
            let columns: Vec<_> = row.split_whitespace().collect();
            columns.get(2) == Some(&"22")
        })
    });
}

const REAL: &str = "-r 10.1.0.2:80 -m\n";

fn busy(service: &str, [one, other]: [&str; 2]) -> String {
    format!("-A {service} -s rr\n-a {service} -r {one} -m\n-a {service} -r {other} -m\n")
}

const SERVERS: [&str; 2] = ["10.1.0.2:80", "10.1.0.3:80"];
/// One service stays; the addition of the second line is refused.
const REFUSED: &str = "-A -t 10.0.0.2:1000 -s rr\n-A -t 10.0.0.3:80 -s wllc\n";

#[test]
fn a_refused_addition_breaks_no_connection() {
    let busy = busy("-t 10.0.0.1:80", SERVERS);
    nothing_happens_to(&busy, "10.0.0.1:80", "", REFUSED, "line 2: ");
}

#[test]
fn a_refused_addition_breaks_no_connection_of_ipv6() {
    let busy = busy("-t [fd00::1]:80", ["[fd01::2]:80", "[fd01::3]:80"]);
    nothing_happens_to(&busy, &format!("[{VIP6}]:80"), "", REFUSED, "line 2: ");
}

#[test]
fn a_refused_addition_breaks_no_connection_of_a_mark() {
    let busy = busy("-f 7", ["10.1.0.2:0", "10.1.0.3:0"]);
    nothing_happens_to(&busy, "10.0.0.1:80", "", REFUSED, "line 2: ");
}

#[test]
fn a_refused_edit_breaks_no_connection() {
    let busy = busy("-t 10.0.0.1:80", SERVERS);
    let wanted = "-A -t 10.0.0.2:1000 -s wllc\n-A -t 10.0.0.3:80\n";
    nothing_happens_to(&busy, "10.0.0.1:80", "", wanted, "line 1: ");
}

#[test]
fn a_refused_server_breaks_no_connection_of_the_servers_that_go() {
    let busy = busy("-t 10.0.0.1:80", SERVERS);
    let more = format!("-A -u 10.0.0.1:53\n-a -u 10.0.0.1:53 {REAL}-A --sctp-service 10.0.0.1:9\n");
    let wanted = "-A -t 10.0.0.1:80 -s rr\n-A -t 10.0.0.3:80\n-A -u 10.0.0.3:80 -p --pe nosuch\n";
    nothing_happens_to(&busy, "10.0.0.1:80", &more, wanted, "line 3: ");
}

fn services(count: usize, server: &str) -> String {
    let service = |n: usize| {
        let id = match n % 4 {
            0 => format!("-t 10.0.{}.1:80", n / 4),
            1 => format!("-u 10.0.{}.1:80", n / 4),
            2 => format!("--sctp-service 10.0.{}.1:80", n / 4),
            _ => format!("-f {n}"),
        };
        format!("-A {id} -s rr\n-a {id} -r {server} -m -w 1\n")
    };
    (0..count).map(service).collect()
}

/// Our program's command, held up for two seconds at each of the sends from
/// `first` on: there are `held` of them.
fn held_up(words: &[&str], first: usize, held: usize) -> Command {
    let mut command = Command::new("strace");
    let last = first + held - 1;
    command.args(["-qqq", "-o", "/dev/null", "-e"]);
    command.arg(format!(
        "inject=sendto:delay_exit=2000000:when={first}..{last}"
    ));
    command.arg(Program::Ours.path()).args(words);
    command
}

/// How many sends our program needs before the first change.
fn sends_to_read(place: &Place, rules: &str) -> usize {
    let log = place.folder().join("sends");
    let mut strace = Command::new("strace");
    strace.args(["-qqq", "-etrace=sendto", "-o"]).arg(&log);
    strace.arg(Program::Ours.path());
    strace.args(["-R", "--replace", "--dry-run"]);
    finish(strace, rules.as_bytes(), TIMEOUT);
    let sends = std::fs::read_to_string(&log).unwrap();
    sends
        .lines()
        .filter(|line| line.contains("sendto("))
        .count()
}

/// Replaces the table by these rules, and does something while that is held up
/// after its first changes.
fn in_the_midst_of(
    place: &Place,
    rules: &str,
    is_begun: impl Fn() -> bool,
    work: impl FnOnce() + Send,
) -> Outcome {
    let first = sends_to_read(place, rules) + 1;
    let slow = held_up(&["-R", "--replace"], first, 1);
    thread::scope(|scope| {
        let slow = scope.spawn(|| finish(slow, rules.as_bytes(), TIMEOUT));
        wait_until("the first changes are made", is_begun);
        work();
        slow.join().unwrap()
    })
}

/// The file that is locked in this namespace.
pub fn lock_file() -> PathBuf {
    let namespace = Path::new("/proc/thread-self/ns/net").metadata().unwrap();
    PathBuf::from(format!("/run/ipvsadm/netns-{}.lock", namespace.ino()))
}

/// Whether the table has this service; asked of the kernel's text, which is
/// quick.
fn lists(service: &str) -> bool {
    let text = std::fs::read_to_string("/proc/thread-self/net/ip_vs").unwrap();
    text.contains(service)
}

#[test]
fn two_restores_of_a_file_at_once_take_turns() {
    let place = place();
    restore(&services(50, "10.1.0.9:80"));
    let wanted = services(300, "10.1.0.1:80");
    let outcome = in_the_midst_of(
        &place,
        &wanted,
        || lists("TCP  0A000D01"),
        || {
            let began = Instant::now();
            run(Program::Ours, ["-R", "--replace"], &wanted).succeeded();
            assert!(began.elapsed() > Duration::from_millis(500), "it waited");
        },
    );
    outcome.succeeded();
    assert_eq!(sorted(&saved_by_reference()), sorted(&wanted));
    let lock = lock_file();
    assert!(!lock.exists(), "{} is left", lock.display());
}

#[test]
fn two_restores_that_clear_take_turns() {
    let place = place();
    let wanted = services(300, "10.1.0.1:80");
    let restore = |command: Command| finish(command, wanted.as_bytes(), TIMEOUT);
    // strace starts what it is given under the name that it is given by.
    let name = place.folder().join("ipvsadm-restore");
    std::os::unix::fs::symlink(Program::Ours.path(), &name).unwrap();
    let mut slow = Command::new("strace");
    slow.args(["-qqq", "-o", "/dev/null", "-e"]);
    slow.arg("inject=sendto:delay_exit=700000:when=3..9");
    slow.arg(&name).arg("--clear");
    thread::scope(|scope| {
        let slow = scope.spawn(|| restore(slow));
        wait_until("the first is at work", || lists("TCP  0A000501"));
        let mut quick = Program::Ours.command("ipvsadm-restore");
        quick.arg("--clear");
        restore(quick).succeeded();
        slow.join().unwrap().succeeded();
    });
    assert_eq!(sorted(&saved_by_reference()), sorted(&wanted));
}

#[test]
fn what_a_third_program_does_in_between_is_planned_for() {
    for (meanwhile, is_as_wanted) in [
        // It makes what is to be made: alike, otherwise.
        ("-A -f 299 -s rr", true),
        ("-A -f 299 -s wrr -p 9", true),
        // It takes away what has been made, what is to be edited, what is to go.
        ("-D -t 10.0.5.1:80", false),
        ("-D -t 10.0.0.1:80", true),
        ("-d -t 10.0.0.1:80 -r 10.1.0.1:80", true),
        ("-D -f 7777", true),
        ("-C", true),
    ] {
        let place = place();
        let before = services(4, "10.1.0.1:80").replace("-w 1", "-w 5");
        restore(&format!("{before}-A -f 7777\n"));
        let wanted = services(300, "10.1.0.1:80");
        let outcome = in_the_midst_of(
            &place,
            &wanted,
            || lists("TCP  0A000501"),
            || {
                run(Program::Reference, words(meanwhile), "").succeeded();
            },
        );
        assert_eq!(outcome.status, 0, "{meanwhile}\n{outcome}");
        if is_as_wanted {
            let saved = saved_by_reference();
            assert_eq!(sorted(&saved), sorted(&wanted), "{meanwhile}");
        }
    }
}

#[test]
fn a_roll_back_leaves_what_a_third_program_has_made() {
    let place = place();
    restore("-A -t 10.9.9.9:80 -s rr\n");
    let wanted = format!("{}-A -f 9999 -s wllc\n", services(300, "10.1.0.1:80"));
    let outcome = in_the_midst_of(
        &place,
        &wanted,
        || lists("TCP  0A000501"),
        || {
            run(Program::Reference, words("-E -t 10.0.0.1:80 -s sh"), "").succeeded();
        },
    );
    assert_eq!(outcome.status, 255, "{outcome}");
    let lines: Vec<_> = outcome.stderr.lines().collect();
    assert_eq!(
        lines[0],
        "not rolled back: another program has changed -t 10.0.0.1:80"
    );
    assert!(lines[1].starts_with("line 601: Scheduler"), "{outcome}");
    assert!(
        lines[1].ends_with("but for what another program has changed"),
        "{outcome}"
    );
    assert_eq!(
        sorted(&saved_by_reference()),
        ["-A -t 10.0.0.1:80 -s sh", "-A -t 10.9.9.9:80 -s rr"]
    );
}

/// A replacement by one service that is interrupted when it sends for that time.
#[track_caller]
fn interrupted_at(send: usize) -> Outcome {
    let mut strace = Command::new("strace");
    strace.args(["-qqq", "-o", "/dev/null", "-e"]);
    strace.arg(format!("inject=sendto:signal=INT:when={send}"));
    strace.arg(Program::Ours.path()).args(["-R", "--replace"]);
    let outcome = finish(strace, b"-A -f 5 -s rr\n", TIMEOUT);
    assert_eq!(outcome.status, 130, "{outcome}");
    outcome
}

#[test]
fn a_roll_back_says_what_it_can_not_bring_back() {
    let place = place();
    restore(&format!("{}-A -f 9\n", services(300, "10.1.0.1:80")));
    let before = saved_by_reference();
    // 301 services go: too many for one piece, so that the signal is noticed.
    let outcome = interrupted_at(sends_to_read(&place, "") + 1);
    assert_eq!(
        outcome.stderr,
        "interrupted; everything was rolled back: the table is what it was\n"
    );
    assert_eq!(sorted(&saved_by_reference()), sorted(&before));

    // This time the addition is over, and the first removals are made.
    restore("-A -f 5 -s rr\n");
    let more: String = (0..300)
        .map(|n| format!("-A -f {} -s rr\n", 1000 + n))
        .collect();
    restore(&more);
    let before = saved_by_reference();
    let outcome = interrupted_at(sends_to_read(&place, "-A -f 5 -s rr\n") + 1);
    assert_eq!(
        outcome.stderr,
        "interrupted; everything was rolled back: the table is what it was; \
         what had been removed and was put back counts from 0\n"
    );
    assert_eq!(sorted(&saved_by_reference()), sorted(&before));
}

#[test]
fn a_turn_ends_with_its_process_and_nobody_else_has_one() {
    let place = place();
    let wanted = services(300, "10.1.0.1:80");
    let first = sends_to_read(&place, &wanted) + 1;
    let mut slow = held_up(&["-R", "--replace"], first, 9);
    slow.process_group(0);
    slow.stdin(std::process::Stdio::piped());
    let mut slow = slow.spawn().unwrap();
    std::io::Write::write_all(&mut slow.stdin.take().unwrap(), wanted.as_bytes()).unwrap();
    wait_until("the first changes are made", || lists("TCP  0A000501"));

    // The file is root's alone, and a single command does not look at it.
    let lock = lock_file();
    let file = lock.metadata().unwrap();
    assert_eq!((file.mode() & 0o777, file.uid()), (0o600, 0));
    let lock = lock.display();
    shell(&format!(
        "! setpriv --reuid 65534 --regid 65534 --clear-groups flock -n {lock} true 2>/dev/null"
    ));
    let mut add = Program::Ours.command("ipvsadm");
    add.args(["-A", "-f", "77777"]);
    finish(add, b"", Duration::from_secs(5)).succeeded();

    // In another namespace a restore need not wait.
    thread::spawn(|| {
        let _other = crate::support::Namespace::fresh();
        let mut other = Program::Ours.command("ipvsadm");
        other.args(["-R", "--replace"]);
        finish(other, b"-A -f 1 -s rr\n", Duration::from_secs(10)).succeeded();
    })
    .join()
    .unwrap();

    shell(&format!("kill -KILL -{}", slow.id()));
    slow.wait().unwrap();
    run(Program::Ours, ["-R", "--replace"], &wanted).succeeded();
    assert_eq!(sorted(&saved_by_reference()), sorted(&wanted));
}

#[test]
fn who_is_not_root_but_may_restores_without_a_turn() {
    let _place = place();
    let mut restore = Command::new("setpriv");
    restore.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    restore.args(["--inh-caps", "-all,+net_admin"]);
    restore.args(["--ambient-caps", "+net_admin"]);
    restore.arg(Program::Ours.path()).args(["-R", "--replace"]);
    finish(restore, b"-A -f 1 -s rr\n", TIMEOUT).succeeded();
    assert_eq!(saved_by_reference(), "-A -f 1 -s rr\n");
}

#[test]
fn a_daemon_that_runs_as_it_is_to_run_is_done() {
    let _place = place();
    shell("ip link add eth0 type dummy && ip addr add 10.3.0.1/24 dev eth0 && ip link set eth0 up");
    shell(
        "ip link add eth1 type dummy mtu 9000 && ip addr add 10.4.0.1/24 dev eth1 && ip link set eth1 up",
    );
    for start in [
        "--start-daemon master --mcast-interface eth0 --syncid 3",
        "--start-daemon backup --mcast-interface eth1",
        "--start-daemon master --mcast-interface eth1",
        "--start-daemon backup --mcast-interface eth0 --syncid 3 --sync-maxlen 1400 \
         --mcast-group 239.1.2.3 --mcast-port 9000 --mcast-ttl 2",
        "--start-daemon master --mcast-interface eth0 --mcast-group ff02::81",
    ] {
        let rules = format!("-A -f 1 -s rr\n{start}\n");
        for clear in [false, false, true, true] {
            let mut restore = Program::Ours.command("ipvsadm-restore");
            restore.args(clear.then_some("--clear"));
            let outcome = finish(restore, rules.as_bytes(), TIMEOUT);
            assert_eq!(outcome.status, 0, "{start}, {clear}\n{outcome}");
        }
        assert_eq!(kernel_table().daemons.len(), 1);
        let shown = run(Program::Ours, ["-R", "--replace", "--dry-run"], &rules);
        assert_eq!(shown.stdout, "", "{start}");

        // Anything else is refused as ever.
        let other = rules.replace("-daemon master", "-daemon master --syncid 9");
        let other = other.replace("-daemon backup", "-daemon backup --syncid 9");
        let other = other.replace("--syncid 3", "");
        let outcome = run(Program::Ours, ["-R", "--replace"], &other);
        assert_eq!(outcome.status, 255, "{start}\n{outcome}");
        assert_eq!(outcome.stderr, "line 2: Daemon has already run\n");
        let state = if start.contains("master") {
            "master"
        } else {
            "backup"
        };
        let stop = format!("-A -f 1 -s rr\n--stop-daemon {state}\n");
        for _ in 0..2 {
            run(Program::Ours, ["-R", "--replace"], &stop).succeeded();
        }
        assert!(kernel_table().daemons.is_empty());
        let alone = run(Program::Ours, words(&format!("--stop-daemon {state}")), "");
        assert_eq!(alone.status, 255, "{alone}");
    }
}
