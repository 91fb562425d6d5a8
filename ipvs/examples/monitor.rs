//! What a monitor reads of a director: a line for each real server with its
//! connections, counters and whether it takes new connections.
//!
//! ```text
//! cargo build --example monitor && sudo target/debug/examples/monitor
//! ```

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};

use ipvs::client::Client;
use ipvs::model::{Protocol, VirtualId};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for entry in Client::open()?.table()? {
        for row in &entry.destinations {
            let server = &row.destination;
            writeln!(
                out,
                "{} server={},{} accepts={} active={} inactive={} connections={} bytes={}",
                Id(&entry.service.id),
                server.address,
                server.port,
                server.weight > 0,
                row.activity.active,
                row.activity.inactive,
                row.stats.connections,
                row.stats.in_bytes + row.stats.out_bytes,
            )?;
        }
    }
    Ok(())
}

/// A service as labels.
struct Id<'a>(&'a VirtualId);

impl Display for Id<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => {
                let protocol = match protocol {
                    Protocol::Tcp => "tcp",
                    Protocol::Udp => "udp",
                    Protocol::Sctp => "sctp",
                    _ => "other",
                };
                write!(f, "service={protocol},{address},{port}")
            }
            VirtualId::Fwmark { mark, .. } => write!(f, "service=mark,{mark}"),
        }
    }
}
