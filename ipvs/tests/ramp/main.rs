//! Ramps, decided without a kernel.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use ipvs::director::Director;
use ipvs::fake::FakeKernel;
use ipvs::model::{
    Change, Destination, DestinationEntry, Forwarding, Protocol, Service, ServiceEntry, Stats,
    VirtualId,
};
use ipvs::ramp::{Interference, RampStep, Ramping};

const ID: VirtualId = VirtualId::Endpoint {
    protocol: Protocol::Tcp,
    address: std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)),
    port: 80,
};

fn server(weight: u32) -> Destination {
    let address = [10, 1, 0, 2].into();
    let mut server = Destination::new(address, 8080, Forwarding::Masquerade);
    server.weight = weight;
    server.upper_threshold = 50;
    server.lower_threshold = 10;
    server
}

fn with(servers: &[Destination]) -> ServiceEntry {
    let service = Service::new(ID, "wrr".parse().unwrap());
    let mut entry = ServiceEntry::new(service, Stats::default());
    let rows = servers.iter().copied().map(DestinationEntry::new);
    entry.destinations = rows.collect();
    entry
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The weights that are sent, each with its second, by someone who is never late.
fn sent(before: Option<u32>, to: u32, time: Duration) -> Vec<(u64, u32)> {
    let mut kernel = FakeKernel::new();
    let service = Service::new(ID, "wrr".parse().unwrap());
    kernel.apply(&Change::AddService(service)).unwrap();
    let before = before.map(server);
    if let Some(before) = before {
        kernel.apply(&Change::AddServer(ID, before)).unwrap();
    }
    let mut ramping = Ramping::begin(ID, before, server(to), time);
    let mut now = Duration::ZERO;
    let mut sent = Vec::new();
    loop {
        let entry = kernel.service(&ID).unwrap();
        match ramping.step(Some(&entry), now) {
            RampStep::Send(change) => {
                kernel.apply(&change).unwrap();
                let (Change::AddServer(_, changed) | Change::EditServer(_, changed)) = change
                else {
                    panic!("{change:?}");
                };
                assert_eq!(changed, server(changed.weight));
                assert_eq!(ramping.weight(), changed.weight);
                sent.push((now.as_secs(), changed.weight));
            }
            RampStep::WaitUntil(due) => {
                assert!(due > now, "{due:?}");
                now = due;
            }
            RampStep::Done => break,
            RampStep::Leave(theirs) => panic!("{theirs:?}"),
        }
    }
    assert!(now <= time.max(Duration::ZERO));
    assert_eq!(
        kernel.service(&ID).unwrap().destinations[0].destination,
        server(to)
    );
    sent
}

#[test]
fn a_step_for_each_weight_where_there_is_time() {
    assert_eq!(
        sent(None, 3, seconds(60)),
        [(0, 0), (20, 1), (40, 2), (60, 3)]
    );
    assert_eq!(sent(Some(1), 3, seconds(60)), [(30, 2), (60, 3)]);
    assert_eq!(sent(Some(3), 1, seconds(60)), [(30, 2), (60, 1)]);
    assert_eq!(sent(Some(7), 8, seconds(60)), [(60, 8)]);
}

#[test]
fn a_step_a_second_where_there_is_not() {
    let up: Vec<_> = (1..=10).map(|n| (u64::from(n), n * 100)).collect();
    assert_eq!(sent(Some(0), 1000, seconds(10)), up);
    let down: Vec<_> = (1..=10).map(|n| (u64::from(n), 1000 - n * 100)).collect();
    assert_eq!(sent(Some(1000), 0, seconds(10)), down);
    assert_eq!(sent(Some(0), 4, seconds(3)), [(1, 1), (2, 2), (3, 4)]);
    assert_eq!(sent(Some(0), 9, Duration::from_millis(300)), [(0, 9)]);
    let largest = i32::MAX.unsigned_abs();
    let hours = sent(None, largest, seconds(10_000));
    assert_eq!(hours.len(), 10_001);
    assert_eq!(hours.last(), Some(&(10_000, largest)));
    assert!(hours.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn no_time_is_one_step() {
    assert_eq!(sent(Some(2), 9, Duration::ZERO), [(0, 9)]);
    assert_eq!(sent(None, 9, Duration::ZERO), [(0, 9)]);
}

#[test]
fn a_weight_that_it_has_is_done() {
    assert_eq!(sent(Some(5), 5, seconds(60)), []);
    assert_eq!(sent(None, 0, seconds(60)), [(0, 0)]);
}

#[test]
fn late_steps_are_made_in_one() {
    let mut ramping = Ramping::begin(ID, Some(server(0)), server(10), seconds(10));
    let edit = |weight| RampStep::Send(Change::EditServer(ID, server(weight)));
    assert_eq!(ramping.step(Some(&with(&[server(0)])), seconds(4)), edit(4));
    let early = ramping.step(Some(&with(&[server(4)])), seconds(4));
    assert_eq!(early, RampStep::WaitUntil(seconds(5)));
    assert_eq!(ramping.next_step(seconds(9)), Some(seconds(10)));
    assert_eq!(ramping.next_step(seconds(10)), None);
    let end = ramping.step(Some(&with(&[server(4)])), Duration::MAX);
    assert_eq!(end, edit(10));
    let end = ramping.step(Some(&with(&[server(10)])), seconds(10));
    assert_eq!(end, RampStep::Done);
}

#[test]
fn other_settings_come_with_the_first_step() {
    let mut before = server(2);
    before.upper_threshold = 0;
    before.lower_threshold = 0;
    let mut ramping = Ramping::begin(ID, Some(before), server(4), seconds(10));
    let first = ramping.step(Some(&with(&[before])), Duration::ZERO);
    assert_eq!(first, RampStep::Send(Change::EditServer(ID, server(2))));
    let entry = with(&[server(2)]);
    assert_eq!(
        ramping.step(Some(&entry), Duration::ZERO),
        RampStep::WaitUntil(seconds(5))
    );
    assert_eq!(ramping.reversal(), Change::EditServer(ID, before));
    let new = Ramping::begin(ID, None, server(4), seconds(10));
    assert_eq!(new.reversal(), Change::DeleteServer(ID, server(4)));
    assert_eq!((new.weight(), ramping.weight()), (0, 2));
}

#[test]
fn the_work_of_others_ends_it() {
    let mut tunnelled = server(3);
    tunnelled.forwarding = Forwarding::Tunnel;
    let mut bounded = server(3);
    bounded.upper_threshold = 51;
    let mut another = server(3);
    another.port = 81;
    for (servers, theirs) in [
        (&[][..], Some(Interference::Removed)),
        (&[another], Some(Interference::Removed)),
        (&[another, server(4)], Some(Interference::Weight(4))),
        (&[server(0)], Some(Interference::Weight(0))),
        (&[tunnelled], Some(Interference::Changed)),
        (&[bounded], Some(Interference::Changed)),
        (&[another, server(3)], None),
    ] {
        let mut ramping = Ramping::begin(ID, Some(server(3)), server(9), seconds(6));
        let entry = with(servers);
        assert_eq!(ramping.interference(Some(&entry)), theirs);
        let step = ramping.step(Some(&entry), seconds(1));
        match theirs {
            Some(theirs) => assert_eq!(step, RampStep::Leave(theirs)),
            None => assert_eq!(step, RampStep::Send(Change::EditServer(ID, server(4)))),
        }
    }
    let mut gone = Ramping::begin(ID, Some(server(3)), server(9), seconds(6));
    assert_eq!(
        gone.step(None, Duration::ZERO),
        RampStep::Leave(Interference::Removed)
    );
    let mut new = Ramping::begin(ID, None, server(9), seconds(6));
    assert_eq!(
        new.step(Some(&with(&[server(9)])), Duration::ZERO),
        RampStep::Leave(Interference::Added)
    );
}

/// The kernel makes the method of a server on the director itself its own.
#[test]
fn a_server_on_the_director_is_nobodys_work() {
    let mut local = server(0);
    local.forwarding = Forwarding::Local;
    let mut ramping = Ramping::begin(ID, None, server(2), seconds(2));
    let added = ramping.step(Some(&with(&[])), Duration::ZERO);
    assert_eq!(added, RampStep::Send(Change::AddServer(ID, server(0))));
    assert_eq!(
        ramping.step(Some(&with(&[local])), seconds(1)),
        RampStep::Send(Change::EditServer(ID, server(1)))
    );
}
