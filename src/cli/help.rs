//! What `-h` and `-v` print, and clap's definition of the options.

use clap::builder::Str;
use clap::{Arg, ArgAction, Command};

use super::guide::{GUIDES, Guide, typed};
use super::matrix::{self, Verb};
use super::options::{OPTIONS, Opt, Takes, by_name};

/// The day of the release.
const RELEASED: &str = "2026/11/21";

/// The width of the help, and the column in which its explanations begin.
const WIDTH: usize = 80;
const COLUMN: usize = 34;

const INTRODUCTION: &str = "\
Administers the Linux Virtual Server. Without a command, the table is listed.
About one command alone: ipvsadm --help COMMAND, for instance --help -A.
";

const TERMS: &str = "SERVICE is one of -t, -u, --sctp-service and -f; SERVER is HOST[:PORT].\n";

/// The options as clap knows them, which lays out the help.
///
/// Words are not read by clap: what ipvsadm answers depends on their order and
/// on the ways of popt.
fn definition() -> Command {
    let options = OPTIONS.iter().map(|spec| {
        let mut letters = spec.short.chars();
        let mut arg = Arg::new(spec.long)
            .long(spec.long)
            .short(letters.next())
            .short_aliases(letters)
            .help(spec.help)
            .help_heading(spec.section);
        arg = match spec.takes {
            Takes::Nothing => arg.action(ArgAction::SetTrue),
            Takes::Value(name) => arg.value_name(name),
            Takes::Maybe(name) => arg.value_name(name).num_args(0..=1),
            Takes::Attached(name) => arg.value_name(name).num_args(0..=1).require_equals(true),
        };
        match spec.opt {
            Opt::Verb(_) => arg.display_order(0),
            _ => arg,
        }
    });
    Command::new("ipvsadm")
        .version(env!("CARGO_PKG_VERSION"))
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(options)
}

/// The text of `-h`, of everything or of one command, with its last line break.
pub fn help(topic: Option<Verb>) -> String {
    let definition = definition();
    let guides = GUIDES
        .iter()
        .filter_map(|guide| Some((guide, guide.about(topic)?)));
    let mut text = String::new();
    if topic.is_none() {
        text += &(version() + INTRODUCTION + TERMS);
    }
    for (guide, verbs) in guides {
        if topic.is_none() {
            text.push('\n');
        }
        describe(&mut text, &definition, guide, &verbs);
    }
    match topic {
        None => every_option(&mut text, &definition),
        Some(verb) => options_of(&mut text, &definition, verb),
    }
    text
}

impl Guide {
    /// Those of the commands that help is wanted for; none if none of them is.
    fn about(&self, topic: Option<Verb>) -> Option<Vec<Verb>> {
        let verbs = self.commands.iter().map(|command| command.verb);
        let wanted: Vec<_> = verbs
            .filter(|verb| topic.is_none_or(|topic| topic == *verb))
            .collect();
        Some(wanted).filter(|verbs| !verbs.is_empty())
    }
}

/// Appends how commands are typed, what they do, and an example.
fn describe(text: &mut String, definition: &Command, guide: &Guide, verbs: &[Verb]) {
    let typed: Vec<_> = verbs.iter().copied().map(typed).collect();
    for (number, usage) in guide.usages.iter().enumerate() {
        let start = if number == 0 { "Usage: " } else { "       " };
        let usage = usage.replacen('@', &typed.join("|"), 1);
        wrap(text, &format!("{start}ipvsadm "), pieces(&usage));
    }
    for arg in definition.get_arguments() {
        let opt = by_name(arg.get_id().as_str()).map(|spec| spec.opt);
        if verbs.iter().any(|verb| opt == Some(Opt::Verb(*verb))) {
            explain(text, arg);
        }
    }
    let of_wanted = guide
        .commands
        .iter()
        .find(|command| verbs.contains(&command.verb));
    let lines = of_wanted.map(|command| command.lines).unwrap_or_default();
    for (number, line) in lines.iter().enumerate() {
        let start = if number == 0 {
            "Example: "
        } else {
            "         "
        };
        text.push_str(&format!("{start}{line}\n"));
    }
}

/// Appends the options that are no commands, by section.
fn every_option(text: &mut String, definition: &Command) {
    let mut section = None;
    for arg in definition.get_arguments() {
        let spec = by_name(arg.get_id().as_str());
        if spec.is_none_or(|spec| spec.opt.label().is_none()) {
            continue;
        }
        let heading = arg.get_help_heading();
        if heading != section {
            section = heading;
            text.push_str(&format!("\n{}:\n", heading.unwrap_or_default()));
        }
        explain(text, arg);
    }
}

/// Appends the options that go with a command.
fn options_of(text: &mut String, definition: &Command, verb: Verb) {
    let goes_with = |arg: &&Arg| {
        let label = by_name(arg.get_id().as_str()).and_then(|spec| spec.opt.label());
        label.is_some_and(|label| matrix::goes_with(verb, label))
    };
    let mut options = definition.get_arguments().filter(goes_with).peekable();
    if options.peek().is_some() {
        text.push_str("\nOptions:\n");
    }
    for arg in options {
        explain(text, arg);
    }
}

/// An option as it is typed: `-p, --persistent [SECONDS]`.
fn usage(arg: &Arg) -> String {
    let mut letters = arg.get_short().into_iter().chain(
        // Other letters that mean the same.
        arg.get_all_short_aliases().unwrap_or_default(),
    );
    let mut text = match letters.next() {
        Some(letter) => format!("  -{letter}"),
        None => "    ".to_owned(),
    };
    for letter in letters {
        text += &format!(", -{letter}");
    }
    text += if arg.get_short().is_some() {
        ", --"
    } else {
        "  --"
    };
    text += arg.get_long().unwrap_or_default();
    if let Some([name]) = arg.get_value_names() {
        let optional = arg.get_num_args().is_some_and(|n| n.min_values() == 0);
        let name: &Str = name;
        text += &match (optional, arg.is_require_equals_set()) {
            (_, true) => format!("[={name}]"),
            (true, false) => format!(" [{name}]"),
            (false, false) => format!(" {name}"),
        };
    }
    text
}

/// Appends an option and its explanation.
fn explain(text: &mut String, arg: &Arg) {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let usage = format!("{:<COLUMN$}", usage(arg));
    wrap(text, &usage, help.split_whitespace());
}

/// Appends a start and words after it, in lines that fit, the words below one
/// another.
fn wrap<'a>(text: &mut String, start: &str, words: impl Iterator<Item = &'a str>) {
    let mut line = start.to_owned();
    let mut empty = true;
    for word in words {
        if !empty && line.len() + 1 + word.len() > WIDTH {
            text.push_str(line.trim_end());
            text.push('\n');
            line = " ".repeat(start.len());
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

/// The parts of a usage that belong on one line each: what stands in brackets
/// is not parted.
fn pieces(usage: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    usage.split(move |c| {
        match c {
            '[' => depth = depth.saturating_add(1),
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ' ' && depth == 0
    })
}

/// The text of `-v`, with its last line break.
pub fn version() -> String {
    format!(
        "ipvsadm v{} {RELEASED} (compiled with clap and IPVS v1.2.1)\n",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_fits_the_screen_and_has_every_option() {
        let whole = help(None);
        let topics = GUIDES.iter().flat_map(|guide| guide.commands);
        let topics = topics.map(|command| help(Some(command.verb)));
        for text in topics.chain([whole.clone()]) {
            for line in text.lines() {
                assert!(line.len() <= WIDTH && line == line.trim_end(), "{line}");
            }
        }
        for spec in OPTIONS {
            let lines = whole.lines().filter(|line| {
                let mut words = line.trim_start().split([' ', ',', '[']);
                line.starts_with("  ") && words.any(|word| word == format!("--{}", spec.long))
            });
            assert!(lines.count() > 0, "{}", spec.long);
            for letter in spec.short.chars() {
                assert!(whole.contains(&format!("-{letter},")), "{letter}");
            }
        }
    }

    #[test]
    fn help_about_one_command() {
        assert_eq!(
            help(Some(Verb::DeleteServer)),
            "\
Usage: ipvsadm -d SERVICE -r SERVER [--drain[=SECONDS]]
  -d, --delete-server             remove a real server from a service
Example: ipvsadm -d -t 192.0.2.80:80 -r 192.168.10.11:8080 --drain=600

Options:
  -t, --tcp-service HOST[:PORT]   TCP to this address and port
  -u, --udp-service HOST[:PORT]   UDP to this address and port
      --sctp-service HOST[:PORT]  SCTP to this address and port
  -f, --fwmark-service MARK       packets with this firewall mark
  -6, --ipv6                      the firewall mark is on IPv6 packets
      --drain[=SECONDS]           set the weight to 0 and wait until its
                                  connections have ended before it is removed;
                                  not longer than SECONDS
  -r, --real-server HOST[:PORT]   its address; the port is the service's if none
                                  is given
"
        );
        let clear = help(Some(Verb::Clear));
        assert!(!clear.contains("Options") && clear.contains("Example: ipvsadm -C\n"));
        let edit = help(Some(Verb::EditServer));
        assert!(edit.contains("-e SERVICE") && edit.contains("--tun-type"));
        assert!(!edit.contains("-a") && !edit.contains("--stats"));
    }

    #[test]
    fn clap_accepts_the_definition() {
        definition().debug_assert();
    }
}
