//! Draining waits for connections of which one half is closed and the other
//! still carries data.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::director::{Place, VIP, VIP6, mark, place, restore, with_two_servers};
use crate::draining::{active, ours, weights};
use crate::net::{Host, Side, bound, network, wait_until};
use crate::support::Outcome;

/// A transfer takes four seconds: longer than a drain waits for what is closed.
const PIECES: usize = 40;
const PIECE: [u8; 4096] = [7; 4096];
/// No piece may take longer.
const PATIENCE: Duration = Duration::from_secs(5);
const WHOLE: usize = PIECES * PIECE.len();

/// Which end has no more to say, while the other goes on.
#[derive(Clone, Copy)]
enum Silent {
    Client,
    Server,
}

/// A transfer over a connection that one end has half closed, with a drain in
/// the middle of it: how that ended, and how many bytes have arrived.
fn drained(client: &Host, server: &Host, to: &str, silent: Silent, line: &str) -> (Outcome, usize) {
    let to: SocketAddr = to.parse().unwrap();
    // A connection of a server that is gone is ended at once.
    std::fs::write("/proc/sys/net/ipv4/vs/expire_nodest_conn", "1").unwrap();
    let listener = server.run(|| bound(|| TcpListener::bind((Ipv6Addr::UNSPECIFIED, to.port()))));
    let ours_of = move |end| match (silent, end) {
        (Silent::Client, Silent::Client) | (Silent::Server, Silent::Server) => receive,
        (Silent::Client, Silent::Server) | (Silent::Server, Silent::Client) => send,
    };
    let serving = thread::spawn(move || ours_of(Silent::Server)(listener.accept().unwrap().0));
    let asking = client.run(|| TcpStream::connect(to).unwrap());
    let asking = thread::spawn(move || ours_of(Silent::Client)(asking));
    wait_until("one half is closed", || active() == [0]);
    let outcome = ours(line);
    let (serving, asking) = (serving.join().unwrap(), asking.join().unwrap());
    (outcome, serving + asking)
}

/// Says that it has no more to say, and counts what comes.
fn receive(mut stream: TcpStream) -> usize {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let (mut piece, mut received) = ([0; PIECE.len()], 0);
    loop {
        match stream.read(&mut piece) {
            Ok(length @ 1..) => received += length,
            Ok(0) | Err(_) => return received,
        }
    }
}

/// Sends in pieces, for as long as they are taken.
fn send(mut stream: TcpStream) -> usize {
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    for _ in 0..PIECES {
        thread::sleep(Duration::from_millis(100));
        if stream.write_all(&PIECE).is_err() {
            break;
        }
    }
    0
}

#[track_caller]
fn is_whole((outcome, received): (Outcome, usize)) {
    assert_eq!(received, WHOLE, "{outcome}");
    assert_eq!(outcome.status, 0, "{outcome}");
    // It may take longer than that.
    let said = outcome.complaint();
    assert!(
        ["", "1 connection left after 10 s"].contains(&said),
        "{outcome}"
    );
    assert_eq!(weights(), [0_u32; 0]);
}

#[test]
fn a_client_that_only_receives_gets_everything() {
    let (_place, [client, a, _b]) = with_two_servers();
    for (vip, server) in [
        ("10.0.0.1:80", "10.1.0.2:80"),
        ("[fd00::1]:80", "[fd01::2]:80"),
    ] {
        for line in ["-d -t VIP -r SERVER --drain", "-D -t VIP --drain"] {
            restore(&format!("-A -t {vip} -s rr\n-a -t {vip} -r {server} -m\n"));
            let line = line.replace("VIP", vip).replace("SERVER", server);
            is_whole(drained(&client, &a, vip, Silent::Client, &line));
            restore("-C");
        }
    }
}

#[test]
fn a_client_that_only_sends_is_heard_to_the_end() {
    let (_place, [client, a, _b]) = with_two_servers();
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    let line = "-d -t 10.0.0.1:80 -r 10.1.0.2 --drain";
    is_whole(drained(&client, &a, "10.0.0.1:80", Silent::Server, line));
}

#[test]
fn half_closed_connections_are_counted_when_the_time_is_over() {
    let (_place, [client, a, _b]) = with_two_servers();
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m\n");
    for seconds in [0, 1] {
        let line = format!("-d -t 10.0.0.1:80 -r 10.1.0.2:80 --drain={seconds}");
        let (outcome, received) = drained(&client, &a, "10.0.0.1:80", Silent::Client, &line);
        assert_eq!(received, WHOLE);
        assert_eq!(
            (outcome.status, outcome.stderr),
            (
                1,
                format!(
                    "1 connection left after {seconds} s; 10.1.0.2:80 is not removed and keeps \
                     weight 0\n"
                )
            )
        );
        restore("-e -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1");
    }
}

/// Every port of a persistent service; a mark.
#[test]
fn services_without_a_port_of_their_own_wait_too() {
    let (_place, [client, a, _b]) = with_two_servers();
    std::fs::write("/proc/sys/net/ipv4/vs/expire_quiescent_template", "1").unwrap();
    mark(VIP6, "tcp", &[81], 1);
    for (to, service, server) in [
        ("10.0.0.1:80", "-t 10.0.0.1:0", "10.1.0.2:0"),
        ("[fd00::1]:81", "-f 1 -6", "[fd01::2]:0"),
    ] {
        // What a mark remembers is waited for until it is forgotten.
        let persistent = if service.starts_with("-t") {
            "-p 5"
        } else {
            ""
        };
        restore(&format!(
            "-A {service} -s rr {persistent}\n-a {service} -r {server} -m\n"
        ));
        let line = format!("-d {service} -r {server} --drain=6");
        let (outcome, received) = drained(&client, &a, to, Silent::Client, &line);
        assert_eq!(received, WHOLE, "{service}: {outcome}");
        restore("-C");
    }
}

/// The answers pass the director by: it hears the client acknowledge them.
#[test]
fn direct_routing_and_tunnels_are_given_time() {
    let (_place, client, a) = with_a_server_in_front();
    a.ip("link add tunnel type ipip local 10.0.0.2\nlink set tunnel up\n");
    a.set(&[
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/tunnel/rp_filter", "0"),
    ]);
    a.take_quietly(VIP);
    a.ip(&format!("addr add {VIP6}/128 dev lo\n"));
    for (vip, server, method) in [
        ("10.0.0.1:80", "10.0.0.2:80", "-g"),
        ("10.0.0.1:80", "10.0.0.2:80", "-i"),
        ("[fd00::1]:80", "[fd00::2]:80", "-g"),
    ] {
        restore(&format!(
            "-A -t {vip} -s rr\n-a -t {vip} -r {server} {method}\n"
        ));
        let line = format!("-d -t {vip} -r {server} --drain");
        is_whole(drained(&client, &a, vip, Silent::Client, &line));
        restore("-C");
    }
}

/// A client and a server on the network of the virtual address.
fn with_a_server_in_front() -> (Place, Host, Host) {
    let place = place();
    let [client, a] = network(
        &format!("10.0.0.5/24 {VIP}/32 {VIP6}/64"),
        "",
        [
            ("client", Side::Front, "10.0.0.9/24 fd00::9/64"),
            ("A", Side::Front, "10.0.0.2/24 fd00::2/64"),
        ],
    );
    (place, client, a)
}
