//! How each command is typed, with an example, in the order of the help.

use super::matrix::Verb;
use super::options::{OPTIONS, Opt, Spec};

/// Commands that are typed alike.
pub(super) struct Guide {
    /// The ways to type them; `@` stands for the command.
    pub(super) usages: &'static [&'static str],
    pub(super) commands: &'static [Example],
}

/// A command, and examples of it.
pub(super) struct Example {
    pub(super) verb: Verb,
    pub(super) lines: &'static [&'static str],
}

const fn example(verb: Verb, lines: &'static [&'static str]) -> Example {
    Example { verb, lines }
}

/// Every command.
pub(super) const GUIDES: &[Guide] = &[
    Guide {
        usages: &["@ SERVICE [-s NAME] [-p [SECONDS]] [-M MASK] [--pe NAME] [-o] [-b FLAG,...]"],
        commands: &[
            example(
                Verb::AddService,
                &["ipvsadm -A -t 192.0.2.80:80 -s wlc -p 300"],
            ),
            example(
                Verb::EditService,
                &["ipvsadm -E -t 192.0.2.80:80 -s wrr -p 300"],
            ),
        ],
    },
    Guide {
        usages: &[
            "@ SERVICE -r SERVER [-g|-i|-m] [-w WEIGHT] [-x NUMBER] [-y NUMBER] \
                   [--tun-type KIND] [--tun-...]",
        ],
        commands: &[
            example(
                Verb::AddServer,
                &["ipvsadm -a -t 192.0.2.80:80 -r 192.168.10.11:8080 -m -w 3"],
            ),
            example(
                Verb::EditServer,
                &["ipvsadm -e -t 192.0.2.80:80 -r 192.168.10.11:8080 -m -w 0"],
            ),
        ],
    },
    Guide {
        usages: &["@ SERVICE -r SERVER [--drain[=SECONDS]]"],
        commands: &[example(
            Verb::DeleteServer,
            &["ipvsadm -d -t 192.0.2.80:80 -r 192.168.10.11:8080 --drain=600"],
        )],
    },
    Guide {
        usages: &["@ SERVICE [--drain[=SECONDS]]"],
        commands: &[example(
            Verb::DeleteService,
            &["ipvsadm -D -t 192.0.2.80:80"],
        )],
    },
    Guide {
        usages: &["@"],
        commands: &[example(Verb::Clear, &["ipvsadm -C"])],
    },
    Guide {
        usages: &[
            "[@] [SERVICE] [--stats|--rate|--thresholds|--persistent-conn|--tun-info] [-n] [-X] \
             [--nosort] [--watch[=SECONDS] [--count NUMBER]] [--color WHEN] [--json]",
            "@ -c [SERVICE] [-r SERVER] [--client ADDRESS[/BITS]] [--state NAME] [--by WHAT] \
             [--persistent-conn] [-n] [--watch[=SECONDS] [--count NUMBER]] [--json]",
            "@ --timeout|--daemon [--json]",
        ],
        commands: &[example(
            Verb::List,
            &[
                "ipvsadm -Ln --stats",
                "ipvsadm -Lnc --state ESTABLISHED --by client",
            ],
        )],
    },
    Guide {
        usages: &["@ [SERVICE]"],
        commands: &[example(Verb::Zero, &["ipvsadm -Z -t 192.0.2.80:80"])],
    },
    Guide {
        usages: &["@ [-n] [--output FILE] [--json]"],
        commands: &[example(
            Verb::Save,
            &["ipvsadm -Sn --output /etc/ipvsadm.rules"],
        )],
    },
    Guide {
        usages: &["@ [--replace] [--check|--dry-run [--json]] < RULES"],
        commands: &[example(
            Verb::Restore,
            &["ipvsadm -R --replace < /etc/ipvsadm.rules"],
        )],
    },
    Guide {
        usages: &["@ TCP TCPFIN UDP"],
        commands: &[example(Verb::Set, &["ipvsadm --set 900 120 300"])],
    },
    Guide {
        usages: &["@ master|backup [--mcast-interface NAME] [--syncid ID] [--mcast-...]"],
        commands: &[example(
            Verb::StartDaemon,
            &["ipvsadm --start-daemon master --mcast-interface eth1 --syncid 7"],
        )],
    },
    Guide {
        usages: &["@ master|backup"],
        commands: &[example(Verb::StopDaemon, &["ipvsadm --stop-daemon master"])],
    },
    Guide {
        usages: &[
            "@ [SERVICE] [--client ADDRESS]... [--sample SECONDS] [--probe] [--ignore CHECK]... \
             [--output FILE] [--json]",
            "@ --facts FILE [--ignore CHECK]... [--json]",
        ],
        commands: &[example(
            Verb::Diagnose,
            &[
                "ipvsadm --diagnose",
                "ipvsadm --diagnose -t 192.0.2.80:80 --client 198.51.100.7",
            ],
        )],
    },
    Guide {
        usages: &["@ [COMMAND]"],
        commands: &[example(Verb::Help, &["ipvsadm --help -A"])],
    },
    Guide {
        usages: &["@"],
        commands: &[example(Verb::Version, &["ipvsadm -v"])],
    },
    Guide {
        usages: &["@ bash|zsh|fish"],
        commands: &[example(
            Verb::Completions,
            &["source <(ipvsadm --completions bash)"],
        )],
    },
];

/// A command as it is usually typed: `-A`, `--set`.
pub(super) fn typed(verb: Verb) -> String {
    let spec = OPTIONS.iter().find(|spec| spec.opt == Opt::Verb(verb));
    spec.map(short).unwrap_or_default()
}

/// An option as it is usually typed: by its letter, if it has one.
pub(super) fn short(spec: &Spec) -> String {
    match spec.short.chars().next() {
        Some(letter) => format!("-{letter}"),
        None => format!("--{}", spec.long),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::super::matrix::{self, Label};
    use super::super::options::{by_letter, by_name};
    use super::super::words::{self, Token};
    use super::super::{Command, parse};
    use super::*;
    use crate::names::Resolve;
    use ipvs::model::Protocol;

    struct NoNames;

    impl Resolve for NoNames {
        fn addresses(&self, _: &str) -> Vec<IpAddr> {
            vec![Ipv4Addr::LOCALHOST.into()]
        }

        fn port(&self, _: &str, _: Protocol) -> Option<u16> {
            None
        }
    }

    /// The words between `ipvsadm` and what only a shell reads.
    fn words_of(line: &str) -> Vec<String> {
        let (_, line) = line.split_once("ipvsadm ").unwrap_or_default();
        let line = line.split(['<', ')']).next().unwrap_or_default();
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn every_command_is_in_once_with_an_example_that_is_one() {
        let mut left: Vec<Verb> = OPTIONS
            .iter()
            .filter_map(|spec| match spec.opt {
                Opt::Verb(verb) => Some(verb),
                _ => None,
            })
            .collect();
        for command in GUIDES.iter().flat_map(|guide| guide.commands) {
            let before = left.len();
            left.retain(|verb| *verb != command.verb);
            assert_eq!(left.len() + 1, before, "{}", command.verb);
            for line in command.lines {
                let words = words_of(line);
                let (tokens, _) = words::read(&words);
                let verb = tokens.iter().find_map(Token::verb);
                assert_eq!(verb, Some(command.verb), "{line}");
                let understood: Result<Command, _> = parse("ipvsadm", &words).resolve(&NoNames);
                assert!(understood.is_ok(), "{line}: {understood:?}");
            }
        }
        assert_eq!(left, []);
    }

    #[test]
    fn a_usage_names_only_options_of_its_commands() {
        for guide in GUIDES {
            for usage in guide.usages {
                let words = usage.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
                for word in words.filter(|word| word.starts_with('-') && !word.ends_with('-')) {
                    let spec = match word.strip_prefix("--") {
                        Some(name) => by_name(name),
                        None => word.chars().nth(1).and_then(by_letter),
                    };
                    let label = spec.and_then(|spec| spec.opt.label());
                    for command in guide.commands {
                        assert!(
                            label.is_some_and(|label| matrix::goes_with(command.verb, label)),
                            "{word} in {usage}"
                        );
                    }
                }
            }
        }
        assert!(!matrix::goes_with(Verb::List, Label::SyncId));
    }
}
