//! Where the module is not loaded. These tests unload it, so they need a kernel
//! of their own: the lab's. (Their module is the last one of the alphabet, so
//! that libtest runs them last: what they load is a new ip_vs.)

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::mount::{MsFlags, mount};

use crate::director::place;
use crate::net::wait_until;
use crate::support::{Namespace, Outcome, Program, TIMEOUT, finish, finish_into, words};

/// COMPATIBILITY walk C: what is printed where there is no module.
#[test]
fn nothing_works_and_all_say_why() {
    in_the_lab("without_ip_vs::nothing_works_and_all_say_why", || {
        let place = Namespace::fresh();
        mount(
            Some("none"),
            "/lib/modules",
            Some("tmpfs"),
            MsFlags::empty(),
            None::<&str>,
        )
        .unwrap();
        let commands = [
            "",
            "-Ln",
            "-A -t 172.17.100.100:89 -s wlc",
            "-a -t 172.17.100.100:89 -r 172.17.100.2:89 -g -w 1",
            "-C",
            "-R",
            "-Lnc",
            "-L --daemon",
            "--start-daemon master --mcast-interface eth0",
            "-A -t 172.17.100.100:nothing",
        ];
        for (command, uid) in commands.map(|c| (c, 0)).into_iter().chain([("-Ln", 65534)]) {
            let [reference, ours] =
                [Program::Reference, Program::Ours].map(|program| run_as(uid, program, command));
            assert!(
                reference == ours,
                "{command:?}\nthe reference:\n{reference}ours:\n{ours}"
            );
            assert_eq!(ours.status, 2, "{ours}");
            let cause = if uid == 0 {
                "Protocol not available"
            } else {
                "Permission denied (you must be root)"
            };
            let expected = format!(
                "Can't initialize ipvs: {cause}\n\
                 Are you sure that IP Virtual Server is built in the kernel or as module?\n"
            );
            assert!(ours.stderr.ends_with(&expected), "{ours}");
            assert!(!is_loaded());
        }
        let mut script = Command::new("script");
        let listing = format!("{} -Ln", Program::Ours.path().display());
        script.args(["-qec", &listing, "/dev/null"]);
        let shown = finish(script, b"", TIMEOUT).stdout;
        let hint = "hint: in a container ip_vs must be loaded on the host: modprobe ip_vs\r\n";
        assert!(shown.ends_with(hint), "{shown}");
        // What needs no kernel works all the same.
        let rules = place.folder().join("rules");
        std::fs::write(&rules, "-A -t 10.0.0.1:80\n").unwrap();
        for (name, line) in [
            ("ipvsadm-restore", format!("--check {}", rules.display())),
            ("ipvsadm", "-h".to_owned()),
            ("ipvsadm", "-v".to_owned()),
            ("ipvsadm-save", "--help".to_owned()),
            ("ipvsadm-restore", "-h".to_owned()),
            ("ipvsadm-restore", "--version".to_owned()),
            ("ipvsadm", "--complete -D -t ''".to_owned()),
            ("ipvsadm", "--complete -A -s ''".to_owned()),
        ] {
            let mut command = Program::Ours.command(name);
            command.args(words(&line));
            finish(command, b"", TIMEOUT).succeeded();
        }
        assert!(!is_loaded());
    });
}

#[test]
fn a_real_server_is_looked_at_without_it() {
    let name = "without_ip_vs::a_real_server_is_looked_at_without_it";
    in_the_lab(name, || {
        let _place = Namespace::fresh();
        // The kernel itself may load what it is asked for.
        std::fs::write(HELPER, "/sbin/modprobe\n").unwrap();
        let line = "--diagnose --on-server -t 10.0.0.1:80 --sample 0.1";
        let outcome = run_as(0, Program::Ours, line);
        std::fs::write(HELPER, "\n").unwrap();
        assert_eq!(outcome.status, 1, "{outcome}");
        assert!(outcome.stdout.contains("FAIL srv-lacks-vip"), "{outcome}");
        assert!(!outcome.stdout.contains("Not looked at"), "{outcome}");
        assert!(!is_loaded());
        let outcome = run_as(
            0,
            Program::Ours,
            "--explain -t 10.0.0.1:80 --client 10.0.0.9",
        );
        assert_eq!(outcome.status, 2, "{outcome}");
        assert!(!is_loaded());
    });
}

#[test]
fn the_module_is_loaded_when_it_is_needed() {
    in_the_lab(
        "without_ip_vs::the_module_is_loaded_when_it_is_needed",
        || {
            let _place = Namespace::fresh();
            let load = |program| {
                unload();
                let outcome = run_as(0, program, "-Ln").succeeded();
                assert!(is_loaded());
                outcome
            };
            let [reference, ours] = [Program::Reference, Program::Ours].map(load);
            assert_eq!(reference, ours);
        },
    );
}

#[test]
fn watching_ends_when_the_module_goes() {
    in_the_lab("without_ip_vs::watching_ends_when_the_module_goes", || {
        let place = Namespace::fresh();
        let outcome = |line: &str, meanwhile: &dyn Fn()| {
            finish(modprobe(&["ip_vs"]), b"", TIMEOUT).succeeded();
            let listings = place.folder().join("listings");
            let output = std::fs::File::create(&listings).unwrap();
            std::thread::scope(|scope| {
                let watching = scope.spawn(|| {
                    let mut command = Program::Ours.command("ipvsadm");
                    command.args(words(line));
                    finish_into(Some(output.into()), command, b"", TIMEOUT)
                });
                wait_until("it is watched", || {
                    std::fs::metadata(&listings).unwrap().len() > 0
                });
                meanwhile();
                watching.join().unwrap()
            })
        };
        let expected = "Can't initialize ipvs: Protocol not available\n\
             Are you sure that IP Virtual Server is built in the kernel or as module?\n";
        // The kernel itself may load it now, where it is asked for it.
        std::fs::write(HELPER, "/sbin/modprobe\n").unwrap();
        for line in [
            "-Ln --watch=1",
            "-L --json --watch=1",
            "-Ln --rate --watch=1",
            "-Lnc --watch=1",
            "-Lnc --by state --watch=1",
            "-Lc --json --watch=1",
        ] {
            let outcome = outcome(line, &unload);
            assert_eq!(
                (outcome.status, outcome.stderr.as_str()),
                (2, expected),
                "{line}\n{outcome}"
            );
            assert!(!is_loaded(), "{line}");
        }
        // Loaded again by somebody else, between two looks.
        outcome("-Ln --watch=6 --count 2", &|| {
            unload();
            finish(modprobe(&["ip_vs"]), b"", TIMEOUT).succeeded();
        })
        .succeeded();
        std::fs::write(HELPER, "\n").unwrap();
        unload();
    });
}

fn run_as(uid: u32, program: Program, line: &str) -> Outcome {
    let mut command = program.command("ipvsadm");
    command.args(words(line));
    if uid != 0 {
        command.uid(uid).gid(uid);
    }
    finish(command, b"", TIMEOUT)
}

/// Does this without ip_vs in the kernel, which may not load it by itself; or,
/// outside the lab, has the test `name` do it in there.
fn in_the_lab(name: &str, work: impl FnOnce() + Send) {
    if std::env::var_os("IPVS_LAB").is_none() {
        let mut lab = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/run"));
        lab.arg(std::env::current_exe().unwrap())
            .args(["--exact", name]);
        let outcome = finish(lab, b"", Duration::from_secs(60));
        assert_eq!(outcome.status, 0, "{outcome}");
        return;
    }
    let _turn = place();
    let helper = std::fs::read_to_string(HELPER).unwrap();
    std::fs::write(HELPER, "\n").unwrap();
    unload();
    let done = std::thread::scope(|scope| scope.spawn(work).join());
    std::fs::write(HELPER, helper).unwrap();
    finish(modprobe(&["ip_vs"]), b"", TIMEOUT).succeeded();
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

/// The program by which the kernel itself loads modules.
const HELPER: &str = "/proc/sys/kernel/modprobe";

fn modprobe(words: &[&str]) -> Command {
    let mut command = Command::new("modprobe");
    command.args(words);
    command
}

/// Unloads ip_vs and all that stands on it, once the namespaces of the tests
/// before are gone.
fn unload() {
    let mut refused = String::new();
    for _ in 0..150 {
        let loaded = std::fs::read_to_string("/proc/modules").unwrap();
        let names = loaded.lines().filter_map(|line| line.split(' ').next());
        let mut names: Vec<_> = names.filter(|name| name.starts_with("ip_vs")).collect();
        names.sort_by_key(|name| *name == "ip_vs");
        if names.is_empty() {
            return;
        }
        let removal = modprobe(&[&["-r"], names.as_slice()].concat());
        refused = finish(removal, b"", TIMEOUT).to_string();
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("ip_vs can't be unloaded:\n{refused}");
}

fn is_loaded() -> bool {
    let loaded = std::fs::read_to_string("/proc/modules").unwrap();
    loaded.lines().any(|line| line.starts_with("ip_vs "))
}
