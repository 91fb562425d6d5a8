//! `-L --from-proc`: the table as every user may read it.

use std::collections::HashSet;

use super::rows::or_numbers;
use super::{Failure, Out, Report};
use crate::cli::BriefList;
use crate::names::Names;
use crate::render::{self, Cells, Header};
use crate::view::{Numbers, Order, Paint, View};
use ipvs::error::{Error, ErrorKind, Verb};
use ipvs::model::VirtualId;
use ipvs::procfs::{self, BriefTable, TABLE};

/// The facts that this text lacks, beside a listing from IPVS itself.
const LACKS: &str = "does not tell flags of schedulers, persistence engines and timeouts, -o of \
                     IPv6 services and the family of marks; services may be missing where other \
                     network namespaces have some";

/// Lists services with their servers.
#[inline(never)]
pub(super) fn table(
    list: &BriefList,
    out: &mut Out,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let BriefTable { info, mut services } = read()?;
    let mut header = Header { info: Some(info) };
    services.retain(|service| list.services.covers(&service.id));
    if list.services.one().is_some() {
        if services.is_empty() {
            let refusal = Error::refusal(Verb::GetService, ErrorKind::NoSuchService);
            return Err(Failure::Unlisted(refusal));
        }
        header = Header::default();
    }
    if list.order == Order::Sorted {
        render::sort_services(&mut services, |service| &service.id);
        for service in &mut services {
            render::sort_servers(&mut service.servers);
        }
    }
    let addresses = || {
        let services = services.iter();
        services.flat_map(|service| render::addresses(&service.id, &service.servers))
    };
    let names = (!list.numeric).then(|| Names::look_up(addresses()));
    let names = or_numbers(&names);
    report(&format_args!("{TABLE} {LACKS}"));
    let mut rows = render::RowWriter::new(View::Plain, Numbers::Scaled, Paint::Plain, names);
    render::titles(out, header, View::Plain)
        .and_then(|()| {
            services.iter().try_for_each(|service| {
                rows.entry(out, &service.id, Cells::Brief(service), &service.servers)
            })
        })
        .map_err(Failure::writing)
}

/// The highest number of readings.
const READINGS: usize = 10;

/// Reads the text until successive readings agree on the services. A read that continues the
/// kernel's text finds its place by counting, so services are told twice or not at all where others
/// come and go meanwhile. Reads break off at the same places each time, a dozen in a long table, so
/// that two such readings may well agree: three have to, and four where a service is told twice.
/// (Two marks that differ by family only look the same in this text, so a mark may rightly be there
/// twice.) If readings never agree, each service of the last one is told once.
fn read() -> Result<BriefTable, Failure> {
    let ids = |table: &BriefTable| -> Vec<VirtualId> {
        table.services.iter().map(|service| service.id).collect()
    };
    let mut table = read_once()?;
    let mut agreed = 1;
    for _ in 1..READINGS {
        let before = ids(&table);
        table = read_once()?;
        let now = ids(&table);
        agreed = if now == before { agreed + 1 } else { 1 };
        let different: HashSet<_> = now.iter().collect();
        let enough = if different.len() == now.len() { 3 } else { 4 };
        if agreed >= enough {
            return Ok(table);
        }
    }
    let mut seen = HashSet::new();
    table.services.retain(|service| seen.insert(service.id));
    Ok(table)
}

fn read_once() -> Result<BriefTable, Failure> {
    let text = procfs::open(TABLE).map_err(|error| {
        Failure::Files(anyhow::Error::new(error).context(format!("cannot open file {TABLE}")))
    })?;
    let table = procfs::brief(text).map_err(|error| {
        Failure::Files(anyhow::Error::new(error).context(format!("cannot read {TABLE}")))
    })?;
    table.ok_or_else(|| Failure::Files(anyhow::anyhow!("{TABLE} is not understood")))
}
