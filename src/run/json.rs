//! `--json`: the table; other documents are written where text would be.

use std::io::Write;

use super::Failure;
use super::rows::Rows;
use crate::json;
use crate::view::Order;
use ipvs::client::Client;
use ipvs::model::{ServiceEntry, VirtualId};

pub(super) use crate::json::{daemons, timeouts};

/// The table, or one service of it. Nothing is written before the kernel has
/// named the services; the servers of each follow in their turn.
pub(super) fn table(
    client: &mut Client,
    service: Option<&VirtualId>,
    order: Order,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let rows = Rows::<ServiceEntry>::ask(client, service, order)?;
    let mut table = json::Table::begin(out, &client.info()).map_err(Failure::writing)?;
    rows.for_each(client, |mut entry, servers| {
        entry.destinations = servers;
        table.push(&entry).map_err(Failure::writing)
    })?;
    table.end().map_err(Failure::writing)
}
