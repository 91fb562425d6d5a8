//! Questions and their answers: dumps, sequence numbers, broken messages.

use std::net::{IpAddr, Ipv4Addr};

use ipvs::error::Error;
use ipvs::model::{Change, Stats, Timeouts};
use ipvs::netlink::attr::{
    BigEndian, CommandAttr, Counter, DestinationAttr, ServiceAttr, StatsAttr,
};
use ipvs::netlink::message::{IpvsCommand, IpvsMessage};
use ipvs::netlink::socket::KernelLine;
use netlink_packet_core::NetlinkBuffer;

use crate::agreement::told;
use crate::scripted::*;
use crate::{mark, marks, server_row, service_row};

#[test]
fn a_listing_comes_in_any_number_of_messages_and_datagrams() {
    let first = |asked: &Asked| {
        let sequence = asked.sequence;
        vec![
            [service_row(sequence, 1), service_row(sequence, 2)].concat(),
            service_row(sequence, 3),
        ]
    };
    let second = |asked: &Asked| {
        let sequence = asked.sequence;
        let noop = message(NLMSG_NOOP, 0, sequence, &[]);
        vec![[noop, service_row(sequence, 4), done(sequence, 0)].concat()]
    };
    let script = Script::new()
        .answers(first)
        .answers(second)
        .answers(told(&[&[1], &[2, 3, 4]]));
    let entries = script.client().services().unwrap();
    assert_eq!(marks(&entries), [1, 2, 3, 4]);
    assert!(script.is_over());
}

#[test]
fn many_short_lists_go_over_a_line_of_their_own() {
    let lists = |script: Script, count| (0..count).fold(script, |script, _| script.answers(one));
    fn one(asked: &Asked) -> Vec<Vec<u8>> {
        vec![server_row(asked.sequence, 80), done(asked.sequence, 0)]
    }
    let noop = |asked: &Asked, length| message(NLMSG_NOOP, 0, asked.sequence, &vec![0; length]);
    let rows = |asked: &Asked| [80, 81].map(|last| server_row(asked.sequence, last));
    let long = move |asked: &Asked| {
        let [first, second] = rows(asked);
        let first = [noop(asked, 3_900), first].concat();
        vec![first, second, noop(asked, 3_900), done(asked.sequence, 0)]
    };
    let whole = move |asked: &Asked| {
        let one = [noop(asked, 7_800), rows(asked).concat()].concat();
        vec![one, done(asked.sequence, 0)]
    };
    let script = lists(Script::new(), 17).answers(long).answers(whole);
    let script = lists(script, 1);
    let mut client = script.client();
    for _ in 0..17 {
        assert_eq!(client.destinations(&mark(1)).unwrap().len(), 1);
    }
    assert_eq!(client.destinations(&mark(1)).unwrap().len(), 2);
    assert_eq!(client.destinations(&mark(1)).unwrap().len(), 1);
    assert!(script.is_over());

    let mut lines = vec![KernelLine::First; 2 + 16];
    lines.extend([
        KernelLine::Short,
        // The long list has two datagrams here, and is asked for again where it has one.
        KernelLine::Short,
        KernelLine::First,
        KernelLine::First,
    ]);
    assert_eq!(script.sent_over(), lines);
}

#[test]
fn what_is_configured_comes_without_counters() {
    let counted = || vec![StatsAttr::Connections(Counter::U64(7))];
    let services = || {
        Script::new().answers(move |asked| {
            let mark = ServiceAttr::Fwmark(1);
            let attributes = vec![mark, ServiceAttr::Stats64(counted())];
            let row = row(asked.sequence, CommandAttr::Service(attributes));
            vec![row, done(asked.sequence, 0)]
        })
    };
    let entries = services().client().services().unwrap();
    assert_eq!(entries[0].stats.connections, 7);
    let configured = services().client().configured().unwrap();
    assert_eq!(configured, [entries[0].service.clone()]);

    let servers = || {
        Script::new().answers(move |asked| {
            let port = DestinationAttr::Port(BigEndian(80));
            let attributes = vec![port, DestinationAttr::Stats64(counted())];
            let row = row(asked.sequence, CommandAttr::Destination(attributes));
            vec![row, done(asked.sequence, 0)]
        })
    };
    let mut expected = servers().client().destinations(&mark(1)).unwrap();
    assert_eq!(expected[0].stats.connections, 7);
    let mut rows = [&expected[..], &expected[..]].concat();
    let script = servers();
    let read = script.client().configured_destinations(&mark(1), &mut rows);
    read.unwrap();
    expected[0].stats = Stats::default();
    assert_eq!(rows, expected);
}

#[test]
fn a_table_is_its_services_and_the_servers_of_each() {
    let script = Script::new()
        .answers(|asked| {
            let sequence = asked.sequence;
            let rows = [service_row(sequence, 1), service_row(sequence, 2)].concat();
            vec![rows, done(sequence, 0)]
        })
        .answers(|asked| {
            let sequence = asked.sequence;
            let rows = [server_row(sequence, 1), server_row(sequence, 2)].concat();
            vec![rows, done(sequence, 0)]
        })
        .answers(|asked| vec![done(asked.sequence, 0)]);
    let table = script.client().table().unwrap();
    let servers: Vec<_> = table.iter().map(|entry| entry.destinations.len()).collect();
    assert_eq!(servers, [2, 0]);
    assert_eq!(
        table[0].destinations[1].destination.address,
        IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2))
    );
    // Two questions at the opening, one for the services, one for each.
    assert_eq!(script.sent().len(), 5);
}

#[test]
fn the_status_at_the_end_of_a_listing_counts() {
    let script = Script::new().answers(|asked| {
        let sequence = asked.sequence;
        vec![service_row(sequence, 1), done(sequence, -EBUSY)]
    });
    let error = script.client().services().unwrap_err();
    assert_eq!(error.errno(), Some(EBUSY));
    assert_eq!(error.to_string(), "Device or resource busy");
}

#[test]
fn the_end_of_a_listing_may_say_why() {
    let script = Script::new().answers(|asked| {
        let mut payload = (-EINVAL).to_ne_bytes().to_vec();
        payload.extend(attribute(1, b"not today\0"));
        let flags = NLM_F_MULTI | NLM_F_ACK_TLVS;
        vec![message(NLMSG_DONE, flags, asked.sequence, &payload)]
    });
    let error = script.client().services().unwrap_err();
    assert_eq!(error.note(), Some("not today"));
}

#[test]
fn the_end_of_a_listing_may_be_empty() {
    let script = Script::new().answers(|asked| {
        let end = message(NLMSG_DONE, NLM_F_MULTI, asked.sequence, &[]);
        vec![service_row(asked.sequence, 9), end]
    });
    assert_eq!(marks(&script.client().services().unwrap()), [9]);
}

#[test]
fn interrupted_system_calls_are_called_again() {
    let script = Script::new()
        .fails(EINTR)
        .fails(EINTR)
        .answers(|asked| vec![service_row(asked.sequence, 5)])
        .fails(EINTR)
        .answers(|asked| vec![done(asked.sequence, 0)])
        .fails_to_send(EINTR);
    assert_eq!(marks(&script.client().services().unwrap()), [5]);
}

#[test]
fn a_lack_of_buffers_is_an_overrun() {
    let script = Script::new().fails(ENOBUFS);
    let error = script.client().table().unwrap_err();
    assert!(matches!(error, Error::Overrun));
    let script =
        Script::new().answers(|asked| vec![message(NLMSG_OVERRUN, 0, asked.sequence, &[])]);
    let error = script.client().apply(&Change::Clear).unwrap_err();
    assert!(matches!(error, Error::Overrun));
}

#[test]
fn any_other_failure_of_the_socket_is_told_as_it_is() {
    let script = Script::new().fails(EINVAL);
    let error = script.client().timeouts().unwrap_err();
    assert!(matches!(error, Error::Io(_)));
    assert_eq!(error.errno(), Some(EINVAL));
}

#[test]
fn an_answer_to_an_earlier_question_is_passed_over() {
    let script = Script::new().answers(|asked| {
        let sequence = asked.sequence;
        vec![
            [
                service_row(sequence - 1, 7),
                done(sequence - 1, 0),
                done(0, 0),
                service_row(sequence, 1),
            ]
            .concat(),
            done(sequence, 0),
        ]
    });
    assert_eq!(marks(&script.client().services().unwrap()), [1]);
}

#[test]
fn an_answer_to_a_question_never_asked_is_not_understood() {
    let script = Script::new().answers(|asked| vec![done(asked.sequence + 1, 0)]);
    let error = script.client().services().unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    let script = Script::new().answers(|asked| vec![acknowledgement(asked.sequence + 1)]);
    let error = script.client().apply(&Change::Clear).unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

#[test]
fn a_datagram_longer_than_its_room_is_not_understood() {
    let script = Script::new().answers(|asked| {
        let rows = service_row(asked.sequence, 1).repeat(1000);
        vec![rows]
    });
    let error = script.client().services().unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

#[test]
fn a_message_cut_short_or_with_a_false_length_is_not_understood() {
    let cut: fn(&mut Vec<u8>) = |bytes| bytes.truncate(bytes.len() - 4);
    let stub: fn(&mut Vec<u8>) = |bytes| bytes.truncate(7);
    let long: fn(&mut Vec<u8>) = |bytes| NetlinkBuffer::new(bytes).set_length(u32::MAX);
    let short: fn(&mut Vec<u8>) = |bytes| NetlinkBuffer::new(bytes).set_length(3);
    for spoil in [cut, stub, long, short] {
        let script = Script::new().answers(move |asked| {
            let mut bytes = service_row(asked.sequence, 1);
            spoil(&mut bytes);
            vec![bytes, done(asked.sequence, 0)]
        });
        let error = script.client().services().unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    }
}

#[test]
fn a_row_that_cannot_be_read_leaves_the_socket_fit_for_the_next_question() {
    let script = Script::new()
        .answers(|asked| {
            let sequence = asked.sequence;
            let mut payload = vec![1, 1, 0, 0];
            payload.extend(attribute(1, &attribute(8, &[1, 2, 3])));
            let bad = message(FAMILY, NLM_F_MULTI, sequence, &payload);
            vec![[service_row(sequence, 1), bad].concat()]
        })
        .answers(|asked| vec![done(asked.sequence, 0)])
        .answers(|asked| vec![service_row(asked.sequence, 2), done(asked.sequence, 0)]);
    let mut client = script.client();
    let error = client.services().unwrap_err();
    assert!(
        error.to_string().contains("IPVS_SVC_ATTR_TIMEOUT"),
        "{error}"
    );
    assert_eq!(marks(&client.services().unwrap()), [2]);
}

#[test]
fn a_message_of_a_type_that_is_not_due_is_not_understood() {
    let script = Script::new().answers(|asked| {
        let stranger = message(0x77, NLM_F_MULTI, asked.sequence, &[0; 8]);
        vec![stranger, done(asked.sequence, 0)]
    });
    let error = script.client().services().unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

#[test]
fn one_service_is_asked_for_with_its_servers() {
    let script = Script::new()
        .answers(|asked| vec![service_row(asked.sequence, 1)])
        .answers(|asked| vec![server_row(asked.sequence, 4), done(asked.sequence, 0)])
        .answers(|asked| vec![refusal(asked.sequence, ESRCH, None)]);
    let mut client = script.client();
    assert_eq!(client.service(&mark(1)).unwrap().destinations.len(), 1);
    let error = client.service(&mark(2)).unwrap_err();
    assert_eq!(error.to_string(), "No such service");
    assert_eq!(error.errno(), Some(ESRCH));
}

#[test]
fn an_acknowledgement_is_no_answer() {
    let script = Script::new().answers(|asked| vec![acknowledgement(asked.sequence)]);
    let error = script.client().timeouts().unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

#[test]
fn timeouts_are_told() {
    let script = Script::new().answers(|asked| {
        let attributes = vec![
            CommandAttr::TimeoutUdp(3),
            CommandAttr::TimeoutTcp(1),
            CommandAttr::TimeoutTcpFin(2),
        ];
        let told = IpvsMessage::new(IpvsCommand::SetConfig, attributes);
        vec![ipvs(0, asked.sequence, &told)]
    });
    let timeouts = Timeouts::new(1, 2, 3);
    assert_eq!(script.client().timeouts().unwrap(), timeouts);
}
