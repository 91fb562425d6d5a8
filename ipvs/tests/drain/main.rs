//! Draining, decided without a kernel.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::HashMap;

use ipvs::drain::{CLIENT_SILENCE, Draining, Look, Reason, Round, Sight, Step, Together};
use ipvs::model::{
    Change, Destination, DestinationEntry, Family, Forwarding, Protocol, Service, ServiceEntry,
    Stats, Timeouts, VirtualId,
};

const TIMEOUTS: [u32; 3] = [900, 120, 300];

fn endpoint(protocol: Protocol) -> VirtualId {
    VirtualId::Endpoint {
        protocol,
        address: [10, 0, 0, 1].into(),
        port: 80,
    }
}

/// A server of weight 0 with so many active and inactive connections.
fn server(last: u8, [active, inactive]: [u32; 2]) -> DestinationEntry {
    let address = [10, 1, 0, last].into();
    let mut server = Destination::new(address, 80, Forwarding::Masquerade);
    server.weight = 0;
    let mut row = DestinationEntry::new(server);
    row.activity.active = active;
    row.activity.inactive = inactive;
    row.activity.persistent = 100;
    row
}

fn service(id: VirtualId, servers: &[DestinationEntry]) -> ServiceEntry {
    let service = Service::new(id, "rr".parse().unwrap());
    let mut entry = ServiceEntry::new(service, Stats::default());
    entry.destinations = servers.to_vec();
    entry
}

fn tcp(servers: &[DestinationEntry]) -> ServiceEntry {
    service(endpoint(Protocol::Tcp), servers)
}

/// One server of those, or all.
fn drain(entry: &ServiceEntry, last: Option<u8>) -> Draining {
    let address = last.map(|last| ([10, 1, 0, last].into(), 80));
    Draining::begin(entry, address).unwrap()
}

fn step(draining: &mut Draining, entry: &ServiceEntry) -> Step {
    draining.step(Look {
        entry: Some(entry),
        tally: None,
        is_last: false,
    })
}

#[test]
fn weights_become_0_and_nothing_else_changes() {
    let mut rows = [server(2, [0, 0]), server(3, [0, 0]), server(4, [0, 0])];
    rows[1].destination.weight = 7;
    rows[1].destination.upper_threshold = 50;
    rows[2].destination.weight = 1;
    let entry = tcp(&rows);
    let id = entry.service.id;
    let closed = |row: &DestinationEntry| {
        let mut server = row.destination;
        server.weight = 0;
        Change::EditServer(id, server)
    };
    let one = drain(&entry, Some(3));
    assert_eq!(one.closing().collect::<Vec<_>>(), [closed(&rows[1])]);
    assert_eq!(one.removal(), Change::DeleteServer(id, rows[1].destination));
    let all = drain(&entry, None);
    let mut changes: Vec<_> = all.closing().collect();
    changes.sort_by_key(|change| format!("{change:?}"));
    assert_eq!(changes, [closed(&rows[1]), closed(&rows[2])]);
    assert_eq!(all.removal(), Change::DeleteService(id));
    assert!(Draining::begin(&entry, Some(([10, 1, 0, 9].into(), 80))).is_none());
    assert!(Draining::begin(&entry, Some(([10, 1, 0, 2].into(), 81))).is_none());
}

#[test]
fn without_the_connection_table_every_connection_is_waited_for() {
    let rows = [server(2, [2, 30]), server(3, [u32::MAX, 1])];
    let all = u64::from(u32::MAX) + 33;
    let mark = VirtualId::Fwmark {
        mark: 1.try_into().unwrap(),
        family: Family::V4,
    };
    for (id, needs_tally) in [
        (endpoint(Protocol::Tcp), true),
        (endpoint(Protocol::Sctp), true),
        (endpoint(Protocol::Udp), false),
        (endpoint(Protocol::Other(50)), false),
        (mark, false),
    ] {
        let entry = service(id, &rows);
        let mut draining = drain(&entry, None);
        assert_eq!(draining.needs_tally(&entry), needs_tally, "{id:?}");
        assert_eq!(step(&mut draining, &entry), Step::Wait(all), "{id:?}");
        let mut one = drain(&entry, Some(2));
        assert_eq!(step(&mut one, &entry), Step::Wait(32), "{id:?}");
    }
    let entry = tcp(&[server(2, [3, 0])]);
    assert!(!drain(&entry, None).needs_tally(&entry));
    assert_eq!(step(&mut drain(&entry, None), &entry), Step::Wait(3));
}

/// The steps of a drain of one server whose only connection is this line, at a
/// look that is not the last, and at the last.
fn steps_of(protocol: Protocol, forwarding: Forwarding, line: &str) -> [Step; 2] {
    let mut row = server(2, [0, 1]);
    row.destination.forwarding = forwarding;
    let entry = service(endpoint(protocol), &[row]);
    let mut draining = drain(&entry, Some(2));
    let [tcp, tcp_fin, udp] = TIMEOUTS;
    let timeouts = Timeouts::new(tcp, tcp_fin, udp);
    let text = format!("Pro FromIP ...\n{line}\n");
    let tally = draining.tally(&timeouts, text.as_bytes()).unwrap();
    [false, true].map(|is_last| {
        draining.step(Look {
            entry: Some(&entry),
            tally: Some(&tally),
            is_last,
        })
    })
}

#[test]
fn a_connection_is_waited_for_as_long_as_data_may_flow() {
    const OPEN: [Step; 2] = [Step::Wait(1), Step::TimeIsOver(1)];
    const CLOSING: [Step; 2] = [Step::Wait(0), Step::Remove];
    const CLOSED: [Step; 2] = [Step::Remove; 2];
    let silent = 120 - CLIENT_SILENCE;
    let nat = Forwarding::Masquerade;
    let direct = Forwarding::DirectRoute;
    for (protocol, forwarding, state, expires, expected) in [
        ("TCP", nat, "NONE", 1, OPEN),
        ("TCP", nat, "SYN_RECV", 59, OPEN),
        ("TCP", nat, "ESTABLISHED", 899, OPEN),
        ("TCP", nat, "CLOSE_WAIT", 59, OPEN),
        ("TCP", nat, "CLOSE_WAIT", 0, OPEN),
        ("TCP", nat, "FIN_WAIT", 119, OPEN),
        ("TCP", nat, "FIN_WAIT", 0, OPEN),
        ("TCP", nat, "A_NEW_ONE", 0, OPEN),
        ("TCP", nat, "TIME_WAIT", 119, CLOSING),
        ("TCP", nat, "TIME_WAIT", 118, CLOSING),
        ("TCP", nat, "TIME_WAIT", 117, CLOSED),
        ("TCP", nat, "CLOSE", 9, CLOSING),
        ("TCP", nat, "CLOSE", 5, CLOSED),
        ("TCP", direct, "CLOSE", 9, CLOSING),
        ("TCP", direct, "FIN_WAIT", 119, OPEN),
        ("TCP", direct, "FIN_WAIT", silent, OPEN),
        ("TCP", direct, "FIN_WAIT", silent - 1, CLOSED),
        ("TCP", Forwarding::Tunnel, "FIN_WAIT", silent, OPEN),
        ("TCP", Forwarding::Tunnel, "FIN_WAIT", 0, CLOSED),
        ("TCP", Forwarding::Local, "FIN_WAIT", 0, CLOSED),
        ("TCP", direct, "TIME_WAIT", silent, OPEN),
        ("TCP", direct, "TIME_WAIT", silent - 1, CLOSED),
        ("SCTP", nat, "ESTABLISHED", 899, OPEN),
        ("SCTP", nat, "SHUTDOWN_SENT", 3, OPEN),
        ("SCTP", nat, "SHUTDOWN_RECEIVED", 3, OPEN),
        ("SCTP", direct, "SHUTDOWN_ACK_SENT", 0, OPEN),
        ("SCTP", nat, "CLOSED", 59, CLOSED),
        ("SCTP", direct, "REJECTED", 3, CLOSED),
    ] {
        let line =
            format!("{protocol} 0A000009 9668 0A000001 0050 0A010002 0050 {state} {expires}");
        let protocol = match protocol {
            "SCTP" => Protocol::Sctp,
            _ => Protocol::Tcp,
        };
        assert_eq!(steps_of(protocol, forwarding, &line), expected, "{line}");
    }
}

#[test]
fn connections_of_others_are_not_waited_for_and_none_is_overlooked() {
    let closed = "TCP 0A000009 9668 0A000001 0050 0A010002 0050 TIME_WAIT 9";
    // The kernel counts one; the table shows it, and others that are open.
    for other in [
        "TCP 0A000009 9669 0A000001 0051 0A010002 0050 ESTABLISHED 899",
        "TCP 0A000009 9669 0A000002 0050 0A010002 0050 ESTABLISHED 899",
        "TCP 0A000009 9669 0A000001 0050 0A010002 0051 ESTABLISHED 899",
        "TCP 0A000009 9669 0A000001 0050 0A010003 0050 ESTABLISHED 899",
        "UDP 0A000009 9669 0A000001 0050 0A010002 0050 UDP 299",
        "TCP 0A000009 0000 0A000001 0050 0A010002 0050 NONE 299",
    ] {
        let lines = format!("{closed}\n{other}");
        let steps = steps_of(Protocol::Tcp, Forwarding::Masquerade, &lines);
        assert_eq!(steps, [Step::Remove; 2], "{other}");
        // That one alone is not what the kernel counts.
        let steps = steps_of(Protocol::Tcp, Forwarding::Masquerade, other);
        assert_eq!(steps, [Step::Wait(1), Step::TimeIsOver(1)], "{other}");
    }
}

#[test]
fn a_port_0_is_every_port() {
    let mut row = server(2, [0, 1]);
    row.destination.port = 0;
    let id = VirtualId::Endpoint {
        protocol: Protocol::Tcp,
        address: [10, 0, 0, 1].into(),
        port: 0,
    };
    let entry = service(id, &[row]);
    let mut draining = Draining::begin(&entry, Some(([10, 1, 0, 2].into(), 0))).unwrap();
    let line = "TCP 0A000009 9668 0A000001 1F90 0A010002 1F90 TIME_WAIT 9\n";
    let tally = draining.tally(&Timeouts::new(900, 120, 300), line.as_bytes());
    let tally = tally.unwrap();
    let look = Look {
        entry: Some(&entry),
        tally: Some(&tally),
        is_last: false,
    };
    assert_eq!(draining.step(look), Step::Remove);
}

#[test]
fn what_is_gone_is_gone() {
    let entry = tcp(&[server(2, [1, 0]), server(3, [1, 0])]);
    for last in [Some(2), None] {
        let none = Look {
            entry: None,
            tally: None,
            is_last: false,
        };
        assert_eq!(drain(&entry, last).step(none), Step::Gone);
    }
    let other = tcp(&[server(3, [1, 0])]);
    assert_eq!(step(&mut drain(&entry, Some(2)), &other), Step::Gone);
    assert_eq!(step(&mut drain(&entry, None), &other), Step::Wait(1));
}

/// Makes the entry another one, and gives what a drain of one server, and one
/// of all, say of it.
fn reasons(change: impl Fn(&mut ServiceEntry)) -> [Step; 2] {
    let mut rows = [server(2, [1, 0]), server(3, [1, 0])];
    rows.iter_mut().for_each(|row| row.stats.in_packets = 5);
    let mut entry = tcp(&rows);
    entry.stats.in_packets = 10;
    [Some(2), None].map(|last| {
        let mut draining = drain(&entry, last);
        let left = if last.is_some() { 1 } else { 2 };
        assert_eq!(step(&mut draining, &entry), Step::Wait(left));
        let mut other = entry.clone();
        change(&mut other);
        match step(&mut draining, &other) {
            Step::LookAgain => step(&mut draining, &other),
            step => step,
        }
    })
}

#[test]
fn what_others_work_on_is_left() {
    let weighted = |entry: &mut ServiceEntry| entry.destinations[0].destination.weight = 5;
    assert!(matches!(
        reasons(weighted),
        [Step::Leave(Reason::Weight(one)), Step::Leave(Reason::Weight(_))] if one.weight == 5
    ));
    let edited = |entry: &mut ServiceEntry| entry.destinations[0].destination.upper_threshold = 5;
    assert!(matches!(
        reasons(edited),
        [
            Step::Leave(Reason::ServerChanged(_)),
            Step::Leave(Reason::ServerChanged(_))
        ]
    ));
    let renewed = |entry: &mut ServiceEntry| entry.destinations[0].stats = Stats::default();
    assert!(matches!(
        reasons(renewed),
        [
            Step::Leave(Reason::ServerIsNew(_)),
            Step::Leave(Reason::ServerIsNew(_))
        ]
    ));
    // A server that goes alone does so whatever becomes of the rest.
    let another = |entry: &mut ServiceEntry| entry.destinations.push(server(4, [0, 0]));
    assert!(matches!(
        reasons(another),
        [Step::Wait(1), Step::Leave(Reason::ServerAdded(_))]
    ));
    let changed = |entry: &mut ServiceEntry| entry.service.timeout = 5;
    assert_eq!(
        reasons(changed),
        [Step::Wait(1), Step::Leave(Reason::ServiceChanged)]
    );
    let emptied = |entry: &mut ServiceEntry| entry.destinations.clear();
    assert_eq!(
        reasons(emptied),
        [Step::Gone, Step::Leave(Reason::ServiceIsNew)]
    );
}

#[test]
fn zeroed_counters_are_no_new_server() {
    let zeroed = |entry: &mut ServiceEntry| {
        entry.stats = Stats::default();
        for row in &mut entry.destinations {
            row.stats = Stats::default();
        }
    };
    assert_eq!(reasons(zeroed), [Step::Wait(1), Step::Wait(2)]);
}

/// The kernel tells of a service first, and of its servers later.
#[test]
fn a_look_between_two_changes_decides_nothing() {
    let mut row = server(2, [1, 0]);
    row.stats.in_packets = 5;
    let mut entry = tcp(&[row]);
    entry.stats.in_packets = 5;
    let mut draining = drain(&entry, None);
    // Removed, after the service was told of.
    assert_eq!(step(&mut draining, &tcp(&[])), Step::LookAgain);
    assert_eq!(step(&mut draining, &entry), Step::Wait(1));
    // Zeroed, after the service was told of.
    entry.destinations[0].stats = Stats::default();
    assert_eq!(step(&mut draining, &entry), Step::LookAgain);
    entry.stats = Stats::default();
    assert_eq!(step(&mut draining, &entry), Step::Wait(1));
}

/// Drains side by side end one by one, and what others do to one is no matter for the
/// rest.
#[test]
fn drains_that_go_on_side_by_side_end_one_by_one() {
    let other = VirtualId::Endpoint {
        protocol: Protocol::Tcp,
        address: [10, 0, 0, 1].into(),
        port: 81,
    };
    let busy = tcp(&[server(2, [3, 0]), server(3, [9, 0])]);
    let idle = service(other, &[server(2, [0, 0])]);
    let mark = VirtualId::Fwmark {
        mark: 1.try_into().unwrap(),
        family: Family::V4,
    };
    let mut theirs = service(mark, &[server(2, [1, 0])]);
    let drains = [&busy, &idle, &theirs].map(|entry| drain(entry, Some(2)));
    let mut together: Together = drains.into_iter().collect();
    assert_eq!(together.services().len(), 3);
    theirs.destinations[0].destination.weight = 4;
    let entries: HashMap<_, _> = [busy.clone(), idle, theirs.clone()]
        .map(|entry| (entry.service.id, entry))
        .into();
    fn sight(entries: &HashMap<VirtualId, ServiceEntry>, is_last: bool) -> Sight<'_> {
        Sight {
            entries,
            tallies: None,
            is_last,
        }
    }
    let ends = |round: Round| -> Vec<_> {
        let ended = round.ended.into_iter();
        ended.map(|(drain, end)| (*drain.service(), end)).collect()
    };
    assert_eq!(together.open(sight(&entries, false)), 4);
    let round = together.step(sight(&entries, false));
    assert_eq!((round.open, round.is_doubtful), (3, false));
    let reason = Reason::Weight(theirs.destinations[0].destination);
    assert_eq!(
        ends(round),
        [(other, Step::Remove), (mark, Step::Leave(reason))]
    );
    assert_eq!(together.services(), [busy.service.id]);
    let mut last = together.clone();
    assert_eq!(
        ends(last.step(sight(&entries, true))),
        [(busy.service.id, Step::TimeIsOver(3))]
    );
    assert_eq!(
        ends(together.step(sight(&HashMap::new(), false))),
        [(busy.service.id, Step::Gone)]
    );
    assert!(together.ongoing().is_empty());
}
