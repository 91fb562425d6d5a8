//! Words that ask what is wrong.

use std::collections::BTreeSet;
use std::time::Duration;

use ipvs::model::Family;
use ipvsadm::cli::{Command, Diagnose, Explain, Format};
use ipvsadm::diagnose::{Method, OnServer};

use super::support::*;

#[test]
fn diagnosis() {
    let with = |change: fn(&mut Diagnose)| {
        let mut wanted = Diagnose {
            service: None,
            on_server: None,
            clients: Vec::new(),
            sample: Duration::from_secs(2),
            probe: false,
            ignored: BTreeSet::new(),
            facts: None,
            output: None,
            format: Format::Text,
        };
        change(&mut wanted);
        Command::Diagnose(wanted.into())
    };
    accepts_command("--diagnose", with(|_| {}));
    accepts_command(
        "--client 10.0.0.9 --diagnose --client fd00::9 --sample .5 --probe --json --output f",
        with(|wanted| {
            wanted.clients = vec!["10.0.0.9".parse().unwrap(), "fd00::9".parse().unwrap()];
            wanted.sample = Duration::from_millis(500);
            wanted.probe = true;
            wanted.format = Format::Json;
            wanted.output = Some("f".into());
        }),
    );
    accepts_command(
        "--diagnose --ignore vip-not-local --facts f --ignore nat-forwarding",
        with(|wanted| {
            wanted.facts = Some("f".into());
            wanted.ignored = ["vip-not-local", "nat-forwarding"]
                .map(str::to_owned)
                .into();
        }),
    );
    let on_server = |address: &str, method, director: Option<&str>| {
        let id = tcp(address, 80);
        let director = director.map(|director| director.parse().unwrap());
        OnServer::new(id, method, director)
    };
    let wanted = |on_server| {
        let Command::Diagnose(mut wanted) = with(|_| {}) else {
            unreachable!()
        };
        wanted.on_server = on_server;
        Command::Diagnose(wanted)
    };
    accepts_command(
        "--diagnose --on-server -t 10.0.0.1:80",
        wanted(on_server("10.0.0.1", Method::DirectRouting, None)),
    );
    accepts_command(
        "-m -t 10.0.0.1:80 --director 10.0.0.5 --on-server --diagnose",
        wanted(on_server("10.0.0.1", Method::Nat, Some("10.0.0.5"))),
    );
    accepts_command(
        "--diagnose --on-server -i -t [fd00::1]:80",
        wanted(on_server("fd00::1", Method::Tunnel, None)),
    );
    refuse(&[
        (
            2,
            "You need to supply the 'service-address' option for the 'on-server' option",
            &["--diagnose --on-server", "--diagnose --on-server -m"],
        ),
        (
            2,
            "a real server is asked about an address and port (-t, -u), not about a firewall mark",
            &["--diagnose --on-server -f 7"],
        ),
        (
            2,
            "a real server is asked about an address that clients come to, not about 127.0.0.1",
            &["--diagnose --on-server -t 127.0.0.1:80"],
        ),
        (
            2,
            "a real server is asked about an address that clients come to, not about 0.0.0.0",
            &["--diagnose --on-server -t 0.0.0.0:80"],
        ),
        (
            2,
            "a real server is asked about an address that clients come to, not about ff02::1",
            &["--diagnose --on-server -u [ff02::1]:53 -i"],
        ),
        (
            2,
            "a real server is asked about an address that clients come to, not about 255.255.255.255",
            &["--diagnose --on-server -u 255.255.255.255:53"],
        ),
        (
            2,
            "illegal director specified: it and the service are of different address families",
            &["--diagnose --on-server -t 10.0.0.1:80 -m --director fd00::1"],
        ),
        (
            2,
            "illegal director specified: 127.0.0.1 is no address of another machine",
            &["--diagnose --on-server -t 10.0.0.1:80 --director 127.0.0.1"],
        ),
        (
            2,
            "illegal director specified: ff02::1 is no address of another machine",
            &["--diagnose --on-server -t [fd00::1]:80 -m --director ff02::1"],
        ),
        (
            2,
            "illegal director `10.0.0.5:80' specified: an IP address is expected",
            &["--diagnose --on-server -t 10.0.0.1:80 --director 10.0.0.5:80"],
        ),
        (
            2,
            "You need to supply the 'on-server' option for the 'director' option",
            &["--diagnose -t 10.0.0.1:80 --director 10.0.0.5"],
        ),
        (
            2,
            "You need to supply the 'on-server' option for the 'forwarding-method' option",
            &["--diagnose -t 10.0.0.1:80 -m"],
        ),
        (
            2,
            "The option 'probe' conflicts with the 'on-server' option in the 'diagnose' command",
            &["--diagnose --on-server -t 10.0.0.1:80 --probe"],
        ),
        (
            2,
            "there is no check `nat-forwardin'; did you mean nat-forwarding?",
            &["--diagnose --ignore nat-forwardin"],
        ),
        (
            2,
            "there is no check `x'; man ipvsadm-diagnose lists them all",
            &["--diagnose --ignore x"],
        ),
        (
            2,
            "illegal sample `0' specified: seconds from 0.1 to 3600",
            &["--diagnose --sample 0"],
        ),
        (
            2,
            "illegal client specified: to examine its way takes one address, without /BITS",
            &["--diagnose --client 10.0.0.0/8"],
        ),
        (
            2,
            "multiple 'client' options specified",
            &["-L -c --client 10.0.0.9 --client 10.0.0.8"],
        ),
        (
            2,
            "The option 'sample' conflicts with the 'facts' option in the 'diagnose' command",
            &["--diagnose --facts f --sample 3"],
        ),
    ]);
}

#[test]
fn explanations() {
    let wanted = |service, client: &str, port, format| {
        Command::Explain(Explain {
            service,
            client: client.parse().unwrap(),
            port,
            facts: None,
            format,
        })
    };
    accepts_command(
        "--explain -t 10.0.0.1:80 --client 10.0.0.9 --facts f",
        Command::Explain(Explain {
            service: tcp("10.0.0.1", 80),
            client: "10.0.0.9".parse().unwrap(),
            port: None,
            facts: Some("f".into()),
            format: Format::Text,
        }),
    );
    accepts_command(
        "--explain -t 10.0.0.1:80 --client 10.0.0.9",
        wanted(tcp("10.0.0.1", 80), "10.0.0.9", None, Format::Text),
    );
    accepts_command(
        "--client 10.0.0.9:4000 --json -t 10.0.0.1:80 --explain",
        wanted(tcp("10.0.0.1", 80), "10.0.0.9", Some(4000), Format::Json),
    );
    for (line, port) in [
        ("--explain -f 7 -6 --client [fd00::9]:4000", Some(4000)),
        ("--explain -f 7 -6 --client [fd00::9]", None),
        ("--explain -f 7 -6 --client fd00::9", None),
    ] {
        let mark = fwmark(7, Family::V6);
        accepts_command(line, wanted(mark, "fd00::9", port, Format::Text));
    }
    refuse(&[
        (
            2,
            "You need to supply the 'service-address' option for the 'explain' command",
            &["--explain", "--explain --client 10.0.0.9"],
        ),
        (
            2,
            "You need to supply the 'client' option for the 'explain' command",
            &["--explain -t 10.0.0.1:80"],
        ),
        (
            2,
            "illegal client specified: to examine its way takes one address, without /BITS",
            &["--explain -t 10.0.0.1:80 --client 10.0.0.0/8"],
        ),
        (
            2,
            "illegal client specified: it and the service are of different address families",
            &[
                "--explain -t 10.0.0.1:80 --client fd00::9",
                "--explain -f 7 --client fd00::9",
            ],
        ),
        (
            2,
            "illegal client `0.0.0.0' specified: no client has this address",
            &[
                "--explain -t 10.0.0.1:80 --client 0.0.0.0",
                "--explain -t 10.0.0.1:80 --client 0.0.0.0:4000",
                "--diagnose --client 0.0.0.0",
            ],
        ),
        (
            2,
            "illegal client `ff02::1' specified: no client has this address",
            &["--diagnose --client ff02::1"],
        ),
        (
            2,
            "illegal client `255.255.255.255' specified: no client has this address",
            &["--explain -f 7 --client 255.255.255.255"],
        ),
        (
            2,
            "illegal client `10.0.0.9:x' specified: an address, or one with /BITS",
            &["--explain -t 10.0.0.1:80 --client 10.0.0.9:x"],
        ),
        (
            2,
            "illegal client `10.0.0.9:80' specified: an address, or one with /BITS",
            &[
                "-L -c --client 10.0.0.9:80",
                "--diagnose --client 10.0.0.9:80",
            ],
        ),
        (
            2,
            "multiple 'client' options specified",
            &["--explain -t 10.0.0.1:80 --client 10.0.0.9 --client 10.0.0.8"],
        ),
    ]);
}
