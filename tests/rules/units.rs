//! What the units and the init script do at boot, at reload and at stop: the
//! script that they run, with programs in the place of ours that say what they
//! are called with. What systemd says of the units is in `make lint`.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const BOOT: &str = include_str!("../../systemd/boot");
const TABLE: &str = include_str!("../../systemd/ipvsadm.service");
const SYNC: &str = include_str!("../../systemd/ipvsadm-sync.service");
const INIT: &str = include_str!("../../packaging/deb/init");
const SAVE: &str = include_str!("../../packaging/rpm/legacy-save");

/// A machine with nothing but what those look at.
struct Machine(TempDir);

impl Machine {
    /// Without settings and rules.
    fn bare() -> Self {
        let machine = Self(TempDir::new().unwrap());
        for program in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
            machine.program(program, 0);
        }
        machine.file("etc/hostname", "");
        machine.script("boot", BOOT);
        machine.script("init", INIT);
        machine.script("save", SAVE);
        // The names of sid's helpers.
        for name in ["load", "flush", "start", "stop"] {
            machine.script(&format!("ipvsadm-{name}"), BOOT);
        }
        machine
    }

    /// As Debian's package leaves it, but for these settings.
    fn debian(settings: &str) -> Self {
        let machine = Self::bare();
        machine.file("etc/default/ipvsadm", settings);
        machine.file("etc/ipvsadm.rules", "# emtpy rules file for ipvsadm\n");
        machine
    }

    /// As Fedora's package leaves it, but for these settings after its own.
    fn fedora(settings: &str) -> Self {
        let machine = Self::bare();
        let theirs = "IPVS_MODULES_UNLOAD=\"yes\"\nIPVS_SAVE_ON_STOP=\"no\"\n\
                      IPVS_SAVE_ON_RESTART=\"no\"\nIPVS_STATUS_NUMERIC=\"yes\"\n";
        let settings = format!("{theirs}{settings}");
        machine.file("etc/sysconfig/ipvsadm-config", &settings);
        machine.file("etc/sysconfig/ipvsadm", "");
        machine
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A program of ours that prints its name and words and has that status.
    fn program(&self, name: &str, status: u8) {
        let text = format!("#!/bin/sh\necho {name} \"$@\"\nexit {status}\n");
        self.file(&format!("sbin/{name}"), &text);
        self.executable(&format!("sbin/{name}"));
    }

    /// One of the scripts, to which this machine is all there is.
    fn script(&self, name: &str, text: &str) {
        let root = self.path().to_str().unwrap();
        let text = ["/etc/", "/usr/", "/run/", "/sbin/"]
            .iter()
            .fold(text.to_owned(), |text, folder| {
                text.replace(&format!(" {folder}"), &format!(" {root}{folder}"))
                    .replace(&format!("={folder}"), &format!("={root}{folder}"))
            })
            .replace("/usr/sbin", "/sbin")
            .replace("=/sbin\n", &format!("={root}/sbin\n"));
        self.file(&format!("usr/libexec/ipvsadm/{name}"), &text);
        self.executable(&format!("usr/libexec/ipvsadm/{name}"));
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Makes a file one that can be executed: a copy, and not by this process. A child
    /// that another thread starts meanwhile would hold the file open for writing, and
    /// nobody could execute it.
    fn executable(&self, name: &str) {
        let path = self.path().join(name);
        let written = path.with_extension("written");
        fs::rename(&path, &written).unwrap();
        let mut install = Command::new("install");
        install.args(["-m", "755"]).arg(&written).arg(&path);
        assert!(install.status().unwrap().success());
        fs::remove_file(written).unwrap();
    }

    /// Runs a script with a word; what was called, and its status.
    fn run(&self, script: &str, word: &str) -> (String, i32) {
        let mut command = Command::new(self.path().join("usr/libexec/ipvsadm").join(script));
        command.env_clear().env("PATH", "/usr/bin:/bin");
        command.args(word.split_whitespace());
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let root = self.path().to_str().unwrap();
        (text.replace(root, ""), output.status.code().unwrap())
    }

    /// What was called, where all went well.
    #[track_caller]
    fn calls(&self, script: &str, word: &str) -> String {
        let (text, status) = self.run(script, word);
        assert_eq!(status, 0, "{text}");
        text
    }

    /// What stopping calls.
    #[track_caller]
    fn stop(&self) -> String {
        self.calls("boot", "end")
    }
}

const RESTORED: &str = "ipvsadm-restore /etc/ipvsadm.rules\n";
const RESTORED_ON_FEDORA: &str = "ipvsadm-restore /etc/sysconfig/ipvsadm\n";
const SAVED: &str = "ipvsadm-save -n --output /etc/ipvsadm.rules\n";
const SAVED_ON_FEDORA: &str = "ipvsadm-save -n --output /etc/sysconfig/ipvsadm\n";
const CLEARED: &str = "ipvsadm -C\n";

#[test]
fn the_units_run_the_script() {
    for (unit, commands) in [
        (
            TABLE,
            ["ExecStart=restore", "ExecReload=restore", "ExecStop=end"].as_slice(),
        ),
        (SYNC, &["ExecStart=start-daemons", "ExecStop=stop-daemons"]),
    ] {
        let lines = unit.lines().filter(|line| line.starts_with("Exec"));
        let run: Vec<_> = lines
            .map(|line| line.replace("\"/usr/libexec/ipvsadm/boot\" ", ""))
            .collect();
        assert_eq!(run, commands);
        assert!(unit.contains("\nBefore=keepalived.service ldirectord.service\n"));
    }
    // One stops and starts with the other.
    assert!(SYNC.contains("\nPartOf=ipvsadm.service\n"));
    assert!(SYNC.contains("\nWantedBy=ipvsadm.service\n"));
    assert!(TABLE.contains("\nAlso=ipvsadm-sync.service\n"));
}

#[test]
fn debians_table_is_restored_and_cleared_if_auto_is_true() {
    let machine = Machine::debian("AUTO=\"true\"\nDAEMON=\"none\"\nIFACE=\"eth0\"\t\n");
    assert_eq!(machine.calls("boot", "restore"), RESTORED);
    assert_eq!(machine.stop(), CLEARED);
    for settings in ["AUTO=\"false\"", "AUTO=", "DAEMON=\"backup\""] {
        let machine = Machine::debian(settings);
        assert_eq!(machine.calls("boot", "restore"), "", "{settings}");
        assert_eq!(machine.stop(), "", "{settings}");
        assert_eq!(machine.calls("boot", "load"), RESTORED, "{settings}");
    }
    machine.program("ipvsadm-restore", 2);
    assert_eq!(machine.run("boot", "restore").1, 2);
}

#[test]
fn fedoras_table_is_restored_saved_and_cleared() {
    // Fedora's unit saves whatever its settings say of IPVS_SAVE_ON_STOP.
    let machine = Machine::fedora("");
    assert_eq!(machine.calls("boot", "restore"), RESTORED_ON_FEDORA);
    assert_eq!(machine.stop(), format!("{SAVED_ON_FEDORA}{CLEARED}"));
    assert_eq!(machine.calls("save", ""), SAVED_ON_FEDORA);
    // A first save makes the file.
    fs::remove_file(machine.path().join("etc/sysconfig/ipvsadm")).unwrap();
    assert_eq!(machine.stop(), format!("{SAVED_ON_FEDORA}{CLEARED}"));
    assert!(
        machine
            .calls("boot", "restore")
            .starts_with("There are no rules")
    );

    for (settings, stopped) in [
        ("SAVE_ON_STOP=no", CLEARED),
        ("CLEAR_ON_STOP=no", SAVED_ON_FEDORA),
        ("AUTO=false", ""),
        ("AUTO=false\nSAVE_ON_STOP=yes", SAVED_ON_FEDORA),
    ] {
        assert_eq!(Machine::fedora(settings).stop(), stopped, "{settings}");
    }
    let machine = Machine::fedora("DAEMON=master IFACE=lan SYNCID=9");
    let started = "ipvsadm --start-daemon master --mcast-interface lan --syncid 9\n";
    assert_eq!(machine.calls("boot", "start-daemons"), started);
}

#[test]
fn where_nobody_has_set_anything_rules_are_restored_and_nothing_is_cleared() {
    let machine = Machine::bare();
    assert!(
        machine
            .calls("boot", "restore")
            .starts_with("There are no rules")
    );
    assert_eq!(machine.stop(), "");
    assert_eq!(machine.calls("boot", "save"), SAVED);
    machine.file("etc/ipvsadm.rules", "");
    assert_eq!(machine.calls("boot", "restore"), RESTORED);
    assert_eq!(machine.stop(), "");
    // Debian's place comes before Fedora's.
    machine.file("etc/sysconfig/ipvsadm", "");
    assert_eq!(machine.calls("boot", "restore"), RESTORED);
    assert_eq!(machine.stop(), "");
}

#[test]
fn stopping_saves_and_clears_when_told_to() {
    for (settings, stopped) in [
        ("SAVE_ON_STOP=yes", SAVED.to_owned()),
        ("CLEAR_ON_STOP=true", CLEARED.to_owned()),
        (
            "SAVE_ON_STOP=1\nCLEAR_ON_STOP=1",
            format!("{SAVED}{CLEARED}"),
        ),
        ("AUTO=true\nCLEAR_ON_STOP=no", String::new()),
    ] {
        assert_eq!(Machine::debian(settings).stop(), stopped, "{settings}");
    }
    // What could not be saved is not cleared.
    for machine in [
        Machine::debian("AUTO=true\nSAVE_ON_STOP=yes"),
        Machine::fedora(""),
    ] {
        machine.program("ipvsadm-save", 1);
        let (text, status) = machine.run("boot", "end");
        assert!(
            text.starts_with("ipvsadm-save") && text.lines().count() == 1,
            "{text}"
        );
        assert_eq!(status, 1);
    }
}

fn start(daemon: &str, syncid: &str) -> String {
    format!("ipvsadm --start-daemon {daemon} --mcast-interface eth1 --syncid {syncid}\n")
}

fn end(daemon: &&str) -> String {
    format!("ipvsadm --stop-daemon {daemon}\n")
}

#[test]
fn daemons_are_started_and_stopped_as_the_settings_say() {
    for (daemon, names) in [
        ("", &[][..]),
        ("none", &[]),
        ("master", &["master"]),
        ("backup", &["backup"]),
        ("both", &["master", "backup"]),
    ] {
        for (settings, syncid) in [("", "0"), ("SYNCID=7", "7")] {
            let machine = Machine::debian(&format!("DAEMON={daemon}\nIFACE=eth1\n{settings}"));
            let started: String = names.iter().map(|name| start(name, syncid)).collect();
            assert_eq!(machine.calls("boot", "start-daemons"), started);
            let stopped: String = names.iter().map(end).collect();
            assert_eq!(machine.calls("boot", "stop-daemons"), stopped);
        }
    }
}

#[test]
fn a_daemon_that_does_not_start_is_a_failure_and_the_other_is_tried() {
    let machine = Machine::debian("DAEMON=both");
    machine.program("ipvsadm", 255);
    for command in ["start-daemons", "stop-daemons"] {
        let (text, status) = machine.run("boot", command);
        assert_eq!((text.lines().count(), status), (2, 255));
    }
    let machine = Machine::debian("DAEMON=slave");
    assert_eq!(machine.run("boot", "start-daemons"), (String::new(), 2));
}

/// `/etc/init.d/ipvsadm`, where systemd does not run.
#[test]
fn the_init_script_has_the_words_of_debians() {
    let machine = Machine::debian("AUTO=true\nDAEMON=backup\nIFACE=eth1");
    let [started, ended] = [start("backup", "0"), end(&"backup")];
    for (word, calls) in [
        ("start", format!("{RESTORED}{started}")),
        ("stop", format!("{CLEARED}{ended}")),
        ("restart", format!("{ended}{RESTORED}{started}")),
        ("reload", RESTORED.to_owned()),
        ("force-reload", RESTORED.to_owned()),
        ("load", RESTORED.to_owned()),
        ("save", SAVED.to_owned()),
        ("status", "ipvsadm -L -n\n".to_owned()),
        ("rate", "ipvsadm -L -n --rate\n".to_owned()),
    ] {
        assert_eq!(machine.calls("init", word), calls, "{word}");
    }
    assert_eq!(machine.run("init", "").1, 2);
    machine.program("ipvsadm-restore", 2);
    let (text, status) = machine.run("init", "start");
    assert_eq!((text.lines().count(), status), (2, 2));
    // On a fresh installation.
    let machine = Machine::bare();
    for word in ["start", "reload", "load", "save", "status", "rate", "stop"] {
        machine.calls("init", word);
    }
}

/// By the names of what Debian's newer units run.
#[test]
fn debians_helpers_are_there() {
    let machine = Machine::debian("AUTO=true\nDAEMON=backup\nIFACE=eth1");
    assert_eq!(machine.calls("ipvsadm-load", ""), RESTORED);
    assert_eq!(machine.calls("ipvsadm-start", ""), start("backup", "0"));
    assert_eq!(machine.calls("ipvsadm-stop", ""), end(&"backup"));
    assert_eq!(machine.calls("ipvsadm-flush", ""), CLEARED);
    let machine = Machine::debian("AUTO=false");
    for name in [
        "ipvsadm-load",
        "ipvsadm-start",
        "ipvsadm-stop",
        "ipvsadm-flush",
    ] {
        assert_eq!(machine.calls(name, ""), "", "{name}");
    }
}
