//! Questions and answers: sequence numbers, dumps, refusals and batches.

use std::fmt::Debug;
use std::hash::Hash;
use std::io;
use std::ops::ControlFlow;

use netlink_packet_core::{
    DecodeError, Emitable, NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE,
    NLMSG_ERROR, NLMSG_NOOP, NLMSG_OVERRUN, NetlinkHeader, NetlinkMessage, NetlinkPayload,
    NlasIterator,
};
use netlink_packet_generic::ctrl::nlas::GenlCtrlAttrs;
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlFamily, GenlMessage};

use super::attr::Value;
use super::listing::{Budget, Patience, Sought, Told, agreed};
use super::message::IpvsMessage;
use super::received::{attributes, messages, not_understood};
use super::socket::{Inbox, KernelLine, Transport};
use crate::error::{Error, Verb};
use crate::uapi::{CTRL_ATTR_FAMILY_ID, ENOBUFS};

/// The longest batch of requests, in bytes. Above about 32 KiB the kernel's copy of a
/// message leaves the slab allocator, which makes it slow.
const BATCH_BYTES: usize = 30 * 1024;
/// The most bytes of the receive buffer that a refusal takes: its text, rounded up by the
/// kernel's allocator, and the kernel's own bookkeeping.
const REFUSAL_COST: usize = 2 * 1024;
/// After so many short lists in a row, a line for short lists saves more time than it takes
/// to open.
const SOME_LISTS: usize = 16;

/// How many lists of one kind the caller asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// This list only, as a rule.
    One,
    /// Many lists, often short ones: after some of them, a line is opened on which short
    /// lists take the kernel less time.
    OneOfMany,
}

/// How the rows of a list are read.
pub(crate) struct ListReader<Row, KeyOf, Key> {
    /// Makes a row of a message's attributes; `None` where they describe no such row.
    pub(crate) row: Row,
    /// Returns the key of a row, which tells it from the others.
    pub(crate) key_of: KeyOf,
    /// Reads the key alone from a message's attributes; `None` as for `row`.
    pub(crate) key: Key,
}

/// A transport to the kernel, and the state of the conversation over it.
pub(crate) struct Exchange {
    transport: Box<dyn Transport + Send>,
    family: u16,
    sequence: u32,
    inbox: Inbox,
    outbox: Vec<u8>,
    budget: Budget,
    /// How many lists of [`Number::OneOfMany`] were short since the last long one.
    short_lists: usize,
}

impl Exchange {
    pub(crate) fn new(transport: Box<dyn Transport + Send>) -> Self {
        Self {
            transport,
            family: 0,
            sequence: 0,
            inbox: Inbox::new(),
            outbox: Vec::new(),
            budget: Budget::new(Patience::DEFAULT),
            short_lists: 0,
        }
    }

    /// Sets the patience that the lists asked for from now on share.
    pub(crate) fn set_patience(&mut self, patience: Patience) {
        self.budget = Budget::new(patience);
    }

    /// Returns whether, since the patience was set, a list was accepted that no second
    /// answer confirmed.
    pub(crate) fn has_settled(&self) -> bool {
        self.budget.has_settled
    }

    pub(crate) fn transport(&self) -> &(dyn Transport + Send) {
        &*self.transport
    }

    pub(crate) fn transport_mut(&mut self) -> &mut (dyn Transport + Send) {
        &mut *self.transport
    }

    pub(crate) fn is_privileged(&self) -> bool {
        self.transport.is_privileged()
    }

    /// Asks for the number of the family `IPVS`, which every other request needs.
    pub(crate) fn resolve_family(&mut self) -> Result<(), Error> {
        let request = GenlMessage::from_payload(GenlCtrl {
            cmd: GenlCtrlCmd::GetFamily,
            nlas: vec![GenlCtrlAttrs::FamilyName(
                IpvsMessage::family_name().to_owned(),
            )],
        });
        let kind = request.family_id();
        let sequence = self.ask_for(request, NLM_F_REQUEST)?;
        // Only the one attribute is looked at: a newer kernel may say more.
        self.family = self.answer(Verb::Open, sequence, kind, |payload| {
            for attribute in NlasIterator::new(attributes(payload)?) {
                let attribute = attribute?;
                if attribute.kind() == CTRL_ATTR_FAMILY_ID {
                    return u16::read(attribute.value());
                }
            }
            Err("the controller names no family".into())
        })?;
        Ok(())
    }

    /// Asks a question that has one answer; `read` gets the attributes of the answer.
    pub(crate) fn ask<R>(
        &mut self,
        verb: Verb,
        message: IpvsMessage,
        read: impl Fn(&[u8]) -> Result<R, DecodeError>,
    ) -> Result<R, Error> {
        let sequence = self.ask_for(self.addressed(message), NLM_F_REQUEST)?;
        self.answer(verb, sequence, self.family, |payload| {
            read(attributes(payload)?)
        })
    }

    /// Asks for a list and puts its rows in `rows`, in place of what is there. Asks again
    /// until the answer is sure to be of one state, or the patience is over.
    pub(crate) fn list<R, K: Hash + Eq + Copy>(
        &mut self,
        number: Number,
        verb: Verb,
        question: impl Fn() -> IpvsMessage,
        rows: &mut Vec<R>,
        reader: &ListReader<
            impl Fn(&[u8]) -> Result<Option<R>, DecodeError>,
            impl Fn(&R) -> K,
            impl Fn(&[u8]) -> Result<Option<K>, DecodeError>,
        >,
    ) -> Result<(), Error> {
        let mut line = match (number, self.short_lists) {
            (Number::OneOfMany, SOME_LISTS..) => KernelLine::Short,
            (Number::OneOfMany, ..SOME_LISTS) | (Number::One, _) => KernelLine::First,
        };
        let mut budget = std::mem::replace(&mut self.budget, Budget::new(Patience::DEFAULT));
        let mut length = 0;
        let outcome = agreed(&mut budget, rows, &reader.key_of, |wanted| {
            let told = match wanted {
                Sought::Rows(rows) => self.list_over(line, verb, question(), rows, &reader.row),
                Sought::Keys(keys) => self.list_over(line, verb, question(), keys, &reader.key),
            }?;
            line = match line {
                KernelLine::First => KernelLine::Second,
                KernelLine::Second | KernelLine::Short => KernelLine::First,
            };
            length = told.length;
            Ok(told)
        });
        self.budget = budget;
        outcome?;
        self.short_lists = match number {
            Number::One => self.short_lists,
            Number::OneOfMany if length <= KernelLine::Short.datagram() => {
                self.short_lists.saturating_add(1)
            }
            Number::OneOfMany => 0,
        };
        Ok(())
    }

    /// Asks for a list once and adds its rows to `rows`: they may be of several states.
    pub(crate) fn list_once<R>(
        &mut self,
        verb: Verb,
        question: IpvsMessage,
        rows: &mut Vec<R>,
        row: impl Fn(&[u8]) -> Result<Option<R>, DecodeError>,
    ) -> Result<Told, Error> {
        self.list_over(KernelLine::First, verb, question, rows, row)
    }

    fn list_over<R>(
        &mut self,
        line: KernelLine,
        verb: Verb,
        question: IpvsMessage,
        rows: &mut Vec<R>,
        row: impl Fn(&[u8]) -> Result<Option<R>, DecodeError>,
    ) -> Result<Told, Error> {
        // Where no other line can be opened, the answers come over the first one, and have
        // to agree as well.
        let line = match line {
            KernelLine::First => line,
            KernelLine::Second | KernelLine::Short => self
                .transport
                .select(line)
                .map_or(KernelLine::First, |()| line),
        };
        let told = self.receive_list(line, verb, question, rows, row);
        if line != KernelLine::First {
            self.transport.select(KernelLine::First)?;
        }
        told
    }

    fn receive_list<R>(
        &mut self,
        line: KernelLine,
        verb: Verb,
        question: IpvsMessage,
        rows: &mut Vec<R>,
        row: impl Fn(&[u8]) -> Result<Option<R>, DecodeError>,
    ) -> Result<Told, Error> {
        let message = self.addressed(question);
        let sequence = self.ask_for(message, NLM_F_REQUEST | NLM_F_DUMP)?;
        let mut told = Told::default();
        // A row that can't be read is reported after the last one, so that
        // the next question finds the socket empty.
        let mut outcome = Ok(());
        loop {
            self.receive(line.datagram(), Inbox::LISTINGS)?;
            for datagram in self.inbox.datagrams() {
                told.length += datagram.len();
                let before = rows.len();
                for message in messages(datagram) {
                    let message = message?;
                    if message.place(sequence, 1)?.is_none() {
                        continue;
                    }
                    told.is_interrupted |= message.flags & NLM_F_DUMP_INTR != 0;
                    match message.kind {
                        NLMSG_DONE => {
                            if let Some(refusal) = message.end_of_list(verb)? {
                                return Err(refusal);
                            }
                            told.note(before, rows.len());
                            return outcome.map(|()| told);
                        }
                        NLMSG_ERROR => {
                            if let Some(refusal) = message.refusal(verb)? {
                                return Err(refusal);
                            }
                        }
                        NLMSG_NOOP => {}
                        NLMSG_OVERRUN => return Err(Error::Overrun),
                        kind if kind == self.family => {
                            match attributes(message.payload).and_then(&row) {
                                Ok(row) => rows.extend(row),
                                Err(error) => outcome = outcome.and(Err(not_understood(error))),
                            }
                        }
                        kind => outcome = outcome.and(Err(unexpected(kind))),
                    }
                }
                told.note(before, rows.len());
            }
        }
    }

    /// Sends requests in as few datagrams as the kernel takes well, and gives
    /// each refusal with the place of its request to `refused`, in order.
    ///
    /// Asks for one acknowledgement per datagram, by an `NLMSG_NOOP` at its end: the kernel
    /// does not acknowledge a request that a signal to one of its own threads interrupted,
    /// as can happen to `IPVS_CMD_DEL_DAEMON`. The kernel carries out one datagram before
    /// it takes the next: a request always finds the earlier ones done. Where `refused`
    /// breaks off, the rest of that datagram is carried out all the same. Returns how many
    /// requests were sent.
    ///
    /// A request that can't be made is refused in its turn, and counts as sent.
    pub(crate) fn submit(
        &mut self,
        requests: impl Iterator<Item = (Verb, Result<IpvsMessage, Error>)>,
        mut refused: impl FnMut(usize, Error) -> ControlFlow<()>,
    ) -> Result<usize, Error> {
        let mut sent = 0;
        let mut verbs = Vec::new();
        self.outbox.clear();
        for (verb, request) in requests {
            let message = request.map(|request| wrapped(self.addressed(request), NLM_F_REQUEST));
            // The refusals of more requests could overrun the receive buffer. One request
            // always finds room.
            let is_full = !verbs.is_empty()
                && match &message {
                    Ok(message) => {
                        verbs.len() >= self.transport.receive_buffer() / REFUSAL_COST
                            || self.outbox.len() + length_of(message) > BATCH_BYTES
                    }
                    // The requests before this one get their refusals first.
                    Err(_) => true,
                };
            if is_full {
                let flow = self.flush(sent, &verbs, &mut refused)?;
                sent += verbs.len();
                verbs.clear();
                if flow.is_break() {
                    return Ok(sent);
                }
            }
            match message {
                Ok(message) => {
                    self.enclose(message);
                    verbs.push(verb);
                }
                Err(refusal) => {
                    let flow = refused(sent, refusal);
                    sent += 1;
                    if flow.is_break() {
                        return Ok(sent);
                    }
                }
            }
        }
        if !verbs.is_empty() {
            // Nothing follows the last datagram: whether to go on does not matter.
            let _ = self.flush(sent, &verbs, &mut refused)?;
            sent += verbs.len();
        }
        Ok(sent)
    }

    /// Sends the outbox, waits until the kernel has gone through it, and gives its refusals
    /// to `refused`.
    fn flush(
        &mut self,
        offset: usize,
        verbs: &[Verb],
        refused: &mut impl FnMut(usize, Error) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let mut end = NetlinkHeader::default();
        end.flags = NLM_F_REQUEST | NLM_F_ACK;
        let mut end = NetlinkMessage::<GenlMessage<IpvsMessage>>::new(end, NetlinkPayload::Noop);
        end.finalize();
        self.enclose(end);
        self.send()?;
        self.outbox.clear();
        let count = u32::try_from(verbs.len() + 1).unwrap_or(u32::MAX);
        let first = self.sequence.wrapping_sub(count).wrapping_add(1);
        let mut flow = ControlFlow::Continue(());
        loop {
            self.receive(Inbox::REFUSAL, Inbox::REFUSALS)?;
            for message in self.inbox.datagrams().flat_map(messages) {
                let message = message?;
                let Some(place) = message.place(first, count)? else {
                    continue;
                };
                match message.kind {
                    NLMSG_ERROR => {}
                    NLMSG_NOOP => continue,
                    NLMSG_OVERRUN => return Err(Error::Overrun),
                    kind => return Err(unexpected(kind)),
                }
                let Some(&verb) = verbs.get(place) else {
                    return Ok(flow);
                };
                if let Some(refusal) = message.refusal(verb)?
                    && refused(offset + place, refusal).is_break()
                {
                    flow = ControlFlow::Break(());
                }
            }
        }
    }

    fn addressed(&self, message: IpvsMessage) -> GenlMessage<IpvsMessage> {
        let mut message = GenlMessage::from_payload(message);
        message.set_resolved_family_id(self.family);
        message
    }

    /// Appends a finalized request to the outbox, under the next sequence
    /// number.
    fn enclose<F>(&mut self, mut message: NetlinkMessage<GenlMessage<F>>)
    where
        F: GenlFamily + Emitable + Debug,
    {
        self.sequence = self.sequence.wrapping_add(1);
        message.header.sequence_number = self.sequence;
        let start = self.outbox.len();
        self.outbox.resize(start + length_of(&message), 0);
        if let Some(room) = self.outbox.get_mut(start..) {
            message.serialize(room);
        }
    }

    /// Sends one question; returns its sequence number.
    fn ask_for<F>(&mut self, message: GenlMessage<F>, flags: u16) -> Result<u32, Error>
    where
        F: GenlFamily + Emitable + Debug,
    {
        self.outbox.clear();
        self.enclose(wrapped(message, flags));
        self.send()?;
        Ok(self.sequence)
    }

    fn answer<R>(
        &mut self,
        verb: Verb,
        sequence: u32,
        kind: u16,
        read: impl Fn(&[u8]) -> Result<R, DecodeError>,
    ) -> Result<R, Error> {
        loop {
            self.receive(Inbox::LISTING, Inbox::LISTINGS)?;
            for message in self.inbox.datagrams().flat_map(messages) {
                let message = message?;
                if message.place(sequence, 1)?.is_none() {
                    continue;
                }
                match message.kind {
                    NLMSG_NOOP => {}
                    NLMSG_OVERRUN => return Err(Error::Overrun),
                    NLMSG_ERROR => {
                        return Err(message.refusal(verb)?.unwrap_or_else(|| {
                            Error::Protocol("an acknowledgement instead of an answer".into())
                        }));
                    }
                    other if other == kind => {
                        return read(message.payload).map_err(not_understood);
                    }
                    other => return Err(unexpected(other)),
                }
            }
        }
    }

    fn send(&mut self) -> Result<(), Error> {
        Ok(uninterrupted(|| self.transport.send(&self.outbox))?)
    }

    fn receive(&mut self, slot: usize, slots: usize) -> Result<(), Error> {
        self.inbox.clear(slot, slots);
        let received = uninterrupted(|| self.transport.receive(&mut self.inbox));
        received.map_err(|error| match error.raw_os_error() {
            Some(ENOBUFS) => Error::Overrun,
            _ if error.kind() == io::ErrorKind::WouldBlock => Error::TimedOut,
            _ => Error::Io(error),
        })?;
        if self.inbox.is_truncated() {
            return Err(Error::Protocol("it is longer than it may be".into()));
        }
        Ok(())
    }
}

fn wrapped<F>(message: GenlMessage<F>, flags: u16) -> NetlinkMessage<GenlMessage<F>>
where
    F: GenlFamily + Emitable + Debug,
{
    let mut header = NetlinkHeader::default();
    header.flags = flags;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
    message.finalize();
    message
}

/// Returns the length of a finalized message as its header says: counting it again would
/// take a walk through its attributes.
fn length_of<F>(message: &NetlinkMessage<F>) -> usize {
    usize::try_from(message.header.length).unwrap_or(usize::MAX)
}

fn uninterrupted<R>(mut call: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

fn unexpected(kind: u16) -> Error {
    Error::Protocol(format!("a message of type {kind} was not expected"))
}
