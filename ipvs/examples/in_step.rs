//! Keeps TCP services in step with lists of servers, as a controller would.
//!
//! Lists come from standard input: a line `SERVICE SERVER WEIGHT` for each server,
//! both as `ADDRESS:PORT`, and an empty line at the end of each list. Services of
//! other addresses than the given ones are left alone. Only what differs is sent
//! to the kernel, so that connections of servers that stay live on; where the
//! kernel refuses anything, everything is as before.
//!
//! ```text
//! cargo build --example in_step
//! sudo target/debug/examples/in_step 192.0.2.0/24 < lists
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::ops::ControlFlow;

use ipvs::client::Client;
use ipvs::director::Director;
use ipvs::model::{Destination, Forwarding, Protocol, Service, VirtualId};
use ipvs::plan::scope::Scope;
use ipvs::plan::transaction::{Outcome, replace};
use ipvs::plan::wanted::Table;

type List = BTreeMap<SocketAddr, BTreeSet<(SocketAddr, u32)>>;

fn main() -> Result<(), Box<dyn Error>> {
    let ours = std::env::args().nth(1).ok_or("which addresses?")?;
    let scope = Scope::of(vec![ours.parse()?]);
    let mut client = Client::open()?;
    let mut list = List::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        match line.split(' ').collect::<Vec<_>>()[..] {
            [""] => {
                let made = bring_in_step(&mut client, &scope, &std::mem::take(&mut list))?;
                writeln!(io::stdout(), "{made} changes made")?;
            }
            [service, server, weight] => {
                let servers = list.entry(service.parse()?).or_default();
                servers.insert((server.parse()?, weight.parse()?));
            }
            _ => return Err(format!("not SERVICE SERVER WEIGHT: {line}").into()),
        }
    }
    Ok(())
}

/// Makes the services what the list says, and tells how many changes that took.
fn bring_in_step(
    director: &mut impl Director,
    scope: &Scope,
    list: &List,
) -> Result<usize, Box<dyn Error>> {
    let mut wanted = Table::within(scope.clone());
    for (service, servers) in list {
        let id = VirtualId::Endpoint {
            protocol: Protocol::Tcp,
            address: service.ip(),
            port: service.port(),
        };
        let servers = servers.iter().map(|(address, weight)| {
            let (address, port) = (address.ip(), address.port());
            let mut server = Destination::new(address, port, Forwarding::Masquerade);
            server.weight = *weight;
            server
        });
        wanted.add(Service::new(id, "wlc".parse()?), servers)?;
    }
    let mut made = 0;
    let outcome = replace(director, &wanted, &mut |progress| {
        made = progress.total;
        ControlFlow::Continue(())
    });
    match outcome? {
        Outcome::Done => Ok(made),
        Outcome::Undone(undone) => Err(format!("undone: {:?}", undone.cause).into()),
    }
}
