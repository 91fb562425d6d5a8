//! Faults of synchronization: a backup director, this thread's, beside an active
//! one that serves clients.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::clients::while_served;
use crate::director::*;
use crate::net::{Host, Side, bound, network, wait_until};
use crate::support::{Namespace, shell};

/// A pair of directors of one service by direct routing, with a link of their own
/// besides: `eth2`.
struct Pair {
    _place: Namespace,
    this: Host,
    active: Host,
    client: Host,
    _servers: [crate::net::Server; 2],
    _hosts: [Host; 2],
}

const TABLE: &str = "-A -t 10.0.0.1:80 -s rr\n\
                     -a -t 10.0.0.1:80 -r 10.0.0.2 -g\n\
                     -a -t 10.0.0.1:80 -r 10.0.0.3 -g\n";

impl Pair {
    fn new(table: &str) -> Self {
        let place = Namespace::fresh();
        let [client, active, a, b] = network(
            "10.0.0.5/24",
            "",
            [
                ("client", Side::Front, "10.0.0.9/24"),
                ("active", Side::Front, "10.0.0.6/24 10.0.0.1/32"),
                ("A", Side::Front, "10.0.0.2/24"),
                ("B", Side::Front, "10.0.0.3/24"),
            ],
        );
        let hosts = [a, b];
        for host in &hosts {
            host.take_quietly("10.0.0.1");
        }
        let this = Host::this("backup");
        restore(table);
        active.run(|| restore(table));
        let pair = Self {
            _place: place,
            this,
            active,
            client,
            _servers: hosts.each_ref().map(|host| host.serve(80)),
            _hosts: hosts,
        };
        pair.join();
        pair
    }

    /// The directors' own link.
    fn join(&self) {
        self.this.join("eth2", &self.active, "eth2");
        self.this.ip("addr add 10.5.0.1/24 dev eth2\n");
        self.active.ip("addr add 10.5.0.2/24 dev eth2\n");
    }

    fn start_backup(&self) {
        ipvsadm("--start-daemon backup --mcast-interface eth2 --syncid 7");
    }

    fn start_active(&self, more: &str) {
        self.active.run(|| {
            ipvsadm(&format!(
                "--start-daemon master --mcast-interface eth2 {more}"
            ))
        });
    }

    /// A connection outlives the active director. Afterwards that is active again.
    fn survives(&self) -> bool {
        let mut talk = self.client.connect("10.0.0.1:80").unwrap();
        for _ in 0..5 {
            talk.ask().unwrap();
        }
        // What is sent is collected for up to two seconds.
        std::thread::sleep(Duration::from_millis(2500));
        let move_to = |from: &Host, to: &Host| {
            from.ip("addr del 10.0.0.1/32 dev eth0\n");
            to.ip("addr add 10.0.0.1/32 dev eth0\n");
            self.client.ip("neigh flush dev eth0\n");
        };
        move_to(&self.active, &self.this);
        let answer = talk.ask().is_ok();
        move_to(&self.this, &self.active);
        answer
    }

    /// Looks while clients are served by the active director.
    #[track_caller]
    fn watched(&self) -> Diagnosis {
        while_served(&self.client, "10.0.0.1:80", || diagnose(WATCHED))
    }
}

#[test]
fn a_healthy_pair() {
    let pair = Pair::new(TABLE);
    pair.start_backup();
    pair.start_active("--syncid 7");
    pair.watched()
        .without_fault()
        .notes("vip-not-local")
        .lacks("sync-nothing-received");
    assert!(pair.survives());
    // The active one, which has the address.
    let active = while_served(&pair.client, "10.0.0.1:80", || {
        pair.active.run(|| diagnose(WATCHED))
    });
    active.without_fault().lacks("vip-not-local");
}

#[test]
fn sync_interface() {
    let pair = Pair::new(TABLE);
    pair.start_backup();
    pair.start_active("--syncid 7");
    shell("ip link set eth2 down");
    let diagnosis = pair.watched().names("sync-interface");
    assert!(!pair.survives());
    diagnosis.cure("sync-interface");
    wait_until("the link is up", || {
        shell("ip link show eth2").contains("state UP")
    });
    pair.watched()
        .without_fault()
        .lacks("sync-nothing-received");
    assert!(pair.survives());

    shell("ip link del eth2");
    let diagnosis = pair.watched().names("sync-interface");
    let listed = ipvsadm("-L --daemon").stdout;
    assert!(
        listed.contains("backup sync daemon (mcast=eth2"),
        "{listed}"
    );
    pair.join();
    diagnosis.cure("sync-interface");
    pair.watched().without_fault();
}

#[test]
fn sync_not_joined() {
    let pair = Pair::new(TABLE);
    pair.start_backup();
    shell("ip link del eth2");
    pair.join();
    pair.start_active("--syncid 7");
    let diagnosis = pair.watched().names("sync-not-joined");
    assert!(!pair.survives());
    diagnosis.cure("sync-not-joined");
    pair.watched()
        .without_fault()
        .lacks("sync-nothing-received");
    assert!(pair.survives());
}

#[test]
fn sync_not_joined_of_ipv6() {
    let pair = Pair::new(TABLE);
    let options = "--mcast-group ff02::81 --syncid 7";
    ipvsadm(&format!(
        "--start-daemon backup --mcast-interface eth2 {options}"
    ));
    shell("ip link del eth2");
    pair.join();
    pair.start_active(options);
    let diagnosis = pair.watched().names("sync-not-joined");
    diagnosis.cure("sync-not-joined");
    pair.watched()
        .without_fault()
        .lacks("sync-nothing-received");
}

#[test]
fn sync_nothing_received() {
    let pair = Pair::new(TABLE);
    pair.start_backup();
    pair.start_active("--syncid 8");
    pair.watched()
        .without_fault()
        .notes("sync-nothing-received");
    assert!(!pair.survives());
    pair.active.run(|| ipvsadm("--stop-daemon master"));
    pair.start_active("--syncid 7");
    pair.watched()
        .without_fault()
        .lacks("sync-nothing-received");
    assert!(pair.survives());
}

#[test]
fn sync_persist() {
    let pair = Pair::new(&TABLE.replace("-s rr", "-s rr -p 300"));
    for host in [&pair.this, &pair.active] {
        host.set(&[
            ("ipv4/vs/sync_persist_mode", "1"),
            ("ipv4/vs/sloppy_tcp", "0"),
        ]);
    }
    pair.start_backup();
    pair.start_active("--syncid 7");
    let diagnosis = pair.watched().names("sync-persist");
    assert!(!pair.survives());
    diagnosis.cure("sync-persist");
    pair.watched().without_fault();
    assert!(pair.survives());
}

#[test]
fn sync_drops() {
    let pair = Pair::new("-A -u 10.0.0.1:53 -s rr\n-a -u 10.0.0.1:53 -r 10.0.0.2 -g\n");
    pair.this.set(&[("ipv4/vs/sync_sock_size", "2304")]);
    pair.active.set(&[("ipv4/vs/sync_threshold", "1 2")]);
    pair.start_backup();
    // Messages of a connection or two.
    pair.start_active("--syncid 7 --sync-maxlen 100");
    let mut first = 10_000;
    let mut burst = || {
        let ports = first..first + BURST;
        pair.client.run(|| {
            for port in ports.clone() {
                let socket = bound(|| UdpSocket::bind(("10.0.0.9", port)));
                socket.send_to(b"?", "10.0.0.1:53").unwrap();
            }
        });
        first += BURST;
        ports
    };
    let received = || ipvsadm("-Lnc").stdout;
    // Connections come as long as it looks, however long that takes.
    let is_done = AtomicBool::new(false);
    let (diagnosis, sent) = std::thread::scope(|scope| {
        let bursts = scope.spawn(|| {
            let mut sent = 0;
            while sent < 20 * usize::from(BURST) && !is_done.load(Ordering::Relaxed) {
                burst();
                sent += usize::from(BURST);
                std::thread::sleep(Duration::from_millis(300));
            }
            sent
        });
        let diagnosis = diagnose(WATCHED);
        is_done.store(true, Ordering::Relaxed);
        (diagnosis, bursts.join().unwrap())
    });
    let some = received().lines().skip(2).count();
    assert!(some < sent, "{some} of {sent} received");
    let diagnosis = diagnosis.names("sync-drops");
    diagnosis.cure("sync-drops");
    // Of those before, some may be on their way still.
    let ports = burst();
    wait_until("all are received", || {
        let received = received();
        ports
            .clone()
            .all(|port| received.contains(&format!("10.0.0.9:{port} ")))
    });
    diagnose(GLANCE).without_fault().lacks("sync-drops");
}

/// So many connections at once.
const BURST: u16 = 200;
