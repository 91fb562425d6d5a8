//! The library's reader of rule lines beside the program's, which also knows names.

use ipvs::model::{
    Change, Daemon, DaemonState, Destination, ServiceEntry, Timeouts, VirtualId, equivalence,
};
use ipvs::rules::{self, ChangeRule};
use ipvsadm::cli::RuleCommand;
use ipvsadm::names::Numeric;
use proptest::prelude::*;

use super::tables::{parse, saved, tables};

/// Every change about the rows of a table.
fn changes(table: &[ServiceEntry]) -> Vec<Change> {
    let mut changes = Vec::new();
    for entry in table {
        let id = entry.service.id;
        changes.push(Change::AddService(entry.service.clone()));
        changes.push(Change::EditService(entry.service.clone()));
        // With a blank one, -Z means all services.
        if !id.is_blank() {
            changes.push(Change::Zero(Some(id)));
        }
        for row in &entry.destinations {
            changes.push(Change::AddServer(id, row.destination));
            changes.push(Change::EditServer(id, row.destination));
            changes.push(Change::DeleteServer(id, row.destination));
        }
        changes.push(Change::DeleteService(id));
    }
    changes
}

fn same(one: &(VirtualId, Destination), other: &(VirtualId, Destination)) -> bool {
    let place = |(id, server): &(VirtualId, Destination)| (*id, server.address, server.port);
    place(one) == place(other)
}

/// Returns whether two changes do the same.
fn equal(one: &Change, other: &Change) -> bool {
    use Change::{AddServer, AddService, DeleteServer, EditServer, EditService};
    match (one, other) {
        (AddService(a), AddService(b)) | (EditService(a), EditService(b)) => {
            a.id == b.id && equivalence::same_service(a, b)
        }
        (AddServer(a, x), AddServer(b, y)) | (EditServer(a, x), EditServer(b, y)) => {
            same(&(*a, *x), &(*b, *y)) && equivalence::same_server(x, y)
        }
        (DeleteServer(a, x), DeleteServer(b, y)) => same(&(*a, *x), &(*b, *y)),
        _ => one == other,
    }
}

fn by_program(line: &str) -> Option<Change> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    match parse(&words) {
        Ok(RuleCommand::Change(change)) => Some(change),
        _ => None,
    }
}

proptest! {
    #[test]
    fn each_change_that_is_written_reads_back(table in tables()) {
        for change in changes(&table) {
            let line = ChangeRule::new(&change, &Numeric).to_string();
            let read = rules::parse(&line).unwrap().unwrap();
            prop_assert!(equal(&read, &change), "{line}: {read:?}, not {change:?}");
            prop_assert_eq!(ChangeRule::new(&read, &Numeric).to_string(), line);
        }
    }

    #[test]
    fn daemons_and_timeouts_read_back(
        seconds in (0..=2_678_400_u32, 0..=2_678_400_u32, 0..=2_678_400_u32),
        sync_id in 0..=255_u32,
        interface in proptest::sample::select(vec!["lan", "#1", "ipvsadm", "eth0.5"]),
        max_len in proptest::option::of(1..=65507_u16),
        port in proptest::option::of(1..=u16::MAX),
        ttl in proptest::option::of(1..=u8::MAX),
        group in proptest::option::of(proptest::sample::select(vec!["224.0.0.9", "ff02::9"])),
    ) {
        let mut daemon = Daemon::new(DaemonState::Backup, interface, sync_id);
        daemon.max_len = max_len;
        daemon.port = port;
        daemon.ttl = ttl;
        daemon.group = group.map(|group| group.parse().unwrap());
        for change in [
            Change::StartDaemon(daemon),
            Change::StopDaemon(DaemonState::Master),
            Change::SetTimeouts(Timeouts::new(seconds.0, seconds.1, seconds.2)),
            Change::Clear,
            Change::Zero(None),
        ] {
            let line = ChangeRule::new(&change, &Numeric).to_string();
            prop_assert_eq!(rules::parse(&line), Ok(Some(change.clone())));
            prop_assert_eq!(by_program(&line), Some(change));
        }
    }

    #[test]
    fn both_readers_make_the_same_of_a_saved_table(table in tables()) {
        for line in saved(&table).lines() {
            prop_assert_eq!(rules::parse(line).unwrap(), by_program(line), "{}", line);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(line in ".*") {
        let _ = rules::parse(&line);
    }

    /// Words that options are made of: most lines are wrong, and a line that is right
    /// for the library is right for the program, with the same change.
    #[test]
    fn lines_of_known_words_are_not_read_otherwise_than_by_the_program(
        words in proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), 0..12),
        command in proptest::sample::select(vec!["-A -t 10.0.0.1:80", "-a -f 7", "-e", "-E", "-At=::1", "-Z", "-Z -t"]),
    ) {
        let line = format!("{command} {}", words.join(" "));
        if let Ok(Some(change)) = rules::parse(&line) {
            prop_assert_eq!(by_program(&line), Some(change), "{}", line);
        }
    }
}

const WORDS: &[&str] = &[
    "-t",
    "10.0.0.1:80",
    "0.0.0.0:0",
    "--sctp-service",
    "::",
    "-u",
    "[fd00::1]:53",
    "-f",
    "7",
    "-6",
    "-s",
    "sh",
    "mh",
    "-p",
    "9",
    "-M",
    "255.0.0.0",
    "64",
    "--pe",
    "sip",
    "-o",
    "-b",
    "sh-port",
    "flag-1,flag-3",
    "-r",
    "10.1.0.1",
    "10.1.0.1:81",
    "-g",
    "-i",
    "-m",
    "-w5",
    "-x=3",
    "-y",
    "--tun-type",
    "gue",
    "gre",
    "--tun-port",
    "--tun-csum",
    "--tun-remcsum",
    "--raw",
    "port=0",
    "forwarding=4",
    "tun-type=9",
    "--weight=2",
    "--persistent",
    "-a",
    "-d",
];
