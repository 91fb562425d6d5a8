//! Every command with every option.

use crate::case::{Case, case};

const COMMANDS: &[&str] = &[
    "-A -t 10.0.0.77:80",
    "-A -f 7",
    "-E -t 10.0.0.1:80",
    "-D -t 10.0.0.1:80",
    "-a -t 10.0.0.1:80 -r 10.1.0.9:80",
    "-e -t 10.0.0.1:80 -r 10.1.0.1:80",
    "-d -t 10.0.0.1:80 -r 10.1.0.1:80",
    "-C",
    "-L",
    "-L -c",
    "-L --timeout",
    "-L --daemon",
    "-S",
    "-R",
    "-Z",
    "--set 1 2 3",
    "--start-daemon backup --mcast-interface eth0",
    "--stop-daemon backup",
];

const OPTIONS: &[&str] = &[
    "-t 10.0.0.1:80",
    "-f 1",
    "-6",
    "-s rr",
    "-p 9",
    "-M 255.0.0.0",
    "--pe sip",
    "-o",
    "-b flag-1",
    "-r 10.1.0.1:80",
    "-g",
    "-i",
    "-m",
    "-w 3",
    "-x 4",
    "-y 5",
    "--tun-type gre",
    "--tun-port 99",
    "--tun-nocsum",
    "--tun-csum",
    "--tun-remcsum",
    "-n",
    "-c",
    "--timeout",
    "--daemon",
    "--stats",
    "--rate",
    "--thresholds",
    "--persistent-conn",
    "--tun-info",
    "--exact",
    "--sort",
    "--nosort",
    "--mcast-interface lo",
    "--syncid 3",
    "--sync-maxlen 1000",
    "--mcast-group 224.1.1.1",
    "--mcast-port 99",
    "--mcast-ttl 4",
];

/// The commands that are paired with every option: one of each kind. The
/// others, which are like them, are paired with some each.
const FULLY: &[&str] = &[
    "-A -t 10.0.0.77:80",
    "-a -t 10.0.0.1:80 -r 10.1.0.9:80",
    "-L",
    "--start-daemon backup --mcast-interface eth0",
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (row, command) in COMMANDS.iter().enumerate() {
        let fully = FULLY.contains(command);
        for (column, option) in OPTIONS.iter().enumerate() {
            // Difference 8: these narrow the connections listed.
            let narrows = *command == "-L -c" && ["-t", "-f", "-r"].contains(&&option[..2]);
            if (fully || (row + column) % 6 == 0) && !narrows {
                cases.push(case(format!("{command} {option}").leak()));
            }
        }
    }
    cases
}
