//! Listings that ipvsadm 1.31 has no option for.

use std::time::Duration;

use ipvs::connections::{By, Grouping, Origin};
use ipvsadm::cli::{
    Access, BriefList, Color, Command, Connections, Extent, Format, Metrics, Require, Restore,
    RestoreMode, RuleCommand, Save, Selection, Standing, Watch,
};
use ipvsadm::view::Order;

use super::support::*;

fn connections(with: impl FnOnce(&mut Connections)) -> Command {
    let mut connections = Connections::default();
    with(&mut connections);
    RuleCommand::Connections(connections.into()).into()
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
    accepts_command(
        "-L --json --timeout",
        RuleCommand::ShowTimeouts(Format::Json),
    );
    accepts_command("-L --daemon --json", RuleCommand::ShowDaemons(Format::Json));
    accepts_command(
        "-S --json --output f",
        RuleCommand::Save(Save {
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
        Ok(RuleCommand::Save(Save {
            format: Format::Json,
            ..Save::default()
        })
        .into())
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
            "illegal by `state,state' specified: the two words must differ",
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
    accepts_command("-L --status", RuleCommand::ShowStatus(Format::Text));
    accepts_command("-Ln --json --status", RuleCommand::ShowStatus(Format::Json));
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
        let save = RuleCommand::Save(Save {
            services: services.clone(),
            ..Save::default()
        });
        accepts_command(&format!("{options} -S"), save.clone());
        let typed: Vec<_> = options.split(' ').map(str::to_owned).collect();
        assert_eq!(parse_save(&typed), Ok(save.into()));
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
            "write 10.0.0.0/24 for the network or 10.0.0.9 for one address",
        ),
        ("::ffff:10.0.0.9", "write 10.0.0.9 for the IPv4 services"),
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
            "illegal require `0' specified: a number of servers, 1 or more",
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
