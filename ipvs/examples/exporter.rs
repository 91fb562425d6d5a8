//! What an exporter collects: metrics of every service and server, as a monitoring
//! system reads them.
//!
//! ```text
//! cargo build --example exporter && sudo target/debug/examples/exporter
//! ```

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use ipvs::client::Client;
use ipvs::director::Director;
use ipvs::model::{DestinationEntry, VirtualId};

fn main() -> Result<(), Box<dyn Error>> {
    let text = collect(&mut Client::open()?)?;
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// A metric: its name, its kind, and its number of a server.
type Metric = (&'static str, &'static str, fn(&DestinationEntry) -> u64);

const METRICS: [Metric; 4] = [
    ("ipvs_server_weight", "gauge", |row| {
        row.destination.weight.into()
    }),
    ("ipvs_server_active_connections", "gauge", |row| {
        row.activity.active.into()
    }),
    ("ipvs_server_connections", "counter", |row| {
        row.stats.connections
    }),
    ("ipvs_server_in_bytes", "counter", |row| row.stats.in_bytes),
];

fn collect(director: &mut impl Director) -> Result<String, Box<dyn Error>> {
    let table = director.table()?;
    let mut text = String::new();
    for (name, kind, number) in METRICS {
        writeln!(text, "# TYPE {name} {kind}")?;
        let total = if kind == "counter" { "_total" } else { "" };
        for entry in &table {
            for row in &entry.destinations {
                let service = label(&entry.service.id);
                let (address, port) = (row.destination.address, row.destination.port);
                writeln!(
                    text,
                    "{name}{total}{{service=\"{service}\",server=\"{address}\",port=\"{port}\"}} {}",
                    number(row)
                )?;
            }
        }
    }
    text.push_str("# EOF\n");
    Ok(text)
}

fn label(id: &VirtualId) -> String {
    match id {
        VirtualId::Endpoint {
            protocol,
            address,
            port,
        } => {
            let protocol = protocol.keyword().unwrap_or("other");
            format!("{protocol},{address},{port}")
        }
        VirtualId::Fwmark { mark, .. } => format!("mark,{mark}"),
    }
}
