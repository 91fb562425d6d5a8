//! `-L`.

use ipvsadm::cli::{Connections, Format, RuleCommand, Selection};
use ipvsadm::view::{Numbers, Order};

use super::support::*;

#[test]
fn views() {
    use ipvsadm::view::View::*;
    for (line, view) in [
        ("-L", Plain),
        ("-L --stats", Stats),
        ("-L --rate", Rate),
        ("-L --thresholds", Thresholds),
        ("-L --persistent-conn", PersistentConnections),
        ("-L --tun-info", TunnelInfo),
        ("-L --rate --stats", Stats),
        ("-L --tun-info --persistent-conn --thresholds --rate", Rate),
        ("-L --tun-info --persistent-conn --thresholds", Thresholds),
        ("-L --tun-info --persistent-conn", PersistentConnections),
        ("-L --syncid 3", Plain),
    ] {
        accepts_command(line, list(|list| list.view = view));
    }
    for line in [
        "-L --exact --nosort -nt 10.0.0.1:80",
        "-nXL --sort -t 10.0.0.1:80 --nosort",
    ] {
        accepts_command(
            line,
            list(|list| {
                list.services = Selection::One(tcp("10.0.0.1", 80));
                list.numbers = Numbers::Exact;
                list.order = Order::Kernel;
                list.numeric = true;
            }),
        );
    }
}

#[test]
fn other_listings() {
    for line in [
        "-L --timeout",
        "-L --timeout -n --exact --nosort --tun-info --syncid 3",
    ] {
        accepts_command(line, RuleCommand::ShowTimeouts(Format::Text));
    }
    for line in [
        "-L --daemon",
        "-L --daemon -n --exact --nosort --tun-info --syncid 3",
    ] {
        accepts_command(line, RuleCommand::ShowDaemons(Format::Text));
    }
    for line in ["-L -c", "-Lc --exact --nosort --tun-info --syncid 3"] {
        accepts_command(line, RuleCommand::Connections(Box::default()));
    }
    accepts_command(
        "-Lnc --persistent-conn",
        RuleCommand::Connections(Box::new(Connections {
            persistent: true,
            numeric: true,
            ..Connections::default()
        })),
    );
}

/// What ipvsadm 1.31 was seen to answer.
#[test]
fn refusals() {
    refuse(&[
        (
            2,
            "illegal virtual server address[:port] specified",
            &["-L -t bad -v", "-S -t bad"],
        ),
        (
            2,
            "options conflicts in the list command",
            &[
                "-L -c --stats",
                "-L -c --rate",
                "-L -c --thresholds",
                "-L --timeout --stats",
                "-L --daemon --stats",
                "-L --timeout --rate",
                "-L --timeout --thresholds",
                "-L --timeout --persistent-conn",
                "-L --daemon --persistent-conn",
                "-L --daemon --thresholds",
                "-L -c --persistent-conn --stats",
            ],
        ),
        (
            2,
            "The option 'timeout' conflicts with the 'connection' option in the 'list' command",
            &[
                "-L -c --timeout",
                "-L --timeout -c --stats",
                "-L --daemon --timeout -c",
            ],
        ),
        (
            2,
            "The option 'daemon' conflicts with the 'connection' option in the 'list' command",
            &["-L -c --daemon", "-L --daemon -c"],
        ),
        (
            2,
            "-6 used before -f",
            &["-L -c -6", "-L -6", "-S -6", "-R -6"],
        ),
        (
            2,
            "The option 'daemon' conflicts with the 'timeout' option in the 'list' command",
            &[
                "-L --timeout --daemon",
                "-L --daemon --timeout",
                "-L --daemon --timeout --stats",
            ],
        ),
        (
            2,
            "The option 'timeout' conflicts with the 'service-address' option in the 'list' command",
            &[
                "-L --timeout -t 10.0.0.1:80",
                "-L --stats --timeout -t 10.0.0.1:80",
                "-L --daemon --timeout -t 10.0.0.1:80",
            ],
        ),
        (
            2,
            "The option 'daemon' conflicts with the 'service-address' option in the 'list' command",
            &[
                "-L --daemon -t 10.0.0.1:80",
                "-L --daemon --stats -t 10.0.0.1:80",
            ],
        ),
        (2, "illegal syncid specified", &["-L --syncid 300"]),
        (
            2,
            "invalid scheduler flag `x'",
            &["-L -b x", "-L -c -t 10.0.0.1:80 -b x"],
        ),
        (
            2,
            "Illegal 'sched-flags' option with the 'list' command",
            &["-L -b flag-1"],
        ),
        (
            2,
            "incompatible scheduler flag `sh-port'",
            &["-L -b sh-port", "-L -c --stats -b sh-port"],
        ),
        (
            2,
            "The option 'service-address' conflicts with the 'connection' option in the 'list' command",
            &[
                "-L --stats -c -t 10.0.0.1:80",
                "-L --daemon -c -t 10.0.0.1:80",
                "-L --timeout -c -t 10.0.0.1:80",
                "-L -c -t 10.0.0.1:80 -w 1",
                "-L -c -t 10.0.0.1:80 -s rr",
            ],
        ),
        (
            2,
            "Illegal 'scheduler' option with the 'list' command",
            &[
                "-L -r 10.0.0.1 -s rr",
                "-L -s rr -r 10.0.0.1",
                "-L -w 1 -s rr -r 10.0.0.1 -p -M 255.0.0.0",
            ],
        ),
        (
            2,
            "Illegal 'connection' option with the 'save' command",
            &["-S -c --stats -t 10.0.0.1:80"],
        ),
        (
            2,
            "Illegal 'u-threshold' option with the 'list' command",
            &["-L -c --daemon -x 1"],
        ),
        (
            2,
            "Illegal 'persistent' option with the 'list' command",
            &["-L -p", "-L -p5"],
        ),
    ]);
}
