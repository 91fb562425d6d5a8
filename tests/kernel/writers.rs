//! Twenty other programs change the table while it is listed, saved and
//! replaced: each row is one that was there, nothing breaks, and a replacement
//! either succeeds or says what was in its way.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ipvs::client::Client;
use ipvs::model::{Change, Destination, Forwarding, Protocol, Service, VirtualId};

use crate::director::{place, restore, sorted};
use crate::support::{Program, TIMEOUT, finish, run, words};

const WRITERS: u16 = 20;
/// Services of each writer.
const SERVICES: u16 = 5;

/// How long they write: `WRITERS_SECONDS`.
fn time() -> Duration {
    let seconds = std::env::var("WRITERS_SECONDS").map_or(10, |text| text.parse().unwrap());
    Duration::from_secs(seconds)
}

fn id(port: u16) -> VirtualId {
    VirtualId::Endpoint {
        protocol: Protocol::Tcp,
        address: "10.0.0.1".parse().unwrap(),
        port,
    }
}

/// Server N of a service has the service's port and weight N.
fn server(port: u16, number: u8) -> Destination {
    let address = [10, 1, 0, number].into();
    let mut server = Destination::new(address, port, Forwarding::Masquerade);
    server.weight = number.into();
    server
}

/// Adds and removes its services and their servers until it is told to stop.
/// What is there already, or no more, is refused; that is part of it.
fn write(writer: u16, stop: &AtomicBool) {
    let mut client = Client::open().unwrap();
    let mut turn = usize::from(writer);
    while !stop.load(Ordering::Relaxed) {
        for port in (0..SERVICES).map(|n| 1000 + writer * SERVICES + n) {
            turn += 1;
            let change = match turn % 7 {
                0 => Change::DeleteService(id(port)),
                1 | 4 => Change::AddService(Service::new(id(port), "rr".parse().unwrap())),
                2 => Change::AddServer(id(port), server(port, 1)),
                3 => Change::AddServer(id(port), server(port, 2)),
                5 => Change::AddServer(id(port), server(port, 3)),
                _ => Change::DeleteServer(id(port), server(port, 2)),
            };
            let _ = client.apply(&change);
        }
        // The readers need some time of the lab's one processor.
        thread::sleep(Duration::from_millis(50));
    }
}

/// Tells the writers to stop when the test has ended, well or not.
struct Stopping<'a>(&'a AtomicBool);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Fails unless every row is one that a writer, or the replacement, has made.
fn check_rules(rules: &str) {
    let mut services = BTreeMap::new();
    for rule in rules.lines() {
        let words: Vec<_> = rule.split_whitespace().collect();
        let [verb, "-t", service, rest @ ..] = words.as_slice() else {
            panic!("{rule}")
        };
        let port = service.strip_prefix("10.0.0.1:").expect(rule);
        match (*verb, rest) {
            ("-A", ["-s", "rr"]) => assert_eq!(services.insert(port, ()), None, "twice: {rule}"),
            ("-a", ["-r", server, "-m", "-w", weight]) => {
                assert_eq!(*server, format!("10.1.0.{weight}:{port}"), "{rule}");
                assert!(["1", "2", "3"].contains(weight), "{rule}");
                assert!(services.contains_key(port), "no service: {rule}");
            }
            _ => panic!("{rule}"),
        }
    }
}

/// The listing's rows as rules.
fn as_rules(listing: &str) -> String {
    let mut service = "";
    let mut rules = String::new();
    for row in listing.lines().skip(3) {
        let columns: Vec<_> = row.split_whitespace().collect();
        match columns.as_slice() {
            ["TCP", id, "rr"] => {
                service = id;
                rules += &format!("-A -t {id} -s rr\n");
            }
            ["->", server, "Masq", weight, "0", "0"] => {
                rules += &format!("-a -t {service} -r {server} -m -w {weight}\n");
            }
            _ => panic!("{row}"),
        }
    }
    rules
}

#[test]
fn what_is_read_while_others_write_was_there() {
    let place = place();
    let file = place.folder().join("rules");
    let stop = AtomicBool::new(false);
    let ours = |line: &str| run(Program::Ours, words(line), "");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let stop = &stop;
            scope.spawn(move || write(writer, stop));
        }
        let _stopping = Stopping(&stop);
        let began = Instant::now();
        let (mut rows, mut replaced, mut refused) = (0, 0, 0);
        while began.elapsed() < time() {
            let listing = ours("-Ln").succeeded().stdout;
            rows += listing.lines().count();
            check_rules(&as_rules(&listing));
            check_rules(&ours("-Sn").succeeded().stdout);
            ours(&format!("-Sn --output {}", file.display())).succeeded();
            check_rules(&std::fs::read_to_string(&file).unwrap());
            ours("-Ln --stats").succeeded();

            let wanted = "-A -t 10.0.0.1:1000 -s rr\n-A -t 10.0.0.1:1001 -s rr\n";
            let mut replace = Program::Ours.command("ipvsadm");
            replace.args(["-R", "--replace"]);
            let outcome = finish(replace, wanted.as_bytes(), TIMEOUT);
            match outcome.status {
                0 => replaced += 1,
                255 => {
                    let told = &outcome.stderr;
                    let tells = ["rolled back", "neither"].iter().any(|t| told.contains(t));
                    assert!(tells, "{outcome}");
                    refused += 1;
                }
                _ => panic!("{outcome}"),
            }
        }
        assert!(rows > 100 && replaced + refused > 0);
    });
    // When they are gone, the table is made what is wanted.
    let wanted = "-A -t 10.0.0.1:1000 -s rr\n-a -t 10.0.0.1:1000 -r 10.1.0.1:1000 -m -w 1\n";
    run(Program::Ours, ["-R", "--replace"], wanted).succeeded();
    let saved = run(Program::Reference, ["-Sn"], "").succeeded().stdout;
    assert_eq!(sorted(&saved), sorted(wanted));
}

#[test]
fn fifty_at_a_time_lose_nothing() {
    let _place = place();
    restore("-A -t 10.0.0.1:80 -s rr\n");
    let add = |number: u16| {
        let line = format!(
            "-a -t 10.0.0.1:80 -r 10.1.{}.{}:80 -m",
            number / 250,
            number % 250
        );
        run(Program::Ours, words(&line), "").succeeded();
    };
    thread::scope(|scope| {
        for thread in 0..50 {
            let add = &add;
            scope.spawn(move || (0..4).for_each(|turn| add(thread * 4 + turn)));
        }
    });
    let saved = run(Program::Reference, ["-Sn"], "").succeeded().stdout;
    assert_eq!(saved.lines().count(), 1 + 200, "{saved}");
}
