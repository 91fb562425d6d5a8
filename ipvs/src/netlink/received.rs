//! Messages of the kernel: how they are taken out of datagrams, and what they say of a
//! request.

use netlink_packet_core::{
    DecodeError, ErrorBuffer, NLM_F_ACK_TLVS, NLM_F_CAPPED, NetlinkBuffer, NlasIterator,
};

use super::attr::Value;
use crate::error::{Error, Verb};
use crate::uapi::NLMSGERR_ATTR_MSG;

/// A message from the kernel, not yet understood.
pub(super) struct Received<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) sequence: u32,
    pub(super) payload: &'a [u8],
}

impl Received<'_> {
    /// Returns which of `count` requests, numbered from `first`, this message answers,
    /// counted from 0; `None` if it answers an earlier one that was given up. Any other
    /// number is an error.
    pub(super) fn place(&self, first: u32, count: u32) -> Result<Option<usize>, Error> {
        let distance = self.sequence.wrapping_sub(first);
        if distance < count {
            return Ok(usize::try_from(distance).ok());
        }
        // Sequence numbers wrap around: the farther half of the circle is the past.
        if distance > u32::MAX / 2 {
            return Ok(None);
        }
        Err(Error::Protocol(format!(
            "it answers question {}, but {first} was asked",
            self.sequence
        )))
    }

    /// Returns the refusal that an `NLMSG_ERROR` holds; `None` if it is an acknowledgement.
    pub(super) fn refusal(&self, verb: Verb) -> Result<Option<Error>, Error> {
        let error = ErrorBuffer::new_checked(self.payload).map_err(not_understood)?;
        let Some(code) = error.code() else {
            return Ok(None);
        };
        // After the code comes the request, or its header alone.
        let request = error.payload();
        let length = match NetlinkBuffer::new(request) {
            _ if request.len() < NLMSG_HDRLEN || self.flags & NLM_F_CAPPED != 0 => NLMSG_HDRLEN,
            header => usize::try_from(header.length()).unwrap_or(usize::MAX),
        };
        let attributes = request.get(aligned(length)..).unwrap_or_default();
        Ok(Some(Error::Kernel {
            verb,
            errno: code.get().saturating_abs(),
            note: self.note(attributes),
        }))
    }

    /// Returns the refusal that an `NLMSG_DONE` holds; `None` if the listing went well.
    pub(super) fn end_of_list(&self, verb: Verb) -> Result<Option<Error>, Error> {
        // The kernel may end a listing without a status.
        let Some((status, attributes)) = self.payload.split_at_checked(4) else {
            return Ok(None);
        };
        let status = u32::read(status).map_err(not_understood)?.cast_signed();
        Ok((status < 0).then(|| Error::Kernel {
            verb,
            errno: status.saturating_abs(),
            note: self.note(attributes),
        }))
    }

    /// Returns the kernel's own words among the attributes of an answer
    /// (`NLMSGERR_ATTR_MSG`).
    fn note(&self, attributes: &[u8]) -> Option<String> {
        if self.flags & NLM_F_ACK_TLVS == 0 {
            return None;
        }
        // Attributes that can't be read are passed over: the refusal itself stands.
        NlasIterator::new(attributes)
            .filter_map(Result::ok)
            .find(|attribute| attribute.kind() == NLMSGERR_ATTR_MSG)
            .and_then(|attribute| String::read(attribute.value()).ok())
    }
}

/// The size of `struct nlmsghdr`.
const NLMSG_HDRLEN: usize = 16;
/// The size of `struct genlmsghdr`.
const GENL_HDRLEN: usize = 4;

fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// Returns the messages of a datagram, up to the first with an impossible length, which is
/// an error.
pub(super) fn messages(datagram: &[u8]) -> impl Iterator<Item = Result<Received<'_>, Error>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let header = match NetlinkBuffer::new_checked(rest) {
            Ok(header) => header,
            Err(error) => {
                rest = &[];
                return Some(Err(not_understood(error)));
            }
        };
        let length = usize::try_from(header.length()).unwrap_or(usize::MAX);
        rest = rest.get(aligned(length)..).unwrap_or_default();
        Some(Ok(Received {
            kind: header.message_type(),
            flags: header.flags(),
            sequence: header.sequence_number(),
            payload: header.payload(),
        }))
    })
}

/// Returns the attributes, which follow the `struct genlmsghdr`.
pub(super) fn attributes(payload: &[u8]) -> Result<&[u8], DecodeError> {
    let attributes = payload.get(GENL_HDRLEN..);
    attributes.ok_or_else(|| "struct genlmsghdr is cut short".into())
}

pub(super) fn not_understood(error: DecodeError) -> Error {
    Error::Protocol(error.to_string())
}
