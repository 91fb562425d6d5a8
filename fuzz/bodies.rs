//! The work that is done with hostile bytes: reading them as rule files, command lines, netlink
//! answers and the kernel's tables in `/proc`, and showing the result. Nothing may panic, whatever
//! the bytes are.
//!
//! `make fuzz` looks for bytes that make a reader panic; `tests/corpus.rs` tries again all inputs
//! that were worth keeping.

#![allow(dead_code, reason = "each program uses one")]

#[path = "../ipvs/tests/scripted/mod.rs"]
mod scripted;

use std::net::IpAddr;

use ipvs::connections::{By, Filter};
use ipvs::model;
use ipvs::model::{Info, Protocol, Service, ServiceEntry, Stats, VirtualId};
use ipvs::plan::scope::Scope;
use ipvsadm::cli::{self, Command, Mistake, RuleCommand};
use ipvsadm::json;
use ipvsadm::names::{Numeric, Resolve};
use ipvsadm::render::{self, ConnectionLayout, Header};
use ipvsadm::rules::restore::{read_rules, read_table};
use ipvsadm::view::{Numbers, View};

use scripted::Script;

/// A few names, without a network.
struct Book;

impl Resolve for Book {
    fn addresses(&self, host: &str) -> Vec<IpAddr> {
        match host {
            "web" => vec![[10, 0, 0, 1].into()],
            "six" => vec![[0xfd, 0, 0, 0, 0, 0, 0, 1].into()],
            _ => Vec::new(),
        }
    }

    fn port(&self, service: &str, protocol: Protocol) -> Option<u16> {
        (service == "http" && protocol == Protocol::Tcp).then_some(80)
    }
}

fn parse(words: &[String]) -> Result<RuleCommand, Mistake> {
    cli::parse_rule("ipvsadm", words).resolve_rule(&Book)
}

/// Reads a rule file. Each refusal must have a plain message.
pub(crate) fn rules(data: &[u8]) {
    let mut remarks = Vec::new();
    if let Ok(checked) = read_rules(data, &parse) {
        remarks.extend(checked.wrong);
    }
    if let Ok(checked) = read_table(data, &parse, Scope::default()) {
        remarks.extend(checked.wrong);
        remarks.extend(checked.idle);
    }
    for remark in remarks {
        assert!(!remark.message.is_empty());
        assert!(!remark.to_string().contains('\x1b'));
    }
    for line in String::from_utf8_lossy(data).lines() {
        if let Err(wrong) = ipvs::rules::parse(line) {
            assert!(!wrong.to_string().is_empty());
        }
    }
}

/// Reads a command line, one word in each line, for each name of the program.
pub(crate) fn words(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let words: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for outcome in [
        cli::parse("ipvsadm", &words).resolve(&Book),
        parse(&words)
            .map(Command::Rule)
            .map_err(|mistake| mistake.usage),
        cli::parse_save(&words).map(|tool| tool.command),
        cli::parse_restore(&words).map(|tool| tool.command),
    ] {
        match outcome {
            Ok(Command::Rule(RuleCommand::Help(topic))) => assert!(!cli::help(topic).is_empty()),
            Ok(_) => {}
            Err(usage) => {
                assert!(!usage.to_string().is_empty());
                assert_ne!(usage.status(), 0);
            }
        }
    }
}

/// Reads the kernel's answers. The first byte chooses the question; datagrams follow, each after
/// its length in two bytes.
pub(crate) fn netlink(data: &[u8]) {
    let Some((question, mut rest)) = data.split_first() else {
        return;
    };
    let mut script = Script::new();
    while let Some((length, behind)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes(*length)).min(behind.len());
        let (datagram, others) = behind.split_at(length);
        let datagram = datagram.to_vec();
        script = script.answers(move |asked| vec![with_sequence(datagram, asked.sequence)]);
        rest = others;
    }
    let id = VirtualId::Endpoint {
        protocol: Protocol::Tcp,
        address: [10, 0, 0, 1].into(),
        port: 80,
    };
    let mut client = script.client();
    match question % 8 {
        0 => {
            if let Ok(entries) = client.table() {
                show(&entries);
            }
        }
        1 => {
            if let Ok(entry) = client.service(&id) {
                show(&[entry]);
            }
        }
        2 => {
            if let Ok(daemons) = client.daemons() {
                let _ = render::daemons(&mut Vec::new(), &daemons);
                let _ = json::daemons(&mut Vec::new(), &daemons);
            }
        }
        3 => {
            let _ = client.timeouts();
        }
        4 => {
            let _ = client.destinations(&id);
        }
        5 => {
            let _ = client.configured();
        }
        6 => {
            let _ = client.configured_destinations(&id, &mut Vec::new());
        }
        _ => {
            let _ = client.apply(&model::Change::DeleteService(id));
        }
    }
}

/// Gives each message of a datagram the expected sequence number, so that the rest of the message
/// is read.
fn with_sequence(mut datagram: Vec<u8>, sequence: u32) -> Vec<u8> {
    let mut at = 0;
    while let Some(header) = datagram.get_mut(at..at + 16) {
        header[8..12].copy_from_slice(&sequence.to_ne_bytes());
        let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]);
        at += usize::try_from(length)
            .unwrap_or(usize::MAX)
            .clamp(16, 1 << 16);
    }
    datagram
}

/// Writes every listing of the table.
fn show(entries: &[ServiceEntry]) {
    let mut out = Vec::new();
    for view in [
        View::Plain,
        View::Stats,
        View::Rate,
        View::Thresholds,
        View::PersistentConnections,
        View::TunnelInfo,
    ] {
        for numbers in [Numbers::Scaled, Numbers::Exact] {
            let header = Header { info: None };
            let _ = render::table(&mut out, header, entries, view, numbers, &Numeric);
        }
    }
    let mut rules = String::new();
    let _ = ipvs::rules::write_rules(&mut rules, entries, &Numeric);
    out.extend_from_slice(rules.as_bytes());
    assert!(!out.contains(&0x1b), "an escape reaches the terminal");
    if let Ok(mut table) = json::TableDocument::begin(&mut out, &Info::new(0, 0)) {
        for entry in entries {
            let _ = table.push(entry);
        }
        let _ = table.end();
    }
}

/// Reads the kernel's tables as text: connections, and the servers of services.
pub(crate) fn proc(data: &[u8]) {
    let filter = Filter::default();
    let mut out = Vec::new();
    for engines in [false, true] {
        let _ = render::connections(
            &mut out,
            data,
            &filter,
            engines,
            ConnectionLayout::LISTING,
            &Numeric,
        );
    }
    assert!(!out.contains(&0x1b), "an escape reaches the terminal");
    let _ = json::connections(&mut out, data, &filter);
    for by in [By::Server, By::Client, By::State, By::Service] {
        if let Ok(counts) = ipvs::connections::count(data, &filter, by) {
            let _ = render::counts(&mut out, by, &counts, None, &Numeric);
            let _ = json::counts(&mut out, by, &counts);
        }
    }
    let services: Vec<_> = [80, 443]
        .map(|port| VirtualId::Endpoint {
            protocol: Protocol::Tcp,
            address: [10, 0, 0, 1].into(),
            port,
        })
        .into_iter()
        .filter_map(|id| Some(Service::new(id, "rr".parse().ok()?)))
        .collect();
    if let Ok(Some(servers)) = ipvs::procfs::servers(&services, data) {
        let entries = services.into_iter().enumerate().map(|(place, service)| {
            let mut entry = ServiceEntry::new(service, Stats::default());
            entry.destinations = servers.of(place).collect();
            entry
        });
        show(&entries.collect::<Vec<_>>());
    }
}
