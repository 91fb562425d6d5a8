//! Every command with every option of its own kind.

use std::collections::BTreeSet;

use ipvsadm::cli::Label;

use super::support::*;

/// An option as typed and as messages name it.
const OPTIONS: &[(&str, &str)] = &[
    ("-n", "numeric"),
    ("-c", "connection"),
    ("-t 10.0.0.1:80", "service-address"),
    ("-s rr", "scheduler"),
    ("-p", "persistent"),
    ("-M 255.0.0.0", "netmask"),
    ("-r 10.1.0.1:80", "real-server"),
    ("-m", "forwarding-method"),
    ("-w 1", "weight"),
    ("-x 1", "u-threshold"),
    ("-y 1", "l-threshold"),
    ("--mcast-interface lo", "mcast-interface"),
    ("--timeout", "timeout"),
    ("--daemon", "daemon"),
    ("--stats", "stats"),
    ("--rate", "rate"),
    ("--thresholds", "thresholds"),
    ("--persistent-conn", "persistent-conn"),
    ("--nosort", "nosort"),
    ("--syncid 3", "syncid"),
    ("-X", "exact"),
    ("-o", "ops"),
    ("--pe sip", "pe"),
    ("-b flag-1", "sched-flags"),
    ("--mcast-group 224.0.0.1", "mcast-group"),
    ("--mcast-port 9", "mcast-port"),
    ("--mcast-ttl 9", "mcast-ttl"),
    ("--sync-maxlen 9", "sync-maxlen"),
    ("--tun-info", "tun-info"),
    ("--tun-type gre", "tun-type"),
    ("--tun-port 9", "tun-port"),
    ("--tun-nocsum", "tun-nocsum"),
    ("--tun-csum", "tun-csum"),
    ("--tun-remcsum", "tun-remcsum"),
    ("--replace", "replace"),
    ("--check", "check"),
    ("--dry-run", "dry-run"),
    ("--output f", "output"),
    ("--json", "json"),
    ("--client 10.0.0.9", "client"),
    ("--state NONE", "state"),
    ("--by client", "by"),
    ("--watch", "watch"),
    ("--count 2", "count"),
    ("--color never", "color"),
    ("--drain", "drain"),
    ("--sample 2", "sample"),
    ("--probe", "probe"),
    ("--ignore vip-not-local", "ignore"),
    ("--facts f", "facts"),
    ("--raw flags=1", "raw"),
    ("--or-edit", "or-edit"),
    ("--keep", "keep"),
    ("--if-exists", "if-exists"),
    ("--strict", "strict"),
    ("--on-server", "on-server"),
    ("--director 10.0.0.5", "director"),
    ("--only 10.0.0.1", "only"),
    ("--keep-weights", "keep-weights"),
    ("--no-remove", "no-remove"),
    ("--require 2", "require"),
    ("--from-proc", "from-proc"),
    ("--orphans", "orphans"),
    ("--origin sync", "origin"),
    ("--all-services", "all-services"),
    ("--openmetrics", "openmetrics"),
    ("--netns blue", "netns"),
    ("--undrain", "undrain"),
    ("--status", "status"),
    ("--all", "all"),
    ("--ramp 9", "ramp"),
];

/// A command with what it needs, its name in messages, and its options: those
/// it needs and those it may have.
const COMMANDS: &[(&str, &str, &str)] = &[
    (
        "-A -t 10.0.0.1:80",
        "add-service",
        "service-address scheduler persistent netmask ops pe sched-flags raw or-edit netns",
    ),
    (
        "-E -t 10.0.0.1:80",
        "edit-service",
        "service-address scheduler persistent netmask ops pe sched-flags raw keep netns",
    ),
    (
        "-D -t 10.0.0.1:80",
        "delete-service",
        "service-address drain if-exists netns",
    ),
    (
        "-a -t 10.0.0.1:80 -r 10.1.0.1",
        "add-server",
        "service-address real-server forwarding-method weight u-threshold l-threshold tun-type \
         tun-port tun-nocsum tun-csum tun-remcsum raw or-edit netns ramp",
    ),
    (
        "-e -t 10.0.0.1:80 -r 10.1.0.1",
        "edit-server",
        "service-address real-server forwarding-method weight u-threshold l-threshold tun-type \
         tun-port tun-nocsum tun-csum tun-remcsum raw keep all-services undrain netns ramp",
    ),
    (
        "-d -t 10.0.0.1:80 -r 10.1.0.1",
        "delete-server",
        "service-address real-server drain if-exists all-services netns",
    ),
    ("-C", "flush", "netns"),
    (
        "-L",
        "list",
        "numeric connection service-address timeout daemon stats rate thresholds persistent-conn \
         nosort syncid exact tun-info output json client state by watch count color require from-proc orphans \
         origin only openmetrics netns status",
    ),
    ("-S", "save", "numeric output json only netns all"),
    (
        "-R",
        "restore",
        "replace check dry-run json strict only keep-weights no-remove netns",
    ),
    ("-Z", "zero", "service-address netns"),
    ("--set 1 2 3", "set", "netns"),
    (
        "--start-daemon master",
        "start-daemon",
        "mcast-interface syncid sync-maxlen mcast-group mcast-port mcast-ttl netns",
    ),
    ("--stop-daemon master", "stop-daemon", "syncid netns"),
    ("--sysctl conntrack=1", "sysctl", "netns"),
    (
        "--diagnose",
        "diagnose",
        "service-address forwarding-method client sample probe ignore facts output json on-server \
         director netns",
    ),
    (
        "--explain -t 10.0.0.1:80 --client 10.0.0.9",
        "explain",
        "service-address client facts json netns",
    ),
];

#[test]
fn every_command_with_every_option() {
    let labels = OPTIONS.iter().map(|(_, label)| (*label).to_owned());
    let all = Label::ALL.iter().map(Label::to_string);
    assert_eq!(labels.collect::<BTreeSet<_>>(), all.collect());
    for (command, verb, own) in COMMANDS {
        let own: Vec<&str> = own.split_whitespace().collect();
        for (option, label) in OPTIONS {
            let line = format!("{command} {option}");
            let illegal = format!("Illegal '{label}' option with the '{verb}' command");
            let is_illegal = outcome(&line) == Err((2, illegal));
            assert_eq!(
                is_illegal,
                !own.contains(label),
                "{line}: {:?}",
                outcome(&line)
            );
        }
    }
}

#[test]
fn what_a_command_needs() {
    for (command, verb, _) in COMMANDS.iter().take(6) {
        let letter = &command[..2];
        let needs = |label| {
            Err((
                2,
                format!("You need to supply the '{label}' option for the '{verb}' command"),
            ))
        };
        assert_eq!(outcome(letter), needs("service-address"));
        assert_eq!(
            outcome(&format!("{letter} -r 10.1.0.1 -w 1")),
            needs("service-address")
        );
        if verb.ends_with("server") {
            assert_eq!(
                outcome(&format!("{letter} -t 10.0.0.1:80 -w 1")),
                needs("real-server")
            );
        }
    }
}
