//! What the units run, with programs in their place that say what they are
//! called with. The Makefile has their syntax checked.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const TABLE: &str = include_str!("../../systemd/ipvsadm.service");
const SYNC: &str = include_str!("../../systemd/ipvsadm-sync.service");

/// A machine with nothing but the folders that the units look at.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        for folder in ["sbin", "etc"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        let machine = Self(root);
        for program in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
            machine.program(program, 0);
        }
        machine
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A program that prints its name and words and has that status.
    fn program(&self, name: &str, status: u8) {
        let path = self.path().join("sbin").join(name);
        fs::write(
            &path,
            format!("#!/bin/sh\necho {name} \"$@\"\nexit {status}\n"),
        )
        .unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }

    fn file(&self, name: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    /// Runs a command of a unit; what it printed, and its status.
    fn run(&self, unit: &str, command: &str, settings: &[(&str, &str)]) -> (String, i32) {
        let root = self.path().to_str().unwrap();
        let script = script(unit, command)
            .replace("/etc/", &format!("{root}/etc/"))
            .replace("/sbin/", &format!("{root}/sbin/"));
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &script]).envs(environment(unit));
        let output = shell.envs(settings.iter().copied()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (text.replace(root, ""), output.status.code().unwrap())
    }
}

/// The words after `sh -c` of a line of a unit, as systemd gives them to sh.
fn script(unit: &str, command: &str) -> String {
    let joined = unit.replace("\\\n", "");
    let start = format!("{command}=/bin/sh -c '");
    let line = joined.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap().strip_suffix('\'').unwrap().replace("$$", "$")
}

fn environment(unit: &str) -> Vec<(&str, &str)> {
    let lines = unit.lines();
    let line = lines.filter_map(|line| line.strip_prefix("Environment="));
    line.flat_map(str::split_whitespace)
        .map(|setting| setting.split_once('=').unwrap())
        .collect()
}

#[test]
fn the_rules_are_restored_where_the_distribution_has_them() {
    for command in ["ExecStart", "ExecReload"] {
        let machine = Machine::new();
        assert_eq!(machine.run(TABLE, command, &[]), (String::new(), 0));
        machine.file("etc/sysconfig/ipvsadm");
        let restored = "ipvsadm-restore /etc/sysconfig/ipvsadm\n";
        assert_eq!(machine.run(TABLE, command, &[]), (restored.into(), 0));
        machine.file("etc/ipvsadm.rules");
        let restored = "ipvsadm-restore /etc/ipvsadm.rules\n";
        assert_eq!(machine.run(TABLE, command, &[]), (restored.into(), 0));
        // AUTO is a word of Debian's file.
        let told = |auto| machine.run(TABLE, command, &[("AUTO", auto)]);
        assert_eq!(told("true"), (restored.into(), 0));
        assert_eq!(told("false"), (String::new(), 0));
        machine.program("ipvsadm-restore", 2);
        assert_eq!(machine.run(TABLE, command, &[]).1, 2);
    }
}

#[test]
fn stopping_saves_and_clears_only_when_told_to() {
    let machine = Machine::new();
    let stop = |settings: &[_]| machine.run(TABLE, "ExecStop", settings);
    assert_eq!(stop(&[]), (String::new(), 0));
    let save = ("SAVE_ON_STOP", "yes");
    let clear = ("CLEAR_ON_STOP", "true");
    let saved = "ipvsadm-save -n --output /etc/ipvsadm.rules\n";
    assert_eq!(stop(&[save]), (saved.into(), 0));
    assert_eq!(stop(&[clear]), ("ipvsadm -C\n".into(), 0));
    assert_eq!(stop(&[save, clear]), (format!("{saved}ipvsadm -C\n"), 0));
    machine.program("ipvsadm-save", 1);
    assert_eq!(stop(&[save, clear]), (saved.into(), 1));
}

#[test]
fn the_table_is_saved_where_it_was_restored_from() {
    let machine = Machine::new();
    let stop = || machine.run(TABLE, "ExecStop", &[("SAVE_ON_STOP", "1")]).0;
    machine.file("etc/sysconfig/network");
    assert_eq!(stop(), "ipvsadm-save -n --output /etc/sysconfig/ipvsadm\n");
    machine.file("etc/ipvsadm.rules");
    assert_eq!(stop(), "ipvsadm-save -n --output /etc/ipvsadm.rules\n");
}

#[test]
fn daemons_are_started_and_stopped_as_the_settings_say() {
    let machine = Machine::new();
    let start = |daemon, syncid: &str| {
        format!("ipvsadm --start-daemon {daemon} --mcast-interface eth1 --syncid {syncid}\n")
    };
    let stop = |daemon| format!("ipvsadm --stop-daemon {daemon}\n");
    for (daemon, names) in [
        ("none", &[][..]),
        ("master", &["master"]),
        ("backup", &["backup"]),
        ("both", &["master", "backup"]),
    ] {
        let mut settings = vec![("DAEMON", daemon), ("IFACE", "eth1")];
        let run = |command, settings: &[_]| machine.run(SYNC, command, settings);
        let started: String = names.iter().map(|name| start(name, "0")).collect();
        assert_eq!(run("ExecStart", &settings), (started, 0));
        let stopped: String = names.iter().map(stop).collect();
        assert_eq!(run("ExecStop", &settings), (stopped, 0));
        settings.push(("SYNCID", "7"));
        let started: String = names.iter().map(|name| start(name, "7")).collect();
        assert_eq!(run("ExecStart", &settings), (started, 0));
    }
}

#[test]
fn a_daemon_that_does_not_start_is_a_failure() {
    let machine = Machine::new();
    machine.program("ipvsadm", 255);
    let both = [("DAEMON", "both")];
    let (text, status) = machine.run(SYNC, "ExecStart", &both);
    assert_eq!((text.lines().count(), status), (1, 255));
    let wrong = [("DAEMON", "slave")];
    assert_eq!(machine.run(SYNC, "ExecStart", &wrong), (String::new(), 2));
}
