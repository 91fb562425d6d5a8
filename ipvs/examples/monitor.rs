//! Watches connections: how many each server has, and how many of them are in each
//! state, once a second and so many times.
//!
//! ```text
//! cargo build --example monitor && sudo target/debug/examples/monitor 5
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::thread::sleep;
use std::time::Duration;

use ipvs::client::Client;
use ipvs::connections::{By, Filter, Key, count};
use ipvs::director::Director;

fn main() -> Result<(), Box<dyn Error>> {
    let times: u32 = std::env::args().nth(1).as_deref().unwrap_or("1").parse()?;
    let client = Client::open()?;
    let mut out = io::stdout().lock();
    for time in 0..times {
        if time > 0 {
            sleep(Duration::from_secs(1));
        }
        look(&client, &mut out)?;
    }
    Ok(())
}

/// Prints a line for each server, and then one for each state.
fn look(director: &impl Director, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let servers = count(director.connections()?, &Filter::default(), By::Server)?;
    for server in servers {
        let Key::Server(endpoint) = server.key else {
            continue;
        };
        let (address, port) = (endpoint.address, endpoint.port);
        writeln!(out, "{address} {port}: {}", server.connections)?;
    }
    for state in count(director.connections()?, &Filter::default(), By::State)? {
        if let Key::State(name) = state.key {
            writeln!(out, "  {name}: {}", state.connections)?;
        }
    }
    Ok(())
}
