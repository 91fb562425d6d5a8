//! The conversation with the kernel, against one that is played from a script.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod agreement;
mod changes;
mod listing;
mod opening;
mod refusals;
#[path = "../scripted/mod.rs"]
mod scripted;
mod versions;

use ipvs::model::{Family, ServiceEntry, VirtualId};
use ipvs::netlink::attr::{BigEndian, CommandAttr, DestinationAttr, ServiceAttr};

use scripted::row;

pub(crate) fn mark(mark: u32) -> VirtualId {
    VirtualId::Fwmark {
        mark: mark.try_into().unwrap(),
        family: Family::V4,
    }
}

/// A row of the listing of services.
pub(crate) fn service_row(sequence: u32, mark: u32) -> Vec<u8> {
    let attributes = vec![
        ServiceAttr::AddressFamily(2),
        ServiceAttr::Fwmark(mark),
        ServiceAttr::SchedulerName("rr".into()),
    ];
    row(sequence, CommandAttr::Service(attributes))
}

/// A row of the listing of servers: 10.0.0.LAST.
pub(crate) fn server_row(sequence: u32, last: u8) -> Vec<u8> {
    let address = [10, 0, 0, last, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let attributes = vec![
        DestinationAttr::Address(address),
        DestinationAttr::Port(BigEndian(80)),
    ];
    row(sequence, CommandAttr::Destination(attributes))
}

pub(crate) fn marks(entries: &[ServiceEntry]) -> Vec<u32> {
    let ids = entries.iter().map(|entry| entry.service.id);
    ids.map(|id| match id {
        VirtualId::Fwmark { mark, .. } => mark.get(),
        VirtualId::Endpoint { .. } => 0,
    })
    .collect()
}
