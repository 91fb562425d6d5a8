//! `--or-edit`, `--keep`, `--if-exists`: the state that was asked for, whatever
//! there was before.

use crate::director::{ipvsadm, place, restore, saved_by_reference};
use crate::support::{Program, run, shell, words};

/// Status and first line of what is refused.
fn refusal(line: &str) -> (i32, String) {
    let outcome = run(Program::Ours, words(line), "");
    (outcome.status, outcome.complaint().to_owned())
}

#[test]
fn adding_what_is_there_edits_it() {
    let _place = place();
    for (service, server) in [
        ("-t 10.0.0.1:80", "10.1.0.2:80"),
        ("-u 10.0.0.1:53", "10.1.0.2:53"),
        ("-t [fd00::1]:80", "[fd01::2]:80"),
        ("-f 7", "10.1.0.2:0"),
        ("-f 7 -6", "[fd01::2]:0"),
    ] {
        for scheduler in ["rr", "wlc", "wlc"] {
            ipvsadm(&format!("-A {service} -s {scheduler} --or-edit"));
        }
        for weight in [1, 5, 5] {
            ipvsadm(&format!(
                "-a {service} -r {server} -m -w {weight} --or-edit"
            ));
        }
        let expected = format!("-A {service} -s wlc\n-a {service} -r {server} -m -w 5\n");
        assert_eq!(saved_by_reference(), expected);
        ipvsadm("-C");
    }
    let absent = "-a -t 10.0.0.1:80 -r 10.1.0.2 --or-edit";
    assert_eq!(refusal(absent), (255, "Service not defined".into()));
}

#[test]
fn removing_what_is_not_there_is_done() {
    let _place = place();
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m\n");
    for line in [
        "-d -t 10.0.0.1:80 -r 10.1.0.3 --if-exists",
        "-d -t 10.0.0.1:81 -r 10.1.0.2 --if-exists",
        "-D -t 10.0.0.1:81 --if-exists",
        "-D -f 3 --if-exists",
    ] {
        ipvsadm(line);
    }
    assert_eq!(saved_by_reference().lines().count(), 2);
    for _ in 0..2 {
        ipvsadm("-d -t 10.0.0.1:80 -r 10.1.0.2 --if-exists");
        assert_eq!(saved_by_reference(), "-A -t 10.0.0.1:80 -s rr\n");
    }
    for _ in 0..2 {
        ipvsadm("-D -t 10.0.0.1:80 --if-exists");
        assert_eq!(saved_by_reference(), "");
    }
}

#[test]
fn an_edit_keeps_what_is_not_given() {
    let _place = place();
    restore(
        "-A -t 10.0.0.1:80 -s sh -p 90 -M 255.255.255.0 -b sh-port\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 3 -x 20 -y 10\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3 -i -w 4 --tun-type gue --tun-port 6080 --tun-csum\n\
         -A -u [fd00::1]:53 -s rr -o\n\
         -a -u [fd00::1]:53 -r [fd01::2] -g\n\
         -A -f 9 -s wrr\n-a -f 9 -r 10.1.0.4:80 -m -w 2\n",
    );
    for (line, expected) in [
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.2:8080 --keep -w 0",
            "-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 0 -x 20 -y 10",
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.2:8080 --keep -y 0",
            "-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 0 -x 20",
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.3 --keep --tun-port 6081",
            "-a -t 10.0.0.1:80 -r 10.1.0.3:80 -i -w 4 --tun-type gue --tun-port 6081 --tun-csum",
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.3 --keep --tun-type ipip",
            "-a -t 10.0.0.1:80 -r 10.1.0.3:80 -i -w 4 --tun-type ipip",
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.3 --keep -g",
            "-a -t 10.0.0.1:80 -r 10.1.0.3:80 -g -w 4",
        ),
        (
            "-E -t 10.0.0.1:80 --keep -p 60",
            "-A -t 10.0.0.1:80 -s sh -p 60 -M 255.255.255.0 -b sh-port",
        ),
        (
            "-E -t 10.0.0.1:80 --keep -b sh-fallback",
            "-A -t 10.0.0.1:80 -s sh -p 60 -M 255.255.255.0 -b sh-fallback",
        ),
        (
            "-E -u [fd00::1]:53 --keep -s wlc",
            "-A -u [fd00::1]:53 -s wlc -o",
        ),
        (
            "-e -u [fd00::1]:53 -r [fd01::2] --keep -w 7",
            "-a -u [fd00::1]:53 -r [fd01::2]:53 -g -w 7",
        ),
        (
            "-e -f 9 -r 10.1.0.4:80 --keep -x 5",
            "-a -f 9 -r 10.1.0.4:80 -m -w 2 -x 5",
        ),
    ] {
        ipvsadm(line);
        let saved = ipvsadm("-Sn").stdout;
        assert!(
            saved.lines().any(|rule| rule == expected),
            "{line}: {saved}"
        );
    }
    for (line, status, message) in [
        (
            "-E -t 10.0.0.1:80 --keep -b mh-port",
            2,
            "incompatible scheduler flag `mh-port'",
        ),
        (
            "-E -t 10.0.0.1:80 --keep -o",
            2,
            "One-Packet Scheduling is only for UDP virtual services",
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.2:8080 --keep --tun-type gre",
            2,
            "Tunnel options conflict with forward method",
        ),
        ("-E -t 10.0.0.1:81 --keep -s rr", 255, "No such service"),
        (
            "-e -t 10.0.0.1:81 -r 10.1.0.2 --keep -w 1",
            255,
            "Service not defined",
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.9 --keep -w 1",
            255,
            "No such destination",
        ),
    ] {
        assert_eq!(refusal(line), (status, message.into()), "{line}");
    }
}

#[test]
fn nothing_is_sent_where_it_is_so_already() {
    let _place = place();
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 3\n");
    let ours = Program::Ours.path().display().to_string();
    let sent = |line: &str| -> usize {
        let sends = "strace -f -e trace=sendto,sendmsg";
        let count = shell(&format!("{sends} {ours} {line} 2>&1 | grep -c 'send'"));
        count.trim().parse().unwrap()
    };
    for (so, not_so) in [
        (
            "-A -t 10.0.0.1:80 -s rr --or-edit",
            "-A -t 10.0.0.1:80 -s lc --or-edit",
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.2 --keep -w 3",
            "-e -t 10.0.0.1:80 -r 10.1.0.2 --keep -w 4",
        ),
    ] {
        let (less, more) = (sent(so), sent(not_so));
        assert_eq!(less + 1, more, "{so}: {less}, {not_so}: {more}");
    }
}
