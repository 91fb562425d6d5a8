//! `-L`: the table, or one service of it.

use super::kernel::Kernel;
use super::rows::{Rows, or_numbers};
use super::{Failure, Out, json};
use crate::cli::{Format, List};
use crate::render::{self, Header};

/// Lists services with their servers.
pub(super) fn table(kernel: &mut Kernel, list: &List, out: &mut Out) -> Result<(), Failure> {
    if list.format == Format::Json {
        return json::table(kernel, list.service.as_ref(), list.order, out);
    }
    let Kernel { client, info } = kernel;
    let (header, mut rows) = match &list.service {
        Some(id) => {
            let service = client.service(id).map_err(Failure::Unlisted)?;
            (Header { info: None }, Rows::one(service, list.order))
        }
        None => {
            let rows = Rows::all(client, list.view, list.order).map_err(Failure::Unlisted)?;
            (Header { info: Some(*info) }, rows)
        }
    };
    let names = match list.numeric {
        true => None,
        false => Some(rows.names(client).map_err(Failure::Unlisted)?),
    };
    let names = or_numbers(&names);
    render::titles(out, header, list.view).map_err(Failure::writing)?;
    rows.for_each(client, |entry| {
        let entry = std::slice::from_ref(entry);
        render::rows(out, entry, list.view, list.numbers, names).map_err(Failure::writing)
    })
}
