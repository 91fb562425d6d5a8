//! Lines into words, and shorthand for what they should become.

use std::net::{IpAddr, Ipv4Addr};

use ipvs::model::{Change, Destination, Family, Forwarding, Netmask, Protocol, Service, VirtualId};
use ipvsadm::cli::{self, Command, List, RuleCommand, Usage, parse};
use ipvsadm::names::Resolve;

#[allow(unreachable_pub)] // the other tests use it too
#[path = "../support/words.rs"]
mod words;

pub(crate) use words::words as split;

/// The hosts and ports of the tests.
pub(crate) struct Book;

impl Resolve for Book {
    fn addresses(&self, host: &str) -> Vec<IpAddr> {
        match host {
            "web" => vec![address("2001:db8::77"), address("10.0.0.77")],
            "db" => vec![address("10.0.0.78")],
            "six" => vec![address("2001:db8::6")],
            _ => Vec::new(),
        }
    }

    fn port(&self, service: &str, protocol: Protocol) -> Option<u16> {
        match (service, protocol) {
            ("http", Protocol::Tcp) => Some(80),
            ("tftp", Protocol::Udp) => Some(69),
            ("domain", Protocol::Tcp | Protocol::Udp) => Some(53),
            ("1x", Protocol::Tcp) => Some(7),
            _ => None,
        }
    }
}

/// What words of `ipvsadm-save` become, wherever it is to be done.
pub(crate) fn parse_save(words: &[String]) -> Result<Command, Usage> {
    cli::parse_save(words).map(|tool| tool.command)
}

/// What words of `ipvsadm-restore` become, wherever it is to be done.
pub(crate) fn parse_restore(words: &[String]) -> Result<Command, Usage> {
    cli::parse_restore(words).map(|tool| tool.command)
}

/// What a command line becomes: a command, or a status and the first line.
pub(crate) fn outcome(line: &str) -> Result<Command, (u8, String)> {
    parse("ipvsadm", &split(line))
        .resolve(&Book)
        .map_err(|mistake| {
            let text = mistake.to_string();
            let first = text.lines().next().unwrap_or_default();
            (mistake.status(), first.to_owned())
        })
}

#[track_caller]
pub(crate) fn accepts_command(line: &str, wanted: impl Into<Command>) {
    assert_eq!(outcome(line), Ok(wanted.into()), "{line:?}");
}

#[track_caller]
pub(crate) fn accepts(line: &str, wanted: Change) {
    accepts_command(line, RuleCommand::Change(wanted));
}

/// Status and first line, and the command lines that get them.
pub(crate) type Refusals<'a> = &'a [(u8, &'a str, &'a [&'a str])];

#[track_caller]
pub(crate) fn refuse(refusals: Refusals<'_>) {
    for &(status, message, lines) in refusals {
        for line in lines {
            assert_eq!(outcome(line), Err((status, message.to_owned())), "{line:?}");
        }
    }
}

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn endpoint(protocol: Protocol, text: &str, port: u16) -> VirtualId {
    VirtualId::Endpoint {
        protocol,
        address: address(text),
        port,
    }
}

pub(crate) fn tcp(address: &str, port: u16) -> VirtualId {
    endpoint(Protocol::Tcp, address, port)
}

pub(crate) fn udp(address: &str, port: u16) -> VirtualId {
    endpoint(Protocol::Udp, address, port)
}

pub(crate) fn sctp(address: &str, port: u16) -> VirtualId {
    endpoint(Protocol::Sctp, address, port)
}

pub(crate) fn fwmark(mark: u32, family: Family) -> VirtualId {
    VirtualId::Fwmark {
        mark: mark.try_into().unwrap(),
        family,
    }
}

pub(crate) fn mask(text: &str) -> Netmask {
    Netmask::V4(text.parse::<Ipv4Addr>().unwrap())
}

pub(crate) fn service(id: VirtualId, scheduler: &str, with: impl FnOnce(&mut Service)) -> Service {
    let mut service = Service::new(id, scheduler.parse().unwrap());
    with(&mut service);
    service
}

pub(crate) fn server(text: &str, port: u16, with: impl FnOnce(&mut Destination)) -> Destination {
    let mut server = Destination::new(address(text), port, Forwarding::DirectRoute);
    with(&mut server);
    server
}

pub(crate) fn list(with: impl FnOnce(&mut List)) -> Command {
    let mut list = List::default();
    with(&mut list);
    RuleCommand::List(list).into()
}
