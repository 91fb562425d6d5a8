//! Letters, values, words, and which command it is.

use ipvsadm::cli::{RuleCommand, parse};

use super::support::*;

#[test]
fn words_in_any_accepted_shape() {
    use ipvs::model::Change::*;
    let web = tcp("10.0.0.9", 80);
    for line in [
        "-A -t 10.0.0.9:80 -s rr",
        "-At 10.0.0.9:80 -srr",
        "-At10.0.0.9:80 -s=rr",
        "-At=10.0.0.9:80 --scheduler=rr",
        "-A --tcp-service 10.0.0.9:80 --scheduler rr",
        "--add-service --tcp-service=10.0.0.9:80 -s rr --",
        "-A --sort -t 10.0.0.9:80 --sort -s rr",
    ] {
        accepts(line, AddService(service(web, "rr", |_| {})));
    }
    for line in [
        "-Ln",
        "-ln",
        "-L -n",
        "-l --numeric",
        "--list -n",
        "-L -n --",
        "-L --sort -n",
    ] {
        accepts_command(line, list(|list| list.numeric = true));
    }
    accepts_command("", list(|_| {}));
    accepts_command("-L", list(|_| {}));
    accepts_command("-L --", list(|_| {}));
    accepts("-C", Clear);
    accepts("--clear", Clear);
    accepts("--zero", Zero(None));
    // As ipvsadm 1.31: neither an address nor a port is no service.
    accepts("-Z -t 0.0.0.0", Zero(None));
    accepts("-Z -u ::", Zero(None));
}

#[test]
fn help_and_version_end_the_reading() {
    for line in [
        "-h",
        "--help",
        "-h foo",
        "-hQ",
        "-h --bogus",
        "foo -h",
        "-h -t bad",
    ] {
        accepts_command(line, RuleCommand::Help(None));
    }
    for line in [
        "-v",
        "--version",
        "-v -L",
        "-vQ",
        "-v foo",
        "foo --version",
        "-v -h",
    ] {
        accepts_command(line, RuleCommand::Version);
    }
}

#[test]
fn the_program_is_named_as_it_was_typed() {
    let words = split("-Q");
    let mistake = parse("./sbin/ipvsadm", &words).resolve(&Book).unwrap_err();
    assert_eq!(
        mistake.to_string(),
        "Try `./sbin/ipvsadm -h' or './sbin/ipvsadm --help' for more information."
    );
}

/// What ipvsadm 1.31 was seen to answer.
#[test]
fn refusals() {
    refuse(&[
        (
            2,
            "unexpected argument foo",
            &[
                "-A foo",
                "-L foo",
                "-L foo bar",
                "-L -t 10.0.0.1:80 foo",
                "-Z foo",
                "--start-daemon master foo",
                "--set 1 2 3 foo -n",
                "-L -- foo",
                "-At 10.0.0.9:80 -p -s rr foo",
                "-A -f 1 foo -6",
                "-A -b sh-port foo",
                "-A -b sh-port -s rr foo",
                "-A -b x foo",
                "foo -L -n",
                "-L -c -t 10.0.0.1:80 foo",
            ],
        ),
        (
            255,
            "Try `ipvsadm -h' or 'ipvsadm --help' for more information.",
            &[
                "foo",
                "--bogus",
                "-Q",
                "--set=1 2 3",
                "--set=5",
                "--start-daemon",
                "--stop-daemon",
                "-L=5",
                "-L=",
                "--list=foo",
                "--list=",
                "''",
                "-- -L",
                "--",
                "--- -L",
                "--connection",
                "-n --start-daemon master",
                "--mcast-interface",
                "--stats",
                "-6",
                "--A",
                "--L",
                "--l",
                "--n -L",
                "--weight5",
                "--weight 5 -A",
                "--ListX",
                "--LIST",
                "-v=5",
                "-n",
                "-n foo",
                "foo bar",
                "-t bad -L",
            ],
        ),
        (255, "--bogus: unknown option", &["-L --bogus"]),
        (255, "-LQ: unknown option", &["-LQ"]),
        (255, "-t: missing argument", &["-A -t"]),
        (
            255,
            "-s: missing argument",
            &[
                "-A -t 10.0.0.9:80 -s",
                "-A -s rr -s",
                "-A -t 10.0.0.1:80 -s",
            ],
        ),
        (
            255,
            "--scheduler: missing argument",
            &["-A -t 10.0.0.9:80 --scheduler"],
        ),
        (
            255,
            "--sched: unknown option",
            &["-A -t 10.0.0.9:80 --sched rr"],
        ),
        (
            2,
            "multiple 'scheduler' options specified",
            &[
                "-A -t 10.0.0.9:80 -s rr -s lc",
                "-A -t 10.0.0.1:80 -s '' -s rr",
            ],
        ),
        (
            2,
            "multiple 'service-address' options specified",
            &[
                "-A -t 10.0.0.9:80 -t 10.0.0.8:80",
                "-A -t 10.0.0.9:80 -u 10.0.0.8:80",
                "-D -f 1 -f 2",
                "-D -f 1 -t 1.2.3.4:80",
                "-A -f 1 -t 1.2.3.4:80 -6",
                "-D -f 1 -t bad",
                "-D -t 10.0.0.1:80 -f x",
                "-D -f 1 -f x",
            ],
        ),
        (
            2,
            "invalid option `-D'",
            &["-A -D -t 10.0.0.9:80", "-A -t 10.0.0.9:80 -D"],
        ),
        (2, "invalid option `-L'", &["-L -L", "--set 1 2 3 -L"]),
        (2, "invalid option `-h'", &["-L -h"]),
        (2, "invalid option `-v'", &["-L -v"]),
        (
            2,
            "unexpected argument 4",
            &[
                "--set 1 2 3 4",
                "--set 1 2 3 4 -n",
                "--set 1 2 3 4 -b sh-port",
            ],
        ),
        (255, "-3: unknown option", &["--set 1 2 -3"]),
        (255, "-1: unknown option", &["--set -1 2 3"]),
        (
            2,
            "invalid option `backup'",
            &[
                "--start-daemon master --start-daemon backup",
                "--start-daemon master --stop-daemon backup",
            ],
        ),
        (
            255,
            "-Q: unknown option",
            &[
                "--set x -Q",
                "-A foo -Q",
                "-A -s rr -b sh-port -Q",
                "-A -b sh-port -s rr -Q",
                "-A -b sh-port -Q",
                "-A -b x -Q",
                "-L -c -t 10.0.0.1:80 -p -Q",
            ],
        ),
        (2, "unexpected argument -4", &["--set 1 2 3 -- -4"]),
        (2, "invalid option `-AD'", &["-AD -t 10.0.0.9:80"]),
        (2, "invalid option `-nD'", &["-A -nD"]),
        (
            2,
            "invalid option `-nL'",
            &["-A -nL -t 10.0.0.1:80", "-L -nL"],
        ),
        (2, "invalid option `-LL'", &["-LL"]),
        (
            2,
            "multiple 'numeric' options specified",
            &[
                "-Lnn",
                "-L --numeric -n",
                "-L -n --numeric",
                "-L -n -n",
                "-Lnn -n",
                "-A foo -n -n",
            ],
        ),
        (255, "-n=5: option does not take an argument", &["-L -n=5"]),
        (
            255,
            "--numeric=5: option does not take an argument",
            &["-L --numeric=5"],
        ),
        (
            255,
            "-n=: option does not take an argument",
            &["-L -n=", "-A -n="],
        ),
        (255, "-Ln=5: option does not take an argument", &["-Ln=5"]),
        (255, "-Ln5: unknown option", &["-Ln5"]),
        (255, "-L5: unknown option", &["-L5"]),
        (
            255,
            "--w: unknown option",
            &["-a -t 10.0.0.9:80 -r 10.0.0.1 --w 5"],
        ),
        (
            2,
            "unexpected argument -",
            &[
                "-L -",
                "- -L",
                "-A -t 10.0.0.9:80 -p - 5",
                "-A -t 10.0.0.1:80 -",
            ],
        ),
        (2, "unexpected argument ", &["'' -L", "-L ''", "-L '' -n"]),
        (2, "unexpected argument -n", &["-L -- -n"]),
        (255, "---: unknown option", &["-L ---"]),
        (255, "--=: unknown option", &["-L --="]),
        (255, "--=x: unknown option", &["-L --=x"]),
        (255, "-=: unknown option", &["-L -="]),
        (255, "-==: unknown option", &["-L -=="]),
        (255, "-=x: unknown option", &["-L -=x"]),
        (
            2,
            "multiple 'nosort' options specified",
            &["-L --nosort --nosort"],
        ),
        (
            2,
            "multiple 'exact' options specified",
            &["-L --exact --exact", "-L -X -X"],
        ),
        (
            2,
            "multiple 'stats' options specified",
            &["-L --stats --stats"],
        ),
        (2, "multiple 'connection' options specified", &["-L -c -c"]),
        (
            2,
            "multiple 'real-server' options specified",
            &["-a -m -t 10.0.0.9:80 -r 10.0.0.1 -r 10.0.0.2"],
        ),
        (
            2,
            "multiple 'forwarding-method' options specified",
            &[
                "-a -m -m -t 10.0.0.9:80 -r 10.0.0.1",
                "-a -m -g -t 10.0.0.9:80 -r 10.0.0.1",
                "-a -m -i -t 10.0.0.9:80 -r 10.0.0.1",
                "-D -t 10.0.0.1:80 -m -g",
            ],
        ),
        (
            2,
            "multiple 'weight' options specified",
            &["-a -t 10.0.0.9:80 -r 10.0.0.1 -w 1 -w 2", "-A -w 1 -w x"],
        ),
        (
            2,
            "multiple 'tun-type' options specified",
            &["-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-type gre"],
        ),
        (
            2,
            "multiple 'tun-port' options specified",
            &["-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port 5 --tun-port 6"],
        ),
        (
            2,
            "multiple 'tun-csum' options specified",
            &["-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gre --tun-csum --tun-csum"],
        ),
        (
            2,
            "multiple 'pe' options specified",
            &["-A -t 10.0.0.9:80 --pe sip --pe sip"],
        ),
        (
            2,
            "multiple 'persistent' options specified",
            &[
                "-A -t 10.0.0.9:80 -p 10 -p 20",
                "-A -t 10.0.0.9:80 -p -p 20",
                "-D -t 10.0.0.1:80 -p 5 -p",
            ],
        ),
        (
            2,
            "unexpected argument -s",
            &["-A -t 10.0.0.9:80 -p -- -s rr"],
        ),
        (2, "unexpected argument 5", &["-A -t 10.0.0.9:80 -p -- 5"]),
        (2, "unexpected argument 6", &["-A -t 10.0.0.9:80 -p 5 6"]),
        (255, "-5: unknown option", &["-A -t 10.0.0.9:80 -p -5"]),
        (
            2,
            "multiple 'ops' options specified",
            &["-A -u 10.0.0.9:80 -o -o"],
        ),
        (
            2,
            "multiple 'sched-flags' options specified",
            &["-A -t 10.0.0.9:80 -s sh -b sh-port -b sh-port"],
        ),
        (
            2,
            "multiple 'netmask' options specified",
            &["-A -t [::1]:80 -p -M 64 -M 65"],
        ),
        (
            255,
            "-n=4: option does not take an argument",
            &["-A -n -n=4"],
        ),
        (
            2,
            "invalid option `--stop-daemon=backup'",
            &["--start-daemon master --stop-daemon=backup"],
        ),
        (
            255,
            "--stop-daemon: missing argument",
            &["--start-daemon master --stop-daemon"],
        ),
        (
            255,
            "--start-daemon: missing argument",
            &["-L --start-daemon"],
        ),
        (2, "invalid option `x'", &["-L --start-daemon x"]),
        (
            2,
            "invalid option `--start-daemon=x'",
            &["-L --start-daemon=x"],
        ),
        (
            255,
            "--set=1: option does not take an argument",
            &["-L --set=1"],
        ),
        (2, "invalid option `--set'", &["-L --set"]),
        (2, "invalid option `--help'", &["-L --help"]),
        (
            255,
            "--help=x: option does not take an argument",
            &["-L --help=x"],
        ),
        (255, "-h=x: option does not take an argument", &["-L -h=x"]),
        (
            255,
            "--mcast-interface: missing argument",
            &["--start-daemon master --mcast-interface"],
        ),
        (
            2,
            "multiple 'mcast-interface' options specified",
            &["--start-daemon master --mcast-interface x --mcast-interface y"],
        ),
        (
            2,
            "multiple 'syncid' options specified",
            &["--start-daemon master --syncid 1 --syncid 1"],
        ),
        (
            2,
            "multiple 'mcast-group' options specified",
            &["--start-daemon master --mcast-group 224.0.0.1 --mcast-group 224.0.0.1"],
        ),
        (
            2,
            "multiple 'mcast-port' options specified",
            &["--start-daemon master --mcast-port 1 --mcast-port 2"],
        ),
        (
            2,
            "multiple 'mcast-ttl' options specified",
            &["--start-daemon master --mcast-ttl 1 --mcast-ttl 2"],
        ),
        (
            2,
            "multiple 'sync-maxlen' options specified",
            &["--start-daemon master --sync-maxlen 1 --sync-maxlen 2"],
        ),
        (255, "--pe: missing argument", &["-A -t 10.0.0.1:80 --pe"]),
        (
            255,
            "--tcp-service: missing argument",
            &["-A --tcp-service"],
        ),
        (255, "-nt: missing argument", &["-A -nt"]),
        (255, "-At: missing argument", &["-At"]),
        (255, "-A-t: unknown option", &["-A-t 10.0.0.1:80"]),
        (255, "-A-: unknown option", &["-A- ", "-A-"]),
        (255, "-L-n: unknown option", &["-L-n"]),
        (255, "-L-: unknown option", &["-L-"]),
        (255, "-L--: unknown option", &["-L--"]),
        (255, "-L-=: unknown option", &["-L-="]),
        (
            2,
            "invalid option `-add-service'",
            &["-add-service -t 10.0.0.1:80"],
        ),
        (255, "--weight: missing argument", &["-L --weight"]),
        (255, "-Lw: missing argument", &["-Lw"]),
        (255, "-nw: missing argument", &["-L -nw"]),
        (
            2,
            "multiple 'u-threshold' options specified",
            &["-a -t 10.0.0.1:80 -r 10.0.0.2 -w 5 -x=10 -y10 --u-threshold=4"],
        ),
        (
            255,
            "--ipv6=1: option does not take an argument",
            &["-A --fwmark-service=1 --ipv6=1"],
        ),
        (255, "--fwmark: unknown option", &["-L --fwmark"]),
        (2, "unexpected argument !#:+", &["-A '!#:+' -t 10.0.0.1:80"]),
        (2, "invalid option `-Lh'", &["-Lh"]),
        (
            255,
            "-Xn=3: option does not take an argument",
            &["-L -Xn=3"],
        ),
        (255, "-X=5: option does not take an argument", &["-L -X=5"]),
    ]);
}
