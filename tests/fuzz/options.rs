//! The words that commands are made of.

use crate::dice::Dice;

/// An option, its short and long name (either may be missing), and its value.
#[derive(Clone, Debug)]
pub struct Word {
    short: Option<char>,
    long: &'static str,
    value: Option<String>,
}

impl Word {
    pub fn flag(short: impl Into<Option<char>>, long: &'static str) -> Self {
        Self {
            short: short.into(),
            long,
            value: None,
        }
    }

    pub fn with(
        short: impl Into<Option<char>>,
        long: &'static str,
        value: impl Into<String>,
    ) -> Self {
        Self {
            value: Some(value.into()),
            ..Self::flag(short, long)
        }
    }

    pub fn is(&self, long: &str) -> bool {
        self.long == long
    }

    /// Whether this character is in the value.
    pub fn has(&self, c: char) -> bool {
        self.value.as_ref().is_some_and(|value| value.contains(c))
    }

    pub fn change_value(&mut self, value: &str) {
        if self.value.is_some() {
            self.value = Some(value.to_owned());
        }
    }

    /// The option in one of the ways in which it may be written.
    pub fn write(&self, dice: &mut Dice, words: &mut Vec<String>) {
        let long = format!("--{}", self.long);
        let short = self
            .short
            .filter(|_| dice.percent(75))
            .map(|c| format!("-{c}"));
        let Some(value) = &self.value else {
            words.push(short.unwrap_or(long));
            return;
        };
        // only a persistence takes its value or leaves it
        let may_be_apart = self.long != "persistent" || !value.starts_with('-');
        if may_be_apart && dice.percent(80) {
            words.extend([short.unwrap_or(long), value.clone()]);
        } else {
            words.push(match short {
                Some(short) if dice.percent(50) && !value.is_empty() => format!("{short}{value}"),
                Some(short) => format!("{short}={value}"),
                None => format!("{long}={value}"),
            });
        }
    }
}

/// Values that no option takes, or that it should look at twice.
pub const NASTY: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "5x",
    "abc",
    " 5",
    "5 ",
    "+5",
    "05",
    "010",
    "0x10",
    "1.5",
    "255",
    "256",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "18446744073709551616",
    "-",
    "--",
    ":",
    "::",
    ":80",
    "10.0.0.1:",
    "10.0.0.300:80",
    "10.0:80",
    "[",
    "[]:80",
    "[::1",
    "[2001:db8::1]80",
    "10.0.0.1:80:80",
    "10.0.0.1:nosuch",
    "nosuch.invalid:80",
    "nosuch.invalid",
    "=5",
    "5,6",
    ",,",
    "sh-port",
    "rr",
    "master",
    "ff02::81",
    "224.0.0.81",
    "255.255.255.0",
    "a-word-that-is-longer-than-any-buffer-for-a-name-has-room-for",
];

/// Any option that both programs have.
pub fn any(dice: &mut Dice) -> Word {
    match dice.below(36) {
        0 => Word::with('t', "tcp-service", "10.0.0.1:80"),
        1 => Word::with('f', "fwmark-service", "1"),
        2 => Word::with('s', "scheduler", "rr"),
        3 => Word::with('p', "persistent", "9"),
        4 => Word::flag('p', "persistent"),
        5 => Word::with('M', "netmask", "255.255.0.0"),
        6 => Word::with(None, "pe", "sip"),
        7 => Word::flag('o', "ops"),
        8 => Word::with('b', "sched-flags", "flag-2"),
        9 => Word::with('r', "real-server", "10.1.0.1:80"),
        10 => Word::flag('g', "gatewaying"),
        11 => Word::flag('i', "ipip"),
        12 => Word::flag('m', "masquerading"),
        13 => Word::with('w', "weight", "3"),
        14 => Word::with('x', "u-threshold", "9"),
        15 => Word::with('y', "l-threshold", "4"),
        16 => Word::with(None, "tun-type", "gre"),
        17 => Word::with(None, "tun-port", "99"),
        18 => Word::flag(None, "tun-nocsum"),
        19 => Word::flag(None, "tun-csum"),
        20 => Word::flag(None, "tun-remcsum"),
        21 => Word::flag('n', "numeric"),
        22 => Word::flag('c', "connection"),
        23 => Word::flag(None, "timeout"),
        24 => Word::flag(None, "daemon"),
        25 => Word::flag(None, "stats"),
        26 => Word::flag(None, "rate"),
        27 => Word::flag(None, "thresholds"),
        28 => Word::flag(None, "persistent-conn"),
        29 => Word::flag(None, "tun-info"),
        30 => Word::flag('X', "exact"),
        31 => Word::flag(None, "nosort"),
        32 => Word::with(None, "syncid", "3"),
        33 => Word::with(None, "mcast-interface", "eth0"),
        34 => Word::with(None, "mcast-group", "224.1.1.1"),
        _ => Word::flag('6', "ipv6"),
    }
}

/// An option that does not exist, or a word that is none.
pub fn junk(dice: &mut Dice) -> &'static str {
    let junk = [
        "foo",
        "--bogus",
        "-Q",
        "-",
        "--",
        "",
        "--stats=1",
        "-nQ",
        "--sched",
        "10.0.0.1:80",
    ];
    junk[dice.below(junk.len())]
}
