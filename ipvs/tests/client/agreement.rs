//! Lists that change while the kernel tells them: asked for again until answers agree.

use std::time::Duration;

use ipvs::client::Patience;
use ipvs::error::Error;
use ipvs::netlink::attr::{CommandAttr, DaemonAttr};
use netlink_packet_core::NetlinkBuffer;

use crate::scripted::*;
use crate::{mark, marks, server_row, service_row};

/// An answer of a datagram for each of these lists of marks.
pub(crate) fn told(datagrams: &'static [&'static [u32]]) -> impl Fn(&Asked) -> Vec<Vec<u8>> + Copy {
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
    // The second lacks 3, the third has 2 twice. The rows are those of the fourth: the
    // last confirms them, in whatever order.
    let script = Script::new()
        .answers(told(&[&[1, 2], &[3, 4]]))
        .answers(told(&[&[1, 2], &[4]]))
        .answers(told(&[&[5, 1, 2], &[2, 3, 4]]))
        .answers(told(&[&[5, 1, 2], &[3, 4]]))
        .answers(told(&[&[4, 3], &[2, 1, 5]]));
    let mut client = script.client();
    assert_eq!(marks(&client.services().unwrap()), [5, 1, 2, 3, 4]);
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
