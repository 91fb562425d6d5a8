//! The words of a rule line as options with their values.

use super::error::RuleError;

/// The kind of a command, which decides about the options that go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineCommand {
    AddService,
    EditService,
    DeleteService,
    AddServer,
    EditServer,
    DeleteServer,
    Clear,
    Zero,
    Set,
    StartDaemon,
    StopDaemon,
}

/// An option of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opt {
    Command(LineCommand),
    Tcp,
    Udp,
    Sctp,
    Protocol,
    Fwmark,
    Ipv6,
    Scheduler,
    Persistent,
    Netmask,
    Engine,
    OnePacket,
    SchedFlags,
    Server,
    DirectRoute,
    Tunnel,
    Masquerade,
    Weight,
    UpperThreshold,
    LowerThreshold,
    TunType,
    TunPort,
    TunNoCsum,
    TunCsum,
    TunRemCsum,
    Raw,
    Interface,
    SyncId,
    MaxLen,
    Group,
    Port,
    Ttl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueForm {
    Nothing,
    Value,
    /// A value is there unless the next word is an option.
    Maybe,
}

/// The letter and the long name of an option, and the commands that it goes with.
pub(super) struct RuleOption {
    pub(super) opt: Opt,
    letter: Option<char>,
    long: &'static str,
    takes: ValueForm,
    pub(super) with: &'static [LineCommand],
}

use LineCommand::{
    AddServer, AddService, Clear, DeleteServer, DeleteService, EditServer, EditService, Set,
    StartDaemon, StopDaemon, Zero,
};
use ValueForm::{Maybe, Nothing, Value};

const ANY: &[LineCommand] = &[
    AddService,
    EditService,
    DeleteService,
    AddServer,
    EditServer,
    DeleteServer,
    Zero,
];
const SERVICES: &[LineCommand] = &[AddService, EditService];
const SERVERS: &[LineCommand] = &[AddServer, EditServer];
const NAMED_SERVERS: &[LineCommand] = &[AddServer, EditServer, DeleteServer];
const SETTINGS: &[LineCommand] = &[AddService, EditService, AddServer, EditServer];
const DAEMONS: &[LineCommand] = &[StartDaemon];

const fn row(
    opt: Opt,
    letter: Option<char>,
    long: &'static str,
    takes: ValueForm,
    with: &'static [LineCommand],
) -> RuleOption {
    RuleOption {
        opt,
        letter,
        long,
        takes,
        with,
    }
}

#[rustfmt::skip]
const ROWS: &[RuleOption] = &[
    row(Opt::Command(AddService), Some('A'), "add-service", Nothing, &[]),
    row(Opt::Command(EditService), Some('E'), "edit-service", Nothing, &[]),
    row(Opt::Command(DeleteService), Some('D'), "delete-service", Nothing, &[]),
    row(Opt::Command(AddServer), Some('a'), "add-server", Nothing, &[]),
    row(Opt::Command(EditServer), Some('e'), "edit-server", Nothing, &[]),
    row(Opt::Command(DeleteServer), Some('d'), "delete-server", Nothing, &[]),
    row(Opt::Command(Clear), Some('C'), "clear", Nothing, &[]),
    row(Opt::Command(Zero), Some('Z'), "zero", Nothing, &[]),
    row(Opt::Command(Set), None, "set", Nothing, &[]),
    row(Opt::Command(StartDaemon), None, "start-daemon", Value, &[]),
    row(Opt::Command(StopDaemon), None, "stop-daemon", Value, &[]),
    row(Opt::Tcp, Some('t'), "tcp-service", Value, ANY),
    row(Opt::Udp, Some('u'), "udp-service", Value, ANY),
    row(Opt::Sctp, None, "sctp-service", Value, ANY),
    row(Opt::Protocol, None, "protocol-service", Value, ANY),
    row(Opt::Fwmark, Some('f'), "fwmark-service", Value, ANY),
    row(Opt::Ipv6, Some('6'), "ipv6", Nothing, ANY),
    row(Opt::Scheduler, Some('s'), "scheduler", Value, SERVICES),
    row(Opt::Persistent, Some('p'), "persistent", Maybe, SERVICES),
    row(Opt::Netmask, Some('M'), "netmask", Value, SERVICES),
    row(Opt::Engine, None, "pe", Value, SERVICES),
    row(Opt::OnePacket, Some('o'), "ops", Nothing, SERVICES),
    row(Opt::SchedFlags, Some('b'), "sched-flags", Value, SERVICES),
    row(Opt::Server, Some('r'), "real-server", Value, NAMED_SERVERS),
    row(Opt::DirectRoute, Some('g'), "gatewaying", Nothing, SERVERS),
    row(Opt::Tunnel, Some('i'), "ipip", Nothing, SERVERS),
    row(Opt::Masquerade, Some('m'), "masquerading", Nothing, SERVERS),
    row(Opt::Weight, Some('w'), "weight", Value, SERVERS),
    row(Opt::UpperThreshold, Some('x'), "u-threshold", Value, SERVERS),
    row(Opt::LowerThreshold, Some('y'), "l-threshold", Value, SERVERS),
    row(Opt::TunType, None, "tun-type", Value, SERVERS),
    row(Opt::TunPort, None, "tun-port", Value, SERVERS),
    row(Opt::TunNoCsum, None, "tun-nocsum", Nothing, SERVERS),
    row(Opt::TunCsum, None, "tun-csum", Nothing, SERVERS),
    row(Opt::TunRemCsum, None, "tun-remcsum", Nothing, SERVERS),
    row(Opt::Raw, None, "raw", Value, SETTINGS),
    row(Opt::Interface, None, "mcast-interface", Value, DAEMONS),
    row(Opt::SyncId, None, "syncid", Value, DAEMONS),
    row(Opt::MaxLen, None, "sync-maxlen", Value, DAEMONS),
    row(Opt::Group, None, "mcast-group", Value, DAEMONS),
    row(Opt::Port, None, "mcast-port", Value, DAEMONS),
    row(Opt::Ttl, None, "mcast-ttl", Value, DAEMONS),
];

/// An option or a plain word.
pub(super) enum RuleToken<'a> {
    Option {
        row: &'static RuleOption,
        /// The value; empty where the option has none.
        value: &'a str,
    },
    Word(&'a str),
}

impl RuleOption {
    /// Returns the option as it is usually typed.
    pub(super) fn typed(&self) -> String {
        match self.letter {
            Some(letter) => format!("-{letter}"),
            None => format!("--{}", self.long),
        }
    }
}

/// Parts a line into words. A `#` that begins a word begins a comment.
pub(super) fn split(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split([' ', '\t', '\r', '\n']);
    words
        .filter(|word| !word.is_empty())
        .take_while(|word| !word.starts_with('#'))
}

/// Reads words as options: `-w 1`, `-w1`, `-w=1`, `--weight 1`, `--weight=1`, and
/// letters together as in `-At`.
pub(super) fn read<'a>(words: &[&'a str]) -> Result<Vec<RuleToken<'a>>, RuleError> {
    let mut tokens = Vec::new();
    let mut words = words.iter().copied().peekable();
    while let Some(word) = words.next() {
        let unknown = || RuleError::UnknownOption(word.to_owned());
        let needless = || RuleError::NeedlessValue(word.to_owned());
        let mut value_of = |row: &RuleOption, attached: Option<&'a str>| match (row.takes, attached)
        {
            (Nothing, _) => Ok(""),
            (Maybe, Some("")) => Err(RuleError::MissingValue(word.to_owned())),
            (Value | Maybe, Some(value)) => Ok(value),
            (Value, None) => words
                .next()
                .ok_or_else(|| RuleError::MissingValue(word.to_owned())),
            (Maybe, None) => Ok(words
                .next_if(|next| !next.starts_with('-'))
                .unwrap_or_default()),
        };
        if let Some(long) = word.strip_prefix("--") {
            let (name, attached) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let row = ROWS.iter().find(|row| row.long == name);
            let row = row.ok_or_else(unknown)?;
            if row.takes == Nothing && attached.is_some() {
                return Err(needless());
            }
            let value = value_of(row, attached)?;
            tokens.push(RuleToken::Option { row, value });
        } else if let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
            let mut letters = letters.chars();
            while let Some(letter) = letters.next() {
                let row = ROWS.iter().find(|row| row.letter == Some(letter));
                let row = row.ok_or_else(unknown)?;
                let after = letters.as_str();
                if row.takes == Nothing {
                    if after.starts_with('=') {
                        return Err(needless());
                    }
                    tokens.push(RuleToken::Option { row, value: "" });
                    continue;
                }
                let attached = after.strip_prefix('=').unwrap_or(after);
                let value = value_of(row, Some(attached).filter(|_| !after.is_empty()))?;
                tokens.push(RuleToken::Option { row, value });
                break;
            }
        } else {
            tokens.push(RuleToken::Word(word));
        }
    }
    Ok(tokens)
}
