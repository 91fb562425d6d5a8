//! Whatever the kernel may send, nothing panics.

use ipvs::model::Change;
use ipvs::netlink;
use netlink_packet_core::NetlinkBuffer;

use crate::scripted::{Asked, Script, split};
use crate::{captured, web};

/// Has the client read a datagram as the answer to each kind of question.
fn heard(datagram: &[u8]) {
    let fitted = |asked: &Asked, datagram: &[u8]| {
        // The right sequence number, so that the rest is looked at.
        let mut datagram = datagram.to_vec();
        if let Some(sequence) = datagram.get_mut(8..12) {
            sequence.copy_from_slice(&asked.sequence.to_ne_bytes());
        }
        vec![datagram]
    };
    let again = |script: Script| {
        let datagram = datagram.to_vec();
        script.answers(move |asked| fitted(asked, &datagram))
    };
    let _ = again(Script::new()).client().services();
    let _ = again(Script::new()).client().daemons();
    let _ = again(Script::new()).client().timeouts();
    let _ = again(Script::new()).client().service(&web());
    let _ = again(Script::new()).client().destinations(&web());
    let _ = again(Script::new()).client().apply(&Change::Clear);
    let _ = netlink::client(again(Script::default()));
}

#[test]
fn no_cut_message_panics() {
    for block in captured() {
        for message in block.received.iter().flat_map(|datagram| split(datagram)) {
            for length in (0..message.len()).step_by(3) {
                heard(&message[..length]);
                // Cut, and honest about it.
                let mut cut = message[..length].to_vec();
                if length >= 16 {
                    NetlinkBuffer::new(&mut cut).set_length(u32::try_from(length).unwrap());
                    heard(&cut);
                }
            }
        }
    }
}

#[test]
fn no_lying_length_panics() {
    for block in captured() {
        for message in block.received.iter().flat_map(|datagram| split(datagram)) {
            for at in (0..message.len() - 1).step_by(4) {
                for lie in [0_u16, 1, 3, 5, 0x7fff, u16::MAX] {
                    let mut spoilt = message.to_vec();
                    spoilt[at..at + 2].copy_from_slice(&lie.to_ne_bytes());
                    heard(&spoilt);
                }
            }
        }
    }
}

#[test]
fn no_random_bytes_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let blocks = captured();
    let datagrams: Vec<_> = blocks.iter().flat_map(|block| &block.received).collect();
    for _ in 0..5_000 {
        let mut datagram = datagrams[random(datagrams.len())].clone();
        for _ in 0..=random(8) {
            let at = random(datagram.len());
            datagram[at] = u8::try_from(random(256)).unwrap();
        }
        heard(&datagram);
    }
}
