//! How each command is typed, with examples, in the order of the help.

use super::options::{Row, options};
use super::types::{Role, Verb};

/// How a command is typed.
pub(super) struct Guide {
    pub(super) verb: Verb,
    /// The ways to type it; `@` stands for the command. A way that does not fit in a
    /// line of the help has line breaks in it.
    usages: &'static [&'static str],
    pub(super) examples: &'static [&'static str],
}

const fn guide(
    verb: Verb,
    usages: &'static [&'static str],
    examples: &'static [&'static str],
) -> Guide {
    Guide {
        verb,
        usages,
        examples,
    }
}

const ADD_SERVICE: &[&str] = &[
    "@ SERVICE [-s NAME] [-p [SECONDS]] [-M MASK] [--pe NAME] [-o]
                  [-b FLAG,...] [--or-edit]",
];
const EDIT_SERVICE: &[&str] = &[
    "@ SERVICE [-s NAME] [-p [SECONDS]] [-M MASK] [--pe NAME] [-o]
                  [-b FLAG,...] [--keep]",
];
const ADD_SERVER: &[&str] = &["@ SERVICE -r SERVER [-g|-i|-m] [-w WEIGHT [--ramp SECONDS]]
                  [-x NUMBER] [-y NUMBER] [--tun-type KIND] [--tun-...]
                  [--or-edit]"];
const EDIT_SERVER: &[&str] = &[
    "@ SERVICE|--all-services -r SERVER [-g|-i|-m]
                  [-w WEIGHT [--ramp SECONDS]] [-x NUMBER] [-y NUMBER]
                  [--tun-type KIND] [--tun-...] [--keep]",
    "@ SERVICE|--all-services -r SERVER --undrain",
];

/// Every command.
#[rustfmt::skip]
pub(super) const GUIDES: &[Guide] = &[
    guide(Verb::AddService, ADD_SERVICE, &["ipvsadm -A -t 192.0.2.80:80 -s wlc -p 300"]),
    guide(Verb::EditService, EDIT_SERVICE, &["ipvsadm -E -t 192.0.2.80:80 -s wrr -p 300"]),
    guide(Verb::DeleteService, &["@ SERVICE [--if-exists|--drain[=SECONDS]]"],
        &["ipvsadm -D -t 192.0.2.80:80"]),
    guide(Verb::AddServer, ADD_SERVER,
        &["ipvsadm -a -t 192.0.2.80:80 -r 192.168.10.11:8080 -m -w 3"]),
    guide(Verb::EditServer, EDIT_SERVER,
        &["ipvsadm -e -t 192.0.2.80:80 -r 192.168.10.11:8080 --keep -w 0",
            "ipvsadm -e -r 192.168.10.11 --all-services --keep -w 0",
            "ipvsadm -e -t 192.0.2.80:80 -r 192.168.10.11:8080 -w 10 --ramp=60"]),
    guide(Verb::DeleteServer, &["@ SERVICE -r SERVER [--if-exists|--drain[=SECONDS]]",
        "@ --all-services -r SERVER [--if-exists|--drain[=SECONDS]]"],
        &["ipvsadm -d -t 192.0.2.80:80 -r 192.168.10.11:8080 --drain=600"]),
    guide(Verb::Clear, &["@"], &["ipvsadm -C"]),
    guide(Verb::List, &[
        "[@] [SERVICE|--only WHAT...] [-n] [-X] [--nosort]
                  [--stats|--rate|--thresholds|--persistent-conn|--tun-info]
                  [--watch[=SECONDS] [--count NUMBER]] [--color WHEN] [--json]",
        "@ -c [SERVICE] [-r SERVER] [--client ADDRESS[/BITS]]
                  [--state NAME] [--origin ORIGIN] [--orphans]
                  [--by WHAT[,WHAT]] [--persistent-conn] [-n]
                  [--watch[=SECONDS] [--count NUMBER]] [--json] [--from-proc]",
        "@ SERVICE --require NUMBER",
        "@ [SERVICE|--only WHAT...] --from-proc [-n] [--nosort]",
        "@ --timeout|--daemon|--status [--json]",
        "@ --openmetrics [--output FILE]",
    ], &["ipvsadm -Ln --stats", "ipvsadm -L -t 192.0.2.80:80 --require 2", "ipvsadm -Lnc --state ESTABLISHED --by client"]),
    guide(Verb::Save, &["@ [--all|[--only WHAT]... [--json]] [-n] [--output FILE]"],
        &["ipvsadm -Sn --output /etc/ipvsadm.rules", "ipvsadm -Sn --all"]),
    guide(Verb::Restore, &["@ [--replace [--only WHAT]... [--keep-weights] [--no-remove]]
                  [--strict] [--check|--dry-run [--json]] < RULES"],
        &["ipvsadm -R --replace < /etc/ipvsadm.rules",
            "ipvsadm -R --replace --only 192.0.2.0/24 --keep-weights < web.rules"]),
    guide(Verb::Zero, &["@ [SERVICE]"], &["ipvsadm -Z -t 192.0.2.80:80"]),
    guide(Verb::Set, &["@ TCP TCPFIN UDP"], &["ipvsadm --set 900 120 300"]),
    guide(Verb::StartDaemon, &["@ master|backup [--mcast-interface NAME]
                              [--syncid ID] [--mcast-...]"],
        &["ipvsadm --start-daemon master --mcast-interface eth1 --syncid 7"]),
    guide(Verb::StopDaemon, &["@ master|backup"], &["ipvsadm --stop-daemon master"]),
    guide(Verb::Sysctl, &["@ NAME=VALUE"], &["ipvsadm --sysctl expire_nodest_conn=1"]),
    guide(Verb::Diagnose, &[
        "@ [SERVICE] [--client ADDRESS]... [--sample SECONDS]
                  [--probe] [--ignore CHECK]... [--output FILE] [--json]",
        "@ --on-server SERVICE [-g|-i|-m] [--director ADDRESS]
                  [--client ADDRESS]... [--sample SECONDS]
                  [--ignore CHECK]... [--output FILE] [--json]",
        "@ --facts FILE [--ignore CHECK]... [--json]",
    ], &["ipvsadm --diagnose", "ipvsadm --diagnose -t 192.0.2.80:80 --client 198.51.100.7",
        "ipvsadm --diagnose --on-server -t 192.0.2.80:80 -m --director 192.168.10.1"]),
    guide(Verb::Explain, &["@ SERVICE --client ADDRESS[:PORT] [--facts FILE] [--json]"],
        &["ipvsadm --explain -t 192.0.2.80:80 --client 198.51.100.7"]),
    guide(Verb::Help, &["@ [COMMAND]"], &["ipvsadm --help -A"]),
    guide(Verb::Version, &["@"], &["ipvsadm -v"]),
    guide(Verb::Completions, &["@ bash|zsh|fish"], &["source <(ipvsadm --completions bash)"]),
];

impl Guide {
    /// Returns the ways to type the command.
    pub(super) fn usages(&self) -> impl Iterator<Item = String> {
        let row = options().find(|row| row.role == Role::Command(self.verb));
        let typed = row.map(Row::typed).unwrap_or_default();
        let usages = self.usages.iter();
        usages.map(move |usage| format!("ipvsadm {}", usage.replacen('@', &typed, 1)))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::super::legality;
    use super::super::lexer::{self, Token};
    use super::super::options::{by_letter, by_name};
    use super::super::types::Label;
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

    /// Returns the words between `ipvsadm` and what only a shell reads.
    fn words_of(line: &str) -> Vec<String> {
        let (_, line) = line.split_once("ipvsadm ").unwrap_or_default();
        let line = line.split(['<', ')']).next().unwrap_or_default();
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn every_command_is_in_once_with_an_example_that_is_one() {
        let mut left: Vec<Verb> = Verb::ALL.to_vec();
        for guide in GUIDES {
            let before = left.len();
            left.retain(|verb| *verb != guide.verb);
            assert_eq!(left.len() + 1, before, "{}", guide.verb);
            for line in guide.examples {
                let words = words_of(line);
                let (tokens, _) = lexer::read(&words);
                let verb = tokens.iter().find_map(Token::verb);
                assert_eq!(verb, Some(guide.verb), "{line}");
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
                    let row = match word.strip_prefix("--") {
                        Some(name) => by_name(name),
                        None => word.chars().nth(1).and_then(by_letter),
                    };
                    let label = row.and_then(|row| row.role.label());
                    assert!(
                        label.is_some_and(|label| legality::goes_with(guide.verb, label)),
                        "{word} in {usage}"
                    );
                }
            }
        }
        assert!(!legality::goes_with(Verb::List, Label::SyncId));
    }
}
