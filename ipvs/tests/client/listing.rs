//! Questions and their answers: dumps, sequence numbers, broken messages.

use std::net::{IpAddr, Ipv4Addr};

use std::time::Duration;

use ipvs::client::Patience;
use ipvs::error::Error;
use ipvs::model::{Change, Stats, Timeouts};
use ipvs::netlink::attr::{
    BigEndian, CommandAttr, Counter, DaemonAttr, DestinationAttr, ServiceAttr, StatsAttr,
};
use ipvs::netlink::message::{IpvsCommand, IpvsMessage};
use ipvs::netlink::socket::KernelLine;
use netlink_packet_core::NetlinkBuffer;

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

/// An answer of a datagram for each of these lists of marks.
fn told(datagrams: &'static [&'static [u32]]) -> impl Fn(&Asked) -> Vec<Vec<u8>> + Copy {
    move |asked| {
        let sequence = asked.sequence;
        let rows = |marks: &&[u32]| -> Vec<u8> {
            let rows = marks.iter().map(|mark| service_row(sequence, *mark));
            rows.flatten().collect()
        };
        let end = [done(sequence, 0)];
        datagrams.iter().map(rows).chain(end).collect()
    }
}

#[test]
fn an_answer_of_one_datagram_is_believed_at_once() {
    let script = Script::new().answers(told(&[&[3, 2, 1]]));
    assert_eq!(marks(&script.client().services().unwrap()), [3, 2, 1]);
    assert!(script.is_over());
}

/// As Linux 7.2 does it while its table of services grows.
#[test]
fn a_listing_that_tells_a_service_twice_is_begun_again() {
    let script = Script::new()
        .answers(told(&[&[1, 2, 1]]))
        .answers(told(&[&[3, 2, 1]]));
    assert_eq!(marks(&script.client().services().unwrap()), [3, 2, 1]);
    assert!(script.is_over());
}

#[test]
fn an_answer_of_several_datagrams_is_believed_when_the_next_agrees() {
    // The second lacks 3, the third has 2 twice; the order does not matter.
    let script = Script::new()
        .answers(told(&[&[1, 2], &[3, 4]]))
        .answers(told(&[&[1, 2], &[4]]))
        .answers(told(&[&[5, 1, 2], &[2, 3, 4]]))
        .answers(told(&[&[5, 1, 2], &[3, 4]]))
        .answers(told(&[&[4, 3], &[2, 1, 5]]));
    let mut client = script.client();
    assert_eq!(marks(&client.services().unwrap()), [4, 3, 2, 1, 5]);
    assert!(!client.has_settled());
    assert!(script.is_over());
}

/// A row before one that begins a datagram can be left out, in each of two
/// answers the same if both have a datagram begin there.
#[test]
fn two_answers_that_could_lack_the_same_row_are_confirmed_by_a_third() {
    let script = Script::new()
        .answers(told(&[&[1, 2], &[3, 4]]))
        .answers(told(&[&[1], &[2], &[3, 4]]))
        .answers(told(&[&[1, 2], &[3, 4]]));
    assert_eq!(marks(&script.client().services().unwrap()), [1, 2, 3, 4]);
    assert!(script.is_over());

    let script = Script::new()
        .answers(told(&[&[1, 2], &[4, 5]]))
        .answers(told(&[&[1, 2], &[4, 5]]))
        .answers(told(&[&[1, 2], &[3, 4, 5]]))
        .answers(told(&[&[1], &[2, 3, 4, 5]]));
    assert_eq!(marks(&script.client().services().unwrap()), [1, 2, 3, 4, 5]);
    assert!(script.is_over());
}

/// On a slow machine one answer of a large table takes longer than the patience.
#[test]
fn who_has_no_time_gets_a_table_that_does_not_change() {
    let same = told(&[&[1, 2], &[3, 4]]);
    let torn = told(&[&[1, 2], &[2, 3]]);
    let other = told(&[&[1, 2], &[5]]);
    for patience in [
        Patience::Insist(Duration::ZERO),
        Patience::Settle(Duration::ZERO),
    ] {
        for script in [
            Script::new().answers(same).answers(same).answers(same),
            Script::new()
                .answers(torn)
                .answers(same)
                .answers(same)
                .answers(same),
        ] {
            let mut client = script.client();
            client.set_patience(patience);
            assert_eq!(marks(&client.services().unwrap()), [1, 2, 3, 4]);
            assert!(!client.has_settled());
            assert!(script.is_over());
        }
    }
    let script = Script::new().answers(torn).answers(same).answers(other);
    let mut client = script.client();
    client.set_patience(Patience::Insist(Duration::ZERO));
    assert!(client.services().is_err());
    assert!(script.is_over());
}

#[test]
fn servers_and_daemons_are_asked_for_again_too() {
    let servers = |datagrams: &'static [&'static [u8]]| {
        move |asked: &Asked| {
            let sequence = asked.sequence;
            let rows = |lasts: &&[u8]| -> Vec<u8> {
                let rows = lasts.iter().map(|last| server_row(sequence, *last));
                rows.flatten().collect()
            };
            let end = [done(sequence, 0)];
            datagrams.iter().map(rows).chain(end).collect()
        }
    };
    let script = Script::new()
        .answers(servers(&[&[1, 2], &[2, 3]]))
        .answers(servers(&[&[1, 2], &[3]]))
        .answers(servers(&[&[1], &[2, 3]]));
    let rows = script.client().destinations(&mark(1)).unwrap();
    assert_eq!(rows.len(), 3);
    assert!(script.is_over());

    let daemon = |asked: &Asked| {
        let state = vec![DaemonAttr::State(1)];
        row(asked.sequence, CommandAttr::Daemon(state))
    };
    let script = Script::new()
        .answers(move |asked| vec![daemon(asked), daemon(asked), done(asked.sequence, 0)])
        .answers(move |asked| vec![daemon(asked), done(asked.sequence, 0)]);
    assert_eq!(script.client().daemons().unwrap().len(), 1);
    assert!(script.is_over());
}

#[test]
fn a_table_that_never_rests_is_refused_or_taken_as_told_last() {
    let script = || {
        Script::new()
            .answers(told(&[&[1, 2], &[2, 3]]))
            .answers(told(&[&[1, 2, 3], &[3, 2, 4]]))
    };
    let insisting = script();
    let mut client = insisting.client();
    client.set_patience(Patience::Insist(Duration::ZERO));
    let error = client.services().unwrap_err();
    assert!(matches!(error, Error::Interrupted), "{error}");
    assert!(insisting.is_over());

    let settling = script().answers(told(&[&[1]]));
    let mut client = settling.client();
    client.set_patience(Patience::Settle(Duration::ZERO));
    assert_eq!(marks(&client.services().unwrap()), [1, 2, 3, 4]);
    // What follows does not take it back.
    client.services().unwrap();
    assert!(client.has_settled());
    client.set_patience(Patience::Settle(Duration::ZERO));
    assert!(!client.has_settled());
}

#[test]
fn the_time_for_asking_again_is_for_all_lists_together() {
    let mut script = Script::new();
    for _ in 0..1000 {
        script = script.answers(|asked| {
            std::thread::sleep(Duration::from_millis(10));
            told(&[&[1], &[1]])(asked)
        });
    }
    let mut client = script.client();
    client.set_patience(Patience::Settle(Duration::from_millis(50)));
    for _ in 0..10 {
        assert_eq!(marks(&client.services().unwrap()), [1]);
    }
    // The first takes the time, each of the others the two answers that it
    // takes in any case.
    let asked = script.sent().len() - 2;
    assert!((20..=27).contains(&asked), "asked {asked} times");
}

/// A conversation may go on for hours.
#[test]
fn who_insists_has_the_time_for_each_list() {
    let mut script = Script::new();
    let pause = || std::thread::sleep(Duration::from_millis(200));
    for _ in 0..5 {
        script = script
            .answers(told(&[&[1], &[2, 3]]))
            .answers(move |asked| {
                pause();
                told(&[&[1], &[3]])(asked)
            })
            .answers(told(&[&[1, 2], &[3]]))
            .answers(told(&[&[1], &[2, 3]]));
    }
    let mut client = script.client();
    client.set_patience(Patience::Insist(Duration::from_millis(700)));
    for _ in 0..5 {
        assert_eq!(marks(&client.services().unwrap()), [1, 2, 3]);
    }
}

#[test]
fn the_first_sight_of_services_may_be_torn() {
    let script = Script::new().answers(told(&[&[1, 2], &[2]]));
    let seen = script.client().configured_at_first_sight().unwrap();
    assert_eq!(seen.len(), 3);
    assert!(script.is_over());
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
fn an_interrupted_listing_is_begun_again() {
    let interrupted = |asked: &Asked| {
        let sequence = asked.sequence;
        let end = 0_i32.to_ne_bytes();
        let flags = NLM_F_MULTI | NLM_F_DUMP_INTR;
        vec![
            service_row(sequence, 1),
            message(NLMSG_DONE, flags, sequence, &end),
        ]
    };
    let script = Script::new().answers(interrupted).answers(|asked| {
        let sequence = asked.sequence;
        let rows = [service_row(sequence, 1), service_row(sequence, 2)].concat();
        vec![rows, done(sequence, 0)]
    });
    assert_eq!(marks(&script.client().services().unwrap()), [1, 2]);
}

#[test]
fn a_listing_that_is_always_interrupted_is_given_up() {
    let mut script = Script::new();
    for _ in 0..100 {
        script = script.answers(|asked| {
            let mut first = service_row(asked.sequence, 1);
            NetlinkBuffer::new(&mut first).set_flags(NLM_F_MULTI | NLM_F_DUMP_INTR);
            vec![first, done(asked.sequence, 0)]
        });
    }
    let mut client = script.client();
    client.set_patience(Patience::Insist(Duration::ZERO));
    let error = client.services().unwrap_err();
    assert!(matches!(error, Error::Interrupted));
    let questions = script.sent().len() - 2;
    assert!((2..=20).contains(&questions), "asked {questions} times");
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
