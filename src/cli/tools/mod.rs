//! `ipvsadm-save` and `ipvsadm-restore`: the options that each has, and its help.

mod words;

use super::options::{Row, by_letter, by_name};
use super::types::Tool;

pub(super) use words::{ToolWord, ToolWords, parse_restore, parse_save, without_scope};

/// The help of a program.
pub(super) struct Usages {
    /// How it is typed.
    pub(super) usage: &'static str,
    /// Whole lines.
    pub(super) about: &'static str,
    pub(super) options: &'static [ToolOption],
}

/// An option of a program that saves or restores. Its value and its effect are those
/// of the row in the table of `ipvsadm` that these words stand for there.
pub(super) struct ToolOption {
    /// The ways to type it: the letter first, if there is one.
    words: &'static [&'static str],
    pub(super) help: &'static str,
}

impl ToolOption {
    /// As it is usually typed.
    pub(super) fn typed(&self) -> &'static str {
        self.words.first().copied().unwrap_or_default()
    }

    pub(super) fn letter(&self) -> Option<char> {
        let mut letters = self.words.iter().map(|word| word.trim_start_matches('-'));
        letters.find_map(|letters| letters.parse().ok())
    }

    pub(super) fn name(&self) -> Option<&'static str> {
        self.words.iter().find_map(|word| word.strip_prefix("--"))
    }

    pub(super) fn row(&self) -> Option<&'static Row> {
        match self.name() {
            Some(name) => by_name(name),
            None => self.letter().and_then(by_letter),
        }
    }
}

const NETNS: ToolOption = ToolOption {
    words: &["--netns"],
    help: "in the network namespace of this name, as ip netns and Docker name them, or of this \
           file, such as /proc/PID/ns/net",
};
const HELP: ToolOption = ToolOption {
    words: &["-h", "--help"],
    help: "show this",
};
const VERSION: ToolOption = ToolOption {
    words: &["-v", "--version"],
    help: "show the version",
};

const SAVE: Usages = Usages {
    usage: "ipvsadm-save [--all|[--only WHAT]... [--json]] [-n] [--output FILE]
                    [--netns NAME]",
    about: "Writes the table as rules, from which ipvsadm-restore makes it again.",
    options: &[
        ToolOption {
            words: &["-n"],
            help: "numbers instead of names",
        },
        ToolOption {
            words: &["--all"],
            help: "the timeouts, the sync daemons and the settings of net.ipv4.vs as well that \
                   differ from their defaults",
        },
        ToolOption {
            words: &["--output"],
            help: "into FILE, which is replaced only when all is written",
        },
        ToolOption {
            words: &["--only"],
            help: "no other services than those of ADDRESS[/BITS] or fwmark:MARK[-MARK]; it can \
                   be given again",
        },
        ToolOption {
            words: &["--json"],
            help: "as a JSON document",
        },
        NETNS,
        HELP,
        VERSION,
    ],
};

const RESTORE: Usages = Usages {
    usage: "ipvsadm-restore [--clear|[--only WHAT]... [--keep-weights] [--no-remove]]
                       [--strict] [--check|--dry-run [--json]]
                       [--netns NAME] [FILE]",
    about: "\
Makes the table what the rules in FILE, or from standard input, describe. Only
what differs is sent to the kernel.",
    options: &[
        ToolOption {
            words: &["--strict"],
            help: "all of the rules or none, even where the table is empty",
        },
        ToolOption {
            words: &["--clear"],
            help: "clear the table first, as ipvsadm 1.31 does: connections break",
        },
        ToolOption {
            words: &["--only"],
            help: "compare and touch no other services than those of ADDRESS[/BITS] or \
                   fwmark:MARK[-MARK]; it can be given again",
        },
        ToolOption {
            words: &["--keep-weights"],
            help: "servers that stay keep the weights that they have",
        },
        ToolOption {
            words: &["--no-remove"],
            help: "remove nothing",
        },
        ToolOption {
            words: &["--check"],
            help: "only check the rules; needs neither root nor IPVS",
        },
        ToolOption {
            words: &["--dry-run"],
            help: "only show what would be changed",
        },
        ToolOption {
            words: &["--json"],
            help: "with --dry-run: as a JSON document",
        },
        NETNS,
        HELP,
        VERSION,
    ],
};

impl Tool {
    pub(super) fn usages(self) -> Usages {
        match self {
            Self::Save => SAVE,
            Self::Restore => RESTORE,
        }
    }

    /// Returns the options that it has in the table, each with its row.
    pub(super) fn options(self) -> impl Iterator<Item = (&'static ToolOption, &'static Row)> {
        let options = self.usages().options.iter();
        options.filter_map(|option| Some((option, option.row()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_one_of_ipvsadm() {
        for tool in [Tool::Save, Tool::Restore] {
            let all = tool.usages().options.iter();
            for option in all {
                let known = option.row().map(|row| (row.short, row.long));
                for word in option.words {
                    let named = known.map(|(short, long)| {
                        let letter = |rest: &str| short.contains(rest) && rest.len() == 1;
                        word.strip_prefix("--") == Some(long)
                            || word.strip_prefix('-').is_some_and(letter)
                    });
                    assert_eq!(named, Some(true), "{word}");
                }
            }
        }
    }
}
