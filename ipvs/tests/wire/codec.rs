//! Bytes into attributes and back.

use ipvs::netlink::attr::{
    CommandAttr, DaemonAttr, DestinationAttr, FlagsAndMask, InfoAttr, ServiceAttr, StatsAttr,
};
use ipvs::netlink::message::{Attributes, IpvsCommand, IpvsMessage};
use netlink_packet_core::{DefaultNla, Emitable, NetlinkMessage, Nla, NlaBuffer, Parseable};
use netlink_packet_generic::GenlMessage;

use crate::scripted::{attribute, ipvs};
use crate::{captured, of_family, parsed};

/// The kernel sends nested attributes without the flag that says so.
fn with_nested_flags(message: &[u8]) -> Vec<u8> {
    fn mark(attributes: &mut [u8], nested: &[u16], deeper: &[u16]) {
        let mut at = 0;
        while at < attributes.len() {
            let buffer = NlaBuffer::new_checked(&attributes[at..]).unwrap();
            let (length, kind) = (usize::from(buffer.length()), buffer.kind());
            if nested.contains(&kind) {
                let kind = kind | 0x8000;
                attributes[at + 2..at + 4].copy_from_slice(&kind.to_ne_bytes());
                mark(&mut attributes[at + 4..at + length], deeper, &[]);
            }
            at += length.next_multiple_of(4);
        }
    }
    const IPVS_CMD_SET_INFO: u8 = 14;
    let mut message = message.to_vec();
    if message[16] != IPVS_CMD_SET_INFO {
        mark(&mut message[20..], &[1, 2], &[10, 12]);
        mark(&mut message[20..], &[3], &[]);
    }
    message
}

#[test]
fn what_was_captured_is_written_as_it_was_read() {
    let mut count = 0;
    for block in captured() {
        for bytes in of_family(&block.sent).chain(of_family(&block.received)) {
            let message = NetlinkMessage::<GenlMessage<IpvsMessage>>::deserialize(bytes).unwrap();
            let mut written = vec![0xff; message.buffer_len()];
            message.serialize(&mut written);
            assert_eq!(written, with_nested_flags(bytes), "{}", block.command);
            count += 1;
        }
    }
    assert!(count > 50, "only {count} messages");
}

#[test]
fn every_captured_attribute_is_known() {
    fn check<A: std::fmt::Debug>(attributes: &[A], padding: usize) {
        let text: Vec<_> = attributes.iter().map(|it| format!("{it:?}")).collect();
        let unknown = text.iter().filter(|text| text.starts_with("Other"));
        assert!(unknown.count() <= padding, "{text:#?}");
    }
    for block in captured() {
        for bytes in of_family(&block.sent).chain(of_family(&block.received)) {
            match parsed(bytes).attributes {
                Attributes::Info(attributes) => check(&attributes, 0),
                Attributes::Command(attributes) => {
                    check(&attributes, 0);
                    for attribute in attributes {
                        match attribute {
                            CommandAttr::Service(attributes) => check(&attributes, 0),
                            CommandAttr::Destination(attributes) => check(&attributes, 0),
                            CommandAttr::Daemon(attributes) => check(&attributes, 0),
                            _ => {}
                        }
                    }
                }
            }
        }
    }
}

/// Reads an attribute and writes it again.
fn written_again<A>(bytes: &[u8]) -> Vec<u8>
where
    A: Nla + for<'a> Parseable<NlaBuffer<&'a [u8]>>,
{
    let attribute = A::parse(&NlaBuffer::new_checked(bytes).unwrap()).unwrap();
    let mut written = vec![0xff; attribute.buffer_len()];
    attribute.emit(&mut written);
    written
}

#[test]
fn unknown_attributes_are_written_as_they_were_read() {
    const NESTED: u16 = 0x8000;
    const NET_BYTE_ORDER: u16 = 0x4000;
    for flags in [0, NESTED, NET_BYTE_ORDER] {
        for length in [0, 1, 4, 7] {
            let bytes = attribute(1000 | flags, &vec![0xab; length]);
            assert_eq!(written_again::<CommandAttr>(&bytes), bytes);
            assert_eq!(written_again::<InfoAttr>(&bytes), bytes);
            assert_eq!(written_again::<ServiceAttr>(&bytes), bytes);
            assert_eq!(written_again::<DestinationAttr>(&bytes), bytes);
            assert_eq!(written_again::<StatsAttr>(&bytes), bytes);
            assert_eq!(written_again::<DaemonAttr>(&bytes), bytes);
        }
    }
}

#[test]
fn unknown_commands_are_written_as_they_were_read() {
    for number in 0..=u8::MAX {
        assert_eq!(u8::from(IpvsCommand::from(number)), number);
    }
    let other = DefaultNla::new(7, vec![1]);
    let message = IpvsMessage::new(IpvsCommand::Other(99), vec![CommandAttr::Other(other)]);
    assert_eq!(parsed(&ipvs(0, 1, &message)), message);
}

#[test]
fn the_flags_of_a_service_are_flags_and_mask_in_host_byte_order() {
    let (flags, mask) = (0x0102_0304_u32, 0x0506_0708_u32);
    let mut written = [0xff; 12];
    ServiceAttr::Flags(FlagsAndMask { flags, mask }).emit(&mut written);
    let header = [12_u16, 7].map(u16::to_ne_bytes).concat();
    let value = [flags, mask].map(u32::to_ne_bytes).concat();
    assert_eq!(written[..], [header, value].concat());
}

#[test]
fn a_value_of_the_wrong_length_is_refused_with_the_name_of_its_attribute() {
    let bytes = attribute(4, &[0; 3]);
    let error = ServiceAttr::parse(&NlaBuffer::new_checked(&bytes[..]).unwrap()).unwrap_err();
    assert!(error.to_string().contains("IPVS_SVC_ATTR_PORT"), "{error}");
    for kind in 1..=15 {
        for length in [1_u8, 3, 5, 7, 9, 15, 17] {
            let bytes = attribute(kind, &vec![0xff; length.into()]);
            let buffer = NlaBuffer::new_checked(&bytes[..]).unwrap();
            let _ = ServiceAttr::parse(&buffer);
            let _ = DestinationAttr::parse(&buffer);
            let _ = DaemonAttr::parse(&buffer);
            let _ = StatsAttr::parse(&buffer);
            let _ = CommandAttr::parse(&buffer);
            let _ = InfoAttr::parse(&buffer);
        }
    }
}

#[test]
fn text_is_read_up_to_its_end_and_whatever_its_bytes() {
    for (bytes, text) in [
        (&b"rr\0"[..], "rr"),
        (b"rr", "rr"),
        (b"", ""),
        (b"\0\0", ""),
        (b"a\0b\0", "a"),
        (b"\xff\xfe\0", "\u{fffd}\u{fffd}"),
    ] {
        let bytes = attribute(6, bytes);
        let read = ServiceAttr::parse(&NlaBuffer::new_checked(&bytes[..]).unwrap()).unwrap();
        assert_eq!(read, ServiceAttr::SchedulerName(text.to_owned()));
    }
    let long = ServiceAttr::SchedulerName("x".repeat(100_000));
    let mut written = vec![0xff; long.buffer_len()];
    long.emit(&mut written);
    assert!(written.len() < 1000);
    assert_eq!(NlaBuffer::new(&written[..]).value().last(), Some(&0));
}
