//! `--netns`: a command in another network namespace.

use ipvsadm::cli::{self, Netns, ToolCommand, Usage, parse, parse_rule};

use super::support::*;

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
