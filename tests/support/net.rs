//! Networks for live traffic: hosts in network namespaces of their own on the
//! two sides of a director, servers that say who they are, clients that ask.
//!
//! The director is the test's own thread (see `support::Namespace`). It has
//! `eth0` on the front network and `eth1` on the back one; every other host has
//! one `eth0`. Namespaces are held by file descriptors, and end with them.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4, TcpListener, TcpStream,
    UdpSocket,
};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::InterfaceFlags;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, sendto, socket,
};

use crate::support::{TIMEOUT, finish};

/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a host is plugged in.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    Front,
    Back,
}

/// How many answers came from each server.
pub type Count = BTreeMap<String, usize>;

/// The count that is written `[("A", 5), ("B", 5)]`.
pub fn count(expected: &[(&str, usize)]) -> Count {
    let own = |(name, times): &(&str, usize)| ((*name).to_owned(), *times);
    expected.iter().map(own).collect()
}

/// Makes both networks and plugs in this thread's namespace, with these
/// addresses at the front and at the back, and the hosts. An address with a
/// slash is a host's own, one without is its gateway.
#[track_caller]
pub fn network<const N: usize>(
    front: &str,
    back: &str,
    hosts: [(&str, Side, &str); N],
) -> [Host; N] {
    let director = Host::this("director");
    let switch = Arc::new(Host::new("switch"));
    let hosts = hosts.map(|(name, side, addresses)| (Host::new(name), side, addresses));

    let mut wiring = String::from(
        "link add Front type bridge\nlink add Back type bridge\n\
         link set Front up\nlink set Back up\n",
    );
    let mut plug = |cable: &str, side: Side, host: &Host, interface: &str| {
        let peer = host.path();
        write!(
            wiring,
            "link add {cable} master {side:?} type veth peer name {interface} netns {peer}\n\
             link set {cable} up\n"
        )
        .unwrap();
    };
    plug("front", Side::Front, &director, "eth0");
    plug("back", Side::Back, &director, "eth1");
    for (number, (host, side, _)) in hosts.iter().enumerate() {
        plug(&format!("host{number}"), *side, host, "eth0");
    }
    switch.ip(&wiring);

    director.ip(&(address("eth0", front) + &address("eth1", back)));
    for way in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] {
        std::fs::write(format!("/proc/sys/net/{way}"), "1").unwrap();
    }
    let hosts = hosts.map(|(mut host, _, addresses)| {
        host.plugged_into = Some(Arc::clone(&switch));
        host.ip(&(String::from("link set lo up\n") + &address("eth0", addresses)));
        host
    });
    for host in [&director, &switch].into_iter().chain(&hosts) {
        host.wait_for_carriers();
    }
    hosts
}

fn address(interface: &str, addresses: &str) -> String {
    let (own, gateways): (Vec<_>, Vec<_>) = addresses
        .split_whitespace()
        .partition(|word| word.contains('/'));
    let mut lines = String::new();
    for own in own {
        writeln!(lines, "addr add {own} dev {interface}").unwrap();
    }
    writeln!(lines, "link set {interface} up").unwrap();
    for gateway in gateways {
        writeln!(lines, "route add default via {gateway}").unwrap();
    }
    lines
}

/// A network namespace.
pub struct Host {
    name: String,
    namespace: File,
    /// What must not end before this host.
    plugged_into: Option<Arc<Host>>,
}

impl Host {
    fn new(name: &str) -> Self {
        let made = thread::spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET).expect("kernel tests run as root: see the Makefile");
            Host::this("")
        });
        Self {
            name: name.to_owned(),
            ..made.join().unwrap()
        }
    }

    /// The namespace of this thread.
    pub fn this(name: &str) -> Self {
        // Who is here is known: an address of IPv6 need not ask for two seconds
        // whether it is taken.
        std::fs::write("/proc/sys/net/ipv6/conf/default/accept_dad", "0").unwrap();
        Self {
            name: name.to_owned(),
            namespace: File::open("/proc/thread-self/ns/net").unwrap(),
            plugged_into: None,
        }
    }

    fn path(&self) -> String {
        format!(
            "/proc/{}/fd/{}",
            std::process::id(),
            self.namespace.as_raw_fd()
        )
    }

    /// Joins an interface of this host with one of another, by a cable of their own.
    #[track_caller]
    pub fn join(&self, interface: &str, other: &Host, theirs: &str) {
        let peer = other.path();
        self.ip(&format!(
            "link add {interface} type veth peer name {theirs} netns {peer}\nlink set {interface} up\n"
        ));
        other.ip(&format!("link set {theirs} up\n"));
        self.wait_for_carriers();
        other.wait_for_carriers();
    }

    /// Waits until every interface that is up can send. Linux sees to that later, and
    /// throws away what is sent until then: first of all the questions for a neighbour,
    /// which has failed after three of them.
    #[track_caller]
    fn wait_for_carriers(&self) {
        let waits = |interface: InterfaceAddress| {
            interface.flags.contains(InterfaceFlags::IFF_UP)
                && !interface.flags.contains(InterfaceFlags::IFF_RUNNING)
        };
        self.run(|| {
            wait_until("the carriers are there", || {
                !getifaddrs().unwrap().any(waits)
            });
        });
    }

    /// Does this on the host; programs it starts are there too.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let there = || {
            setns(&self.namespace, CloneFlags::CLONE_NEWNET).unwrap();
            work()
        };
        thread::scope(|scope| match scope.spawn(there).join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    /// Runs the lines of `ip -batch` on the host.
    #[track_caller]
    pub fn ip(&self, lines: &str) {
        let outcome = self.run(|| {
            let mut ip = Command::new("ip");
            ip.args(["-batch", "-"]);
            finish(ip, lines.as_bytes(), TIMEOUT)
        });
        assert!(outcome.status == 0, "{}: ip\n{lines}\n{outcome}", self.name);
    }

    /// Writes settings below `/proc/sys/net` on the host.
    pub fn set(&self, settings: &[(&str, &str)]) {
        self.run(|| {
            for (name, value) in settings {
                std::fs::write(format!("/proc/sys/net/{name}"), value)
                    .unwrap_or_else(|e| panic!("{name}: {e}"));
            }
        });
    }

    /// Gives the host the virtual address, without telling its neighbours: what
    /// a server needs for direct routing and tunnels.
    pub fn take_quietly(&self, virtual_address: &str) {
        self.set(&[
            ("ipv4/conf/all/arp_ignore", "1"),
            ("ipv4/conf/all/arp_announce", "2"),
        ]);
        self.ip(&format!("addr add {virtual_address}/32 dev lo\n"));
    }

    /// Answers every line on this TCP port with the host's name.
    pub fn serve(&self, port: u16) -> Server {
        let listener = self.run(|| bound(|| TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))));
        let closer = TcpStream::from(OwnedFd::from(listener.try_clone().unwrap()));
        let served = Arc::new(AtomicUsize::new(0));
        let (name, counted) = (self.name.clone(), Arc::clone(&served));
        let thread = thread::spawn(move || listen(&listener, &name, &counted));
        Server {
            served,
            end: Some(Box::new(move || closer.shutdown(Shutdown::Both).unwrap())),
            thread: Some(thread),
        }
    }

    /// Answers every datagram on this UDP port with the host's name.
    pub fn serve_udp(&self, port: u16) -> Server {
        let socket = self.run(|| bound(|| UdpSocket::bind((Ipv6Addr::UNSPECIFIED, port))));
        socket
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let served = Arc::new(AtomicUsize::new(0));
        let ended = Arc::new(AtomicBool::new(false));
        let (name, counted, end) = (self.name.clone(), Arc::clone(&served), Arc::clone(&ended));
        let thread = thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                if let Ok((_, from)) = socket.recv_from(&mut [0; 64]) {
                    counted.fetch_add(1, Ordering::Relaxed);
                    let _ = socket.send_to(name.as_bytes(), from);
                }
            }
        });
        Server {
            served,
            end: Some(Box::new(move || ended.store(true, Ordering::Relaxed))),
            thread: Some(thread),
        }
    }

    /// Opens a connection from the host.
    pub fn connect(&self, to: &str) -> io::Result<Talk> {
        let to = at(to);
        self.run(|| Talk::open(to))
    }

    /// Asks so many times, each on a connection of its own, and counts who
    /// answered. Every request must be answered.
    #[track_caller]
    pub fn ask(&self, times: usize, to: &str) -> Count {
        let to = at(to);
        self.run(|| tally(times, || Talk::open(to)?.ask()))
    }

    /// The same with datagrams, each from a port of its own at this address.
    #[track_caller]
    pub fn ask_udp(&self, times: usize, from: &str, to: &str) -> Count {
        let (from, to): (IpAddr, _) = (from.parse().unwrap(), at(to));
        // A port that is met again would be the same connection.
        static PORT: AtomicU16 = AtomicU16::new(10_000);
        let ask = || {
            let port = PORT.fetch_add(1, Ordering::Relaxed);
            let socket = UdpSocket::bind((from, port))?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.connect(to)?;
            socket.send(b"?")?;
            let mut answer = [0; 64];
            let length = socket.recv(&mut answer)?;
            Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
        };
        self.run(|| tally(times, ask))
    }

    /// Sends one datagram whose source port is 0, which no socket of its own can
    /// have.
    pub fn send_from_port_0(&self, from: Ipv4Addr, to: SocketAddrV4) {
        let payload = b"?";
        let length = u16::try_from(8 + payload.len()).unwrap();
        let mut packet = vec![0x45, 0];
        packet.extend((20 + length).to_be_bytes());
        // The kernel fills the checksum in; a datagram needs none.
        packet.extend([0, 1, 0, 0, 64, 17, 0, 0]);
        packet.extend(from.octets().into_iter().chain(to.ip().octets()));
        packet.extend(
            [0, to.port(), length, 0]
                .into_iter()
                .flat_map(u16::to_be_bytes),
        );
        packet.extend(payload);
        self.run(|| {
            let raw = socket(
                AddressFamily::Inet,
                SockType::Raw,
                SockFlag::empty(),
                SockProtocol::Raw,
            );
            let (raw, to) = (raw.unwrap(), SockaddrIn::from(to));
            sendto(raw.as_raw_fd(), &packet, &to, MsgFlags::empty()).unwrap();
        });
    }
}

fn at(to: &str) -> SocketAddr {
    to.parse().unwrap()
}

fn tally(times: usize, ask: impl Fn() -> io::Result<String>) -> Count {
    let mut count = Count::new();
    for number in 1..=times {
        let who = ask().unwrap_or_else(|e| panic!("request {number}: {e}; before it {count:?}"));
        *count.entry(who).or_default() += 1;
    }
    count
}

/// Answers connections until the listener is closed, and then closes them too:
/// of some the end would never be heard.
fn listen(listener: &TcpListener, name: &str, served: &AtomicUsize) {
    thread::scope(|scope| {
        let mut connections = Vec::new();
        while let Ok((connection, _)) = listener.accept() {
            served.fetch_add(1, Ordering::Relaxed);
            let connection = Arc::new(connection);
            connections.push(Arc::downgrade(&connection));
            scope.spawn(move || answer(&connection, name));
        }
        for connection in connections.iter().filter_map(Weak::upgrade) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    });
}

fn answer(mut connection: &TcpStream, name: &str) {
    let _ = connection.set_nodelay(true);
    for line in BufReader::new(connection).lines() {
        if line.is_err() || writeln!(connection, "{name}").is_err() {
            break;
        }
    }
}

/// A server that runs; it ends when dropped.
pub struct Server {
    served: Arc<AtomicUsize>,
    end: Option<Box<dyn FnOnce() + Send>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// How many connections or datagrams it has had.
    pub fn served(&self) -> usize {
        self.served.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            end();
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A connection that can be kept.
pub struct Talk {
    writer: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Talk {
    /// Opens a connection from this thread's namespace.
    pub fn open(to: SocketAddr) -> io::Result<Self> {
        let writer = TcpStream::connect_timeout(&to, PATIENCE)?;
        writer.set_nodelay(true)?;
        writer.set_read_timeout(Some(PATIENCE))?;
        let reader = BufReader::new(writer.try_clone()?);
        Ok(Self { writer, reader })
    }

    /// The address and port that this end has.
    pub fn local(&self) -> String {
        self.writer.local_addr().unwrap().to_string()
    }

    /// Asks the other end who it is.
    pub fn ask(&mut self) -> io::Result<String> {
        self.writer.write_all(b"?\n")?;
        let mut answer = String::new();
        match self.reader.read_line(&mut answer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}

/// Says when the work beside a thread is over, even if it failed: otherwise the
/// thread would go on for ever.
#[derive(Default)]
pub struct Ended(AtomicBool);

impl Ended {
    /// Whether it is over.
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Does the work.
    pub fn after<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Say<'a>(&'a AtomicBool);
        impl Drop for Say<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _say = Say(&self.0);
        work()
    }
}

/// Binds a socket, and waits for its address. A child that another test has started
/// holds every socket of this process until it becomes its program: an address that a
/// test has given up can be taken for a moment longer.
#[track_caller]
pub fn bound<S>(bind: impl Fn() -> io::Result<S>) -> S {
    let mut socket = None;
    wait_until("the address is free", || match bind() {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => false,
        result => {
            socket = Some(result.unwrap());
            true
        }
    });
    socket.unwrap()
}

/// Waits until this is so; fails the test if it takes too long.
#[track_caller]
pub fn wait_until(what: &str, is_so: impl FnMut() -> bool) {
    wait_up_to(Duration::from_secs(60), what, is_so);
}

/// As [`wait_until`], for so long.
#[track_caller]
pub fn wait_up_to(time: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + time;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(100));
    }
}
