//! `-S`, `-R`, the lines that `-R` reads, `ipvsadm-save`, `ipvsadm-restore`.

use ipvs::model::Change;
use ipvs::plan::scope::{Removals, Scope, Weights};
use ipvsadm::cli::{
    Command, Coverage, Extent, Format, Restore, RestoreMode, RuleCommand, Save, Selection,
    Strictness, Tool, Usage, parse_rule,
};

use super::support::*;

fn save(numeric: bool, output: Option<&str>) -> Command {
    RuleCommand::Save(Save {
        numeric,
        coverage: Coverage::Table,
        output: output.map(Into::into),
        format: Format::Text,
        services: Selection::All,
    })
    .into()
}

fn restore(mode: RestoreMode, stop_at: Extent, input: Option<&str>) -> Command {
    Command::Restore(Restore {
        mode,
        scope: Scope::default(),
        strictness: Strictness::WhereInUse,
        stop_at,
        input: input.map(Into::into),
        format: Format::Text,
    })
}

fn strict(mode: RestoreMode, stop_at: Extent) -> Command {
    Command::Restore(Restore {
        mode,
        strictness: Strictness::Everywhere,
        stop_at,
        ..Restore::default()
    })
}

#[test]
fn saving() {
    accepts_command("-S", save(false, None));
    accepts_command("-Sn", save(true, None));
    accepts_command("--save --numeric", save(true, None));
    accepts_command("-S --output f", save(false, Some("f")));
    accepts_command("-Sn --output=f=g", save(true, Some("f=g")));
    refuse(&[
        (
            2,
            "multiple 'output' options specified",
            &["-S --output f --output g"],
        ),
        (255, "--output: missing argument", &["-S --output"]),
        (
            2,
            "Illegal 'output' option with the 'zero' command",
            &["-Z --output f"],
        ),
    ]);
}

#[test]
fn saving_all() {
    let all = |numeric| {
        RuleCommand::Save(Save {
            numeric,
            coverage: Coverage::All,
            ..Save::default()
        })
    };
    accepts_command("-S --all", all(false));
    accepts_command("-Sn --all", all(true));
    assert_eq!(parse_save(&split("--all -n")), Ok(all(true).into()));
    refuse(&[
        (
            2,
            "The option 'all' conflicts with the 'json' option in the 'save' command",
            &["-S --all --json", "-Sn --json --all"],
        ),
        (
            2,
            "The option 'all' conflicts with the 'only' option in the 'save' command",
            &["-S --all --only 10.0.0.1"],
        ),
        (
            2,
            "Illegal 'service-address' option with the 'save' command",
            &["-S --all -t 10.0.0.1:80"],
        ),
        (
            2,
            "Illegal 'all' option with the 'list' command",
            &["-L --all"],
        ),
    ]);
    for (line, with) in [("--all --json", "json"), ("--only 10.0.0.1 --all", "only")] {
        let refusal = parse_save(&split(line)).map_err(|usage| usage.to_string());
        let said =
            format!("The option 'all' conflicts with the '{with}' option in the 'save' command");
        assert_eq!(refusal, Err(said), "{line}");
    }
}

#[test]
fn restoring() {
    use Extent::{Check, DryRun, Full};
    use RestoreMode::{Apply, Replace};
    for (line, mode, stop_at) in [
        ("-R", Apply, Full),
        ("--restore --sort", Apply, Full),
        ("-R --replace", Replace, Full),
        ("-R --check", Apply, Check),
        ("-R --check --replace", Replace, Check),
        ("-R --dry-run", Apply, DryRun),
        ("-R --replace --dry-run", Replace, DryRun),
    ] {
        accepts_command(line, restore(mode, stop_at, None));
    }
    for (line, mode) in [("-R --strict", Apply), ("-R --strict --replace", Replace)] {
        accepts_command(line, strict(mode, Full));
    }
    accepts_command("-R --check --strict", strict(Apply, Check));
    refuse(&[
        (
            2,
            "Illegal 'strict' option with the 'list' command",
            &["-L --strict"],
        ),
        (2, "unexpected argument f", &["-R f", "-R --replace f"]),
        (
            2,
            "multiple 'replace' options specified",
            &["-R --replace --replace"],
        ),
        (
            255,
            "--replace=1: option does not take an argument",
            &["-R --replace=1"],
        ),
        (
            2,
            "Illegal 'replace' option with the 'list' command",
            &["-L --replace --check"],
        ),
        (
            2,
            "The option 'dry-run' conflicts with the 'check' option in the 'restore' command",
            &["-R --check --dry-run", "-R --dry-run --check"],
        ),
    ]);
}

#[test]
fn lines_of_rules() {
    let rule = |line: &str| {
        parse_rule("ipvsadm", &split(line))
            .resolve_rule(&Book)
            .map(Command::Rule)
            .map_err(|mistake| mistake.usage.to_string())
    };
    assert_eq!(rule("-C"), Ok(RuleCommand::Change(Change::Clear).into()));
    assert_eq!(rule("-L -n"), Ok(list(|list| list.numeric = true)));
    assert_eq!(rule("-S"), Ok(save(false, None)));
    assert_eq!(rule("-h"), Ok(RuleCommand::Help(None).into()));
    for line in [
        "-R",
        "-R foo",
        "--restore",
        "foo",
        "-Q",
        "-n",
        "-- -C",
        "-",
        "'\"-C\"'",
        "# x",
        "-n -R",
    ] {
        let wanted = "Try `ipvsadm -h' or 'ipvsadm --help' for more information.";
        assert_eq!(rule(line), Err(wanted.to_owned()), "{line:?}");
    }
    for (line, wanted) in [
        ("-C -R", "invalid option `-R'"),
        ("-C foo", "unexpected argument foo"),
        ("/sbin/ipvsadm -C", "unexpected argument /sbin/ipvsadm"),
        (
            "-A -t bad",
            "illegal virtual server address[:port] specified",
        ),
        ("-A -t 10.0.0.1:80 -w", "-w: missing argument"),
    ] {
        assert_eq!(rule(line), Err(wanted.to_owned()), "{line:?}");
    }
}

#[test]
fn the_save_program() {
    for (line, numeric, output) in [
        ("", false, None),
        ("-n", true, None),
        ("-n -n", true, None),
        ("foo", false, None),
        ("foo -n", true, None),
        ("--output f", false, Some("f")),
        ("--output=-f -n", true, Some("-f")),
        ("--output -n", false, Some("-n")),
    ] {
        assert_eq!(
            parse_save(&split(line)),
            Ok(save(numeric, output)),
            "{line:?}"
        );
    }
    for line in [
        "-Q",
        "-check",
        "-nn",
        "-nh",
        "--numeric",
        "-n=5",
        "-",
        "--",
        "-n -Q",
        "-Q -h",
    ] {
        let mistake = parse_save(&split(line)).unwrap_err();
        assert_eq!(mistake.status(), 1, "{line:?}");
        let first = "ipvsadm-save: Script to save the IPVS table to stdout.";
        assert_eq!(mistake.to_string().lines().next(), Some(first), "{line:?}");
    }
    assert!(parse_save(&split("--output")).is_err());
}

#[test]
fn the_restore_program() {
    use Extent::{Check, DryRun, Full};
    use RestoreMode::{ClearThenApply, Replace};
    for (line, mode, stop_at, input) in [
        ("", Replace, Full, None),
        ("-", Replace, Full, None),
        ("-n", Replace, Full, None),
        ("f", Replace, Full, Some("f")),
        ("-- -f", Replace, Full, Some("-f")),
        ("-n -", Replace, Full, None),
        ("-n -n", Replace, Full, None),
        ("-- -n", Replace, Full, Some("-n")),
        ("-- -", Replace, Full, Some("-")),
        ("f --clear", ClearThenApply, Full, Some("f")),
        ("--check f", Replace, Check, Some("f")),
        ("--check --check", Replace, Check, None),
        ("--dry-run --clear", ClearThenApply, DryRun, None),
    ] {
        let wanted = restore(mode, stop_at, input);
        assert_eq!(parse_restore(&split(line)), Ok(wanted), "{line:?}");
    }
    assert_eq!(
        parse_restore(&split("--strict f")),
        Ok(Command::Restore(Restore {
            mode: Replace,
            strictness: Strictness::Everywhere,
            input: Some("f".into()),
            ..Restore::default()
        }))
    );
    for (line, word) in [("f g", "g"), ("- f", "f"), ("f -", "-"), ("-- - f", "f")] {
        let wanted = Usage::UnexpectedWord(word.to_owned());
        assert_eq!(parse_restore(&split(line)), Err(wanted), "{line}");
    }
    for (line, word) in [
        ("--chek f", "--chek"),
        ("-check f", "-check"),
        ("-dry-run f", "-dry-run"),
        ("-c", "-c"),
        ("-nv", "-nv"),
        ("-n f", "-n"),
        ("f -n", "-n"),
        ("--check=1", "--check=1"),
        ("\u{2013}\u{2013}check -q", "-q"),
    ] {
        let wanted = Usage::UnknownOption(word.to_owned());
        assert_eq!(parse_restore(&split(line)), Err(wanted), "{line}");
        assert_eq!(parse_restore(&split(line)).unwrap_err().status(), 255);
    }
    for line in ["--check --dry-run", "--dry-run --check"] {
        let mistake = parse_restore(&split(line)).unwrap_err();
        assert_eq!(
            mistake.to_string(),
            "The option 'dry-run' conflicts with the 'check' option in the 'restore' command"
        );
    }
}

#[test]
fn every_program_tells_about_itself() {
    for (tool, parse) in [
        (
            Tool::Save,
            parse_save as fn(&[String]) -> Result<Command, Usage>,
        ),
        (Tool::Restore, parse_restore),
    ] {
        for line in ["-h", "--help", "-n -h", "f --help", "--json -h -Q"] {
            assert_eq!(parse(&split(line)), Ok(Command::ToolHelp(tool)), "{line}");
        }
        for line in ["-v", "--version", "-n --version -h"] {
            assert_eq!(
                parse(&split(line)),
                Ok(RuleCommand::Version.into()),
                "{line}"
            );
        }
    }
    let file = restore(RestoreMode::Replace, Extent::Full, Some("-h"));
    assert_eq!(parse_restore(&split("-- -h")), Ok(file));
    let file = save(false, Some("-h"));
    assert_eq!(parse_save(&split("--output -h")), Ok(file));
}

/// A replacement that goes no further than this.
fn beside(only: &[&str], weights: Weights, removals: Removals) -> Command {
    Command::Restore(Restore {
        mode: RestoreMode::Replace,
        scope: Scope {
            only: only.iter().map(|word| word.parse().unwrap()).collect(),
            weights,
            removals,
        },
        ..Restore::default()
    })
}

#[test]
fn a_replacement_beside_others() {
    let only = ["10.0.0.0/8", "fwmark:1-9"];
    for (line, wanted) in [
        (
            "--only 10.0.0.0/8 --only=fwmark:1-9",
            beside(&only, Weights::Wanted, Removals::Made),
        ),
        (
            "--no-remove",
            beside(&[], Weights::Wanted, Removals::LeftOut),
        ),
        (
            "--keep-weights --only ::1 --no-remove",
            beside(&["::1"], Weights::Kept, Removals::LeftOut),
        ),
    ] {
        accepts_command(&format!("-R --replace {line}"), wanted.clone());
        accepts_command(&format!("{line} -R --replace"), wanted.clone());
        assert_eq!(parse_restore(&split(line)), Ok(wanted), "{line}");
    }
    let illegal = |word| {
        format!(
            "illegal only `{word}' specified: not ADDRESS, ADDRESS/BITS, fwmark:MARK or \
             fwmark:FIRST-LAST"
        )
    };
    for word in ["web", "10.0.0.1:80", "fwmark:9-1"] {
        refuse(&[(2, &illegal(word), &[&format!("-R --replace --only {word}")])]);
        let refused = parse_restore(&split(&format!("--only={word}"))).unwrap_err();
        assert_eq!(refused.to_string(), illegal(word));
    }
    refuse(&[
        (
            2,
            "You need to supply the 'replace' option for the 'only' option",
            &["-R --only 10.0.0.1", "-R --check --only ::1 --no-remove"],
        ),
        (
            2,
            "You need to supply the 'replace' option for the 'keep-weights' option",
            &["-R --keep-weights"],
        ),
        (
            2,
            "multiple 'no-remove' options specified",
            &["-R --replace --no-remove --no-remove"],
        ),
        (255, "--only: missing argument", &["-R --replace --only"]),
    ]);
    for (line, refused) in [
        ("--only", "--only: missing argument"),
        (
            "--clear --no-remove",
            "the 'no-remove' option does not go with --clear, which removes every service",
        ),
        (
            "--only ::1 --clear --keep-weights",
            "the 'only' option does not go with --clear, which removes every service",
        ),
    ] {
        let error = parse_restore(&split(line)).unwrap_err();
        assert_eq!(error.to_string(), refused, "{line}");
    }
}
