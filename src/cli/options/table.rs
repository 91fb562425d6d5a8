//! Every option of `ipvsadm`.

use super::Section;
use super::row::{Offers, Row, command, modifier, one_of, option};
use super::uses::*;
use crate::cli::additions::{BY, COLOR, ORIGINS, SHELLS};
use crate::cli::additions::{
    check, client, count, director, drain_time, grouping, interval, least, netns, ramp_time,
    sample, selected, shell, state,
};
use crate::cli::types::Rule::{Allowed, Idle, Required, Unless, With};
use crate::cli::types::Takes::{Attached, Maybe, Nothing, Value};
use crate::cli::types::{Label as L, Role, Verb};
use crate::cli::usage::Usage;
use crate::cli::value_error::ValueError;
use crate::cli::values;
use ipvs::connections::states;
use ipvs::model::{Forwarding, Protocol};
use ipvs::rules::DEFAULT_PERSISTENCE;

/// Puts a value that was read in its place.
fn put<T>(place: &mut Option<T>, value: Result<T, ValueError>) -> Result<(), Usage> {
    *place = Some(value?);
    Ok(())
}

/// The long name of the option for firewall marks, which `-6` refers to.
pub(crate) const FWMARK: &str = "fwmark-service";

const CHECKS: fn() -> Vec<&'static str> = || crate::diagnose::all().map(|check| check.id).collect();

/// Every option of `ipvsadm`, by section.
#[rustfmt::skip]
pub(crate) const SECTIONS: &[Section] = &[
    Section { title: "Commands", options: &[
        command(Verb::AddService, "A", "add a virtual service"),
        command(Verb::EditService, "E", "change a virtual service; what is not given is set to its default"),
        command(Verb::DeleteService, "D", "remove a virtual service and its servers"),
        command(Verb::AddServer, "a", "add a real server to a service"),
        command(Verb::EditServer, "e", "change a real server; what is not given is set to its default"),
        command(Verb::DeleteServer, "d", "remove a real server from a service"),
        Row::new(Role::Command(Verb::Clear), "C", "clear", Nothing).help("remove every service"),
        command(Verb::List, "Ll", "list the table, one service or the connections; -l is the same"),
        command(Verb::Save, "S", "write the table as rules"),
        command(Verb::Restore, "R", "read rules from standard input and carry them out")
            .on_the_command_line(),
        command(Verb::Zero, "Z", "reset the counters of one service or of all"),
        command(Verb::Set, "", "set the connection timeouts, followed by TCP TCPFIN UDP in seconds; 0 keeps one"),
        Row::new(Role::Command(Verb::StartDaemon), "", "start-daemon", Value("STATE"))
            .help("start synchronizing connections as master or as backup")
            .set(|to, word| to.daemon_state(word, ValueError::StartState))
            .offers(Offers::Words(&values::DAEMON_STATES)),
        Row::new(Role::Command(Verb::StopDaemon), "", "stop-daemon", Value("STATE"))
            .help("stop synchronizing as master or as backup")
            .set(|to, word| to.daemon_state(word, ValueError::StopState))
            .offers(Offers::Words(&values::DAEMON_STATES)),
        Row::new(Role::Command(Verb::Sysctl), "", "sysctl", Value("NAME=VALUE"))
            .help("set one of the settings of net.ipv4.vs, which -L --status lists")
            .set(|to, word| { to.flags.sysctl = Some(word); Ok(()) })
            .offers(Offers::Settings),
        command(Verb::Diagnose, "",
            "find out why this director does not work, without changing anything")
            .on_the_command_line(),
        command(Verb::Explain, "",
            "show the path of one client, step by step, and where it would fail")
            .on_the_command_line(),
        command(Verb::Help, "h", "show this, or what there is to one command"),
        command(Verb::Version, "v", "show the version"),
        Row::new(Role::Command(Verb::Completions), "", "completions", Value("SHELL"))
            .help("print what makes bash, zsh or fish complete words of ipvsadm")
            .set(|to, word| put(&mut to.flags.shell, shell(word)))
            .offers(Offers::Words(&SHELLS))
            .on_the_command_line(),
    ] },
    Section { title: "A virtual service", options: &[
        one_of(L::Service, "t", "tcp-service", Value("HOST[:PORT]"), "TCP to this address and port")
            .with(OF_ANY)
            .set(|to, word| to.service(Protocol::Tcp, word))
            .offers(Offers::Services(Protocol::Tcp)),
        one_of(L::Service, "u", "udp-service", Value("HOST[:PORT]"), "UDP to this address and port")
            .with(OF_ANY)
            .set(|to, word| to.service(Protocol::Udp, word))
            .offers(Offers::Services(Protocol::Udp)),
        one_of(L::Service, "", "sctp-service", Value("HOST[:PORT]"), "SCTP to this address and port")
            .with(OF_ANY)
            .set(|to, word| to.service(Protocol::Sctp, word))
            .offers(Offers::Services(Protocol::Sctp)),
        one_of(L::Service, "", "protocol-service", Value("NUMBER:HOST[:PORT]"),
            "another protocol, by its number, to this address and port")
            .with(OF_ANY)
            .set(|to, word| to.numbered_service(word)),
        one_of(L::Service, "f", FWMARK, Value("MARK"), "packets with this firewall mark")
            .with(OF_ANY)
            .set(|to, word| to.fwmark(word))
            .offers(Offers::Marks),
        modifier(L::Service, "6", "ipv6", "the firewall mark is on IPv6 packets")
            .with(OF_ANY)
            .set(|to, _| to.ipv6()),
    ] },
    Section { title: "How a service works, with -A and -E", options: &[
        option(L::Scheduler, "s", Value("NAME"),
            "how a server is chosen: rr, wrr, lc, wlc (the default), lblc, lblcr, dh, sh, sed, nq, fo, \
         ovf, mh, twos or any other that the kernel has")
            .with(OF_SERVICES)
            .set(|to, word| { to.flags.scheduler = values::name(word); Ok(()) })
            .offers(Offers::Schedulers),
        option(L::Persistent, "p", Maybe("SECONDS"),
            "keep a client on its server until it has been quiet for so long (360)")
            .with(OF_SERVICES)
            .may_set(|to, value| { to.flags.persistence = Some(match value { Some(word) => values::persistence(word)?, None => DEFAULT_PERSISTENCE }); Ok(()) }),
        option(L::Netmask, "M", Value("MASK"),
            "take clients together for -p: a mask for IPv4, a prefix length for IPv6")
            .with(OF_SERVICES)
            .set(|to, word| to.netmask(word)),
        option(L::Engine, "", Value("NAME"),
            "persistence engine, such as sip")
            .with(OF_SERVICES)
            .set(|to, word| { to.flags.engine = values::name(word); Ok(()) })
            .offers(Offers::Engines),
        option(L::OnePacket, "o", Nothing,
            "choose a server for each packet (UDP)")
            .with(OF_SERVICES),
        option(L::SchedFlags, "b", Value("FLAG,..."),
            "flags of the scheduler, such as sh-fallback and mh-port; flag-1 to flag-3 for any of them")
            .with(OF_SERVICES)
            .set(|to, word| { to.flags.sched_flags = Some(word); Ok(()) })
            .offers(Offers::SchedFlags),
    ] },
    Section { title: "Taking out without harm, with -d and -D, and back, with -e", options: &[
        option(L::Drain, "", Attached("SECONDS"),
            "set the weight to 0 and wait until its connections have ended before it is removed; not \
         longer than SECONDS")
            .with(OF_REMOVALS)
            .may_set(|to, value| value.map_or(Ok(()), |word| put(&mut to.flags.drain_limit, drain_time(word))))
            .on_the_command_line(),
        option(L::Undrain, "", Nothing,
            "with -e: give the weight back that it had before --drain; what --drain has removed is added \
             again")
            .with(&[(Verb::EditServer, Unless(&[L::Forwarding, L::Weight, L::UpperThreshold,
                L::LowerThreshold, L::TunType, L::TunPort, L::TunNoCsum, L::TunCsum, L::TunRemCsum,
                L::Raw, L::Keep]))])
            .on_the_command_line(),
    ] },
    Section { title: "A real server, with -a, -e and -d", options: &[
        option(L::Server, "r", Value("HOST[:PORT]"),
            "its address; the port is the service's if none is given")
            .with(&[(Verb::AddServer, Required), (Verb::EditServer, Required), (Verb::DeleteServer, Required), (Verb::List, With(L::Connection))])
            .set(|to, word| to.server(word))
            .offers(Offers::Servers),
        option(L::AllServices, "", Nothing,
            "with -e and -d: the server in every service that has it, at any of its ports if -r names \
             none")
            .with(&[(Verb::EditServer, Unless(&[L::Service, L::Raw])),
                (Verb::DeleteServer, Unless(&[L::Service]))])
            .on_the_command_line(),
        one_of(L::Forwarding, "g", "gatewaying", Nothing, "reach it by direct routing (the default)")
            .with(OF_METHODS)
            .set(|to, _| { to.flags.forwarding = Some(Forwarding::DirectRoute); Ok(()) }),
        one_of(L::Forwarding, "i", "ipip", Nothing, "reach it through a tunnel")
            .with(OF_METHODS)
            .set(|to, _| { to.flags.forwarding = Some(Forwarding::Tunnel); Ok(()) }),
        one_of(L::Forwarding, "m", "masquerading", Nothing, "reach it by address translation (NAT)")
            .with(OF_METHODS)
            .set(|to, _| { to.flags.forwarding = Some(Forwarding::Masquerade); Ok(()) }),
        option(L::Weight, "w", Value("WEIGHT"),
            "its share of the work (1); 0 takes no new connections")
            .with(OF_SERVERS)
            .set(|to, word| put(&mut to.flags.weight, values::weight(word))),
        option(L::Ramp, "", Value("SECONDS"),
            "reach the weight in so many seconds, in even steps, from the one that it has, or from 0 if \
         it is new; with -e, what is not given stays as it is")
            .with(&[(Verb::AddServer, With(L::Weight)), (Verb::EditServer, With(L::Weight))])
            .set(|to, word| put(&mut to.flags.ramp_time, ramp_time(word)))
            .on_the_command_line(),
        option(L::UpperThreshold, "x", Value("NUMBER"),
            "with that many connections it takes no more (0: no limit)")
            .with(OF_SERVERS)
            .set(|to, word| put(&mut to.flags.upper_threshold, values::upper_threshold(word))),
        option(L::LowerThreshold, "y", Value("NUMBER"),
            "below that many it takes some again (0: three quarters of -x)")
            .with(OF_SERVERS)
            .set(|to, word| put(&mut to.flags.lower_threshold, values::lower_threshold(word))),
        option(L::TunType, "", Value("KIND"),
            "kind of tunnel: ipip (the default), gue or gre")
            .with(OF_SERVERS)
            .set(|to, word| put(&mut to.flags.tunnel_kind, values::tunnel_kind(word)))
            .offers(Offers::Words(&values::TUNNEL_KINDS)),
        option(L::TunPort, "", Value("PORT"),
            "UDP port of a gue tunnel")
            .with(OF_SERVERS)
            .set(|to, word| put(&mut to.flags.tunnel_port, values::tunnel_port(word))),
        option(L::TunNoCsum, "", Nothing,
            "no checksums in the tunnel (the default; gue, gre)")
            .with(OF_SERVERS),
        option(L::TunCsum, "", Nothing,
            "checksums in the tunnel (gue, gre)")
            .with(OF_SERVERS),
        option(L::TunRemCsum, "", Nothing,
            "remote checksum offload (gue)")
            .with(OF_SERVERS),
    ] },
    Section { title: "What only other programs make, with -A, -E, -a and -e", options: &[
        option(L::Raw, "", Value("NAME=NUMBER,..."),
            "what -S writes where no other option can say it, in the kernel's numbers: port, persistent \
             and flags of a service; port, forwarding, u-threshold, l-threshold, tun-type, tun-port \
             and tun-flags of a server")
            .with(OF_RAW)
            .set(|to, word| { to.flags.raw = Some(word); Ok(()) }),
    ] },
    Section { title: "Whatever there was before", options: &[
        option(L::OrEdit, "", Nothing,
            "with -A and -a: if it is there already, it is changed instead")
            .with(&[(Verb::AddService, Unless(&[L::Raw])), (Verb::AddServer, Unless(&[L::Raw]))])
            .on_the_command_line(),
        option(L::Keep, "", Nothing,
            "with -E and -e: what is not given stays as it is")
            .with(&[(Verb::EditService, Unless(&[L::Raw])), (Verb::EditServer, Unless(&[L::Raw]))])
            .on_the_command_line(),
        option(L::IfExists, "", Nothing,
            "with -D and -d: if it is not there, that is fine")
            .with(&[(Verb::DeleteService, Unless(&[L::Drain])),
                (Verb::DeleteServer, Unless(&[L::Drain]))])
            .on_the_command_line(),
    ] },
    Section { title: "What is listed, with -L", options: &[
        option(L::Connection, "c", Nothing,
            "the connections, of one service with -t, -u or -f, to one server with -r")
            .with(OF_LISTS),
        option(L::Timeout, "", Nothing,
            "the connection timeouts")
            .with(&[(Verb::List, Unless(&[L::Connection, L::Service]))]),
        option(L::Daemon, "", Nothing,
            "the synchronization daemons")
            .with(&[(Verb::List, Unless(&[L::Connection, L::Service, L::Timeout]))]),
        option(L::Status, "", Nothing,
            "the state of IPVS: connection table, limits, defence, counters of each processor, and every \
         setting of net.ipv4.vs with its default and meaning")
            .with(&[(Verb::List, Unless(&[L::Connection, L::Service, L::Timeout, L::Daemon, L::Watch,
                L::Only, L::Require, L::FromProc, L::OpenMetrics]))])
            .on_the_command_line(),
        option(L::Stats, "", Nothing,
            "counters of connections, packets and bytes")
            .with(OF_LISTS),
        option(L::Rate, "", Nothing,
            "the same per second")
            .with(OF_LISTS),
        option(L::Thresholds, "", Nothing,
            "the servers' thresholds")
            .with(OF_LISTS),
        option(L::PersistentConn, "", Nothing,
            "the servers' persistent connections; with -c, the engines' data")
            .with(OF_LISTS),
        option(L::TunInfo, "", Nothing,
            "the servers' tunnels")
            .with(OF_LISTS),
        option(L::NoSort, "", Nothing,
            "in the kernel's order")
            .with(OF_LISTS),
        modifier(L::NoSort, "", "sort", "in order (the default)").with(OF_LISTS),
        option(L::Exact, "X", Nothing,
            "large numbers in full")
            .with(OF_LISTS),
        option(L::Numeric, "n", Nothing,
            "numbers instead of names; with -S too")
            .with(&[(Verb::List, Allowed), (Verb::Save, Allowed)]),
        option(L::Only, "", Value("WHAT"),
            "no other services than those of ADDRESS[/BITS] or fwmark:MARK[-MARK]; with -S too, and with \
         -R --replace, which compares and touches no others then; it can be given again")
            .with(&[(Verb::List, Unless(&[L::Service, L::Connection, L::Timeout, L::Daemon, L::Require])),
                (Verb::Save, Allowed), (Verb::Restore, With(L::Replace))])
            .set(|to, word| { to.flags.only.push(selected(word)?); Ok(()) })
            .again_with(&[Verb::List, Verb::Save, Verb::Restore]),
        option(L::Client, "", Value("ADDRESS[/BITS]"),
            "with -c: only the connections of these clients; with --diagnose, a client to ask about; \
         with --explain, ADDRESS[:PORT] of the client")
            .with(&[(Verb::List, With(L::Connection)), (Verb::Diagnose, Unless(&[L::Facts])),
                (Verb::Explain, Required)])
            .set(|to, word| { to.flags.clients.push(client(word)?); Ok(()) })
            .again_with(&[Verb::Diagnose]),
        option(L::State, "", Value("NAME"),
            "with -c: only the connections in this state, such as ESTABLISHED")
            .with(OF_CONNECTIONS)
            .set(|to, word| put(&mut to.flags.state, state(word)))
            .offers(Offers::Words(&states::ALL)),
        option(L::Orphans, "", Nothing,
            "with -c: only the connections to servers that are no longer in the table")
            .with(OF_CONNECTIONS)
            .on_the_command_line(),
        option(L::Origin, "", Value("ORIGIN"),
            "with -c: only the connections that came by here (local) or from another director (sync)")
            .with(OF_CONNECTIONS)
            .set(|to, word| put(&mut to.flags.origin, ORIGINS.read(L::Origin, word)))
            .offers(Offers::Words(&ORIGINS)),
        option(L::By, "", Value("WHAT"),
            "with -c: count the connections by server, client, state or service, or by two of them: \
             server,state")
            .with(OF_CONNECTIONS)
            .set(|to, word| put(&mut to.flags.by, grouping(word)))
            .offers(Offers::Pair(&BY)),
        option(L::Watch, "", Attached("SECONDS"),
            "again and again, every 2 seconds or as told; q ends it")
            .with(&[(Verb::List, Unless(&[L::Timeout, L::Daemon]))])
            .may_set(|to, value| value.map_or(Ok(()), |word| put(&mut to.flags.interval, interval(word))))
            .on_the_command_line(),
        option(L::Count, "", Value("NUMBER"),
            "with --watch: that many times")
            .with(&[(Verb::List, With(L::Watch))])
            .set(|to, word| put(&mut to.flags.count, count(word))),
        option(L::FromProc, "", Nothing,
            "what any user may read, without asking IPVS: the table, less what standard error says, \
             or all connections with -c")
            .with(&[(Verb::List, Unless(&[L::Timeout, L::Daemon, L::Stats, L::Rate, L::Thresholds,
                L::TunInfo, L::Require, L::Orphans]))])
            .on_the_command_line(),
        option(L::Require, "", Value("NUMBER"),
            "of one service: say in one line, for a monitoring system, whether so many servers take new \
             connections; status 0, 1 if fewer do, 2 if there is no such service, 3 if it can't be told")
            .with(OF_REQUIREMENTS)
            .set(|to, word| put(&mut to.flags.least, least(word)))
            .on_the_command_line(),
        option(L::Color, "", Value("WHEN"),
            "servers of weight 0 and overloaded ones stand out: auto (on a terminal), always or never")
            .with(OF_LISTS)
            .set(|to, word| put(&mut to.flags.color, COLOR.read(L::Color, word)))
            .offers(Offers::Words(&COLOR)),
        option(L::Json, "", Nothing,
            "as a JSON document; with -S, -R --dry-run, --diagnose and --explain too")
            .with(&[(Verb::List, Allowed), (Verb::Save, Allowed), (Verb::Restore, With(L::DryRun)),
                (Verb::Diagnose, Allowed), (Verb::Explain, Allowed)]),
        option(L::OpenMetrics, "", Nothing,
            "as metrics for Prometheus and its kin: all services, servers and counters, settings and \
         sync daemons")
            .with(OF_METRICS)
            .on_the_command_line(),
    ] },
    Section { title: "What is examined, with --diagnose", options: &[
        option(L::Sample, "", Value("SECONDS"), "watch the traffic for so long (2)")
            .with(OF_DIAGNOSES)
            .set(|to, word| put(&mut to.flags.sample, sample(word))),
        option(L::Probe, "", Nothing,
            "ask on the links who else answers for the virtual addresses")
            .with(&[(Verb::Diagnose, Unless(&[L::Facts, L::OnServer]))]),
        option(L::Ignore, "", Value("CHECK"),
            "say nothing of this check; it can be given again")
            .with(&[(Verb::Diagnose, Allowed)])
            .set(|to, word| { to.flags.ignored.insert(check(word)?); Ok(()) })
            .offers(Offers::Words(&CHECKS))
            .again_with(&[Verb::Diagnose]),
        option(L::Facts, "", Value("FILE"),
            "judge what --output wrote, here or on another machine; with --explain, a path through \
         that director")
            .with(&[(Verb::Diagnose, Allowed), (Verb::Explain, Allowed)])
            .set(|to, word| { to.flags.facts = Some(word.into()); Ok(()) })
            .offers(Offers::Files),
        option(L::OnServer, "", Nothing,
            "this machine is a real server of the service, reached by -g (the default), -i or -m; it \
         needs no IPVS")
            .with(OF_DIAGNOSES),
        option(L::Director, "", Value("ADDRESS"),
            "with --on-server: the director's address in the server's network")
            .with(&[(Verb::Diagnose, With(L::OnServer))])
            .set(|to, word| put(&mut to.flags.director, director(word))),
    ] },
    Section { title: "Synchronization, with --start-daemon", options: &[
        option(L::McastInterface, "", Value("NAME"),
            "network interface for the messages (eth0)")
            .with(OF_DAEMONS)
            .set(|to, word| { to.interface(word); Ok(()) }),
        option(L::SyncId, "", Value("ID"),
            "0 to 255; a backup with 0 takes every master's messages")
            .with(&[(Verb::StartDaemon, Allowed), (Verb::StopDaemon, Idle), (Verb::List, Idle)])
            .set(|to, word| { to.flags.daemon.0.sync_id = values::sync_id(word)?; Ok(()) }),
        option(L::SyncMaxLen, "", Value("BYTES"),
            "longest message")
            .with(OF_DAEMONS)
            .set(|to, word| put(&mut to.flags.daemon.0.max_len, values::sync_max_len(word))),
        option(L::McastGroup, "", Value("ADDRESS"),
            "multicast address, IPv4 or IPv6")
            .with(OF_DAEMONS)
            .set(|to, word| put(&mut to.flags.daemon.0.group, values::mcast_group(word))),
        option(L::McastPort, "", Value("PORT"),
            "UDP port")
            .with(OF_DAEMONS)
            .set(|to, word| put(&mut to.flags.daemon.0.port, values::mcast_port(word))),
        option(L::McastTtl, "", Value("NUMBER"),
            "how many routers a message may pass")
            .with(OF_DAEMONS)
            .set(|to, word| put(&mut to.flags.daemon.0.ttl, values::mcast_ttl(word))),
    ] },
    Section { title: "Saving and restoring", options: &[
        option(L::Output, "", Value("FILE"),
            "with -S and -L --openmetrics: into FILE, which is replaced only when all is written; with \
             --diagnose, what was looked at")
            .with(&[(Verb::Save, Allowed), (Verb::List, With(L::OpenMetrics)),
                (Verb::Diagnose, Unless(&[L::Facts]))])
            .set(|to, word| { to.flags.output = Some(word.into()); Ok(()) })
            .offers(Offers::Files),
        option(L::All, "", Nothing,
            "with -S: the timeouts, the sync daemons and the settings of net.ipv4.vs as well that differ \
         from their defaults")
            .with(&[(Verb::Save, Unless(&[L::Json, L::Only]))]),
        option(L::Replace, "", Nothing,
            "with -R: make the table what the rules describe, touching only what differs")
            .with(OF_RESTORE),
        option(L::KeepWeights, "", Nothing,
            "with -R --replace: servers that stay keep the weights that they have")
            .with(OF_REPLACEMENTS),
        option(L::NoRemove, "", Nothing,
            "with -R --replace: remove nothing")
            .with(OF_REPLACEMENTS),
        option(L::Check, "", Nothing,
            "with -R: only check the rules")
            .with(OF_RESTORE),
        option(L::DryRun, "", Nothing,
            "with -R: only show what would be changed")
            .with(&[(Verb::Restore, Unless(&[L::Check]))]),
        option(L::Strict, "", Nothing,
            "with -R: if a line is wrong, carry out none, even where the table is empty; status 255 if \
             the kernel refuses any")
            .with(OF_RESTORE),
    ] },
    Section { title: "Elsewhere, with every command but -h, -v and --completions", options: &[
        option(L::Netns, "", Value("NAME"),
            "in the network namespace of this name, as ip netns and Docker name them, or of this file, \
         such as /proc/PID/ns/net; with -L and --diagnose, all shows each in turn")
            .with(OF_NAMESPACES)
            .set(|to, word| put(&mut to.flags.netns, netns(word)))
            .offers(Offers::Namespaces)
            .on_the_command_line(),
    ] },
];
