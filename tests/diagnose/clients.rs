//! Clients that go on asking while something is looked at.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, socket};

use crate::net::{Ended, Host, bound, wait_until};

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_millis(800);
/// How long one waits that must be served: a packet that is lost on a busy machine is
/// sent again after a second, and after two more.
const FORBEARANCE: Duration = Duration::from_millis(3500);
/// How long clients have been in vain before it is looked at: the kernel adds its own
/// counters up every two seconds and the system's at once, so that of clients that have
/// just come, packets seem lost that are not yet counted.
pub const ADDED_UP: Duration = Duration::from_millis(2500);
/// How many clients ask at a time.
const CLIENTS: usize = 3;

/// How many requests were answered, and those that were not.
#[derive(Debug, Default)]
struct Tally {
    answered: usize,
    failed: Vec<Failure>,
}

/// A request that was not answered: when it began, how long it took, and what came
/// of it.
#[derive(Debug)]
#[expect(dead_code, reason = "a test that fails shows it")]
struct Failure {
    at: Duration,
    took: Duration,
    error: std::io::Error,
}

/// Asks once, on a connection of its own, from a port that no client before has had:
/// Linux begins anew with its ports every ten seconds, and to a director a port that is
/// met again is the connection that waits since the fault was there.
fn ask(to: SocketAddr, patience: Duration) -> std::io::Result<()> {
    static PORTS: AtomicU16 = AtomicU16::new(0);
    let port = 10_000 + PORTS.fetch_add(1, Ordering::Relaxed) % 50_000;
    let (family, any): (_, IpAddr) = match to {
        SocketAddr::V4(_) => (AddressFamily::Inet, Ipv4Addr::UNSPECIFIED.into()),
        SocketAddr::V6(_) => (AddressFamily::Inet6, Ipv6Addr::UNSPECIFIED.into()),
    };
    let socket = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    bind(
        socket.as_raw_fd(),
        &SockaddrStorage::from(SocketAddr::new(any, port)),
    )?;
    let mut connection = TcpStream::from(socket);
    connection.set_write_timeout(Some(patience))?;
    connection.set_read_timeout(Some(patience))?;
    connect(connection.as_raw_fd(), &SockaddrStorage::from(to))?;
    connection.write_all(b"?\n")?;
    let mut answer = String::new();
    match BufReader::new(connection).read_line(&mut answer)? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// Returns a client that asks by UDP, always from the same port: what it is answered.
pub fn by_udp(host: &Host, from: &str, to: &str) -> impl Fn() -> Option<Vec<u8>> + use<> {
    udp_client(host.run(|| bound(|| UdpSocket::bind(from))), to)
}

/// The same over this socket, which takes answers from that address alone.
pub fn udp_client(socket: UdpSocket, to: &str) -> impl Fn() -> Option<Vec<u8>> + use<> {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.connect(to).unwrap();
    move || {
        // A refusal of the packet before is told here.
        socket.send(b"?").or_else(|_| socket.send(b"?")).ok()?;
        let mut answer = [0; 8];
        let length = socket.recv(&mut answer).ok()?;
        Some(answer[..length].to_vec())
    }
}

/// Does the work while clients on the host ask again and again.
fn while_asking<R>(
    host: &Host,
    to: &str,
    patience: Duration,
    work: impl FnOnce() -> R,
) -> (R, Tally) {
    let to: SocketAddr = to.parse().unwrap();
    let ended = Ended::default();
    let start = Instant::now();
    thread::scope(|scope| {
        let client = || {
            host.run(|| {
                let mut tally = Tally::default();
                while !ended.is_so() {
                    let at = start.elapsed();
                    match ask(to, patience) {
                        Ok(()) => tally.answered += 1,
                        Err(error) => tally.failed.push(Failure {
                            at,
                            took: start.elapsed().saturating_sub(at),
                            error,
                        }),
                    }
                    thread::sleep(Duration::from_millis(100));
                }
                tally
            })
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        let result = ended.after(work);
        let mut sum = Tally::default();
        for client in clients {
            let tally = client.join().unwrap();
            sum.answered += tally.answered;
            sum.failed.extend(tally.failed);
        }
        (result, sum)
    })
}

/// Asks so many times; how many were answered.
pub fn answered(host: &Host, times: usize, to: &str) -> usize {
    answered_within(PATIENCE, host, times, to)
}

fn answered_within(patience: Duration, host: &Host, times: usize, to: &str) -> usize {
    let to: SocketAddr = to.parse().unwrap();
    host.run(|| (0..times).filter(|_| ask(to, patience).is_ok()).count())
}

/// Fails the test unless all of some requests are answered, once one is: what was
/// not to be reached is asked for again only after a while.
#[track_caller]
pub fn are_served(host: &Host, to: &str) {
    wait_until("a client is served", || answered(host, 1, to) == 1);
    assert_eq!(answered_within(FORBEARANCE, host, 4, to), 4);
}

/// Fails the test unless none of some requests is answered while this is done.
#[track_caller]
pub fn while_in_vain<R>(host: &Host, to: &str, work: impl FnOnce() -> R) -> R {
    let work = || {
        thread::sleep(ADDED_UP);
        work()
    };
    let (result, tally) = while_asking(host, to, PATIENCE, work);
    assert!(tally.answered == 0 && !tally.failed.is_empty(), "{tally:?}");
    result
}

/// Fails the test unless all requests are answered while this is done.
#[track_caller]
pub fn while_served<R>(host: &Host, to: &str, work: impl FnOnce() -> R) -> R {
    let (result, tally) = while_asking(host, to, FORBEARANCE, work);
    assert!(tally.answered > 0 && tally.failed.is_empty(), "{tally:?}");
    result
}

/// Fails the test unless some requests are answered while this is done, and some are not.
#[track_caller]
pub fn while_some_are<R>(host: &Host, to: &str, work: impl FnOnce() -> R) -> R {
    let (result, tally) = while_asking(host, to, PATIENCE, work);
    assert!(tally.answered > 0 && !tally.failed.is_empty(), "{tally:?}");
    result
}
