//! `-S --all`: timeouts, sync daemons and settings beside the table, and their way back.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::director::{ipvsadm, place, restore, saved_by_reference};
use crate::net::wait_until;
use crate::rivals::lock_file;
use crate::schema;
use crate::support::{Outcome, Program, TIMEOUT, finish, run, shell, words};
use ipvsadm::sysctls;

const SERVICE: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1
";
const SETTINGS: [(&str, &str); 3] = [
    ("expire_nodest_conn", "1"),
    ("sync_ports", "2"),
    ("sync_threshold", "4 60"),
];

fn set(name: &str, value: &str) {
    shell(&format!("echo '{value}' >/proc/sys/net/ipv4/vs/{name}"));
}

/// The lines of a file's settings.
fn rules(settings: &[(&str, &str)]) -> String {
    let rules = settings
        .iter()
        .map(|(name, value)| format!("--sysctl {name}={value}\n"));
    rules.collect()
}

#[track_caller]
fn assert_set(settings: &[(&str, &str)]) {
    for (name, value) in settings {
        assert_eq!(sysctls::value(name).as_deref(), Some(*value), "{name}");
    }
}

fn defaults() -> [(&'static str, &'static str); 3] {
    SETTINGS.map(|(name, _)| (name, sysctls::find(name).unwrap().defaults[0]))
}

fn saved() -> String {
    ipvsadm("-Sn --all").stdout
}

fn restored(words: &[&str], rules: &str) -> Outcome {
    run(Program::Ours, words, rules)
}

/// A director with everything: its rules.
fn everything() -> String {
    restore(SERVICE);
    ipvsadm("--set 800 100 200");
    for (name, value) in SETTINGS {
        set(name, value);
    }
    ipvsadm("--start-daemon master --mcast-interface lo --syncid 7 --mcast-port 9000");
    ipvsadm("--start-daemon backup --mcast-interface lo --syncid 8");
    saved()
}

#[test]
fn a_director_comes_back_in_a_new_namespace() {
    let first = place();
    assert_eq!(saved(), "--set 900 120 300\n");
    let all = everything();
    let lines: Vec<_> = all.lines().collect();
    assert!(
        all.starts_with(&format!("{SERVICE}--set 800 100 200\n")),
        "{all}"
    );
    let daemon = "--start-daemon master --mcast-interface lo --syncid 7";
    assert!(lines[3].starts_with(daemon), "{all}");
    assert!(lines[4].starts_with("--start-daemon backup "), "{all}");
    assert_eq!(lines[5..].join("\n") + "\n", rules(&SETTINGS));
    assert_eq!(
        run(Program::Ours, ["-Sn"], "").succeeded().stdout,
        SERVICE,
        "without --all it is the table alone"
    );
    let file = first.folder().join("all");
    ipvsadm(&format!("-Sn --all --output {}", file.display()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), all);
    drop(first);

    for way in [&["-R"][..], &["-R", "--replace"], &["-R", "--strict"]] {
        let _place = place();
        restored(way, &all).succeeded();
        assert_eq!(saved(), all, "{way:?}");
    }
    let _place = place();
    for _ in 0..2 {
        let mut command = Program::Ours.command("ipvsadm-restore");
        command.arg("-");
        finish(command, all.as_bytes(), TIMEOUT).succeeded();
        let mut command = Program::Ours.command("ipvsadm-save");
        command.args(["-n", "--all"]);
        assert_eq!(finish(command, b"", TIMEOUT).succeeded().stdout, all);
    }
    // What is not in a file stays.
    restored(&["-R", "--replace"], "-A -f 1 -s rr\n").succeeded();
    assert_eq!(saved(), all.replace(SERVICE, "-A -f 1 -s rr\n"));
}

#[test]
fn what_is_so_already_is_not_written() {
    let place = place();
    let all = everything();
    let log = place.folder().join("log");
    let mut strace = Command::new("strace");
    strace
        .args(["-qqq", "-e", "trace=open,openat", "-o"])
        .arg(&log);
    strace.arg(Program::Ours.path()).args(["-R", "--replace"]);
    finish(strace, all.as_bytes(), TIMEOUT).succeeded();
    let log = std::fs::read_to_string(log).unwrap();
    let opened: Vec<_> = log
        .lines()
        .filter(|line| line.contains("/ipv4/vs/"))
        .collect();
    assert!(opened.len() >= SETTINGS.len(), "{log}");
    assert!(opened.iter().all(|line| line.contains("O_RDONLY")), "{log}");
}

#[test]
fn the_reference_obeys_all_but_the_settings_and_says_so() {
    let first = place();
    let all = everything();
    drop(first);
    let _place = place();
    let outcome = run(
        Program::Reference,
        ["-R"],
        &(all.clone() + "-A -f 9 -s rr\n"),
    );
    assert_eq!(outcome.status, 255, "{outcome}");
    assert_ne!(outcome.complaint(), "", "{outcome}");
    let (obeyed, _) = all.split_once("--sysctl").unwrap();
    assert_eq!(saved(), obeyed);
}

#[test]
fn settings_are_put_back_where_the_rules_fail() {
    let _place = place();
    restore(SERVICE);
    let settings = rules(&SETTINGS);
    let table = saved_by_reference();
    let wrong = format!("-A -t 10.0.0.9:80 -s nosuch\n{settings}");
    for words in [&["-R", "--replace"][..], &["-R", "--replace", "--strict"]] {
        let outcome = restored(words, &wrong);
        assert_eq!(outcome.status, 255, "{outcome}");
        let lines: Vec<_> = outcome.stderr.lines().collect();
        assert!(
            lines[0].starts_with("line 1: Scheduler or persistence engine not found")
                && lines[0].ends_with("the table is what it was"),
            "{outcome}"
        );
        assert_eq!(
            lines[1..],
            ["the 3 settings of net.ipv4.vs that had been made were put back"],
            "{outcome}"
        );
        assert_set(&defaults());
        assert_eq!(saved_by_reference(), table);
    }
    // Rules that are carried out one after another are not taken back.
    let outcome = restored(&["-R"], &wrong);
    assert_eq!(outcome.status, 255, "{outcome}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome}");
    assert_set(&SETTINGS);
}

#[test]
fn a_signal_among_the_settings_puts_them_back() {
    let _place = place();
    restore(SERVICE);
    let before = saved();
    let mut strace = Command::new("strace");
    strace.args(["-qqq", "-o", "/dev/null", "-e"]);
    // Nothing is written before the first of them.
    strace.arg("inject=write:signal=SIGINT:when=1");
    strace.arg(Program::Ours.path()).args(["-R", "--replace"]);
    let wanted = format!("-A -f 1 -s rr\n{}", rules(&SETTINGS));
    let outcome = finish(strace, wanted.as_bytes(), TIMEOUT);
    assert_eq!(outcome.status, 130, "{outcome}");
    let lines: Vec<_> = outcome.stderr.lines().collect();
    assert_eq!(
        lines[0],
        "the 3 settings of net.ipv4.vs that had been made were put back"
    );
    assert!(lines[1].starts_with("interrupted; "), "{outcome}");
    assert_eq!(saved(), before);
}

#[test]
fn a_value_that_the_kernel_refuses_touches_nothing() {
    let _place = place();
    let refused = format!(
        "{}--sysctl sync_retries=9\n-A -f 1 -s rr\n",
        rules(&SETTINGS)
    );
    restore(SERVICE);
    for words in [&["-R"][..], &["-R", "--replace"], &["-R", "--strict"]] {
        let outcome = restored(words, &refused);
        assert_eq!(outcome.status, 255, "{outcome}");
        assert_eq!(
            outcome.stderr,
            "line 4: cannot set net.ipv4.vs.sync_retries to 9: Invalid argument; the table is what \
             it was\n\
             the 3 settings of net.ipv4.vs that had been made were put back\n"
        );
        assert_set(&defaults());
        assert_eq!(saved(), format!("{SERVICE}--set 900 120 300\n"));
    }
    // Zeros before it make no other number, unless the kernel reads it as an octal one.
    for (value, taken) in [("01", "1"), ("007", "7"), ("00", "0"), ("-0", "0")] {
        ipvsadm(&format!("--sysctl sync_refresh_period={value}"));
        assert_set(&[("sync_refresh_period", taken)]);
    }
    // 010 is 8 to the kernel.
    let outcome = restored(&["-R"], "--sysctl sync_refresh_period=010\n");
    assert_eq!(outcome.status, 255, "{outcome}");
    assert_eq!(
        outcome.stderr,
        "line 1: cannot set net.ipv4.vs.sync_refresh_period to 010: the kernel takes that for 8; the \
         table is what it was\n"
    );
    assert_set(&[("sync_refresh_period", "0")]);
}

#[test]
fn an_empty_table_gets_what_is_right_beside_a_value_that_the_kernel_refuses() {
    let refused = format!("--sysctl sync_retries=9\n{SERVICE}{}", rules(&SETTINGS));
    let said = "line 1: cannot set net.ipv4.vs.sync_retries to 9: Invalid argument\n";
    for words in [&["-R"][..], &["-R", "--replace"]] {
        let _place = place();
        let outcome = restored(words, &refused);
        assert_eq!((outcome.status, &*outcome.stderr), (2, said), "{words:?}");
        assert_set(&SETTINGS);
        assert!(saved().starts_with(SERVICE));
    }
    let _place = place();
    let outcome = restored(&["-R", "--strict"], &refused);
    assert_eq!(outcome.status, 255, "{outcome}");
    assert_set(&defaults());
    assert_eq!(saved(), "--set 900 120 300\n");
}

#[test]
fn settings_behind_the_end_of_rules_are_not_made() {
    let _place = place();
    let rules = "--sysctl conntrack=1\n--sysctl conntrack=0\n-v\n--sysctl nat_icmp_send=1\n";
    restored(&["-R"], rules).succeeded();
    assert_set(&[("conntrack", "0"), ("nat_icmp_send", "0")]);
    let shown = restored(
        &["-R", "--dry-run"],
        "--sysctl conntrack=1\n--sysctl conntrack=0\n",
    );
    assert_eq!(shown.stdout, "--sysctl conntrack=0\n", "{shown}");
}

#[test]
fn a_replacement_looks_at_the_settings_when_its_turn_has_come() {
    let place = place();
    set("conntrack", "1");
    let lock = lock_file();
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let mut other = Command::new("flock");
    other.arg(&lock).arg("cat").stdin(Stdio::piped());
    let mut other = other.spawn().unwrap();
    let is_held = || {
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        let inode = lock.metadata().map_or(0, |file| file.ino());
        locks.contains(&format!(":{inode} "))
    };
    wait_until("another restore has its turn", is_held);
    let log = place.folder().join("log");
    let mut waiting = Command::new("strace");
    waiting.args(["-qqq", "-e", "trace=flock", "-o"]).arg(&log);
    waiting.arg(Program::Ours.path()).args(["-R", "--replace"]);
    thread::scope(|scope| {
        let wanted = format!("{SERVICE}--sysctl conntrack=1\n");
        let waiting = scope.spawn(move || finish(waiting, wanted.as_bytes(), TIMEOUT));
        wait_until("the replacement waits", || {
            std::fs::read_to_string(&log).is_ok_and(|log| log.contains("EAGAIN"))
        });
        set("conntrack", "0");
        drop(other.stdin.take());
        waiting.join().unwrap().succeeded();
    });
    other.wait().unwrap();
    assert_set(&[("conntrack", "1")]);
}

#[test]
fn a_setting_that_this_kernel_lacks_is_a_wrong_line() {
    let _place = place();
    let lacking = format!("{}--sysctl no_such=1\n-A -f 1 -s rr\n", rules(&SETTINGS));
    let said = "line 4: this kernel has no setting net.ipv4.vs.no_such\n";
    for words in [&["-R", "--strict"][..], &["-R", "--replace", "--strict"]] {
        let outcome = restored(words, &lacking);
        assert_eq!((outcome.status, &*outcome.stderr), (2, said));
        assert_eq!(saved(), "--set 900 120 300\n");
    }
    // An empty table gets all that is right, as with every wrong line.
    let outcome = restored(&["-R"], &lacking);
    assert_eq!((outcome.status, &*outcome.stderr), (2, said));
    assert_set(&SETTINGS);
    let before = saved();
    for words in [&["-R"][..], &["-R", "--replace"]] {
        let outcome = restored(words, "--sysctl no_such=1\n--sysctl nat_icmp_send=1\n-C\n");
        let said = said.replace('4', "1").replace("ipv1", "ipv4");
        assert_eq!((outcome.status, outcome.stderr), (2, said));
        assert_eq!(saved(), before);
    }
    // A check asks no kernel.
    restored(&["-R", "--check"], &lacking).succeeded();
}

#[test]
fn a_setting_of_a_scheduler_waits_for_its_module() {
    let _place = place();
    let all = "-A -f 1 -s lblc\n--set 900 120 300\n--sysctl lblc_expiration=100\n";
    // Another namespace may use it: then the setting is there.
    shell("modprobe -r ip_vs_lblc || true");
    for words in [&["-R", "--replace"][..], &["-R", "--replace", "--strict"]] {
        restored(words, all).succeeded();
        assert_eq!(saved(), all);
    }
}

#[test]
fn a_dry_run_shows_what_differs() {
    let _place = place();
    set("sync_ports", "2");
    let settings = rules(&SETTINGS);
    let outcome = restored(
        &["-R", "--replace", "--dry-run"],
        &format!("{settings}-A -f 1 -s rr\n"),
    );
    let wanted = "--sysctl expire_nodest_conn=1\n--sysctl sync_threshold=4 60\n-A -f 1 -s rr\n";
    assert_eq!((outcome.status, &*outcome.stdout), (0, wanted), "{outcome}");
    let json = restored(&["-R", "--replace", "--dry-run", "--json"], &settings).succeeded();
    let document = schema::read("changes", &json.stdout);
    let first = serde_json::json!({"name": "expire_nodest_conn", "value": "1"});
    assert_eq!(document["changes"][0]["sysctl"], first);
    assert_set(&[("expire_nodest_conn", "0"), ("sync_ports", "2")]);
}

#[test]
fn a_defence_at_work_is_saved_as_it_was_set() {
    let _place = place();
    set("drop_entry", "1");
    let threshold = sysctls::value("amemthresh").unwrap();
    // So many pages are never free.
    set("amemthresh", "1000000000");
    wait_until("the defence begins", || {
        sysctls::value("drop_entry").as_deref() == Some("2")
    });
    set("amemthresh", &threshold);
    let defended = "--sysctl drop_entry=1\n";
    assert!(saved().ends_with(defended), "{}", saved());
    restored(&["-R", "--replace"], defended).succeeded();
    assert!(saved().ends_with(defended), "{}", saved());
}

#[test]
fn one_setting_by_a_command() {
    let _place = place();
    ipvsadm("--sysctl expire_nodest_conn=1");
    ipvsadm("--sysctl net.ipv4.vs.sync_threshold=4 60");
    assert_set(&[("expire_nodest_conn", "1"), ("sync_threshold", "4 60")]);
    for (line, said) in [
        (
            "no_such=1",
            "this kernel has no setting net.ipv4.vs.no_such",
        ),
        (
            "sync_retries=9",
            "cannot set net.ipv4.vs.sync_retries to 9: Invalid argument",
        ),
    ] {
        let outcome = run(Program::Ours, ["--sysctl", line], "");
        assert_eq!((outcome.status, outcome.stderr), (255, format!("{said}\n")));
    }
    // Services of others only, and nothing that concerns them all.
    let only = ["-R", "--replace", "--only", "10.0.0.1"];
    let outcome = restored(&only, "--sysctl nat_icmp_send=1\n--set 1 2 3\n");
    let lines: Vec<_> = outcome.stderr.lines().collect();
    assert_eq!((outcome.status, lines.len()), (2, 2), "{outcome}");
    assert_eq!(lines[0].replace("line 1", "line 2"), lines[1], "{outcome}");
}

#[test]
fn what_cannot_be_told_or_set_is_left_out() {
    let _place = place();
    let folder = "/proc/sys/net/ipv4/vs";
    shell(&format!(
        "mount -t tmpfs none /proc/sys/net && mkdir -p {folder}"
    ));
    let folder = Path::new(folder);
    for (name, value) in [
        ("conntrack", "1"),
        ("backup_only", "1"),
        ("cache_bypass", "0"),
        // The kernel computes them, and this one is not known yet.
        ("sync_qlen_max", "7"),
        ("est_cpulist", "0"),
        ("of_tomorrow", "1"),
    ] {
        std::fs::write(folder.join(name), format!("{value}\n")).unwrap();
    }
    shell(&format!(
        "chmod 444 {}",
        folder.join("backup_only").display()
    ));
    let outcome = run(Program::Ours, words("-Sn --all"), "");
    shell("umount /proc/sys/net");
    assert_eq!(
        outcome.succeeded().stdout,
        "--set 900 120 300\n--sysctl conntrack=1\n"
    );
}

#[test]
fn another_namespace_is_saved_and_restored() {
    let _place = place();
    shell("mkdir -p /run/netns && mount -t tmpfs netns /run/netns && ip netns add blue");
    ipvsadm("--netns blue --sysctl expire_nodest_conn=1");
    let all = "--set 900 120 300\n--sysctl expire_nodest_conn=1\n";
    assert_eq!(ipvsadm("-Sn --all --netns blue").stdout, all);
    assert_eq!(saved(), "--set 900 120 300\n");
    restored(&["-R", "--replace"], all).succeeded();
    assert_set(&[("expire_nodest_conn", "1")]);
}
