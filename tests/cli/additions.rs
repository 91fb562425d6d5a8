//! What ipvsadm 1.31 has no option for.

use std::time::Duration;

use ipvs::connections::{By, Grouping, Origin};
use ipvs::model::{
    Change, Destination, Family, Forwarding, Netmask, Protocol, ServiceFlags, TunnelKind, VirtualId,
};
use ipvsadm::cli::{
    self, Access, BriefList, Color, Command, Connections, Deed, Drain, Ensure, Everywhere, Extent,
    Format, Leaving, Metrics, Netns, Require, Restore, RestoreMode, Save, Selection,
    ServerAnywhere, Shell, Standing, ToolCommand, Undrain, Usage, Verb, Watch, parse, parse_rule,
};
use ipvsadm::view::Order;

use super::support::*;

#[test]
fn whatever_there_was_before() {
    let id = tcp("10.0.0.1", 80);
    let web = server("10.1.0.2", 80, |server| server.weight = 3);
    for (line, wanted) in [
        (
            "-A -t 10.0.0.1:80 -s rr --or-edit",
            Ensure::Service(service(id, "rr", |_| {})),
        ),
        (
            "-a --or-edit -t 10.0.0.1:80 -r 10.1.0.2 -w 3",
            Ensure::Server(id, web),
        ),
        ("-D -t 10.0.0.1:80 --if-exists", Ensure::NoService(id)),
        (
            "--if-exists -d -t 10.0.0.1:80 -r 10.1.0.2",
            Ensure::NoServer(id, server("10.1.0.2", 80, |_| {})),
        ),
    ] {
        accepts_command(line, Command::Ensure(wanted));
    }
    refuse(&[
        (
            2,
            "The option 'if-exists' conflicts with the 'drain' option in the 'delete-service' \
             command",
            &["-D -t 10.0.0.1:80 --drain --if-exists"],
        ),
        (
            2,
            "Illegal 'keep' option with the 'add-service' command",
            &["-A -t 10.0.0.1:80 --keep"],
        ),
        (
            2,
            "illegal weight specified",
            &["-e -t 10.0.0.1:80 -r 10.1.0.2 --keep -w x"],
        ),
    ]);
}

#[test]
fn one_server_in_every_service() {
    let anywhere = |port| ServerAnywhere {
        address: address("10.1.0.1"),
        port,
    };
    let everywhere = |port, deed| {
        Command::Everywhere(Box::new(Everywhere {
            server: anywhere(port),
            deed,
        }))
    };
    for (line, wanted) in [
        (
            "-d -r 10.1.0.1 --all-services",
            everywhere(None, Deed::Remove),
        ),
        (
            "--all-services -d -r 10.1.0.1:80 --if-exists",
            everywhere(Some(80), Deed::RemoveIfThere),
        ),
        (
            "-d -r 10.1.0.1 --all-services --drain=3",
            Command::Drain(Drain {
                leaving: Leaving::Anywhere(anywhere(None)),
                limit: Some(Duration::from_secs(3)),
            }),
        ),
        (
            "-e -r 10.1.0.1:80 --all-services --undrain",
            Command::Undrain(Undrain::Anywhere(anywhere(Some(80)))),
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.1 --undrain",
            Command::Undrain(Undrain::Server(
                tcp("10.0.0.1", 80),
                server("10.1.0.1", 80, |_| {}),
            )),
        ),
    ] {
        accepts_command(line, wanted);
    }
    for (line, keeps) in [
        ("-e -r 10.1.0.1:0 --all-services -m -w 3", false),
        ("-e -r 10.1.0.1:0 --all-services --keep -w 3", true),
    ] {
        let Ok(Command::Everywhere(wanted)) = outcome(line) else {
            panic!("{line}: {:?}", outcome(line));
        };
        assert_eq!(wanted.server.port, Some(0), "{line}");
        assert_eq!(matches!(wanted.deed, Deed::Edit(_)), keeps, "{line}");
    }
    refuse(&[
        (
            2,
            "The option 'all-services' conflicts with the 'service-address' option in the \
             'delete-server' command",
            &["-d -t 10.0.0.1:80 -r 10.1.0.1 --all-services"],
        ),
        (
            2,
            "You need to supply the 'real-server' option for the 'edit-server' command",
            &["-e --all-services -w 3"],
        ),
        (
            2,
            "The option 'all-services' conflicts with the 'raw' option in the 'edit-server' \
             command",
            &["-e -r 10.1.0.1 --all-services --raw port=1"],
        ),
        (
            2,
            "Illegal 'all-services' option with the 'add-server' command",
            &["-a -t 10.0.0.1:80 -r 10.1.0.1 --all-services"],
        ),
        (
            2,
            "The option 'undrain' conflicts with the 'weight' option in the 'edit-server' command",
            &["-e -r 10.1.0.1 --all-services --undrain -w 3"],
        ),
        (
            2,
            "Tunnel options conflict with forward method",
            &["-e -r 10.1.0.1 --all-services --tun-type gre"],
        ),
    ]);
}

fn connections(with: impl FnOnce(&mut Connections)) -> Command {
    let mut connections = Connections::default();
    with(&mut connections);
    Command::Connections(connections.into())
}

#[test]
fn json() {
    for line in ["-L --json", "-Ln --json", "--json -L"] {
        accepts_command(
            line,
            list(|list| {
                list.format = Format::Json;
                list.numeric = line == "-Ln --json";
            }),
        );
    }
    accepts_command("-L --json --timeout", Command::ShowTimeouts(Format::Json));
    accepts_command("-L --daemon --json", Command::ShowDaemons(Format::Json));
    accepts_command(
        "-S --json --output f",
        Command::Save(Save {
            output: Some("f".into()),
            format: Format::Json,
            ..Save::default()
        }),
    );
    accepts_command(
        "-R --replace --dry-run --json",
        Command::Restore(Restore {
            mode: RestoreMode::Replace,
            stop_at: Extent::DryRun,
            format: Format::Json,
            ..Restore::default()
        }),
    );
    let needs = "You need to supply the 'dry-run' option for the 'json' option";
    refuse(&[
        (2, needs, &["-R --json", "-R --check --json"]),
        (
            2,
            "Illegal 'json' option with the 'zero' command",
            &["-Z --json"],
        ),
    ]);
    let restore = |line| parse_restore(&split(line)).map_err(|usage| usage.to_string());
    assert!(restore("--json --dry-run f").is_ok());
    assert_eq!(restore("--json f"), Err(needs.to_owned()));
    assert_eq!(
        parse_save(&split("--json")),
        Ok(Command::Save(Save {
            format: Format::Json,
            ..Save::default()
        }))
    );
}

#[test]
fn narrower_connections() {
    accepts_command(
        "-Lc --client 10.0.0.0/8 --state established --by server --json",
        connections(|connections| {
            connections.client = "10.0.0.0/8".parse().ok();
            connections.state = Some("ESTABLISHED");
            connections.by = Some(By::Server.into());
            connections.format = Format::Json;
        }),
    );
    refuse(&[
        (
            2,
            "You need to supply the 'connection' option for the 'client' option",
            &["-L --client 10.0.0.1", "-L --state NONE --client ::1"],
        ),
        (
            2,
            "illegal client `10.0.0.0/33' specified: an address, or one with /BITS",
            &["-Lc --client 10.0.0.0/33"],
        ),
        (
            2,
            "illegal by `port' specified: one of server, client, state, service",
            &["-Lc --by port"],
        ),
        (
            2,
            "multiple 'by' options specified",
            &["-Lc --by server --by client"],
        ),
    ]);
}

#[test]
fn connections_of_an_origin_orphans_and_pairs() {
    accepts_command(
        "-Lc --orphans --origin sync --by server,state --json",
        connections(|connections| {
            connections.standing = Standing::Orphaned;
            connections.origin = Some(Origin::Sync);
            connections.by = Some(Grouping {
                by: By::Server,
                then: Some(By::State),
            });
            connections.format = Format::Json;
        }),
    );
    let one_of = "one of server, client, state, service";
    for word in ["server,", ",state", "server,port", "server,state,client"] {
        let bad = match word.split_once(',') {
            Some(("", _)) => "",
            Some((_, rest)) => rest,
            None => word,
        };
        let refusal = format!("illegal by `{bad}' specified: {one_of}");
        refuse(&[(2, &refusal, &[&format!("-Lc --by {word}")])]);
    }
    refuse(&[
        (
            2,
            "illegal by `state,state' specified: two that differ",
            &["-Lc --by state,state"],
        ),
        (
            2,
            "illegal origin `both' specified: one of local, sync",
            &["-Lc --origin both"],
        ),
        (
            2,
            "You need to supply the 'connection' option for the 'orphans' option",
            &["-L --orphans"],
        ),
        (
            2,
            "The option 'origin' conflicts with the 'json' option in the 'list' command",
            &["-Lc --origin local --json"],
        ),
        (
            2,
            "The option 'origin' conflicts with the 'persistent-conn' option in the 'list' command",
            &["-Lc --origin local --persistent-conn"],
        ),
        (
            2,
            "The option 'from-proc' conflicts with the 'orphans' option in the 'list' command",
            &["-Lc --from-proc --orphans"],
        ),
    ]);
}

#[test]
fn the_state_of_ipvs() {
    accepts_command("-L --status", Command::ShowStatus(Format::Text));
    accepts_command("-Ln --json --status", Command::ShowStatus(Format::Json));
    for (option, label) in [
        ("-c", "connection"),
        ("-t 10.0.0.1:80", "service-address"),
        ("--timeout", "timeout"),
        ("--daemon", "daemon"),
        ("--watch", "watch"),
        ("--only ::1", "only"),
        ("--require 1", "require"),
        ("--from-proc", "from-proc"),
    ] {
        let refused = outcome(&format!("-L --status {option}"));
        let conflict = format!("conflicts with the '{label}' option in the 'list' command");
        let is_named = matches!(&refused, Err((2, text)) if text.contains("'status'")
            && (text.contains(&conflict) || text.contains(&format!("'{label}'"))));
        assert!(is_named, "{option}: {refused:?}");
    }
    refuse(&[(
        2,
        "options conflicts in the list command",
        &["-L --status --stats", "-L --rate --status"],
    )]);
}

#[test]
fn some_services() {
    let only = |words: &[&str]| {
        let words = words.iter();
        Selection::Only(words.map(|word| word.parse().unwrap()).collect())
    };
    for (options, words) in [
        ("--only 10.0.0.0/8", &["10.0.0.0/8"][..]),
        ("--only fwmark:7 --only=::1", &["fwmark:7", "::1"]),
    ] {
        let services = only(words);
        accepts_command(
            &format!("-L {options}"),
            list(|list| list.services = services.clone()),
        );
        let save = Command::Save(Save {
            services: services.clone(),
            ..Save::default()
        });
        accepts_command(&format!("{options} -S"), save.clone());
        let typed: Vec<_> = options.split(' ').map(str::to_owned).collect();
        assert_eq!(parse_save(&typed), Ok(save));
        accepts_command(
            &format!("-L --from-proc {options}"),
            Command::ListFromProc(BriefList {
                services,
                ..BriefList::default()
            }),
        );
    }
    for (option, label) in [
        ("-t 10.0.0.1:80", "service-address"),
        ("-c", "connection"),
        ("--timeout", "timeout"),
        ("--daemon", "daemon"),
        ("--require 1", "require"),
    ] {
        let refusal =
            format!("The option 'only' conflicts with the '{label}' option in the 'list' command");
        refuse(&[(2, &refusal, &[&format!("-L --only ::1 {option}")])]);
    }
    for (word, meant) in [
        (
            "10.0.0.9/24",
            "10.0.0.0/24 for the network, 10.0.0.9 for one address",
        ),
        ("::ffff:10.0.0.9", "10.0.0.9 for the IPv4 services"),
    ] {
        let refusal = format!("illegal only `{word}' specified: {meant}");
        for command in ["-L", "-S", "-R --replace"] {
            refuse(&[(2, &refusal, &[&format!("{command} --only {word}")])]);
        }
    }
    assert_eq!(
        parse_save(&["--only".to_owned()]).unwrap_err().to_string(),
        "--only: missing argument"
    );
}

#[test]
fn what_any_user_may_read() {
    accepts_command(
        "-Ln --from-proc -t 10.0.0.1:80 --nosort",
        Command::ListFromProc(BriefList {
            services: Selection::One(tcp("10.0.0.1", 80)),
            order: Order::Kernel,
            numeric: true,
        }),
    );
    accepts_command(
        "-L -c --from-proc --json --persistent-conn",
        connections(|connections| {
            connections.access = Access::Proc;
            connections.format = Format::Json;
            connections.persistent = true;
        }),
    );
    for (option, label) in [
        ("--json", "json"),
        ("--watch", "watch"),
        ("--color auto", "color"),
        ("--persistent-conn", "persistent-conn"),
        ("--stats", "stats"),
        ("--tun-info", "tun-info"),
        ("--daemon", "daemon"),
    ] {
        let refusal = format!(
            "The option 'from-proc' conflicts with the '{label}' option in the 'list' command"
        );
        refuse(&[(2, &refusal, &[&format!("-L --from-proc {option}")])]);
    }
}

#[test]
fn requirements() {
    for line in [
        "-L -t 10.0.0.1:80 --require 2",
        "--require=2 -Ln -t 10.0.0.1:80",
    ] {
        let (service, least) = (tcp("10.0.0.1", 80), 2);
        accepts_command(line, Command::Require(Require { service, least }));
    }
    refuse(&[
        (
            2,
            "You need to supply the 'service-address' option for the 'require' option",
            &["-L --require 1"],
        ),
        (
            2,
            "illegal require `0' specified: a number of servers from 1",
            &["-L -f 1 --require 0"],
        ),
        (
            2,
            "The option 'require' conflicts with the 'json' option in the 'list' command",
            &["-L -f 1 --require 1 --json"],
        ),
        (
            2,
            "The option 'require' conflicts with the 'stats' option in the 'list' command",
            &["-L -f 1 --stats --require 1"],
        ),
    ]);
}

#[test]
fn watching() {
    let watch = |seconds, count| {
        Some(Watch {
            interval: Duration::from_secs(seconds),
            count,
        })
    };
    accepts_command("-L --watch", list(|list| list.watch = watch(2, None)));
    accepts_command(
        "-L --count 3 --watch=5 --color always",
        list(|list| {
            list.watch = watch(5, Some(3));
            list.color = Color::Always;
        }),
    );
    accepts_command(
        "-L -c --watch",
        connections(|connections| connections.watch = watch(2, None)),
    );
    refuse(&[
        (
            2,
            "You need to supply the 'watch' option for the 'count' option",
            &["-L --count 3"],
        ),
        (
            2,
            "The option 'watch' conflicts with the 'timeout' option in the 'list' command",
            &["-L --timeout --watch"],
        ),
        (2, "unexpected argument 5", &["-L --watch 5"]),
        (
            2,
            "illegal watch interval `0' specified: seconds from 0.1 to 86400",
            &["-L --watch=0"],
        ),
    ]);
}

#[test]
fn draining() {
    let id = tcp("10.0.0.1", 80);
    let drain = |leaving, limit| Command::Drain(Drain { leaving, limit });
    accepts_command(
        "-d -t 10.0.0.1:80 -r 10.1.0.1 --drain",
        drain(Leaving::Server(id, server("10.1.0.1", 80, |_| {})), None),
    );
    accepts_command(
        "-D -t 10.0.0.1:80 --drain=30",
        drain(Leaving::Service(id), Some(Duration::from_secs(30))),
    );
    refuse(&[
        (
            2,
            "You need to supply the 'real-server' option for the 'delete-server' command",
            &["-d -t 10.0.0.1:80 --drain"],
        ),
        (
            2,
            "Illegal 'drain' option with the 'add-server' command",
            &["-a -t 10.0.0.1:80 -r 10.1.0.1 --drain"],
        ),
        (
            2,
            "illegal drain time `x' specified: seconds from 0 to 2678400",
            &["-D -t 10.0.0.1:80 --drain=x"],
        ),
    ]);
}

#[test]
fn metrics() {
    for (line, output) in [
        ("-L --openmetrics", None),
        ("--openmetrics -Ln", None),
        ("-L --output f --openmetrics", Some("f".into())),
    ] {
        accepts_command(line, Command::Metrics(Metrics { output }));
    }
    refuse(&[
        (
            2,
            "You need to supply the 'openmetrics' option for the 'output' option",
            &["-L --output f", "-Lc --output f", "-L --json --output f"],
        ),
        (
            2,
            "The option 'openmetrics' conflicts with the 'json' option in the 'list' command",
            &["-L --json --openmetrics"],
        ),
        (
            2,
            "The option 'openmetrics' conflicts with the 'connection' option in the 'list' command",
            &["-Lc --openmetrics", "-Lc --openmetrics --orphans"],
        ),
        (
            2,
            "The option 'openmetrics' conflicts with the 'service-address' option in the 'list' \
             command",
            &["-L -t 10.0.0.1:80 --openmetrics"],
        ),
        (
            2,
            "Illegal 'openmetrics' option with the 'save' command",
            &["-S --openmetrics"],
        ),
    ]);
}

#[test]
fn rules_neither_wait_nor_watch() {
    let rule = |line| {
        let words = split(line);
        let command = parse_rule("ipvsadm", &words).resolve(&Book);
        command.map_err(|usage| usage.to_string())
    };
    for (line, option) in [
        ("-L --watch", "watch"),
        ("-D -t 10.0.0.1:80 --drain", "drain"),
        ("-D -f 1 --if-exists", "if-exists"),
        ("-L -f 1 --require 1", "require"),
        ("-d -r 10.1.0.1 --all-services", "all-services"),
        ("-L --openmetrics", "openmetrics"),
    ] {
        let refusal = format!("the '{option}' option is for the command line, not for rules");
        assert_eq!(rule(line), Err(refusal));
    }
    assert!(rule("--completions bash").is_err());
    assert!(rule("-L --json").is_ok());
}

#[test]
fn help_about_a_command() {
    for line in [
        "--help -A",
        "-h --add-service",
        "-hA",
        "--help -A -t bad",
        "--help add-service",
        "--help A",
        "-h A",
    ] {
        accepts_command(line, Command::Help(Some(Verb::AddService)));
    }
}

#[test]
fn completions() {
    accepts_command("--completions zsh", Command::Completions(Shell::Zsh));
    refuse(&[(
        2,
        "unknown shell `sh': bash, zsh or fish",
        &["--completions sh"],
    )]);
}

#[test]
fn what_only_other_programs_make() {
    let id = tcp("10.0.0.1", 0);
    accepts(
        "-A -t 10.0.0.1:0 -s rr --raw port=0,flags=64",
        Change::AddService(service(id, "rr", |service| {
            service.flags = ServiceFlags(64);
        })),
    );
    accepts(
        "-E --raw persistent=0 -f 7 -6 -M 64 -s rr",
        Change::EditService(service(fwmark(7, Family::V6), "rr", |service| {
            service.flags = ServiceFlags::PERSISTENT;
            service.netmask = Netmask::V6(64.try_into().unwrap());
        })),
    );
    let numbered = VirtualId::Endpoint {
        protocol: Protocol::Other(47),
        address: address("fd00::1"),
        port: 80,
    };
    accepts(
        "-D --protocol-service 47:[fd00::1]:80",
        Change::DeleteService(numbered),
    );
    accepts(
        "-D --protocol-service 17:10.0.0.1:9",
        Change::DeleteService(udp("10.0.0.1", 9)),
    );
    let added = |edit: fn(&mut Destination)| {
        Change::AddServer(tcp("10.0.0.1", 80), server("10.1.0.1", 80, edit))
    };
    accepts(
        "-a -t 10.0.0.1:80 -r 10.1.0.1 -g --raw port=0",
        added(|server| {
            server.forwarding = Forwarding::DirectRoute;
            server.port = 0;
        }),
    );
    accepts(
        "-a -t 10.0.0.1:80 -r 10.1.0.1 --raw l-threshold=4294967294,forwarding=7,u-threshold=4294967295",
        added(|server| {
            server.forwarding = Forwarding::Other(7);
            server.upper_threshold = u32::MAX;
            server.lower_threshold = u32::MAX - 1;
        }),
    );
    accepts(
        "-a -t 10.0.0.1:80 -r 10.1.0.1 -i --raw tun-type=255,tun-flags=65535",
        added(|server| {
            server.forwarding = Forwarding::Tunnel;
            server.tunnel.kind = TunnelKind::Other(255);
            server.tunnel.flags = u16::MAX;
        }),
    );
    for setting in [
        "",
        ",",
        "port",
        "port=",
        "port=-0",
        "port=+0",
        "port=65536",
        "port=1",
        "flags=0x40",
        "Flags=1",
        "flags=1,flags=1",
        "flags=4294967296",
        "forwarding=1",
        "persistent=0,",
        "weight=1",
    ] {
        let line = format!("-A -t 10.0.0.1:80 --raw '{setting}'");
        let (status, message) = outcome(&line).unwrap_err();
        assert_eq!(status, 2, "{line}");
        assert!(message.starts_with("illegal raw setting `"), "{message}");
        assert!(
            message.ends_with("one of port, persistent, flags"),
            "{message}"
        );
    }
    for setting in ["forwarding=8", "tun-type=256", "persistent=1", "flags=1"] {
        let (_, message) =
            outcome(&format!("-a -t 10.0.0.1:80 -r 10.1.0.1 --raw {setting}")).unwrap_err();
        let names = "port, forwarding, u-threshold, l-threshold, tun-type, tun-port, tun-flags";
        let told =
            format!("illegal raw setting `{setting}' specified: NAME=NUMBER with one of {names}");
        assert_eq!(message, told);
    }
    refuse(&[
        (
            2,
            "The option 'raw' conflicts with the 'persistent' option in the 'add-service' command",
            &["-A -t 10.0.0.1:80 -p 9 --raw persistent=0"],
        ),
        (
            2,
            "The option 'raw' conflicts with the 'forwarding-method' option in the 'edit-server' \
             command",
            &["-e -t 10.0.0.1:80 -r 10.1.0.1 --raw forwarding=4 -m"],
        ),
        (
            2,
            "Tunnel options conflict with forward method",
            &["-a -t 10.0.0.1:80 -r 10.1.0.1 -m --raw tun-flags=1"],
        ),
        (
            2,
            "Different address family is allowed only for tunneling servers",
            &["-a -t 10.0.0.1:80 -r [fd00::1]:80 --raw forwarding=4"],
        ),
        (
            2,
            "Zero port specified for non-persistent service",
            &[
                "-A -t 10.0.0.1:0 --raw flags=64",
                "-A --protocol-service 47:10.0.0.1:0",
            ],
        ),
        (
            2,
            "illegal virtual server address[:port] specified",
            &[
                "-A --protocol-service 47:10.0.0.1:http",
                "-A --protocol-service 47:",
            ],
        ),
        (
            2,
            "illegal service `10.0.0.1:80' specified: the number of a protocol, then HOST[:PORT], as \
             in 47:192.0.2.80:0",
            &["-A --protocol-service 10.0.0.1:80"],
        ),
        (
            2,
            "Illegal 'raw' option with the 'zero' command",
            &["-Z --raw flags=1"],
        ),
    ]);
}

/// The namespace that these words name, as far as they are looked at for it.
fn netns_of(line: &str) -> Option<Netns> {
    parse("ipvsadm", &split(line)).netns()
}

#[test]
fn network_namespaces() {
    let named = |name: &str| Some(Netns::Named(name.to_owned()));
    for (line, wanted) in [
        ("-L", None),
        ("-Ln --netns blue", named("blue")),
        ("--netns=blue -A -t web:80", named("blue")),
        (
            "-R --netns /proc/7/ns/net",
            Some(Netns::File("/proc/7/ns/net".into())),
        ),
        ("-L --netns all", Some(Netns::All)),
        ("-L --netns ALL", named("ALL")),
        // What needs none is not kept from its work.
        ("-h --netns blue", None),
        ("--completions bash --netns blue", None),
        ("--netns blue", None),
        ("-L --netns", None),
        ("-L --netns=", None),
        ("--complete -L --netns blue -t 1", named("blue")),
        ("--complete -L --netns blue", None),
        ("--complete -L -t --netns", None),
    ] {
        assert_eq!(netns_of(line), wanted, "{line:?}");
    }
    accepts_command("-L --netns blue", list(|_| {}));
    accepts_command("--netns all -L", list(|_| {}));
    refuse(&[
        (
            2,
            "illegal netns specified: the name of a network namespace, or a file that stands for one",
            &["-L --netns=", "--netns= -C"],
        ),
        (
            2,
            "each network namespace in turn (--netns all) is for -L and --diagnose, without \
             --watch, --require, --openmetrics and --output",
            &[
                "-C --netns all",
                "-S --netns all",
                "-R --netns all",
                "-A -t 10.0.0.1:80 --netns all",
                "-L --netns all --watch",
                "-L --netns all --openmetrics",
                "--diagnose --netns all --output f",
                "-L -t 10.0.0.1:80 --require 1 --netns all",
                "--explain -t 10.0.0.1:80 --client 10.0.0.9 --netns all",
            ],
        ),
        (
            2,
            "The option 'netns' conflicts with the 'facts' option in the 'diagnose' command",
            &["--diagnose --facts f --netns blue"],
        ),
        (
            2,
            "multiple 'netns' options specified",
            &["-L --netns blue --netns red"],
        ),
        // Where it comes first the mistake is still named.
        (
            2,
            "Illegal 'weight' option with the 'flush' command",
            &["--netns blue -C -w 3"],
        ),
        (
            255,
            "Try `ipvsadm -h' or 'ipvsadm --help' for more information.",
            &["--netns blue"],
        ),
    ]);
    let in_rules = parse_rule("ipvsadm", &split("-C --netns blue")).resolve(&Book);
    assert_eq!(
        in_rules.unwrap_err().to_string(),
        "the 'netns' option is for the command line, not for rules"
    );
}

#[test]
fn network_namespaces_of_the_tools() {
    type Parse = fn(&[String]) -> Result<ToolCommand, Usage>;
    let both: [Parse; 2] = [cli::parse_save, cli::parse_restore];
    for parse in both {
        let netns = |line: &str| match parse(&split(line)) {
            Ok(tool) => tool
                .netns
                .map_or("here".to_owned(), |netns| format!("{netns:?}")),
            Err(usage) => usage.to_string(),
        };
        assert_eq!(netns(""), "here");
        assert_eq!(netns("--netns blue"), "Named(\"blue\")");
        assert_eq!(netns("--netns=./f"), "File(\"./f\")");
        assert_eq!(netns("--netns"), "--netns: missing argument");
        assert!(netns("--netns all").starts_with("each network namespace in turn"));
        assert!(netns("--netns=").starts_with("illegal netns"));
        assert!(parse(&split("--netnsx")).is_err());
        assert_eq!(netns("--netns blue -h"), "here");
    }
    // Behind -- it is the name of a file.
    let behind = cli::parse_restore(&split("-- --netns=x")).unwrap();
    assert_eq!(behind.netns, None);
}
