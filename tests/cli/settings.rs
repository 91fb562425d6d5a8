//! `--set`, `--start-daemon`, `--stop-daemon`, `--sysctl`.

use ipvs::model::{Daemon, DaemonState, Timeouts};
use ipvsadm::cli::{RuleCommand, parse_rule};

use super::support::*;

#[test]
fn timeouts() {
    use ipvs::model::Change::SetTimeouts;
    for (line, [tcp, tcp_fin, udp]) in [
        ("--set 1 2 3", [1, 2, 3]),
        ("--set 0 0 0", [0, 0, 0]),
        ("--set ' 1' +2 03", [1, 2, 3]),
        ("--set -- 1 2 3", [1, 2, 3]),
        ("1 --set 2 3", [1, 2, 3]),
        ("--set 2678400 2678400 2678400", [2_678_400; 3]),
    ] {
        accepts(line, SetTimeouts(Timeouts::new(tcp, tcp_fin, udp)));
    }
}

#[test]
fn sysctls() {
    let threshold = || RuleCommand::Sysctl("sync_threshold=3 50".parse().unwrap());
    for line in [
        "--sysctl sync_threshold=3 50",
        "--sysctl 'sync_threshold=3 50'",
        "--sysctl 'sync_threshold= 3  50'",
        "--sysctl=sync_threshold=3 50",
        "--sysctl net.ipv4.vs.sync_threshold=3 50",
    ] {
        accepts_command(line, threshold());
        let rule = split(line);
        assert_eq!(
            parse_rule("ipvsadm", &rule).resolve_rule(&Book),
            Ok(threshold())
        );
    }
    let nice = RuleCommand::Sysctl("est_nice=-5".parse().unwrap());
    accepts_command("--sysctl est_nice=-5", nice);
    refuse(&[
        (
            2,
            "illegal sysctl `conntrack' specified: NAME=VALUE is expected",
            &["--sysctl conntrack"],
        ),
        (
            2,
            "illegal sysctl `../x=1' specified: a name has letters, digits and _",
            &["--sysctl ../x=1"],
        ),
        (
            2,
            "illegal sysctl `conntrack=on' specified: a value is a number, or several with blanks \
             between them",
            &["--sysctl conntrack=on"],
        ),
        (
            2,
            "illegal sysctl `conntrack=1 backup_only=1' specified: a value is a number, or several \
             with blanks between them",
            &["--sysctl conntrack=1 backup_only=1"],
        ),
        (2, "invalid option `b=1'", &["--sysctl a=1 --sysctl b=1"]),
        (
            2,
            "Illegal 'numeric' option with the 'sysctl' command",
            &["--sysctl conntrack=1 -n"],
        ),
    ]);
}

#[test]
fn daemons() {
    use ipvs::model::Change::{StartDaemon, StopDaemon};
    let daemon = |state, interface: &str, sync_id| Daemon::new(state, interface, sync_id);
    for (line, wanted) in [
        ("master", daemon(DaemonState::Master, "eth0", 0)),
        ("backup", daemon(DaemonState::Backup, "eth0", 0)),
        (
            "master --mcast-interface ''",
            daemon(DaemonState::Master, "eth0", 0),
        ),
        (
            "master --mcast-interface -n",
            daemon(DaemonState::Master, "-n", 0),
        ),
        (
            "master --syncid 255 --mcast-interface eth01234567890123",
            daemon(DaemonState::Master, "eth012345678901", 255),
        ),
    ] {
        accepts(
            &format!("--start-daemon {line}"),
            StartDaemon(wanted.clone()),
        );
        accepts(&format!("--start-daemon={line}"), StartDaemon(wanted));
    }
    let mut whole = daemon(DaemonState::Backup, "lo", 4);
    whole.max_len = Some(65507);
    whole.group = "224.1.1.1".parse().ok();
    whole.port = Some(99);
    whole.ttl = Some(255);
    accepts(
        "--start-daemon backup --mcast-ttl 255 --mcast-port 99 --mcast-group 224.1.1.1 \
         --sync-maxlen 65507 --syncid 4 --mcast-interface lo",
        StartDaemon(whole),
    );
    accepts("--stop-daemon master", StopDaemon(DaemonState::Master));
    accepts(
        "--stop-daemon=backup --syncid 4",
        StopDaemon(DaemonState::Backup),
    );
}

/// What ipvsadm 1.31 was seen to answer.
#[test]
fn refusals() {
    refuse(&[
        (
            2,
            "--set option requires 3 timeout values",
            &[
                "--set",
                "--set 1",
                "--set 1 2",
                "--set x 2",
                "--set x",
                "--set 1 2 -n",
                "--set -b sh-port",
                "--set -b sh-port 1 2",
            ],
        ),
        (
            2,
            "invalid timeout value `x' specified",
            &[
                "--set 1 x 3",
                "--set x 2 3",
                "--set 1 2 x",
                "--set x 2 3 -n",
                "--set 1 x y",
                "--set x 2 3 -b sh-port",
                "--set x 2 3 4",
            ],
        ),
        (
            2,
            "invalid timeout value `2147483647' specified",
            &["--set 2147483647 2 3"],
        ),
        (
            2,
            "invalid timeout value `2147483648' specified",
            &["--set 2147483648 2 3"],
        ),
        (
            2,
            "invalid timeout value `4294967295' specified",
            &["--set 4294967295 2 3"],
        ),
        (
            2,
            "invalid timeout value `4294967296' specified",
            &["--set 4294967296 1 1"],
        ),
        (
            2,
            "invalid timeout value `2678401' specified",
            &[
                "--set 2678401 2 3",
                "--set 1 2678401 2",
                "--set 1 2 2678401",
            ],
        ),
        (
            2,
            "Illegal 'numeric' option with the 'set' command",
            &["--set 1 -n 2 3", "--set 1 2 3 -n"],
        ),
        (
            2,
            "invalid timeout value `' specified",
            &["--set '' 2 3", "--set 1 '' 3", "--set 1 2 ''"],
        ),
        (
            2,
            "invalid timeout value `3 ' specified",
            &["--set 1 2 '3 '"],
        ),
        (
            2,
            "invalid timeout value `0x10' specified",
            &["--set 0x10 2 3"],
        ),
        (
            2,
            "illegal start-daemon parameter specified",
            &[
                "--start-daemon m",
                "--start-daemon Master",
                "--start-daemon mast",
                "--start-daemon masterx",
                "--start-daemon ''",
                "--start-daemon both",
                "--start-daemon bad -Q",
                "--start-daemon bad foo",
                "--start-daemon -L",
                "--start-daemon --stop-daemon",
            ],
        ),
        (
            2,
            "illegal start_daemon specified",
            &[
                "--stop-daemon x",
                "--stop-daemon ''",
                "--stop-daemon bad -t bad",
            ],
        ),
        (
            2,
            "illegal syncid specified",
            &[
                "--start-daemon master --syncid 256",
                "--start-daemon master --syncid -1",
                "--start-daemon master --syncid x",
                "--start-daemon master --syncid ''",
                "--start-daemon master --syncid x -n",
                "--start-daemon master --syncid 1x",
            ],
        ),
        (
            2,
            "illegal sync-maxlen specified",
            &[
                "--start-daemon master --sync-maxlen 0",
                "--start-daemon master --sync-maxlen 65535",
                "--start-daemon master --sync-maxlen 65536",
                "--start-daemon master --sync-maxlen 65508",
                "--start-daemon master --sync-maxlen -1",
                "--start-daemon master --sync-maxlen x",
            ],
        ),
        (
            2,
            "invalid IPv4 mcast-group `10.1.1.1'",
            &[
                "--start-daemon master --mcast-group 10.1.1.1",
                "--start-daemon master --mcast-group 10.1.1.1 --mcast-port x",
            ],
        ),
        (
            2,
            "invalid IPv4 mcast-group `1'",
            &["--start-daemon master --mcast-group 1"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `240.0.0.0'",
            &["--start-daemon master --mcast-group 240.0.0.0"],
        ),
        (
            2,
            "invalid IPv6 mcast-group `fe02::1'",
            &["--start-daemon master --mcast-group fe02::1"],
        ),
        (
            2,
            "invalid IPv6 mcast-group `[ff02::1]'",
            &["--start-daemon master --mcast-group '[ff02::1]'"],
        ),
        (
            2,
            "invalid IPv6 mcast-group `ff02::1%lo'",
            &["--start-daemon master --mcast-group ff02::1%lo"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `x'",
            &["--start-daemon master --mcast-group x"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `'",
            &["--start-daemon master --mcast-group ''"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `web'",
            &["--start-daemon master --mcast-group web"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `0'",
            &["--start-daemon master --mcast-group 0"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `0xe0000001'",
            &["--start-daemon master --mcast-group 0xe0000001"],
        ),
        (
            2,
            "illegal mcast-port specified",
            &[
                "--start-daemon master --mcast-port 0",
                "--start-daemon master --mcast-port 65536",
                "--start-daemon master --mcast-port http",
            ],
        ),
        (
            2,
            "illegal mcast-ttl specified",
            &[
                "--start-daemon master --mcast-ttl 0",
                "--start-daemon master --mcast-ttl 256",
                "--start-daemon master --mcast-ttl x",
            ],
        ),
        (
            2,
            "Illegal 'mcast-ttl' option with the 'stop-daemon' command",
            &["--stop-daemon backup --mcast-ttl 5"],
        ),
        (
            2,
            "Illegal 'mcast-port' option with the 'stop-daemon' command",
            &["--stop-daemon backup --mcast-port 99"],
        ),
        (
            2,
            "Illegal 'mcast-group' option with the 'stop-daemon' command",
            &["--stop-daemon backup --mcast-group 224.1.1.1"],
        ),
        (
            2,
            "Illegal 'sync-maxlen' option with the 'stop-daemon' command",
            &["--stop-daemon backup --sync-maxlen 1000"],
        ),
        (
            2,
            "Illegal 'mcast-interface' option with the 'stop-daemon' command",
            &["--stop-daemon backup --mcast-interface eth0"],
        ),
        (
            2,
            "Illegal 'numeric' option with the 'start-daemon' command",
            &["--start-daemon master -n"],
        ),
        (
            2,
            "Illegal 'stats' option with the 'start-daemon' command",
            &["--start-daemon master --stats"],
        ),
        (
            2,
            "illegal virtual server address[:port] specified",
            &["--set x 2 3 -t bad", "--start-daemon master -t bad"],
        ),
        (
            2,
            "invalid timeout value `-1' specified",
            &["--set -- -1 2 3"],
        ),
        (
            2,
            "Illegal 'service-address' option with the 'set' command",
            &["--set -t 10.0.0.1:80 1 2 3"],
        ),
        (
            2,
            "incompatible scheduler flag `sh-port'",
            &[
                "--set 1 2 3 -b sh-port",
                "--start-daemon master -b sh-port",
                "--set 1 2 3 -n -b sh-port",
            ],
        ),
        (
            2,
            "Illegal 'sched-flags' option with the 'set' command",
            &["--set 1 2 3 -b flag-1"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `224.0.0.1 x'",
            &["--start-daemon master --mcast-group '224.0.0.1 x'"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `224.1'",
            &["--start-daemon master --mcast-group 224.1"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `0340.0.0.1'",
            &["--start-daemon master --mcast-group 0340.0.0.1"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `3758096385'",
            &["--start-daemon master --mcast-group 3758096385"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `ff'",
            &["--start-daemon master --mcast-group ff"],
        ),
        (
            2,
            "invalid IPv6 mcast-group `::ffff:224.0.0.1'",
            &["--start-daemon master --mcast-group ::ffff:224.0.0.1"],
        ),
        (
            2,
            "invalid IPv6 mcast-group `::1'",
            &["--start-daemon master --mcast-group ::1"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `0xe.0xf'",
            &["--start-daemon master --mcast-group 0xe.0xf"],
        ),
        (
            2,
            "invalid IPv4 mcast-group `bad'",
            &["--start-daemon master --mcast-group bad"],
        ),
        (
            2,
            "invalid IPv6 mcast-group `:'",
            &["--start-daemon master --mcast-group :"],
        ),
        (
            2,
            "invalid IPv6 mcast-group `ff02:1'",
            &["--start-daemon master --mcast-group ff02:1"],
        ),
    ]);
}
