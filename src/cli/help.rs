//! The texts of `-h` and `-v`. clap lays the help out, from the table of options.
//!
//! clap does not read the words: the answers of ipvsadm depend on their order and
//! on how popt reads them.

use clap::{Arg, ArgAction, Command};

use super::guide::{self, GUIDES};
use super::legality;
use super::options::{Row, SECTIONS, Section};
use super::tools::Usages;
use super::types::{Role, Takes, Tool, Verb};

/// The width of the help, in columns.
const WIDTH: usize = 80;

const INTRODUCTION: &str = "\
Administers the Linux Virtual Server. Without a command, the table is listed.
About one command alone: ipvsadm --help COMMAND, for instance --help -A.
SERVICE is one of -t, -u, --sctp-service, --protocol-service and -f; SERVER is
HOST[:PORT].";

/// Returns the text of `-h` about everything or about one command, with its last
/// line break.
pub fn help(topic: Option<Verb>) -> String {
    rendered(match topic {
        None => whole(),
        Some(verb) => about(verb),
    })
}

fn rendered(mut command: Command) -> String {
    let text = command.render_help();
    // clap leaves blanks at the ends of some lines.
    let text = text.to_string();
    let lines = text.trim_end().lines().map(str::trim_end);
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn program() -> Command {
    Command::new("ipvsadm")
        .disable_help_flag(true)
        .disable_version_flag(true)
        .term_width(WIDTH)
}

fn whole() -> Command {
    let usages: Vec<_> = GUIDES.iter().flat_map(guide::Guide::usages).collect();
    program()
        .before_help(version() + INTRODUCTION)
        .override_usage(usages.join("\n       "))
        .help_template("{before-help}{usage-heading} {usage}\n\n{all-args}")
        .args(SECTIONS.iter().flat_map(|section| {
            let options = section.options.iter();
            options.map(|row| argument(row).help_heading(section.title))
        }))
}

fn about(verb: Verb) -> Command {
    let guides = GUIDES.iter().filter(|guide| guide.verb == verb);
    let usages: Vec<_> = guides.clone().flat_map(guide::Guide::usages).collect();
    let examples: Vec<_> = guides
        .flat_map(|guide| guide.examples.iter().copied())
        .collect();
    let rows = || SECTIONS.iter().flat_map(|Section { options, .. }| *options);
    let goes_with = |row: &&Row| match row.role {
        Role::Command(_) => false,
        Role::Option(label) | Role::Modifier(label) => legality::goes_with(verb, label),
    };
    let itself = rows().filter(|row| row.role == Role::Command(verb));
    program()
        .override_usage(usages.join("\n       "))
        .after_help(format!("Example: {}", examples.join("\n         ")))
        .help_template("{usage-heading} {usage}\n\n{all-args}{after-help}")
        .args(itself.map(|row| argument(row).help_heading("Command")))
        .args(
            rows()
                .filter(goes_with)
                .map(|row| argument(row).help_heading("Options")),
        )
}

fn argument(row: &Row) -> Arg {
    let arg = Arg::new(row.long)
        .long(row.long)
        .short(row.short.chars().next())
        .help(row.help);
    match row.takes {
        Takes::Nothing => arg.action(ArgAction::SetTrue),
        Takes::Value(name) => arg.value_name(name),
        Takes::Maybe(name) => arg.value_name(name).num_args(0..=1),
        Takes::Attached(name) => arg.value_name(name).num_args(0..=1).require_equals(true),
    }
}

/// Returns the text of `-h` of a program that saves or restores.
pub fn tool_help(tool: Tool) -> String {
    let Usages { usage, about, .. } = tool.usages();
    let command = program()
        .before_help(version() + about)
        .override_usage(usage)
        .help_template("{before-help}{usage-heading} {usage}\n\n{options}")
        .args(tool.options().map(|(option, row)| {
            let arg = argument(row).help(option.help);
            arg.short(option.letter()).long(option.name())
        }));
    rendered(command)
}

/// Returns the text of `-v`, with its last line break.
pub fn version() -> String {
    format!(
        "ipvsadm v{} {} (compiled with clap and IPVS v1.2.1)\n",
        env!("CARGO_PKG_VERSION"),
        env!("RELEASED")
    )
}

#[cfg(test)]
mod tests {
    use super::super::options::options;
    use super::*;

    #[test]
    fn help_fits_the_screen_and_has_every_option() {
        let whole = help(None);
        let topics = Verb::ALL.iter().map(|verb| help(Some(*verb)));
        let tools = [tool_help(Tool::Save), tool_help(Tool::Restore)];
        for text in topics.chain([whole.clone()]).chain(tools) {
            for line in text.lines() {
                assert!(line.len() <= WIDTH && line == line.trim_end(), "{line}");
            }
        }
        for row in options() {
            let lines = whole.lines().filter(|line| {
                let mut words = line.trim_start().split([' ', ',', '[']);
                line.starts_with("  ") && words.any(|word| word == format!("--{}", row.long))
            });
            assert!(lines.count() > 0, "{}", row.long);
            for letter in row.short.chars() {
                assert!(whole.contains(&format!("-{letter}")), "{letter}");
            }
        }
    }

    #[test]
    fn help_about_one_command() {
        assert_eq!(
            help(Some(Verb::DeleteServer)),
            "\
Usage: ipvsadm -d SERVICE -r SERVER [--if-exists|--drain[=SECONDS]]
       ipvsadm -d --all-services -r SERVER [--if-exists|--drain[=SECONDS]]

Command:
  -d, --delete-server  remove a real server from a service

Options:
  -t, --tcp-service <HOST[:PORT]>
          TCP to this address and port
  -u, --udp-service <HOST[:PORT]>
          UDP to this address and port
      --sctp-service <HOST[:PORT]>
          SCTP to this address and port
      --protocol-service <NUMBER:HOST[:PORT]>
          another protocol, by its number, to this address and port
  -f, --fwmark-service <MARK>
          packets with this firewall mark
  -6, --ipv6
          the firewall mark is on IPv6 packets
      --drain[=<SECONDS>]
          set the weight to 0 and wait until its connections have ended before
          it is removed; not longer than SECONDS
  -r, --real-server <HOST[:PORT]>
          its address; the port is the service's if none is given
      --all-services
          with -e and -d: the server in every service that has it, at any of its
          ports if -r names none
      --if-exists
          with -D and -d: if it is not there, that is fine
      --netns <NAME>
          in the network namespace of this name, as ip netns and Docker name
          them, or of this file, such as /proc/PID/ns/net; with -L and
          --diagnose, all shows each in turn

Example: ipvsadm -d -t 192.0.2.80:80 -r 192.168.10.11:8080 --drain=600
"
        );
        let clear = help(Some(Verb::Clear));
        assert!(
            clear.matches("\n      --").count() == 1 && clear.contains("Example: ipvsadm -C\n")
        );
        let edit = help(Some(Verb::EditServer));
        assert!(edit.contains("-e SERVICE") && edit.contains("--tun-type"));
        assert!(!edit.contains("  -a") && !edit.contains("--stats"));
    }

    #[test]
    fn clap_accepts_the_table() {
        whole().debug_assert();
        for &verb in Verb::ALL {
            about(verb).debug_assert();
        }
    }
}
