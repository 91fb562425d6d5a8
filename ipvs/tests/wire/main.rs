//! Bytes as they were captured, read and written again; and bytes as no
//! kernel should send them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
// The types are not made whole outside of the library.
#![allow(clippy::field_reassign_with_default)]

mod codec;
mod hostile;
mod meaning;
mod order;
#[path = "../scripted/mod.rs"]
mod scripted;

use ipvs::model::{Protocol, VirtualId};
use ipvs::netlink::message::IpvsMessage;
use netlink_packet_core::{NetlinkBuffer, NetlinkMessage, NetlinkPayload};
use netlink_packet_generic::GenlMessage;

use scripted::{FAMILY, split};

const CAPTURED: &str = include_str!("captured.txt");

/// A block of the capture.
struct Said {
    command: &'static str,
    sent: Vec<Vec<u8>>,
    received: Vec<Vec<u8>>,
}

fn captured() -> Vec<Said> {
    let blocks = CAPTURED.split("\n\n").skip(1);
    blocks.map(said).collect()
}

fn said(block: &'static str) -> Said {
    let (command, datagrams) = block.split_once('\n').unwrap();
    let mut said = Said {
        command: command.strip_prefix("# ").unwrap(),
        sent: Vec::new(),
        received: Vec::new(),
    };
    let mut is_sent = true;
    for line in datagrams.lines() {
        let (mark, hex) = line.split_at(2);
        if mark != "  " {
            is_sent = mark == "> ";
        }
        let side = if is_sent {
            &mut said.sent
        } else {
            &mut said.received
        };
        if mark != "  " {
            side.push(Vec::new());
        }
        let digits = hex.as_bytes().chunks(2);
        let bytes = digits
            .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
        side.last_mut().unwrap().extend(bytes);
    }
    for datagram in said.sent.iter_mut().chain(&mut said.received) {
        order::turn(datagram);
    }
    said
}

/// The messages of the family `IPVS` among those datagrams.
fn of_family(datagrams: &[Vec<u8>]) -> impl Iterator<Item = &[u8]> {
    let messages = datagrams.iter().flat_map(|datagram| split(datagram));
    messages.filter(|message| NetlinkBuffer::new(message).message_type() == FAMILY)
}

fn parsed(bytes: &[u8]) -> IpvsMessage {
    let message = NetlinkMessage::<GenlMessage<IpvsMessage>>::deserialize(bytes).unwrap();
    match message.payload {
        NetlinkPayload::InnerMessage(message) => message.payload,
        other => panic!("{other:?}"),
    }
}

fn web() -> VirtualId {
    VirtualId::Endpoint {
        protocol: Protocol::Tcp,
        address: "10.0.0.1".parse().unwrap(),
        port: 80,
    }
}
