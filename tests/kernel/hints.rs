//! A hint after an error: on a terminal, and only there.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::director::{ipvsadm, place, restore};
use crate::support::{Outcome, Program, TIMEOUT, finish, kernel_table};

/// Runs a command line, in which PROGRAM stands for ours, on a terminal and
/// without; gives the hint that is the whole difference.
fn hint(line: &str) -> Option<String> {
    let path = Program::Ours.path().to_str().unwrap();
    let line = line.replace("PROGRAM", path);
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]);
    let shown = finish(script, b"", TIMEOUT);
    let plain = in_shell(&line);
    assert_ne!(plain.status, 0, "{line}\n{plain}");
    assert_eq!(shown.status, plain.status, "{line}\n{shown}{plain}");
    assert!(!plain.stderr.contains("hint"), "{line}\n{plain}");
    let shown = shown.stdout.replace("\r\n", "\n");
    let rest = shown.strip_prefix(&plain.stderr);
    let rest = rest.unwrap_or_else(|| panic!("{line}\n{plain}on a terminal:\n{shown}"));
    if rest.is_empty() {
        return None;
    }
    let hint = rest.strip_prefix("hint: ").unwrap();
    assert_eq!(hint.lines().count(), 1, "{hint}");
    Some(hint.trim_end().to_owned())
}

fn in_shell(line: &str) -> Outcome {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]);
    finish(shell, b"", TIMEOUT)
}

#[track_caller]
fn gives(line: &str, wanted: &str) {
    assert_eq!(hint(line).as_deref(), Some(wanted), "{line}");
}

#[track_caller]
fn gives_none(line: &str) {
    assert_eq!(hint(line), None, "{line}");
}

#[test]
fn words_that_are_not_understood() {
    let place = place();
    place.name_hosts("127.0.0.1 localhost\n");
    gives(
        "PROGRAM -A -t 10.0.0.1:80 --sheduler rr",
        "did you mean --scheduler?",
    );
    gives("PROGRAM --lst", "did you mean --list?");
    let restore = place.folder().join("ipvsadm-restore");
    symlink(Program::Ours.path(), &restore).unwrap();
    gives(
        &format!("{} --dryrun", restore.display()),
        "did you mean --dry-run?",
    );
    gives("PROGRAM \u{2013}ln", "that is <U+2013 en dash>ln: type -ln");
    gives(
        "PROGRAM -A -t 10.0.0.1:80 \u{2014}scheduler=rr",
        "that is <U+2014 em dash>scheduler=rr: type --scheduler=rr",
    );
    gives(
        "PROGRAM -A -t 10.0.0.1:80\u{a0}-s rr",
        "that is 10.0.0.1:80<U+00A0 no-break space>-s: type 10.0.0.1:80 -s",
    );
    gives_none("PROGRAM --banana");
    gives_none("PROGRAM -Q");
    let ipv6 = "-6 is for firewall marks, as in -f MARK -6; an IPv6 service is -t [ADDRESS]:PORT";
    gives("PROGRAM -A -6 -t [fd00::1]:80", ipv6);
    gives("PROGRAM -A -t [fd00::1]:80 -6", ipv6);
    let brackets = "an IPv6 address with a port needs brackets: [fd00::1]:80";
    gives("PROGRAM -A -t fd00::1:80 -s rr", brackets);
    gives(
        "PROGRAM -a -f 1 -r fd00:1:2:3:4:5:6:7:80",
        &brackets.replace("::1", ":1:2:3:4:5:6:7"),
    );
    gives_none("PROGRAM -A -t 10.0.0.1:0");
    gives_none("PROGRAM -A -t nowhere:80");
}

#[test]
fn services_and_servers_that_are_called_otherwise() {
    let _place = place();
    gives("PROGRAM -D -t 10.0.0.1:80", "there are no services at all");
    restore(
        "-A -u 10.0.0.1:80\n-A -t 10.0.0.1:443\n-A -t 10.0.0.2:80\n-A -f 7 -6\n\
         -a -t 10.0.0.1:443 -r 10.1.0.2:8443 -m\n-a -t 10.0.0.1:443 -r 10.1.0.3 -m\n",
    );
    let before = kernel_table();
    let near = "there is -t 10.0.0.1:443 and -u 10.0.0.1:80; protocol, address and port together \
                name a service";
    for line in [
        "-D -t 10.0.0.1:80",
        "-D -t 10.0.0.1:80 --drain",
        "-E -t 10.0.0.1:80 -s rr",
        "-a -t 10.0.0.1:80 -r 10.1.0.2 -m",
        "-e -t 10.0.0.1:80 -r 10.1.0.2 -m",
        "-d -t 10.0.0.1:80 -r 10.1.0.2",
        "-d -t 10.0.0.1:80 -r 10.1.0.2 --drain",
        "-Z -t 10.0.0.1:80",
        "-L -t 10.0.0.1:80",
    ] {
        gives(&format!("PROGRAM {line}"), near);
    }
    gives(
        "PROGRAM -D -f 7",
        "there is -f 7 -6; a mark is another service with -6",
    );
    gives_none("PROGRAM -D -f 8");
    gives_none("PROGRAM -D -t 10.0.0.3:80");
    let server = "the service has 10.1.0.2:8443; without a port, -r takes the service's";
    for line in [
        "-d -t 10.0.0.1:443 -r 10.1.0.2",
        "-e -t 10.0.0.1:443 -r 10.1.0.2 -m",
    ] {
        gives(&format!("PROGRAM {line}"), server);
    }
    gives_none("PROGRAM -d -t 10.0.0.1:443 -r 10.1.0.4");
    gives_none("PROGRAM -A -t 10.0.0.1:443");
    let changes = before.changes_to(&kernel_table());
    assert!(changes.is_empty(), "{changes}");
}

#[test]
fn schedulers_and_engines_that_are_not_there() {
    let _place = place();
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let no = |module| {
        format!(
            "there is no module {module} in /lib/modules/{}",
            release.trim()
        )
    };
    gives(
        "PROGRAM -A -t 10.0.0.1:80 -s wlcc",
        &(no("ip_vs_wlcc") + "; did you mean wlc?"),
    );
    gives("PROGRAM -A -t 10.0.0.1:80 -s nosuch", &no("ip_vs_nosuch"));
    gives(
        "PROGRAM -A -u 10.0.0.1:80 -s rr -p 60 --pe tea",
        &no("ip_vs_pe_tea"),
    );
    for line in ["-A -t 10.0.0.1:80 -s RR", "-A -t 10.0.0.1:80 -s ip_vs_rr"] {
        gives(&format!("PROGRAM {line}"), "the scheduler is called rr");
    }
    gives(
        "PROGRAM -A -t 10.0.0.1:80 -s IP_VS_Wlc",
        "the scheduler is called wlc",
    );
    gives(
        "PROGRAM -A -u 10.0.0.1:80 -s rr -p 60 --pe ip_vs_pe_SIP",
        "the persistence engine is called sip",
    );
    gives(
        "PROGRAM -A -t 10.0.0.1:80 -s \u{201c}rr\u{201d}",
        "that is <U+201C quotation mark>rr<U+201D quotation mark>: type rr",
    );
    gives(
        "PROGRAM -A -t 10.0.0.1:80 -s ip_vs_wlcc",
        &(no("ip_vs_ip_vs_wlcc") + "; did you mean wlc?"),
    );
    let hidden = "unshare -m sh -c 'mount -t tmpfs none /lib/modules && exec PROGRAM LINE'";
    let hidden = hidden.replace("LINE", "-A -t 10.0.0.1:80 -s nosuch");
    gives(
        &hidden,
        "in a container ip_vs_nosuch must be loaded on the host: modprobe ip_vs_nosuch",
    );
}

#[test]
fn families_that_do_not_mix_beside_a_sync_daemon() {
    let _place = place();
    restore("-A -t 10.0.0.1:80\n");
    ipvsadm("--start-daemon master --mcast-interface lo");
    gives(
        "PROGRAM -a -t 10.0.0.1:80 -r [fd01::2]:80 -i",
        "while a sync daemon runs, a service can't have servers of another address family",
    );
    ipvsadm("--stop-daemon master");
    ipvsadm("-a -t 10.0.0.1:80 -r [fd01::2]:80 -i");
    gives(
        "PROGRAM --start-daemon master --mcast-interface lo",
        "no sync daemon runs while a service has servers of another address family, as \
         -t 10.0.0.1:80 has [fd01::2]:80",
    );
}

#[test]
fn who_may_not() {
    let _place = place();
    let root = "setpriv --bounding-set=-net_admin --inh-caps=-net_admin";
    gives(
        "setpriv --reuid 65534 --regid 65534 --clear-groups PROGRAM -Ln",
        "the capability CAP_NET_ADMIN is needed: root has it, for instance with sudo",
    );
    gives(
        &format!("{root} PROGRAM -Ln"),
        "the capability CAP_NET_ADMIN is missing: a container is given it with --cap-add NET_ADMIN",
    );
    let namespace = "the CAP_NET_ADMIN of a user namespace is not enough: this program speaks \
                     generic netlink, for which IPVS wants that of the machine; only its older \
                     interface, for IPv4 alone, takes it";
    gives("unshare -Urn PROGRAM -A -t 10.0.0.1:80", namespace);
    gives("unshare -Urn PROGRAM -Ln", namespace);
}

/// Neither what was done nor rules have one.
#[test]
fn what_needs_none_has_none() {
    let _place = place();
    let path = Program::Ours.path().to_str().unwrap();
    for line in ["-A -t 10.0.0.1:80 -s rr", "-Ln", "-C"] {
        let mut script = Command::new("script");
        script.args(["-qec", &format!("{path} {line}"), "/dev/null"]);
        let shown = finish(script, b"", TIMEOUT);
        let plain = in_shell(&format!("{path} {line}"));
        assert_eq!(shown.status, 0);
        assert!(!(shown.stdout + &plain.stderr).contains("hint"));
    }
    gives_none("echo '-A -t 10.0.0.1:80 -s nosuch' | PROGRAM -R");
}
