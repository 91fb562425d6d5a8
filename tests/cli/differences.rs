//! What ipvsadm 1.31 refuses and we accept. What we refuse as well, we refuse
//! with its words.

use ipvs::model::{Change, Family, Netmask};
use ipvsadm::cli::{Connections, RuleCommand};

use super::support::*;

const TRY: &str = "Try `ipvsadm -h' or 'ipvsadm --help' for more information.";

#[test]
fn a_command_that_is_not_the_first_option() {
    for line in ["-n -L", "-nL", "-n --list"] {
        accepts_command(line, list(|list| list.numeric = true));
    }
    accepts(
        "-t 10.0.0.1:80 -A -s rr",
        Change::AddService(service(tcp("10.0.0.1", 80), "rr", |_| {})),
    );
    accepts_command("-n -h", RuleCommand::Help(None));
    accepts_command("-n -v -Q", RuleCommand::Version);
    refuse(&[(
        255,
        TRY,
        &[
            "-n",
            "-n foo",
            "-n -n -L",
            "-n -A",
            "-n -L -Q",
            "-n -L foo",
            "-w x -A",
            "-t bad -L",
            "-L=5 -L",
            "-Q -L",
            "-n -L -C",
        ],
    )]);
}

#[test]
fn ipv6_before_fwmark() {
    for line in [
        "-A -6 -f 1",
        "-A -6f1",
        "-A -s wlc -6 -f 1",
        "-6 -A -f 1",
        "-A -M 255.0.0.0 -6f 1",
    ] {
        accepts(
            line,
            Change::AddService(service(fwmark(1, Family::V6), "wlc", |_| {})),
        );
    }
    for line in ["-A -6 -f 1 -M 64", "-A -6 -M 64 -f 1"] {
        accepts(
            line,
            Change::AddService(service(fwmark(1, Family::V6), "wlc", |service| {
                service.netmask = Netmask::V6(64.try_into().unwrap());
            })),
        );
    }
    refuse(&[(
        2,
        "-6 used before -f",
        &[
            "-A -6",
            "-A -6 foo",
            "-A -6 -t 10.0.0.1:80",
            "-A -t 10.0.0.1:80 -6",
            "-A -6 -t 10.0.0.1:80 -f 1",
            "-A -6 -f x",
            "-A -6 -f 1 -n",
            "-A -6 -f 1 -Q",
            "-L -6 -c",
        ],
    )]);
}

#[test]
fn the_blank_line_after_ipv6_before_fwmark() {
    let words = split("-A -6");
    let mistake = ipvsadm::cli::parse("ipvsadm", &words)
        .resolve(&Book)
        .unwrap_err();
    assert_eq!(mistake.to_string(), "-6 used before -f\n");
}

#[test]
fn brackets_without_a_port() {
    accepts(
        "-D -t [2001:db8::1]",
        Change::DeleteService(tcp("2001:db8::1", 0)),
    );
    accepts(
        "-a -m -t [::1]:80 -r [::2]",
        Change::AddServer(
            tcp("::1", 80),
            server("::2", 80, |server| {
                server.forwarding = ipvs::model::Forwarding::Masquerade;
            }),
        ),
    );
    refuse(&[
        (
            2,
            "illegal virtual server address[:port] specified",
            &[
                "-A -t [2001:db8::1]",
                "-D -t [2001:db8::1] -n",
                "-D -t [10.0.0.1]",
                "-D -t [web]",
            ],
        ),
        (
            2,
            "illegal real server address[:port] specified",
            &["-a -t 10.0.0.1:80 -r [::2]", "-a -t [::1]:80 -r [::2] -Q"],
        ),
    ]);
}

#[test]
fn hosts_with_ipv6_addresses_only() {
    // The IPv4 address of a host that has both is taken.
    accepts(
        "-D -t web:http",
        Change::DeleteService(tcp("10.0.0.77", 80)),
    );
    accepts(
        "-D -t six:http",
        Change::DeleteService(tcp("2001:db8::6", 80)),
    );
    accepts(
        "-A -t six:http -M 64",
        Change::AddService(service(tcp("2001:db8::6", 80), "wlc", |service| {
            service.netmask = Netmask::V6(64.try_into().unwrap());
        })),
    );
    refuse(&[
        (
            2,
            "illegal virtual server address[:port] specified",
            &[
                "-D -t six:bad",
                "-A -t six:80 -M x",
                "-A -t six",
                "-A -t six:80 -w 1",
            ],
        ),
        (
            2,
            "illegal virtual server persistent mask specified",
            &["-A -t 10.0.0.1:80 -M six"],
        ),
    ]);
}

#[test]
fn connections_of_a_service_or_a_server() {
    let connections = |connections: Connections| RuleCommand::Connections(connections.into());
    for line in ["-L -c -t 10.0.0.1:80", "-L -t 10.0.0.1:80 -c"] {
        accepts_command(
            line,
            connections(Connections {
                service: Some(tcp("10.0.0.1", 80)),
                ..Connections::default()
            }),
        );
    }
    for (line, port) in [
        ("-Lc -r 10.1.0.1:8080", Some(8080)),
        ("-Lc -r 10.1.0.1", None),
    ] {
        accepts_command(
            line,
            connections(Connections {
                server: Some((address("10.1.0.1"), port)),
                ..Connections::default()
            }),
        );
    }
    accepts_command(
        "-Lnc -f 1 -r 10.1.0.1 --persistent-conn",
        connections(Connections {
            service: Some(fwmark(1, Family::V4)),
            server: Some((address("10.1.0.1"), None)),
            persistent: true,
            numeric: true,
            ..Connections::default()
        }),
    );
    refuse(&[
        (
            2,
            "The option 'service-address' conflicts with the 'connection' option in the 'list' \
             command",
            &[
                "-L -c -t 10.0.0.1:80 --stats",
                "-L -c -t 10.0.0.1:80 -w 1",
                "-L -c -t 10.0.0.1:80 --timeout",
                "-L -c -t 10.0.0.1:80 -r 10.1.0.1 -s rr",
            ],
        ),
        (
            2,
            "Illegal 'real-server' option with the 'list' command",
            &[
                "-L -c -r 10.1.0.1 --stats",
                "-L -c -r 10.1.0.1 -w 1",
                "-L -r 10.1.0.1",
            ],
        ),
        (
            2,
            "Illegal 'scheduler' option with the 'list' command",
            &["-L -c -r 10.1.0.1 -s rr"],
        ),
        (
            2,
            "illegal real server address[:port] specified",
            &["-L -c -r bad", "-L -c -r 10.1.0.1:http"],
        ),
    ]);
}
