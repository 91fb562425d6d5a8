//! What is asked before all else.

use std::fs::File;
use std::time::Duration;

use ipvs::client::Client;
use ipvs::error::{Error, ErrorKind};
use netlink_packet_core::NetlinkBuffer;

use crate::scripted::*;

#[test]
fn the_family_is_resolved_and_the_version_asked_once() {
    let script = Script::new()
        .answers(|asked| vec![done(asked.sequence, 0)])
        .answers(|asked| vec![done(asked.sequence, 0)]);
    let mut client = script.client();
    let info = client.info();
    assert_eq!((info.version, info.connection_table_size), (0x1_0201, 4096));
    assert_eq!(client.services().unwrap(), []);
    assert_eq!(client.daemons().unwrap(), []);
    assert_eq!(client.info(), info);
    let kinds: Vec<_> = script
        .sent()
        .iter()
        .map(|datagram| NetlinkBuffer::new(datagram).message_type())
        .collect();
    assert_eq!(kinds, [CONTROLLER, FAMILY, FAMILY, FAMILY]);
}

#[test]
fn a_kernel_without_the_family_has_no_such_protocol() {
    let error = Script::default()
        .answers(|asked| vec![refusal(asked.sequence, ENOENT, None)])
        .refuses_client();
    assert!(matches!(error, Error::Unavailable(_)));
    assert_eq!(
        error.to_string(),
        "Can't initialize ipvs: Protocol not available\n\
         Are you sure that IP Virtual Server is built in the kernel or as module?"
    );
}

#[test]
fn who_may_not_administer_is_not_told_whether_there_is_a_family() {
    let missing = Script::default()
        .answers(|asked| vec![refusal(asked.sequence, ENOENT, None)])
        .unprivileged()
        .refuses_client();
    let forbidden = Script::default()
        .answers(|asked| vec![family(asked.sequence)])
        .answers(|asked| vec![refusal(asked.sequence, EPERM, None)])
        .refuses_client();
    for error in [missing, forbidden] {
        assert!(matches!(error, Error::Unavailable(_)));
        assert_eq!(
            error.to_string().lines().next(),
            Some("Can't initialize ipvs: Permission denied (you must be root)")
        );
    }
}

#[test]
fn an_answer_of_the_controller_without_a_number_is_not_understood() {
    let error = Script::default()
        .answers(|asked| {
            let mut payload = vec![1, 2, 0, 0];
            payload.extend(attribute(2, b"IPVS\0"));
            vec![message(CONTROLLER, 0, asked.sequence, &payload)]
        })
        .refuses_client();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

#[test]
fn a_conversation_may_go_on_in_another_thread() {
    let script = Script::new().answers(|asked| vec![done(asked.sequence, 0)]);
    let mut client = script.client();
    let listed = std::thread::spawn(move || client.services());
    assert_eq!(listed.join().unwrap().unwrap(), []);
}

#[test]
fn a_file_that_is_no_namespace_is_refused() {
    let none = Client::open_at("/run/netns/there is none").unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NoSuchNamespace);
    assert_eq!(
        none.to_string(),
        "the network namespace can't be entered: No such file or directory"
    );
    // Who may not enter any is told that by some kernels.
    let other = Client::open_in(File::open("/dev/null").unwrap()).unwrap_err();
    assert!(matches!(other, Error::Namespace(_)), "{other:?}");
}

#[test]
fn an_answer_that_comes_too_late_is_passed_over() {
    let script = Script::new()
        .fails(EAGAIN)
        .answers(|asked| vec![done(asked.sequence - 1, 0), done(asked.sequence, 0)]);
    let mut client = script.client();
    client.set_timeout(Some(Duration::from_secs(1))).unwrap();
    let late = client.services().unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TimedOut);
    assert_eq!(late.to_string(), "The kernel has not answered in time");
    assert_eq!(client.daemons().unwrap(), []);
    assert!(script.is_over());
}
