//! Listings of a table with live connections and real counters. The servers
//! are behind an interface that swallows what it is sent.

use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::support::Program::{Ours, Reference};
use crate::support::compare::{Arena, Invocation};
use crate::support::{run, shell, words};

const RULES: &str = "\
-A -u 10.0.0.1:53 -s rr
-a -u 10.0.0.1:53 -r 10.9.0.2:53 -m -w 1
-a -u 10.0.0.1:53 -r 10.9.0.3:5353 -m -w 1
-A -u 10.0.0.1:69 -s rr -o
-a -u 10.0.0.1:69 -r 10.9.0.2:69 -g -w 1
-A -u 10.0.0.1:5060 -s rr -p 60 --pe sip
-a -u 10.0.0.1:5060 -r 10.9.0.2:5060 -m -w 1
-A -t 10.0.0.1:80 -s wlc -p 100
-a -t 10.0.0.1:80 -r 10.9.0.2:80 -m -w 1
-a -t 10.0.0.1:80 -r 10.9.0.3:80 -i -w 1
-A -t 10.0.0.1:0 -s rr -p
-a -t 10.0.0.1:0 -r 10.9.0.2:0 -g -w 1
-A -u [2001:db8::1]:53 -s rr
-a -u [2001:db8::1]:53 -r [2001:db8:9::2]:53 -m -w 1
-A -t [2001:db8::1]:80 -s rr -p 10
-a -t [2001:db8::1]:80 -r [2001:db8:9::2]:80 -m -w 1
";

const LISTINGS: &[&str] = &[
    "-Lnc",
    "-Lc",
    "-Lnc --sort",
    "-Lnc --persistent-conn",
    "-Lc --persistent-conn",
    "-Ln",
    "-L",
    "-Ln --persistent-conn",
    "-Ln --stats",
    "-Ln --stats --exact",
    "-L --stats",
    "-Ln --stats -u 10.0.0.1:53",
    "-Ln --stats --exact -u 10.0.0.1:53",
    "-Ln --rate",
    "-Ln --rate --exact",
    "-Ln --rate -t 10.0.0.1:80",
    "-Ln --thresholds",
    "-Ln --tun-info",
    "-Ln -t [2001:db8::1]:80",
    "-Ln --nosort",
];

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("connections: live", || {
        // a thread of its own, and so a namespace of its own
        let wrong = std::thread::spawn(disagreements)
            .join()
            .map_err(|_| "the traffic could not be made")?;
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Failed::from(wrong))
    })]
}

fn disagreements() -> String {
    let mut arena = Arena::new();
    shell(
        "ip addr add 10.0.0.1/32 dev lo && ip addr add 2001:db8::1/128 dev lo nodad && \
         ip link set eth0 mtu 65535",
    );
    arena.table_of(RULES);
    talk();
    // At once: half-open ones end after a minute.
    let connections = run(Reference, ["-Lnc"], "").stdout;
    assert!(connections.lines().count() > 12, "{connections}");
    // The kernel adds its counters up every two seconds; newer ones begin later.
    let counted = (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(200));
        run(Reference, ["-Ln", "--stats"], "").stdout.contains("K ")
    });
    assert!(counted, "no number is large");

    let mut wrong = String::new();
    for listing in LISTINGS {
        // What moved on elsewhere than where it ticks is asked again.
        let same = (0..5).any(|_| {
            let [before, ours, after] =
                [Reference, Ours, Reference].map(|program| run(program, words(listing), "").stdout);
            let ours = cut(listing, &ours);
            is_between(&before, &ours, &after)
        });
        if !same {
            let invocation = Invocation::of(words(listing));
            wrong += &format!(
                "ipvsadm {listing}\n  reference\n{}  ours\n{}",
                invocation.run(Reference),
                invocation.run(Ours)
            );
        }
    }
    wrong
}

/// The numbers of real servers as the reference shows them: it cuts rates, and the
/// counters of connections and packets, to 32 bits. On a big-endian machine those are
/// the upper ones.
fn cut(listing: &str, printed: &str) -> String {
    const COLUMN: usize = 9;
    let columns = match listing {
        _ if cfg!(target_endian = "little") => 0,
        _ if listing.contains("--stats") => 3,
        _ if listing.contains("--rate") => 5,
        _ => 0,
    };
    let zeros = format!("{:>COLUMN$}", 0).repeat(columns);
    let cut_line = |line: &str| match (line.get(..33), line.get(33 + zeros.len()..)) {
        (Some(server), Some(rest)) if server.starts_with("  -> ") => {
            format!("{server}{zeros}{rest}\n")
        }
        _ => format!("{line}\n"),
    };
    printed.lines().map(cut_line).collect()
}

/// Each line is as it was before or as it is afterwards, or is a connection whose time
/// to live is between those.
fn is_between(before: &str, listing: &str, after: &str) -> bool {
    let count = listing.lines().count();
    count == before.lines().count()
        && count == after.lines().count()
        && before
            .lines()
            .zip(listing.lines())
            .zip(after.lines())
            .all(|((before, line), after)| {
                line == before || line == after || ticked(before, line, after) == Some(true)
            })
}

/// None where one of them is no line of a connection.
fn ticked(before: &str, line: &str, after: &str) -> Option<bool> {
    let ((before, b), (line, l), (after, a)) = (expiry(before)?, expiry(line)?, expiry(after)?);
    // A template whose connections live on begins anew.
    let passes = match a <= b {
        true => a <= l && l <= b,
        false => l <= b || a <= l,
    };
    Some(passes && line == before && line == after)
}

/// A line of a connection without its time to live, and that in seconds.
fn expiry(line: &str) -> Option<(String, u32)> {
    let (start, rest) = (line.get(..4)?, line.get(9..)?);
    let (minutes, seconds) = line.get(4..9)?.split_once(':')?;
    let seconds = 60 * minutes.parse::<u32>().ok()? + seconds.parse::<u32>().ok()?;
    Some((format!("{start}{rest}"), seconds))
}

fn talk() {
    let from_v4: Vec<_> = ["10.9.0.1:4001", "10.9.0.1:4002", "10.9.0.1:80"]
        .map(|own| UdpSocket::bind(own).unwrap())
        .into();
    for own in &from_v4 {
        for service in ["10.0.0.1:53", "10.0.0.1:69"] {
            own.send_to(b"hello", service).unwrap();
        }
    }
    let from_v6 = UdpSocket::bind("[2001:db8:9::1]:4001").unwrap();
    from_v6.send_to(b"hello", "[2001:db8::1]:53").unwrap();
    for call in ["one@10.9.0.1", "a-call-with-a-longer-name@example.org"] {
        let invitation =
            format!("INVITE sip:x@10.0.0.1 SIP/2.0\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\n\r\n");
        from_v4[0]
            .send_to(invitation.as_bytes(), "10.0.0.1:5060")
            .unwrap();
    }
    for service in ["10.0.0.1:80", "10.0.0.1:7777", "[2001:db8::1]:80"] {
        // nobody answers: the connection stays half open
        let patience = Duration::from_millis(20);
        TcpStream::connect_timeout(&service.parse().unwrap(), patience).unwrap_err();
    }
    // more bytes than eight digits tell
    let large = vec![0; 65_000];
    for _ in 0..1600 {
        from_v4[1].send_to(&large, "10.0.0.1:53").unwrap();
    }
}
