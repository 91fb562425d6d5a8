//! The capture, which is of a little-endian machine, in the byte order of any.
//!
//! Every number is the host's, but for addresses, ports and masks of IPv4: they
//! are the network's, and stay.

use crate::scripted::{CONTROLLER, FAMILY, NLMSG_DONE, NLMSG_ERROR};

const HEADER: usize = 16;
const COMMAND_HEADER: usize = 4;

/// What an attribute's value is.
#[derive(Clone, Copy)]
enum Value {
    Number,
    /// Flags, and a mask of them.
    Numbers,
    Bytes,
    /// The number of bits of IPv6, and the bits themselves of IPv4.
    Netmask,
    /// Attributes, and what each of them is by its number.
    Nested(fn(u16) -> Value),
}

/// Turns the messages of a datagram from little-endian into this machine's.
pub(crate) fn turn(datagram: &mut [u8]) {
    if cfg!(target_endian = "big") {
        turn_messages(datagram);
    }
}

fn turn_messages(mut rest: &mut [u8]) {
    while rest.len() >= HEADER {
        let length = u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        let kind = u16::from_le_bytes([rest[4], rest[5]]);
        for field in [0..4, 4..6, 6..8, 8..12, 12..16] {
            rest[field].reverse();
        }
        let end = length.min(rest.len());
        let payload = &mut rest[HEADER..end];
        match kind {
            NLMSG_ERROR => {
                payload[..4].reverse();
                turn_messages(&mut payload[4..]);
            }
            NLMSG_DONE => payload[..4].reverse(),
            // The request in an answer may be its header alone.
            _ if payload.is_empty() => {}
            CONTROLLER => turn_attributes(&mut payload[COMMAND_HEADER..], of_controller),
            FAMILY => {
                let values = if payload[0] == 14 {
                    |_| Value::Number
                } else {
                    of_ipvs
                };
                turn_attributes(&mut payload[COMMAND_HEADER..], values);
            }
            kind => panic!("a message of type {kind}"),
        }
        let next = length.next_multiple_of(4).min(rest.len());
        rest = &mut rest[next..];
    }
}

fn turn_attributes(mut rest: &mut [u8], values: fn(u16) -> Value) {
    const AF: u16 = 1;
    let mut family = 0;
    while rest.len() >= 4 {
        let length = usize::from(u16::from_le_bytes([rest[0], rest[1]]));
        let kind = u16::from_le_bytes([rest[2], rest[3]]) & 0x7fff;
        rest[..2].reverse();
        rest[2..4].reverse();
        let value = &mut rest[4..length];
        if kind == AF {
            family = value[0];
        }
        match values(kind) {
            Value::Netmask if family == 2 => {}
            Value::Number | Value::Netmask => value.reverse(),
            Value::Numbers => value.chunks_mut(4).for_each(<[u8]>::reverse),
            Value::Bytes => {}
            Value::Nested(values) => turn_attributes(value, values),
        }
        let next = length.next_multiple_of(4).min(rest.len());
        rest = &mut rest[next..];
    }
}

fn of_controller(kind: u16) -> Value {
    match kind {
        2 => Value::Bytes,
        6 => Value::Nested(|_| Value::Nested(|_| Value::Number)),
        7 => Value::Nested(|_| {
            Value::Nested(|kind| {
                if kind == 1 {
                    Value::Bytes
                } else {
                    Value::Number
                }
            })
        }),
        _ => Value::Number,
    }
}

fn of_ipvs(kind: u16) -> Value {
    match kind {
        1 => Value::Nested(of_service),
        2 => Value::Nested(of_server),
        3 => Value::Nested(of_daemon),
        _ => Value::Number,
    }
}

fn of_service(kind: u16) -> Value {
    match kind {
        3 | 4 | 6 | 11 => Value::Bytes,
        7 => Value::Numbers,
        9 => Value::Netmask,
        10 | 12 => Value::Nested(|_| Value::Number),
        _ => Value::Number,
    }
}

fn of_server(kind: u16) -> Value {
    match kind {
        1 | 2 | 14 => Value::Bytes,
        10 | 12 => Value::Nested(|_| Value::Number),
        _ => Value::Number,
    }
}

fn of_daemon(kind: u16) -> Value {
    match kind {
        2 | 5 | 6 => Value::Bytes,
        _ => Value::Number,
    }
}
