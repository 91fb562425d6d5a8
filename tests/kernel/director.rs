//! The director of a test: its namespace, and the program run in it.

use std::collections::HashSet;
use std::ops::Deref;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::net::{self, Host, Side, wait_until};
use crate::support::{Namespace, Outcome, Program, run, shell, words};

/// The virtual address of most tests, and its IPv6 one.
pub const VIP: &str = "10.0.0.1";
pub const VIP6: &str = "fd00::1";

/// One test at a time: while tables change in one namespace, the kernel shows
/// rows of another's twice or not at all.
static KERNEL: Mutex<()> = Mutex::new(());

/// This thread's namespace, while no other test runs.
pub struct Place {
    namespace: Namespace,
    _turn: MutexGuard<'static, ()>,
}

impl Deref for Place {
    type Target = Namespace;

    fn deref(&self) -> &Namespace {
        &self.namespace
    }
}

/// Moves this thread into a namespace of its own.
pub fn place() -> Place {
    let turn = KERNEL.lock().unwrap_or_else(PoisonError::into_inner);
    Place {
        namespace: Namespace::fresh(),
        _turn: turn,
    }
}

/// Moves this thread into a namespace with two servers, A and B, behind NAT, and
/// gives a client and the servers.
pub fn with_two_servers() -> (Place, [Host; 3]) {
    let place = place();
    let hosts = net::network(
        "10.0.0.1/24 fd00::1/64",
        "10.1.0.1/24 fd01::1/64",
        [
            ("client", Side::Front, "10.0.0.9/24 10.0.0.8/24 fd00::9/64"),
            ("A", Side::Back, "10.1.0.2/24 fd01::2/64 10.1.0.1 fd01::1"),
            ("B", Side::Back, "10.1.0.3/24 fd01::3/64 10.1.0.1 fd01::1"),
        ],
    );
    (place, hosts)
}

/// Runs our program with the words of this line, without a failure.
#[track_caller]
pub fn ipvsadm(line: &str) -> Outcome {
    run(Program::Ours, words(line), "").succeeded()
}

/// Restores these lines, without a failure.
#[track_caller]
pub fn restore(lines: &str) {
    run(Program::Ours, ["-R"], lines).succeeded();
}

/// The table as the reference saves it, once it has no service twice: it has
/// while Linux 7.2 moves the services into a larger hash table.
#[track_caller]
pub fn saved_by_reference() -> String {
    let mut saved = String::new();
    wait_until("the reference saves each service once", || {
        saved = run(Program::Reference, ["-Sn"], "").succeeded().stdout;
        let services: Vec<_> = saved
            .lines()
            .filter(|line| line.starts_with("-A"))
            .collect();
        services.iter().collect::<HashSet<_>>().len() == services.len()
    });
    saved
}

/// What our program prints for the words of this line, once it is what the
/// reference prints: between the two the kernel's numbers may change.
#[track_caller]
pub fn as_the_reference(line: &str) -> String {
    until_alike(line, str::to_owned)
}

/// The same for a listing of connections, but for their timers: too many of
/// them run.
#[track_caller]
pub fn connections_as_the_reference(line: &str) -> String {
    until_alike(line, |listing| {
        let without_timer = |row: &str| match row.get(3..11) {
            Some(timer) if timer.contains(':') => format!("{}{}\n", &row[..4], &row[10..]),
            _ => format!("{row}\n"),
        };
        listing.lines().map(without_timer).collect()
    })
}

#[track_caller]
fn until_alike(line: &str, compared: fn(&str) -> String) -> String {
    let listing = |program| run(program, words(line), "").succeeded().stdout;
    let mut reference = listing(Program::Reference);
    for _ in 0..5 {
        let ours = listing(Program::Ours);
        if compared(&ours) == compared(&reference) {
            return ours;
        }
        reference = listing(Program::Reference);
        if compared(&ours) == compared(&reference) {
            return ours;
        }
    }
    let ours = listing(Program::Ours);
    panic!("{line}\nthe reference:\n{reference}ours:\n{ours}");
}

/// The rules of a service with so many servers in this network that it takes a
/// while to restore.
pub fn many_servers(network: u8) -> String {
    let server = |n: usize| {
        let (high, low) = (n / 256, n % 256);
        format!("-a -t 10.0.0.2:80 -r 10.{network}.{high}.{low}:80 -m -w 1\n")
    };
    let servers: String = (0..2000).map(server).collect();
    format!("-A -t 10.0.0.2:80 -s lc\n{servers}")
}

/// A replacement by our program, slowed down: each send takes 40 ms more.
pub fn replace_slowly() -> Command {
    let mut command = Command::new("strace");
    command.args(["-qqq", "-o", "/dev/null"]);
    command.args(["-e", "inject=sendto,sendmsg,sendmmsg:delay_exit=40000"]);
    command.arg(Program::Ours.path()).args(["-R", "--replace"]);
    command
}

/// The lines in an order of their own, to be compared.
pub fn sorted(lines: &str) -> Vec<&str> {
    let mut lines: Vec<_> = lines.lines().collect();
    lines.sort_unstable();
    lines
}

/// Marks what comes in for these ports of an address, by the traffic control
/// of each interface: every kernel of the lab can.
#[track_caller]
pub fn mark(address: &str, protocol: &str, ports: &[u16], mark: u32) {
    let family = if address.contains(':') { "ipv6" } else { "ip" };
    let mut marking = "tc qdisc replace dev $dev clsact".to_owned();
    for port in ports {
        marking += &format!(
            " && tc filter add dev $dev ingress protocol {family} flower ip_proto {protocol} \
             dst_ip {address} dst_port {port} action skbedit mark {mark}"
        );
    }
    shell(&format!(
        "set -e; for dev in $(ip -o link | sed 's/^[0-9]*: \\([^:@]*\\).*/\\1/'); do {marking}; done"
    ));
}
