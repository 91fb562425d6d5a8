//! Other options that ipvsadm 1.31 lacks.

use ipvsadm::cli::{Command, RuleCommand, Shell, Verb, parse_rule};

use super::support::*;

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
        accepts_command(line, RuleCommand::Help(Some(Verb::AddService)));
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
