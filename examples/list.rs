//! Lists the virtual services of this network namespace and their servers.
//!
//! ```text
//! cargo build --example list && sudo target/debug/examples/list
//! ```

use std::error::Error;
use std::io::{self, Write};

use ipvs::client::Client;
use ipvs::model::VirtualId;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for entry in Client::open()?.table()? {
        match entry.service.id {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => write!(out, "{protocol:?} {address} port {port}")?,
            VirtualId::Fwmark { mark, family } => write!(out, "mark {mark} {family:?}")?,
        }
        writeln!(out, ": {} connections so far", entry.stats.connections)?;
        for row in &entry.destinations {
            let server = &row.destination;
            writeln!(
                out,
                "  {} port {}, weight {}: {} active",
                server.address, server.port, server.weight, row.activity.active
            )?;
        }
    }
    Ok(())
}
