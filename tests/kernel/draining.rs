//! A drain that goes on beside a test, and what it does to the servers.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::director::Place;
use crate::net::wait_until;
use crate::support::netlink::Attribute;
use crate::support::{Outcome, Program, kernel_table, run, shell, words};

/// Runs our program to its end.
pub fn ours(line: &str) -> Outcome {
    run(Program::Ours, words(line), "")
}

/// `IPVS_DEST_ATTR_ADDR`, `IPVS_DEST_ATTR_WEIGHT`
pub const ADDRESS: u16 = 1;
pub const WEIGHT: u16 = 4;

/// The weights of all servers, by address.
pub fn weights() -> Vec<u32> {
    let table = kernel_table();
    let servers = table.services.iter().flat_map(|service| &service.servers);
    let attribute = |server: &[Attribute], kind| {
        let mut found = server.iter().filter(|part| part.kind == kind);
        found.next().unwrap().value.clone()
    };
    let weights = servers.map(|server| (attribute(server, ADDRESS), attribute(server, WEIGHT)));
    let mut weights: Vec<_> = weights.collect();
    weights.sort();
    let number = |(_, weight): (_, Vec<u8>)| u32::from_ne_bytes(weight[..].try_into().unwrap());
    weights.into_iter().map(number).collect()
}

/// The active connections of all servers.
pub fn active() -> Vec<u32> {
    kept_by_servers("ActiveConn")
}

/// What the kernel's own table says in this column of all servers, by
/// address as it writes it.
pub fn kept_by_servers(column: &str) -> Vec<u32> {
    let text = std::fs::read_to_string("/proc/thread-self/net/ip_vs").unwrap();
    let rows = text
        .lines()
        .map(|row| row.split_whitespace().collect::<Vec<_>>());
    let mut rows = rows.filter(|row| row.first() == Some(&"->"));
    let title = rows.next().unwrap();
    let at = title.iter().position(|name| *name == column).unwrap();
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| row[1]);
    rows.iter().map(|row| row[at].parse().unwrap()).collect()
}

/// A drain that goes on beside the test.
pub struct Draining {
    child: Child,
    stderr: PathBuf,
}

impl Draining {
    pub fn begin(place: &Place, line: &str) -> Self {
        Self::spawn(place, Program::Ours.command("ipvsadm"), line)
    }

    /// The same with a command that becomes our program.
    pub fn spawn(place: &Place, mut command: Command, line: &str) -> Self {
        let stderr = place.folder().join("stderr");
        let child = command
            .args(words(line))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&stderr).unwrap())
            .spawn()
            .unwrap();
        Self { child, stderr }
    }

    /// Waits until the last server of the table takes no more connections.
    pub fn wait_for_weight_0(&self) {
        wait_until("a server takes no more", || weights().contains(&0));
    }

    pub fn signal(&self, name: &str) {
        shell(&format!("kill -{name} {}", self.child.id()));
    }

    /// Waits for its end.
    pub fn end(mut self) -> Outcome {
        let mut status = None;
        wait_until("it ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        Outcome {
            status: status.unwrap().code().unwrap(),
            stdout: String::new(),
            stderr: std::fs::read_to_string(&self.stderr).unwrap(),
        }
    }
}

impl Drop for Draining {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
