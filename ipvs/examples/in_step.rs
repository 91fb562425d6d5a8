//! Keeps a TCP service in step with a list of servers, as a controller would.
//!
//! Lists come from standard input: a line `ADDRESS:PORT WEIGHT` for each
//! server, and an empty line at the end of each list. Only what differs is
//! sent to the kernel, so the connections of servers that stay live on.
//!
//! ```text
//! cargo build --example in_step
//! sudo target/debug/examples/in_step 192.0.2.80:80 < lists
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::ops::ControlFlow;

use ipvs::client::Client;
use ipvs::model::{Change, Destination, Forwarding, Protocol, Service, VirtualId};

type List = BTreeMap<SocketAddr, u32>;

fn main() -> Result<(), Box<dyn Error>> {
    let service: SocketAddr = std::env::args()
        .nth(1)
        .ok_or("which service? ADDRESS:PORT")?
        .parse()?;
    let id = VirtualId::Endpoint {
        protocol: Protocol::Tcp,
        address: service.ip(),
        port: service.port(),
    };
    let mut client = Client::open()?;
    let mut list = List::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        match line.split_once(' ') {
            Some((server, weight)) => {
                list.insert(server.parse()?, weight.trim().parse()?);
            }
            None => bring_in_step(&mut client, id, &std::mem::take(&mut list))?,
        }
    }
    Ok(())
}

fn bring_in_step(client: &mut Client, id: VirtualId, list: &List) -> Result<(), Box<dyn Error>> {
    let mut changes = Vec::new();
    // No other program's service is touched, and none of this one's settings.
    if !client
        .services()?
        .iter()
        .any(|entry| entry.service.id == id)
    {
        changes.push(Change::AddService(Service::new(id, "wlc".parse()?)));
    }
    let mut missing = list.clone();
    for row in client.destinations(&id)? {
        let mut server = row.destination;
        match missing.remove(&SocketAddr::new(server.address, server.port)) {
            None => changes.push(Change::DeleteServer(id, server)),
            Some(weight) if weight != server.weight => {
                server.weight = weight;
                changes.push(Change::EditServer(id, server));
            }
            Some(_) => {}
        }
    }
    for (address, weight) in missing {
        let mut server = Destination::new(address.ip(), address.port(), Forwarding::Masquerade);
        server.weight = weight;
        changes.push(Change::AddServer(id, server));
    }

    let mut refusals = Vec::new();
    client.apply_all(&changes, |index, error| {
        refusals.push(format!("{:?}: {error}", changes.get(index)));
        ControlFlow::Continue(())
    })?;
    let made = changes.len() - refusals.len();
    writeln!(io::stdout(), "{made} changes made")?;
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(refusals.join("\n").into())
    }
}
