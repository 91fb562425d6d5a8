//! The options: one table, from which words are read and help is written.

use super::matrix::{Label, Verb};
use ipvs::model::{Forwarding, Protocol};

/// What an option stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opt {
    /// A command.
    Verb(Verb),
    /// A service of a protocol.
    Endpoint(Protocol),
    /// A service by firewall mark.
    Fwmark,
    /// The firewall mark is for IPv6.
    Ipv6,
    /// A forwarding method.
    Forward(Forwarding),
    /// The order that listings have anyway.
    Sort,
    /// Any other, by its name in messages.
    Is(Label),
}

impl Opt {
    /// What it is called in messages; a command has no such name.
    pub(crate) fn label(self) -> Option<Label> {
        match self {
            Self::Verb(_) => None,
            Self::Endpoint(_) | Self::Fwmark | Self::Ipv6 => Some(Label::Service),
            Self::Forward(_) => Some(Label::Forwarding),
            Self::Sort => Some(Label::NoSort),
            Self::Is(label) => Some(label),
        }
    }
}

/// Whether an option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// None.
    Nothing,
    /// One; what it is called in help.
    Value(&'static str),
    /// One, but the next word only if it does not begin with a dash.
    Maybe(&'static str),
    /// One, but only behind `=`, never the next word.
    Attached(&'static str),
}

/// An option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) opt: Opt,
    /// Its letters.
    pub(crate) short: &'static str,
    /// Its long name.
    pub(crate) long: &'static str,
    pub(crate) takes: Takes,
    /// Where help has it.
    pub(crate) section: &'static str,
    pub(crate) help: &'static str,
}

/// The option with that letter.
pub(crate) fn by_letter(letter: char) -> Option<&'static Spec> {
    OPTIONS.iter().find(|spec| spec.short.contains(letter))
}

/// The option with that long name.
pub(crate) fn by_name(name: &str) -> Option<&'static Spec> {
    OPTIONS.iter().find(|spec| spec.long == name)
}

const fn option(
    opt: Opt,
    short: &'static str,
    long: &'static str,
    takes: Takes,
    section: &'static str,
    help: &'static str,
) -> Spec {
    Spec {
        opt,
        short,
        long,
        takes,
        section,
        help,
    }
}

const COMMANDS: &str = "Commands";
const SERVICE: &str = "A virtual service";
const SERVICE_SETTINGS: &str = "How a service works, with -A and -E";
const REMOVAL: &str = "Removing without harm, with -d and -D";
const SERVER: &str = "A real server, with -a, -e and -d";
const LISTING: &str = "What is listed, with -L";
const DIAGNOSIS: &str = "What is examined, with --diagnose";
const DAEMON: &str = "Synchronization, with --start-daemon";
const FILES: &str = "Saving and restoring";

use Label as L;
use Opt::{Endpoint, Forward, Fwmark, Ipv6, Is, Sort, Verb as Command};
use Takes::{Attached, Maybe, Nothing, Value};

/// The schedulers of Linux, and what each does.
pub const SCHEDULERS: &[(&str, &str)] = &[
    ("rr", "round robin: one server after another"),
    ("wrr", "weighted round robin"),
    ("lc", "least connections"),
    ("wlc", "weighted least connections (the default)"),
    ("lblc", "locality-based least connections, for caches"),
    ("lblcr", "the same with replication"),
    ("dh", "destination hashing, for caches"),
    ("sh", "source hashing: by the client's address"),
    ("sed", "shortest expected delay"),
    ("nq", "never queue: an idle server first"),
    ("fo", "failover: the server of the highest weight"),
    ("ovf", "overflow: the same until it has enough"),
    ("mh", "Maglev hashing: by the client's address"),
    ("twos", "power of two choices"),
];

/// Every option of `ipvsadm`.
#[rustfmt::skip]
pub(crate) const OPTIONS: &[Spec] = &[
    option(Command(Verb::AddService), "A", "add-service", Nothing, COMMANDS,
        "add a virtual service"),
    option(Command(Verb::EditService), "E", "edit-service", Nothing, COMMANDS,
        "change a virtual service; what is not given is set to its default"),
    option(Command(Verb::DeleteService), "D", "delete-service", Nothing, COMMANDS,
        "remove a virtual service and its servers"),
    option(Command(Verb::AddServer), "a", "add-server", Nothing, COMMANDS,
        "add a real server to a service"),
    option(Command(Verb::EditServer), "e", "edit-server", Nothing, COMMANDS,
        "change a real server; what is not given is set to its default"),
    option(Command(Verb::DeleteServer), "d", "delete-server", Nothing, COMMANDS,
        "remove a real server from a service"),
    option(Command(Verb::Clear), "C", "clear", Nothing, COMMANDS,
        "remove every service"),
    option(Command(Verb::List), "Ll", "list", Nothing, COMMANDS,
        "list the table, one service or the connections"),
    option(Command(Verb::Save), "S", "save", Nothing, COMMANDS,
        "write the table as rules"),
    option(Command(Verb::Restore), "R", "restore", Nothing, COMMANDS,
        "read rules from standard input and carry them out"),
    option(Command(Verb::Zero), "Z", "zero", Nothing, COMMANDS,
        "reset the counters of one service or of all"),
    option(Command(Verb::Set), "", "set", Nothing, COMMANDS,
        "set the connection timeouts, followed by TCP TCPFIN UDP in seconds; 0 keeps one"),
    option(Command(Verb::StartDaemon), "", "start-daemon", Value("STATE"), COMMANDS,
        "start to synchronize connections as master or as backup"),
    option(Command(Verb::StopDaemon), "", "stop-daemon", Value("STATE"), COMMANDS,
        "stop to synchronize as master or as backup"),
    option(Command(Verb::Diagnose), "", "diagnose", Nothing, COMMANDS,
        "find out why this director does not work, without changing anything"),
    option(Command(Verb::Help), "h", "help", Nothing, COMMANDS,
        "show this, or what there is to one command"),
    option(Command(Verb::Version), "v", "version", Nothing, COMMANDS,
        "show the version"),
    option(Command(Verb::Completions), "", "completions", Value("SHELL"), COMMANDS,
        "print what makes bash, zsh or fish complete words of ipvsadm"),

    option(Endpoint(Protocol::Tcp), "t", "tcp-service", Value("HOST[:PORT]"), SERVICE,
        "TCP to this address and port"),
    option(Endpoint(Protocol::Udp), "u", "udp-service", Value("HOST[:PORT]"), SERVICE,
        "UDP to this address and port"),
    option(Endpoint(Protocol::Sctp), "", "sctp-service", Value("HOST[:PORT]"), SERVICE,
        "SCTP to this address and port"),
    option(Fwmark, "f", "fwmark-service", Value("MARK"), SERVICE,
        "packets with this firewall mark"),
    option(Ipv6, "6", "ipv6", Nothing, SERVICE,
        "the firewall mark is on IPv6 packets"),

    option(Is(L::Scheduler), "s", "scheduler", Value("NAME"), SERVICE_SETTINGS,
        "how a server is chosen: rr, wrr, lc, wlc (the default), lblc, lblcr, dh, sh, sed, nq, fo, \
         ovf, mh, twos or any other that the kernel has"),
    option(Is(L::Persistent), "p", "persistent", Maybe("SECONDS"), SERVICE_SETTINGS,
        "keep a client on its server until it has been quiet for so long (360)"),
    option(Is(L::Netmask), "M", "netmask", Value("MASK"), SERVICE_SETTINGS,
        "take clients together for -p: a mask for IPv4, a prefix length for IPv6"),
    option(Is(L::Engine), "", "pe", Value("NAME"), SERVICE_SETTINGS,
        "persistence engine, such as sip"),
    option(Is(L::OnePacket), "o", "ops", Nothing, SERVICE_SETTINGS,
        "choose a server for each packet (UDP)"),
    option(Is(L::SchedFlags), "b", "sched-flags", Value("FLAG,..."), SERVICE_SETTINGS,
        "flags of the scheduler: sh-port, sh-fallback, mh-port, mh-fallback, flag-1 to flag-3"),

    option(Is(L::Drain), "", "drain", Attached("SECONDS"), REMOVAL,
        "set the weight to 0 and wait until its connections have ended before it is removed; not \
         longer than SECONDS"),

    option(Is(L::Server), "r", "real-server", Value("HOST[:PORT]"), SERVER,
        "its address; the port is the service's if none is given"),
    option(Forward(Forwarding::DirectRoute), "g", "gatewaying", Nothing, SERVER,
        "reach it by direct routing (the default)"),
    option(Forward(Forwarding::Tunnel), "i", "ipip", Nothing, SERVER,
        "reach it through a tunnel"),
    option(Forward(Forwarding::Masquerade), "m", "masquerading", Nothing, SERVER,
        "reach it by address translation (NAT)"),
    option(Is(L::Weight), "w", "weight", Value("WEIGHT"), SERVER,
        "its share of the work (1); 0 takes no new connections"),
    option(Is(L::UpperThreshold), "x", "u-threshold", Value("NUMBER"), SERVER,
        "with that many connections it takes no more (0: no limit)"),
    option(Is(L::LowerThreshold), "y", "l-threshold", Value("NUMBER"), SERVER,
        "below that many it takes some again (0: three quarters of -x)"),
    option(Is(L::TunType), "", "tun-type", Value("KIND"), SERVER,
        "kind of tunnel: ipip (the default), gue or gre"),
    option(Is(L::TunPort), "", "tun-port", Value("PORT"), SERVER,
        "UDP port of a gue tunnel"),
    option(Is(L::TunNoCsum), "", "tun-nocsum", Nothing, SERVER,
        "no checksums in the tunnel (the default; gue, gre)"),
    option(Is(L::TunCsum), "", "tun-csum", Nothing, SERVER,
        "checksums in the tunnel (gue, gre)"),
    option(Is(L::TunRemCsum), "", "tun-remcsum", Nothing, SERVER,
        "remote checksum offload (gue)"),

    option(Is(L::Connection), "c", "connection", Nothing, LISTING,
        "the connections, of one service with -t, -u or -f, to one server with -r"),
    option(Is(L::Timeout), "", "timeout", Nothing, LISTING,
        "the connection timeouts"),
    option(Is(L::Daemon), "", "daemon", Nothing, LISTING,
        "the synchronization daemons"),
    option(Is(L::Stats), "", "stats", Nothing, LISTING,
        "counters of connections, packets and bytes"),
    option(Is(L::Rate), "", "rate", Nothing, LISTING,
        "the same per second"),
    option(Is(L::Thresholds), "", "thresholds", Nothing, LISTING,
        "the servers' thresholds"),
    option(Is(L::PersistentConn), "", "persistent-conn", Nothing, LISTING,
        "the servers' persistent connections; with -c, the engines' data"),
    option(Is(L::TunInfo), "", "tun-info", Nothing, LISTING,
        "the servers' tunnels"),
    option(Is(L::NoSort), "", "nosort", Nothing, LISTING,
        "in the kernel's order"),
    option(Sort, "", "sort", Nothing, LISTING,
        "in order (the default)"),
    option(Is(L::Exact), "X", "exact", Nothing, LISTING,
        "large numbers in full"),
    option(Is(L::Numeric), "n", "numeric", Nothing, LISTING,
        "numbers instead of names; with -S too"),
    option(Is(L::Client), "", "client", Value("ADDRESS[/BITS]"), LISTING,
        "with -c: only the connections of these clients; with --diagnose, a client to ask about"),
    option(Is(L::State), "", "state", Value("NAME"), LISTING,
        "with -c: only the connections in this state, such as ESTABLISHED"),
    option(Is(L::By), "", "by", Value("WHAT"), LISTING,
        "with -c: count the connections by server, client, state or service"),
    option(Is(L::Watch), "", "watch", Attached("SECONDS"), LISTING,
        "again and again, every 2 seconds or as told; q ends it"),
    option(Is(L::Count), "", "count", Value("NUMBER"), LISTING,
        "with --watch: that many times"),
    option(Is(L::Color), "", "color", Value("WHEN"), LISTING,
        "servers of weight 0 and overloaded ones stand out: auto (on a terminal), always or never"),
    option(Is(L::Json), "", "json", Nothing, LISTING,
        "as a JSON document; with -S, -R --dry-run and --diagnose too"),

    option(Is(L::Sample), "", "sample", Value("SECONDS"), DIAGNOSIS,
        "watch the traffic for so long (2)"),
    option(Is(L::Probe), "", "probe", Nothing, DIAGNOSIS,
        "ask on the links who else answers for the virtual addresses"),
    option(Is(L::Ignore), "", "ignore", Value("CHECK"), DIAGNOSIS,
        "say nothing of this check; it can be given again"),
    option(Is(L::Facts), "", "facts", Value("FILE"), DIAGNOSIS,
        "judge what --output wrote, here or on another machine"),

    option(Is(L::McastInterface), "", "mcast-interface", Value("NAME"), DAEMON,
        "network interface for the messages (eth0)"),
    option(Is(L::SyncId), "", "syncid", Value("ID"), DAEMON,
        "0 to 255; a backup with 0 takes every master's messages"),
    option(Is(L::SyncMaxLen), "", "sync-maxlen", Value("BYTES"), DAEMON,
        "longest message"),
    option(Is(L::McastGroup), "", "mcast-group", Value("ADDRESS"), DAEMON,
        "multicast address, IPv4 or IPv6"),
    option(Is(L::McastPort), "", "mcast-port", Value("PORT"), DAEMON,
        "UDP port"),
    option(Is(L::McastTtl), "", "mcast-ttl", Value("NUMBER"), DAEMON,
        "how many routers a message may pass"),

    option(Is(L::Output), "", "output", Value("FILE"), FILES,
        "with -S: into FILE, which is replaced only when all is written; with --diagnose, what was \
         looked at"),
    option(Is(L::Replace), "", "replace", Nothing, FILES,
        "with -R: make the table what the rules describe, touching only what differs"),
    option(Is(L::Check), "", "check", Nothing, FILES,
        "with -R: only check the rules"),
    option(Is(L::DryRun), "", "dry-run", Nothing, FILES,
        "with -R: only show what would be changed"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_letter_is_one_options() {
        for (at, spec) in OPTIONS.iter().enumerate() {
            assert!(!spec.long.is_empty());
            for other in OPTIONS.iter().skip(at + 1) {
                assert_ne!(spec.long, other.long);
                assert!(
                    !other.short.contains(|c| spec.short.contains(c)),
                    "{}",
                    other.long
                );
            }
        }
    }

    #[test]
    fn help_names_the_schedulers() {
        let help = by_letter('s').map_or("", |spec| spec.help);
        let words: Vec<_> = help.split([' ', ',']).collect();
        for (name, _) in SCHEDULERS {
            assert!(words.contains(name), "{name}");
        }
    }

    #[test]
    fn every_label_has_an_option() {
        for &label in Label::ALL {
            let found = match label {
                Label::Service => by_letter('t'),
                Label::Forwarding => by_letter('m'),
                _ => OPTIONS.iter().find(|spec| spec.opt == Opt::Is(label)),
            };
            assert!(found.is_some(), "{label}");
        }
    }
}
