//! The refusals of options' values.

use std::net::IpAddr;

use super::types::Label;
use ipvs::model::SettingError;
use ipvs::plan::scope::SelectedError;

/// A value is not what its option takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the sentences are the documentation")]
pub enum ValueError {
    #[error("illegal virtual server address[:port] specified")]
    ServiceAddress,
    #[error("illegal real server address[:port] specified")]
    ServerAddress,
    #[error("invalid fwmark value `{0}' specified")]
    Fwmark(String),
    #[error("invalid timeout value `{0}' specified")]
    Timeout(String),
    #[error("illegal virtual server persistent mask specified")]
    Netmask,
    #[error("illegal ipv6 netmask specified")]
    PrefixLength,
    #[error("illegal weight specified")]
    Weight,
    #[error("illegal u_threshold specified")]
    UpperThreshold,
    #[error("illegal l_threshold specified")]
    LowerThreshold,
    #[error("invalid scheduler flag `{0}'")]
    SchedFlag(String),
    #[error("incompatible scheduler flag `{0}'")]
    IncompatibleFlag(String),
    #[error("illegal tunnel type specified")]
    TunnelKind,
    #[error("illegal tunnel port specified")]
    TunnelPort,
    #[error("illegal start-daemon parameter specified")]
    StartState,
    #[error("illegal start_daemon specified")]
    StopState,
    #[error("illegal syncid specified")]
    SyncId,
    #[error("illegal sync-maxlen specified")]
    SyncMaxLen,
    #[error("invalid IPv4 mcast-group `{0}'")]
    McastGroup4(String),
    #[error("invalid IPv6 mcast-group `{0}'")]
    McastGroup6(String),
    #[error("illegal mcast-port specified")]
    McastPort,
    #[error("illegal mcast-ttl specified")]
    McastTtl,
    #[error("illegal client `{0}' specified: an address, or one with /BITS")]
    Client(String),
    #[error("illegal client specified: to examine its way takes one address, without /BITS")]
    ClientHost,
    #[error("illegal client `{0}' specified: no client has this address")]
    ClientSends(IpAddr),
    #[error("illegal client specified: it and the service are of different address families")]
    ClientFamily,
    #[error("illegal director `{0}' specified: an IP address is expected")]
    Director(String),
    #[error("a real server is asked about an address and port (-t, -u), not about a firewall mark")]
    OnServerMark,
    /// `--on-server` with an address by which no client can reach a server.
    #[error("a real server is asked about an address that clients come to, not about {0}")]
    OnServerAddress(IpAddr),
    /// `--director` with an address by which no server reaches a director.
    #[error("illegal director specified: {0} is no address of another machine")]
    DirectorAddress(IpAddr),
    /// `--director` with an address of another family than the service's.
    #[error("illegal director specified: it and the service are of different address families")]
    DirectorFamily,
    #[error("illegal sample `{0}' specified: seconds from 0.1 to 3600")]
    Sample(String),
    #[error("there is no check `{0}'; man ipvsadm-diagnose lists them all")]
    Check(String),
    #[error("there is no check `{0}'; did you mean {1}?")]
    NearCheck(String, String),
    #[error("illegal {option} `{word}' specified: one of {choices}")]
    Choice {
        option: Label,
        word: String,
        choices: String,
    },
    #[error("illegal by `{0}' specified: the two words must differ")]
    ByTwice(String),
    #[error("illegal watch interval `{0}' specified: seconds from 0.1 to 86400")]
    Interval(String),
    #[error("illegal count `{0}' specified: a number, 1 or more")]
    Count(String),
    #[error("illegal require `{0}' specified: a number of servers, 1 or more")]
    Require(String),
    #[error("illegal drain time `{0}' specified: seconds from 0 to 2678400")]
    DrainTime(String),
    #[error("illegal ramp time `{0}' specified: seconds from 1 to 2678400")]
    RampTime(String),
    #[error(
        "illegal service `{0}' specified: the number of a protocol, then HOST[:PORT], as in 47:192.0.2.80:0"
    )]
    ProtocolService(String),
    #[error("illegal raw setting `{word}' specified: NAME=NUMBER with one of {names}")]
    Raw { word: String, names: String },
    #[error("illegal sysctl `{0}' specified: {1}")]
    Setting(String, SettingError),
    #[error("illegal only `{0}' specified: {1}")]
    Selected(String, SelectedError),
    #[error(
        "illegal netns specified: the name of a network namespace, or a file that stands for one"
    )]
    Netns,
    #[error(
        "each network namespace in turn (--netns all) is for -L and --diagnose, without --watch, --require, --openmetrics and --output"
    )]
    NetnsAll,
    #[error("unknown shell `{0}': bash, zsh or fish")]
    Shell(String),
}
