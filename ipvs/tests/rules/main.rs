//! Rule lines: read into changes, and refused.
#![allow(clippy::unwrap_used)]

use ipvs::model::Change;
use ipvs::rules::{ChangeRule, Numeric, parse};

/// Writes again what a line is read as.
#[track_caller]
fn again(line: &str) -> String {
    let change = parse(line).unwrap().unwrap();
    ChangeRule::new(&change, &Numeric).to_string()
}

#[test]
fn lines_as_they_are_written_stay_the_same() {
    for line in [
        "-A -t 192.0.2.1:80 -s wlc -p 300",
        "-A -t 10.0.0.3:8080 -s rr -p 9 -M 255.0.255.1 --pe sip -b flag-1,flag-3",
        "-A -u 10.0.0.3:514 -s rr -p 9 -M 255.255.255.0 --pe sip -o -b flag-2",
        "-A -t [fd00::1]:443 -s sh -p 100 -M 64 -b sh-fallback,sh-port",
        "-A -f 7 -6 -s rr",
        "-E --sctp-service 10.0.0.3:80 -s none",
        "-E --protocol-service 47:10.0.0.3:0 -s rr --raw port=0",
        "-a -t 10.0.0.1:80 -r 10.1.0.1:22 -m -w 3 -x 9 -y 5",
        "-a -t 10.0.0.1:80 -r [fd00::9]:80 -i -w 3 --tun-type gue --tun-port 6080 --tun-csum",
        "-e -t 10.0.0.1:80 -r 10.1.0.7:80 -i -w 0 --tun-type gre --tun-nocsum",
        "-e -t 10.0.0.1:80 -r 10.1.0.7:80 -w 0 --raw forwarding=1",
        "-d -f 7 -r 10.1.0.1:80",
        "-D -u 10.0.0.1:53",
        "-C",
        "-Z",
        "-Z -f 7",
        "--set 900 120 300",
        "--start-daemon master --mcast-interface eth1 --syncid 7 --sync-maxlen 1400 \
         --mcast-group ff02::5 --mcast-port 8848 --mcast-ttl 1",
        "--start-daemon backup --mcast-interface=#1 --syncid 7",
        "--start-daemon backup --mcast-interface=ipvsadm --syncid 7",
        "--stop-daemon backup",
    ] {
        assert_eq!(again(line), line);
    }
}

#[test]
fn other_forms_mean_the_same() {
    for (line, wanted) in [
        ("ipvsadm -At 10.0.0.1:80 # web", "-A -t 10.0.0.1:80 -s wlc"),
        (
            "--add-service --tcp-service=10.0.0.1 --scheduler rr --persistent",
            "-A -t 10.0.0.1:0 -s rr -p 360",
        ),
        ("-A -6 -f 7 -srr -M 64 -p", "-A -f 7 -6 -s rr -p 360 -M 64"),
        (
            "-a -t 10.0.0.1:80 -r 10.1.0.1 --masquerading --weight=5",
            "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 5",
        ),
    ] {
        assert_eq!(again(line), wanted, "{line}");
    }
}

#[test]
fn blank_lines_and_comments_are_no_rule() {
    for line in ["", "  \t", "# -C", "  # -C", "\r\n"] {
        assert_eq!(parse(line), Ok(None), "{line:?}");
    }
}

#[test]
fn wrong_lines_are_refused_with_their_word() {
    for (line, wanted) in [
        (
            "rubbish",
            "no command: a rule has one of -A, -E, -D, -a, -e, -d, -C, -Z, --set, --start-daemon and --stop-daemon",
        ),
        ("-A -D -f 1", "`-D' is a second command: a rule has one"),
        (
            "-A -f 1 --sheduler rr",
            "`--sheduler' is no option of a rule",
        ),
        ("-A -f", "`-f' needs a value"),
        ("-C=1", "`-C=1' takes no value"),
        ("-A -f 1 extra", "`extra' is one word too many"),
        (
            "-A -f 1 -t 10.0.0.1:80",
            "`-t' sets what the rule has set already",
        ),
        (
            "-A -f 1 -s rr -s wlc",
            "`-s' sets what the rule has set already",
        ),
        ("-D -f 1 -w 5", "`-w' does not go with `-D'"),
        ("-A -s rr", "`-A' needs a service: -t, -u, -f or another"),
        ("-a -f 1", "`-a' needs a server: -r"),
        (
            "-a -f 1 -r 10.1.0.1 -w x1",
            "`x1' is not right: 0 to 2147483647 is expected",
        ),
        (
            "-A -t web:80",
            "`web:80' is not right: an address and port in numbers is expected",
        ),
        ("-A -t 10.0.0.1:80 -6", "`-6' does not fit: it goes with -f"),
        (
            "-A -f 7 -M 64 -6",
            "`-M' does not fit: it has to come after the service and -6",
        ),
        ("-A -t 10.0.0.1", "`port 0' does not fit: it goes with -p"),
        (
            "-A -f 1 -s rr -b sh-port",
            "`sh-port' does not fit: it is another scheduler's flag",
        ),
        (
            "-a -f 1 -r 10.1.0.1 -m --tun-type gre",
            "`--tun-type' does not fit: a tunnel's settings go with -i",
        ),
        ("--set 1 2", "`--set' needs three numbers: TCP TCPFIN UDP"),
        (
            "--stop-daemon none",
            "`none' is not right: master or backup is expected",
        ),
    ] {
        assert_eq!(parse(line).unwrap_err().to_string(), wanted, "{line}");
    }
}

#[test]
fn a_blank_service_of_zero_is_every_one() {
    for line in [
        "-Z",
        "-Z -t 0.0.0.0:0",
        "-Z -u ::",
        "-Z --sctp-service [::]:0",
    ] {
        assert_eq!(parse(line), Ok(Some(Change::Zero(None))), "{line}");
    }
    for line in ["-Z -t 0.0.0.0:80", "-Z -f 7"] {
        assert!(
            matches!(parse(line), Ok(Some(Change::Zero(Some(_))))),
            "{line}"
        );
    }
}
