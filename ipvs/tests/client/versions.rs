//! Kernels that say more than this one, or less.

use std::net::{IpAddr, Ipv6Addr};

use ipvs::error::{Error, ErrorKind};
use ipvs::model::{
    DaemonState, Family, Forwarding, Netmask, PrefixLength, Protocol, ServiceEntry, ServiceFlags,
    TunnelKind, VirtualId,
};
use ipvs::netlink::attr::{
    BigEndian, CommandAttr, Counter, DaemonAttr, DestinationAttr, FlagsAndMask, ServiceAttr,
    StatsAttr,
};
use ipvs::netlink::message::{IpvsCommand, IpvsMessage};
use netlink_packet_core::DefaultNla;

use crate::scripted::*;

#[test]
fn what_a_newer_kernel_says_costs_no_row() {
    let script = Script::new()
        .answers(|asked| {
            let sequence = asked.sequence;
            let unknown = |kind| ServiceAttr::Other(DefaultNla::new(kind, vec![1, 2, 3]));
            let attributes = vec![
                ServiceAttr::AddressFamily(77),
                ServiceAttr::Protocol(300),
                unknown(99),
                ServiceAttr::Address([9; 16]),
                ServiceAttr::Port(BigEndian(8)),
                ServiceAttr::SchedulerName("a-scheduler-with-a-long-name".into()),
                ServiceAttr::Flags(FlagsAndMask {
                    flags: 0x8000_0003,
                    mask: 0,
                }),
            ];
            let surprise = CommandAttr::Other(DefaultNla::new(50, vec![0; 5]));
            let told = IpvsMessage::new(
                IpvsCommand::Other(200),
                vec![surprise, CommandAttr::Service(attributes)],
            );
            vec![ipvs(NLM_F_MULTI, sequence, &told), done(sequence, 0)]
        })
        .answers(|asked| {
            let attributes = vec![
                DestinationAttr::AddressFamily(77),
                DestinationAttr::Address([8; 16]),
                DestinationAttr::ForwardingMethod(6),
                DestinationAttr::TunnelType(40),
                DestinationAttr::Other(DefaultNla::new(200, Vec::new())),
                DestinationAttr::Weight(3),
            ];
            let row = row(asked.sequence, CommandAttr::Destination(attributes));
            vec![row, done(asked.sequence, 0)]
        })
        .answers(|asked| {
            let attributes = vec![DaemonAttr::State(9), DaemonAttr::SyncId(4)];
            let row = row(asked.sequence, CommandAttr::Daemon(attributes));
            vec![row, done(asked.sequence, 0)]
        });
    let mut client = script.client();
    let table = client.table().unwrap();
    let service = &table[0].service;
    assert_eq!(
        service.id,
        VirtualId::Endpoint {
            protocol: Protocol::Other(300),
            address: IpAddr::V6(Ipv6Addr::from([9; 16])),
            port: 8
        }
    );
    let scheduler = service.scheduler.as_ref().unwrap();
    // No kernel has names as long, and the model keeps what they may have.
    assert_eq!(scheduler.as_str(), "a-scheduler-wit");
    assert_eq!(service.flags, ServiceFlags(0x8000_0003));
    let destination = table[0].destinations[0].destination;
    assert_eq!(destination.address, IpAddr::V6(Ipv6Addr::from([8; 16])));
    assert_eq!(destination.forwarding, Forwarding::Other(6));
    assert_eq!(destination.tunnel.kind, TunnelKind::Other(40));
    assert_eq!(destination.weight, 3);
    let daemons = client.daemons().unwrap();
    assert_eq!(daemons[0].state, DaemonState::Other(9));
}

#[test]
fn an_older_kernel_is_understood() {
    // It sends 32-bit counters only, and no family of the server.
    let script = Script::new()
        .answers(|asked| {
            let attributes = vec![
                ServiceAttr::AddressFamily(10),
                ServiceAttr::Fwmark(u32::MAX),
                ServiceAttr::Netmask(64_u32.to_ne_bytes()),
                ServiceAttr::Stats(vec![
                    StatsAttr::Connections(Counter::U32(u32::MAX)),
                    StatsAttr::InBytes(Counter::U64(1 << 40)),
                ]),
            ];
            let row = row(asked.sequence, CommandAttr::Service(attributes));
            vec![row, done(asked.sequence, 0)]
        })
        .answers(|asked| {
            let attributes = vec![DestinationAttr::Address([1; 16])];
            let row = row(asked.sequence, CommandAttr::Destination(attributes));
            vec![row, done(asked.sequence, 0)]
        });
    let table = script.client().table().unwrap();
    assert_eq!(
        table[0].service.id,
        VirtualId::Fwmark {
            mark: std::num::NonZeroU32::MAX,
            family: Family::V6
        }
    );
    assert_eq!(
        table[0].service.netmask,
        Netmask::V6(64.try_into().unwrap())
    );
    assert_eq!(table[0].service.scheduler, None);
    assert_eq!(table[0].stats.connections, u64::from(u32::MAX));
    assert_eq!(table[0].stats.in_bytes, 1 << 40);
    let address = table[0].destinations[0].destination.address;
    assert_eq!(address, IpAddr::V6(Ipv6Addr::from([1; 16])));
}

#[test]
fn counters_of_64_bits_win_wherever_they_stand() {
    let wide = || vec![StatsAttr::Connections(Counter::U64(1 << 33))];
    let narrow = || vec![StatsAttr::Connections(Counter::U32(u32::MAX))];
    for attributes in [
        vec![ServiceAttr::Stats(narrow()), ServiceAttr::Stats64(wide())],
        vec![ServiceAttr::Stats64(wide()), ServiceAttr::Stats(narrow())],
    ] {
        let script = Script::new().answers(move |asked| {
            let mut attributes = attributes;
            attributes.push(ServiceAttr::Fwmark(1));
            let row = row(asked.sequence, CommandAttr::Service(attributes));
            vec![row, done(asked.sequence, 0)]
        });
        let entries = script.client().services().unwrap();
        assert_eq!(entries[0].stats.connections, 1 << 33);
    }
}

#[test]
fn a_service_without_identity_is_not_understood() {
    let script = Script::new().answers(|asked| {
        let attributes = vec![ServiceAttr::AddressFamily(2)];
        let row = row(asked.sequence, CommandAttr::Service(attributes));
        vec![row, done(asked.sequence, 0)]
    });
    let error = script.client().services().unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

/// The services that a kernel tells with these attributes.
fn told(attributes: Vec<ServiceAttr>) -> Result<Vec<ServiceEntry>, Error> {
    let script = Script::new().answers(move |asked| {
        let row = row(asked.sequence, CommandAttr::Service(attributes));
        vec![row, done(asked.sequence, 0)]
    });
    script.client().services()
}

#[test]
fn prefixes_that_no_program_can_ask_for_are_listed() {
    for bits in [0, 129, u32::MAX] {
        let entries = told(vec![
            ServiceAttr::AddressFamily(10),
            ServiceAttr::Fwmark(7),
            ServiceAttr::Netmask(bits.to_ne_bytes()),
        ]);
        let netmask = entries.unwrap()[0].service.netmask;
        assert_eq!(netmask.to_string(), bits.to_string());
        assert!(PrefixLength::try_from(bits).is_err());
    }
}

#[test]
fn a_mark_of_0_is_none() {
    let service = |mut attributes: Vec<_>| {
        attributes.extend([
            ServiceAttr::Fwmark(0),
            ServiceAttr::SchedulerName("rr".into()),
        ]);
        told(attributes)
    };
    let entries = service(vec![ServiceAttr::Address([0; 16])]).unwrap();
    let endpoint = VirtualId::Endpoint {
        protocol: Protocol::Other(0),
        address: [0, 0, 0, 0].into(),
        port: 0,
    };
    assert_eq!(entries[0].service.id, endpoint);
    assert_eq!(service(Vec::new()).unwrap_err().kind(), ErrorKind::Protocol);
}
