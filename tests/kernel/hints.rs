//! A hint after an error: on a terminal, and only there.

use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::director::{ipvsadm, place, restore, with_two_servers};
use crate::net::wait_until;
use crate::support::{Outcome, Program, TIMEOUT, finish, kernel_table, shell};

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

/// Runs a command line that does its work, each time with this table, on a
/// terminal and without; gives the hint on the terminal.
#[track_caller]
fn remark(rules: &str, line: &str) -> Option<String> {
    let line = format!("{} {line}", Program::Ours.path().to_str().unwrap());
    restore(&format!("-C\n{rules}"));
    let plain = in_shell(&line).succeeded();
    assert_eq!(plain.stdout, "", "{line}");
    let table = kernel_table();
    restore(&format!("-C\n{rules}"));
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]);
    let shown = finish(script, b"", TIMEOUT);
    assert_eq!(shown.status, 0, "{line}\n{shown}");
    let changes = table.changes_to(&kernel_table());
    assert!(changes.is_empty(), "{line}\n{changes}");
    let said = shown.stdout.replace("\r\n", "\n");
    if said.is_empty() {
        return None;
    }
    let hint = said.strip_prefix("hint: ").unwrap();
    assert_eq!(hint.lines().count(), 1, "{hint}");
    Some(hint.trim_end().to_owned())
}

#[track_caller]
fn says(rules: &str, line: &str, wanted: &str) {
    assert_eq!(remark(rules, line).as_deref(), Some(wanted), "{line}");
}

#[track_caller]
fn says_nothing(rules: &str, line: &str) {
    assert_eq!(remark(rules, line), None, "{line}");
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

#[test]
fn a_mask_that_was_meant_for_the_length_of_a_prefix() {
    let _place = place();
    let of_24 = "-M takes a mask, and 24 is the mask 0.0.0.24; /24 is 255.255.255.0";
    says("", "-A -t 10.0.0.1:80 -p 60 -M 24", of_24);
    says("", "-A -t 10.0.0.1:80 -p 60 -M 24 --or-edit", of_24);
    says(
        "-A -f 1",
        "-E -f 1 -p 60 -M 32",
        "-M takes a mask, and 32 is the mask 0.0.0.32; /32 is 255.255.255.255",
    );
    for line in [
        "-A -t 10.0.0.1:80 -p 60 -M 255.255.255.0",
        "-A -t 10.0.0.1:80 -p 60 -M 0.0.0.33",
        "-A -t 10.0.0.1:80 -p 60 -M 0.0.0.0",
        "-A -t 10.0.0.1:80 -p 60",
        "-A -t [fd00::1]:80 -p 60 -M 24",
    ] {
        says_nothing("", line);
    }
    gives(
        "PROGRAM -A -t 10.0.0.1:80 -p 60 -M /24",
        "-M takes a mask: /24 is 255.255.255.0",
    );
    gives_none("PROGRAM -A -t 10.0.0.1:80 -p 60 -M /33");
    for mask in ["255.255.255.0", "ffff::", "/64", "0"] {
        gives(
            &format!("PROGRAM -A -t [fd00::1]:80 -p 60 -M {mask}"),
            "with IPv6, -M takes the length of a prefix, from 1 to 128",
        );
    }
}

#[test]
fn a_port_that_became_the_end_of_an_address() {
    let _place = place();
    let services = "-A -t [2001:db8::1]:80\n-A -t 10.0.0.1:80\n";
    let is = |word: &str, host: &str, port: &str| {
        format!(
            "{word} is an address without a port; port {port} of {host} is written [{host}]:{port}"
        )
    };
    let server = is("2001:db8::5:80", "2001:db8::5", "80");
    let add = "-a -t [2001:db8::1]:80 -r 2001:db8::5:80";
    says(services, &format!("{add} -m"), &server);
    says(services, &format!("{add} -m --or-edit"), &server);
    says(services, "-a -t 10.0.0.1:80 -r 2001:db8::5:80 -i", &server);
    says(
        services,
        "-a -t [2001:db8::1]:80 --real-server=2001:db8::5:8080 -m",
        &is("2001:db8::5:8080", "2001:db8::5", "8080"),
    );
    says(
        "",
        "-A -u 2001:db8::1:53 -p 60",
        &is("2001:db8::1:53", "2001:db8::1", "53"),
    );
    for address in [
        "2001:db8::5",
        "[2001:db8::5:80]",
        "2001:db8::5:81",
        "2001:db8::80",
        "2001:db8::5:a80",
    ] {
        says_nothing(services, &format!("-a -t [2001:db8::1]:80 -r {address} -m"));
    }
    restore(&format!("-C\n{services}"));
    ipvsadm("-a -t [2001:db8::1]:80 -r [2001:db8::5]:80 -m");
    gives("PROGRAM -d -t [2001:db8::1]:80 -r 2001:db8::5:80", &server);
    let service = is("2001:db8::1:80", "2001:db8::1", "80");
    gives("PROGRAM -D -t 2001:db8::1:80", &service);
    gives("PROGRAM -Ln -t 2001:db8::1:80", &service);
    gives(
        "PROGRAM -a -t 2001:db8::1:80 -r [2001:db8::5]:80 -m",
        &service,
    );
    gives_none("PROGRAM -D -t [2001:db8::9]:80");
}

#[test]
fn settings_that_an_edit_takes_away() {
    let _place = place();
    let rules = "-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 5 -x 100 -y 50\n\
                 -a -t 10.0.0.1:80 -r 10.1.0.3:80 -g -w 5\n\
                 -a -t 10.0.0.1:80 -r 10.1.0.4:8080 -m\n";
    let was = "only with --keep does what is not given stay; it was -e -t 10.0.0.1:80 -r \
               10.1.0.2:80 -m -w 5 -x 100 -y 50";
    let edit = "-e -t 10.0.0.1:80 -r 10.1.0.2";
    for settings in [
        "-w 0",
        "-m -w 0",
        "-g -x 100 -y 50",
        "-m -w 0 -x 100",
        "-i -w 5",
    ] {
        says(rules, &format!("{edit} {settings}"), was);
    }
    for settings in [
        "-w 0 --keep",
        "-m -w 0 -x 100 -y 50",
        "-g -w 0 -x 0 -y 0",
        "-m -w 5 -x 9 -y 8",
    ] {
        says_nothing(rules, &format!("{edit} {settings}"));
    }
    // There was nothing to lose.
    says_nothing(rules, "-e -t 10.0.0.1:80 -r 10.1.0.3 -w 0");
    // The other says what led to it: without its method its port is not its own.
    let other = "the service has 10.1.0.4:8080; only -m, or --keep, takes another port there";
    gives("PROGRAM -e -t 10.0.0.1:80 -r 10.1.0.4:8080 -w 0", other);
    says_nothing(rules, "-e -t 10.0.0.1:80 -r 10.1.0.4:8080 -w 0 --keep");
}

#[test]
fn a_lower_threshold_above_the_upper_one() {
    let _place = place();
    restore("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.1.0.3 -m -x 50 -y 20\n");
    let thresholds = "the lower threshold, -y, may not be above the upper one, -x, which is 0 \
                      where it is not given";
    for line in [
        "-a -t 10.0.0.1:80 -r 10.1.0.2 -m -x 10 -y 50",
        "-a -t 10.0.0.1:80 -r 10.1.0.2 -m -y 50",
        "-e -t 10.0.0.1:80 -r 10.1.0.3 -m -y 20",
        "-e -t 10.0.0.1:80 -r 10.1.0.3 --keep -x 10",
        "-a -t 10.0.0.1:80 -r 10.1.0.3 -m -x 10 -y 50 --or-edit",
    ] {
        gives(&format!("PROGRAM {line}"), thresholds);
    }
    gives_none("PROGRAM -a -t 10.0.0.1:80 -r 10.1.0.2 -m --raw weight=4294967295");
}

/// The interfaces as a hint lists them: a loaded module may have given the
/// namespace a few of its own, such as tunl0.
fn interfaces() -> String {
    let listed = shell("ip -o link show");
    let names: Vec<&str> = listed
        .lines()
        .map(|line| {
            line.split([' ', ':', '@'])
                .find(|word| !word.is_empty() && word.parse::<u32>().is_err())
                .unwrap()
        })
        .collect();
    match names.get(8..) {
        None | Some([]) => names.join(", "),
        Some(more) => format!("{} and {} more", names[..8].join(", "), more.len()),
    }
}

#[test]
fn interfaces_that_are_not_there() {
    let place = place();
    let of_default = "there is no interface eth0, the default of --mcast-interface; there is";
    gives(
        "PROGRAM --start-daemon master",
        &format!("{of_default} {}", interfaces()),
    );
    shell("ip link add wan0 type dummy; ip link add lan0 type dummy");
    for name in ["eth7", "eth0"] {
        gives(
            &format!("PROGRAM --start-daemon backup --mcast-interface {name}"),
            &format!("there is no interface {name}; there is {}", interfaces()),
        );
    }
    shell("for n in $(seq 8); do ip link add d$n type dummy; done");
    let many = interfaces();
    assert!(many.ends_with(" more"), "{many}");
    gives(
        "PROGRAM --start-daemon master",
        &format!("{of_default} {many}"),
    );
    drop(place);
}

/// The fate that is told is that of connections in use.
#[test]
fn connections_of_a_server_that_is_removed() {
    let (_place, [client, a, _]) = with_two_servers();
    let _serving = a.serve(80);
    let rules = "-C\n-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m\n";
    let prepare = |expire: &str| {
        std::fs::write("/proc/sys/net/ipv4/vs/expire_nodest_conn", expire).unwrap();
        restore(rules);
        // Those of before are forgotten.
        let no_connection = || ipvsadm("-Lnc").stdout.lines().count() == 2;
        wait_until("no connection is left", no_connection);
    };
    let removed = |line: &str| {
        let mut script = Command::new("script");
        let line = format!("{} {line}", Program::Ours.path().to_str().unwrap());
        script.args(["-qec", &line, "/dev/null"]);
        finish(script, b"", TIMEOUT).succeeded().stdout
    };
    let connect = || {
        let mut talk = client.connect("10.0.0.1:80").unwrap();
        assert_eq!(talk.ask().unwrap(), "A");
        talk
    };
    for line in [
        "-d -t 10.0.0.1:80 -r 10.1.0.2",
        "-d -t 10.0.0.1:80 -r 10.1.0.2 --if-exists",
    ] {
        prepare("1");
        let mut talks = [connect(), connect()];
        assert_eq!(
            removed(line),
            "hint: 2 connections are remembered: each ends when its next packet comes\r\n"
        );
        for talk in &mut talks {
            let end = talk.ask().unwrap_err();
            assert_eq!(end.kind(), ErrorKind::ConnectionReset, "{end}");
        }
    }
    prepare("0");
    let mut talk = connect();
    assert_eq!(
        removed("-d -t 10.0.0.1:80 -r 10.1.0.2"),
        "hint: 1 connection is remembered: its packets are dropped without an answer until the \
         server is there again or the kernel forgets it\r\n"
    );
    let silence = talk.ask().unwrap_err();
    assert_eq!(silence.kind(), ErrorKind::WouldBlock, "{silence}");
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.2 -m");
    assert_eq!(talk.ask().unwrap(), "A");
    // There is nothing to say of a server that nobody is connected with.
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.3 -m");
    assert_eq!(removed("-d -t 10.0.0.1:80 -r 10.1.0.3"), "");
}

/// Older kernels always add counters up: there this is left out by name.
mod since_5_16 {
    use super::*;

    #[test]
    fn counters_that_stand_still() {
        let _place = place();
        restore("-A -t 10.0.0.1:80 -s rr\n");
        let ours = Program::Ours.path().to_str().unwrap();
        let said = |line: &str| {
            let line = format!("{ours} {line}");
            let plain = in_shell(&line).succeeded();
            let mut script = Command::new("script");
            script.args(["-qec", &format!("{line} >/dev/null"), "/dev/null"]);
            let shown = finish(script, b"", TIMEOUT).succeeded().stdout;
            (plain.stdout, shown.replace("\r\n", "\n"))
        };
        let lines = [
            "-Ln --stats",
            "-Ln --rate",
            "-Ln --stats -t 10.0.0.1:80",
            "-Ln --json --stats",
        ];
        let before = lines.map(said);
        assert!(before.iter().all(|(_, hint)| hint.is_empty()), "{before:?}");
        shell("sysctl -qw net.ipv4.vs.run_estimation=0");
        let hint = "hint: counters and rates stand still: net.ipv4.vs.run_estimation is 0\n";
        for (line, (listed, _)) in lines.iter().zip(before) {
            assert_eq!(said(line), (listed, hint.to_owned()), "{line}");
        }
        for line in ["-Ln", "-Ln --thresholds", "-Sn"] {
            assert_eq!(said(line).1, "", "{line}");
        }
    }
}

#[test]
fn several_services_and_one_family_are_chosen_with_only() {
    let _place = place();
    let several =
        "several services are chosen with --only, as in --only 192.0.2.80 --only fwmark:1-9";
    gives("PROGRAM -L -t 10.0.0.1:80 -t 10.0.0.2:80", several);
    gives("PROGRAM -Ln --stats -f 1 -u 10.0.0.2:53", several);
    gives("PROGRAM -S -t 10.0.0.1:80 -t 10.0.0.2:80", several);
    gives("PROGRAM -S -n -t 10.0.0.1:80", several);
    let v4 = "IPv4 services are chosen with --only 0.0.0.0/0";
    gives("PROGRAM -L -4", v4);
    gives("PROGRAM -S -4", v4);
    let v6 = "IPv6 services are chosen with --only ::/0";
    gives("PROGRAM -Ln -6", v6);
    gives("PROGRAM -S -n -6", v6);
    // There is no such way where connections are listed, or something is changed.
    gives_none("PROGRAM -Lc -t 10.0.0.1:80 -t 10.0.0.2:80");
    gives_none("PROGRAM -A -t 10.0.0.1:80 -t 10.0.0.2:80");
    gives_none("PROGRAM -A -4 -t 10.0.0.1:80");
}

#[test]
fn a_ramp_of_which_a_scheduler_makes_something_else() {
    let _place = place();
    let unseen = |scheduler: &str| {
        format!(
            "{scheduler} only looks at whether a weight is 0: other steps of the ramp change nothing"
        )
    };
    for (scheduler, wanted) in [
        ("rr", Some(unseen("rr"))),
        ("lc", Some(unseen("lc"))),
        ("dh", Some(unseen("dh"))),
        (
            "fo",
            Some(
                "fo gives all new connections to the server with the highest weight: they move in one \
                 step of the ramp"
                    .to_owned(),
            ),
        ),
        (
            "sh",
            Some(
                "sh gives many clients another server at each step of the ramp, not only to or from \
                 this one"
                    .to_owned(),
            ),
        ),
        ("wrr", None),
        ("wlc", None),
    ] {
        let rules = format!(
            "-A -t 10.0.0.1:80 -s {scheduler}\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m -w 5\n\
             -a -t 10.0.0.1:80 -r 10.1.0.3 -m -w 1\n"
        );
        let hint = |options: &str, weight: u32| {
            restore(&format!("-C\n{rules}"));
            let path = Program::Ours.path().to_str().unwrap();
            let line = format!("{path} -e -t 10.0.0.1:80 -r 10.1.0.3 -w {weight} {options}");
            let plain = in_shell(&line).succeeded();
            assert_eq!(plain.stderr, "", "{line}");
            restore(&format!("-C\n{rules}"));
            let mut script = Command::new("script");
            script.args(["-qec", &line, "/dev/null"]);
            let shown = finish(script, b"", TIMEOUT);
            assert_eq!(shown.status, 0, "{line}\n{shown}");
            assert!(ipvsadm("-Sn").stdout.contains(&format!("10.1.0.3:80 -m -w {weight}\n")));
            assert!(shown.stdout.matches("hint: ").count() <= 1, "{shown}");
            // It comes before the ramp's bar.
            let said = shown.stdout.strip_prefix("hint: ");
            said.map(|said| said.split("\r\n").next().unwrap().to_owned())
        };
        assert_eq!(hint("--ramp=1", 3), wanted, "{scheduler}");
        // Nothing is to be done.
        assert_eq!(hint("--ramp=86400", 1), None, "{scheduler}");
    }
}
