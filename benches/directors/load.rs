//! The tables and connections that the programs are measured on.

use std::fmt::Write;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sched::{CloneFlags, unshare};

use crate::measure::REFERENCE;

/// A number of services, and the number of servers of each.
#[derive(Clone, Copy)]
pub(crate) struct Shape(pub(crate) usize, pub(crate) usize);

/// The services' address, by which the connections' clients reach them inside the guest.
const VIRTUAL: &str = "10.254.0.1";

/// Writes a rule file of that shape and returns its path.
pub(crate) fn rules(Shape(services, servers): Shape) -> PathBuf {
    let mut text = String::new();
    for service in 0..services {
        let id = format!("10.0.{}.{}:80", service >> 8 & 255, service & 255);
        writeln!(text, "-A -t {id} -s wlc").unwrap();
        for server in 0..servers {
            let (high, middle, low) = (1 + (server >> 16), server >> 8 & 255, server & 255);
            writeln!(
                text,
                "-a -t {id} -r 10.{high}.{middle}.{low}:80 -m -w {}",
                1 + server % 9
            )
            .unwrap();
        }
    }
    let file = std::env::temp_dir().join(format!("rules-{services}x{servers}"));
    std::fs::write(&file, text).expect("the rule file can be written");
    file
}

/// Empties the table, and goes on in a new network namespace: in the old one the kernel would still
/// look through the servers that have just been removed.
pub(crate) fn start_afresh() {
    run(REFERENCE, &["-C"]);
    unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace can be made");
    run("ip", &["link", "set", "lo", "up"]);
}

/// Makes a UDP service that has taken one datagram from each of `count` clients.
pub(crate) fn connections(count: usize) {
    for words in [
        ["addr", "add", &format!("{VIRTUAL}/32"), "dev", "lo"].as_slice(),
        &["link", "add", "servers", "type", "dummy"],
        &["link", "set", "servers", "up"],
        &["route", "add", "10.253.0.0/24", "dev", "servers"],
    ] {
        run("ip", words);
    }
    // The clients use each of these ports on some addresses of the loopback network.
    const PORTS: usize = 20_000;
    const FIRST_PORT: usize = 20_000;
    let service = format!("{VIRTUAL}:53");
    run(REFERENCE, &["-A", "-u", &service, "-s", "rr"]);
    run(
        REFERENCE,
        &["-a", "-u", &service, "-r", "10.253.0.2:53", "-g"],
    );
    for client in 0..count {
        let port = FIRST_PORT + client % PORTS;
        let socket = UdpSocket::bind(format!("127.0.0.{}:{port}", 1 + client / PORTS))
            .expect("a client can be bound");
        socket
            .send_to(b"x", &service)
            .expect("a datagram can be sent");
    }
    let table = std::fs::read_to_string("/proc/net/ip_vs_conn").expect("the kernel lists them");
    assert_eq!(
        table.lines().count() - 1,
        count,
        "connections in the kernel"
    );
}

fn run(program: impl AsRef<Path>, words: &[&str]) {
    let status = Command::new(program.as_ref()).args(words).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{} {words:?}",
        program.as_ref().display()
    );
}
