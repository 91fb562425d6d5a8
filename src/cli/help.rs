//! What `-h` and `-v` print, and clap's definition of the options.

use clap::builder::Str;
use clap::{Arg, ArgAction, Command};

use super::matrix::Verb;
use super::options::{OPTIONS, Opt, Takes};

/// The day of the release.
const RELEASED: &str = "2026/11/21";

/// The width of the help, and the column in which its explanations begin.
const WIDTH: usize = 80;
const COLUMN: usize = 34;

const SYNOPSIS: &str = "\
Usage: ipvsadm                                    list the table
       ipvsadm -A|-E SERVICE [-s NAME] [-p [SECONDS]] [-M MASK] [--pe NAME]
               [-o] [-b FLAG,...]
       ipvsadm -D SERVICE
       ipvsadm -a|-e SERVICE -r SERVER [-g|-i|-m] [-w WEIGHT] [-x NUMBER]
               [-y NUMBER] [--tun-...]
       ipvsadm -d SERVICE -r SERVER
       ipvsadm -L [SERVICE] [--stats|--rate|...] [-n]
       ipvsadm -L -c [SERVICE] [-r SERVER] [-n]
       ipvsadm -L --timeout|--daemon
       ipvsadm -Z [SERVICE]
       ipvsadm -C
       ipvsadm -S [-n] [--output FILE]
       ipvsadm -R [--replace] [--check|--dry-run] < RULES
       ipvsadm --set TCP TCPFIN UDP
       ipvsadm --start-daemon master|backup [--mcast-...] [--syncid ID]
       ipvsadm --stop-daemon master|backup
SERVICE is one of -t, -u, --sctp-service and -f; SERVER is HOST[:PORT].
";

/// The options as clap knows them: for help and for completions.
///
/// Words are not read by clap: what ipvsadm answers depends on their order and
/// on the ways of popt.
pub fn definition() -> Command {
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
pub fn help(_topic: Option<Verb>) -> String {
    let mut text = version() + SYNOPSIS;
    let definition = definition();
    let mut section = None;
    for arg in definition.get_arguments() {
        let heading = arg.get_help_heading();
        if heading != section {
            section = heading;
            text += &format!("\n{}:\n", heading.unwrap_or_default());
        }
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        explain(&mut text, &usage(arg), &help);
    }
    text
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
        text += &if optional {
            format!(" [{name}]")
        } else {
            format!(" {name}")
        };
    }
    text
}

/// Appends an option and its explanation, broken into lines between words.
fn explain(text: &mut String, usage: &str, help: &str) {
    let mut line = format!("{usage:<COLUMN$}");
    let mut empty = true;
    for word in help.split_whitespace() {
        if !empty && line.len() + 1 + word.len() > WIDTH {
            text.push_str(line.trim_end());
            text.push('\n');
            line = " ".repeat(COLUMN);
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
        let help = help(None);
        for line in help.lines() {
            assert!(line.len() <= WIDTH, "{line}");
        }
        for spec in OPTIONS {
            assert!(help.contains(&format!("--{}", spec.long)), "{}", spec.long);
            for letter in spec.short.chars() {
                assert!(help.contains(&format!("-{letter},")), "{letter}");
            }
        }
    }

    #[test]
    fn clap_accepts_the_definition() {
        definition().debug_assert();
    }
}
