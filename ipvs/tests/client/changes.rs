//! Changes: batches, refusals and their sentences.

use std::ops::ControlFlow;

use ipvs::error::{Error, ErrorKind};
use ipvs::model::{Change, Family, Netmask, Service};
use netlink_packet_core::NetlinkBuffer;

use crate::mark;
use crate::scripted::*;

/// As many removals of services as asked.
fn removals(count: u32) -> Vec<Change> {
    (1..=count)
        .map(|number| Change::DeleteService(mark(number)))
        .collect()
}

/// The refusals of a batch of `count` requests before the no-op `end`, for
/// those whose place is a multiple of `every`; and the end of it.
fn some_refusals(end: u32, count: u32, every: usize) -> Vec<Vec<u8>> {
    let mut answers: Vec<_> = (end - count..end)
        .step_by(every)
        .map(|sequence| refusal(sequence, ESRCH, None))
        .collect();
    answers.push(acknowledgement(end));
    answers
}

#[test]
fn many_changes_go_in_few_datagrams() {
    let changes = removals(5000);
    let mut script = Script::new();
    for _ in 0..20 {
        script = script.answers(|asked| vec![acknowledgement(asked.sequence)]);
    }
    let sent = script
        .client()
        .apply_all(&changes, |place, error| panic!("{place}: {error}"));
    assert_eq!(sent.unwrap(), 5000);
    let batches = &script.sent()[2..];
    assert!(batches.len() <= 10, "{} datagrams", batches.len());
    let mut sequence = 2;
    for batch in batches {
        assert!(batch.len() <= 30 * 1024, "a datagram of {}", batch.len());
        let requests = split(batch);
        for (place, request) in requests.iter().enumerate() {
            let header = NetlinkBuffer::new(request);
            sequence += 1;
            assert_eq!(header.sequence_number(), sequence);
            let is_last = place + 1 == requests.len();
            assert_eq!(header.flags() & NLM_F_ACK != 0, is_last);
            assert_eq!(header.message_type() == NLMSG_NOOP, is_last);
        }
    }
    assert_eq!(sequence, 5002 + u32::try_from(batches.len()).unwrap());
}

#[test]
fn each_refusal_finds_its_change_in_order() {
    let changes = removals(500);
    // A receive buffer for 100 refusals makes five batches.
    let mut script = Script::new().with_receive_buffer(100 * 2048);
    for _ in 0..5 {
        script = script
            .answers(|asked| {
                let mut answers = some_refusals(asked.sequence, 100, 9);
                answers.pop();
                answers
            })
            .answers(|asked| vec![some_refusals(asked.sequence, 100, 9).pop().unwrap()]);
    }
    let mut places = Vec::new();
    let sent = script.client().apply_all(&changes, |place, error| {
        assert_eq!(error.to_string(), "No such service");
        places.push(place);
        ControlFlow::Continue(())
    });
    assert_eq!(sent.unwrap(), 500);
    let expected: Vec<_> = (0..500).filter(|place| place % 100 % 9 == 0).collect();
    assert_eq!(places, expected);
    assert_eq!(script.sent().len(), 2 + 5);
}

#[test]
fn after_a_break_no_further_datagram_is_sent() {
    let changes = removals(300);
    let script = Script::new()
        .with_receive_buffer(100 * 2048)
        .answers(|asked| vec![acknowledgement(asked.sequence)])
        .answers(|asked| some_refusals(asked.sequence, 100, 60));
    let mut places = Vec::new();
    let sent = script.client().apply_all(&changes, |place, _| {
        places.push(place);
        ControlFlow::Break(())
    });
    // Those that were sent together are done, and told, all the same.
    assert_eq!(sent.unwrap(), 200);
    assert_eq!(places, [100, 160]);
}

#[test]
fn a_netmask_of_another_family_is_refused_in_its_turn_and_not_sent() {
    let mut odd = Service::new(mark(9), "rr".parse().unwrap());
    odd.netmask = Netmask::host(Family::V6);
    let changes = [
        Change::DeleteService(mark(1)),
        Change::AddService(odd.clone()),
        Change::EditService(odd),
        Change::DeleteService(mark(2)),
    ];
    let one_refusal = |asked: &Asked| {
        let end = asked.sequence;
        vec![refusal(end - 1, ESRCH, None), acknowledgement(end)]
    };
    let script = Script::new().answers(one_refusal).answers(one_refusal);
    let mut told = Vec::new();
    let sent = script.client().apply_all(&changes, |place, error| {
        told.push((place, error.kind()));
        ControlFlow::Continue(())
    });
    assert_eq!(sent.unwrap(), 4);
    let (gone, invalid) = (ErrorKind::NoSuchService, ErrorKind::Invalid);
    assert_eq!(told, [(0, gone), (1, invalid), (2, invalid), (3, gone)]);
    // A change and the no-op behind it, twice.
    let sent = script.sent();
    let batches = sent[2..].iter().map(|batch| split(batch).len());
    assert_eq!(batches.collect::<Vec<_>>(), [2, 2]);

    // Nothing is sent after a break.
    let script = Script::new();
    let mut client = script.client();
    let error = client.apply(&changes[1]).unwrap_err();
    let reason = "The netmask is not of the service's address family";
    assert_eq!(error.note(), Some(reason));
    let sent = client.apply_all(&changes[1..], |_, _| ControlFlow::Break(()));
    assert_eq!(sent.unwrap(), 1);
    assert_eq!(script.sent().len(), 2);
}

#[test]
fn a_refusal_of_the_last_change_is_told() {
    let script = Script::new().answers(|asked| {
        let end = asked.sequence;
        vec![
            refusal(end - 1, EEXIST, Some("it is there")),
            acknowledgement(end),
        ]
    });
    let service = Service::new(mark(1), "rr".parse().unwrap());
    let error = script
        .client()
        .apply(&Change::AddService(service))
        .unwrap_err();
    assert_eq!(error.to_string(), "Service already exists");
    assert_eq!(error.note(), Some("it is there"));
}

#[test]
fn a_refusal_that_repeats_the_request_is_read_past_it() {
    // As from a kernel that heeds NETLINK_EXT_ACK, not NETLINK_CAP_ACK.
    let script = Script::new().answers(|asked| {
        let mut payload = (-EINVAL).to_ne_bytes().to_vec();
        payload.extend(message(
            FAMILY,
            0,
            asked.sequence - 1,
            &attribute(1, b"request"),
        ));
        payload.extend(attribute(2, &20_u32.to_ne_bytes()));
        payload.extend(attribute(1, b"why\0"));
        let flags = NLM_F_ACK_TLVS;
        let end = asked.sequence;
        let refusal = message(NLMSG_ERROR, flags, end - 1, &payload);
        vec![refusal, acknowledgement(end)]
    });
    let error = script.client().apply(&Change::Clear).unwrap_err();
    assert_eq!(error.note(), Some("why"));
}

#[test]
fn a_refusal_without_its_request_is_a_refusal() {
    for length in [4, 8, 19] {
        let script = Script::new().answers(move |asked| {
            let mut payload = (-EPERM).to_ne_bytes().to_vec();
            payload.resize(length, 0xff);
            let flags = NLM_F_ACK_TLVS;
            let end = asked.sequence;
            let refusal = message(NLMSG_ERROR, flags, end - 1, &payload);
            vec![refusal, acknowledgement(end)]
        });
        let error = script.client().apply(&Change::Clear).unwrap_err();
        assert_eq!(error.to_string(), "Permission denied (you must be root)");
    }
}

#[test]
fn a_refusal_without_a_code_is_not_understood() {
    let script =
        Script::new().answers(|asked| vec![message(NLMSG_ERROR, 0, asked.sequence - 1, &[1, 2])]);
    let error = script.client().apply(&Change::Clear).unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

#[test]
fn no_change_is_no_datagram() {
    let script = Script::new();
    let nothing: [Change; 0] = [];
    let sent = script
        .client()
        .apply_all(&nothing, |_, _| ControlFlow::Break(()));
    assert_eq!(sent.unwrap(), 0);
    assert_eq!(script.sent().len(), 2);
}

#[test]
fn one_change_needs_no_larger_buffer() {
    let enlarged = |count| {
        let script = Script::new().answers(|asked| some_refusals(asked.sequence, 1, 2));
        let sent = script
            .client()
            .apply_all(&removals(count), |_, _| ControlFlow::Continue(()));
        assert_eq!(sent.unwrap(), removals(count).len());
        script.enlarged_its_buffer()
    };
    assert!(!enlarged(1));
    assert!(enlarged(2));
}

#[test]
fn the_smallest_receive_buffer_takes_one_change_at_a_time() {
    let mut script = Script::new().with_receive_buffer(1);
    for _ in 0..3 {
        script = script.answers(|asked| some_refusals(asked.sequence, 1, 1));
    }
    let mut places = Vec::new();
    let sent = script.client().apply_all(&removals(3), |place, _| {
        places.push(place);
        ControlFlow::Continue(())
    });
    assert_eq!(sent.unwrap(), 3);
    assert_eq!(places, [0, 1, 2]);
}

#[test]
fn a_change_that_the_kernel_does_not_answer_for_is_made() {
    // A sync daemon's own thread, interrupted, costs the answer.
    let script = Script::new().answers(|asked| vec![acknowledgement(asked.sequence)]);
    let stop = Change::StopDaemon(ipvs::model::DaemonState::Master);
    script.client().apply(&stop).unwrap();
}
