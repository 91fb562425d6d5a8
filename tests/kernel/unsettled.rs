//! Lists that take several of the kernel's messages, while another program adds
//! and removes a row: a listing ends well and has no row twice, and what is
//! kept lacks nobody.

use std::collections::HashSet;
use std::net::IpAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ipvs::client::Client;
use ipvs::model::{
    Change, Destination, Family, Forwarding, Protocol, Service, ServiceEntry, VirtualId,
};

use crate::director::{Place, VIP, VIP6, place};
use crate::support::{Outcome, Program, TIMEOUT, finish, run, words};

/// So many servers take 19 of the kernel's messages.
const SERVERS: u16 = 3000;
/// So many services take 8.
const SERVICES: u16 = 1200;

fn service(protocol: Protocol, address: &str) -> VirtualId {
    VirtualId::Endpoint {
        protocol,
        address: address.parse().unwrap(),
        port: 80,
    }
}

/// A server of the family of its service.
fn server(id: &VirtualId, number: u16) -> Destination {
    let [high, low] = number.to_be_bytes();
    let address: IpAddr = match id.family() {
        Family::V4 => [10, 9, high, low].into(),
        Family::V6 => [0xfd09, 0, 0, 0, 0, 0, 0, number].into(),
    };
    let port = id.port().unwrap_or(0);
    Destination::new(address, port, Forwarding::Masquerade)
}

fn apply(client: &mut Client, changes: &[Change]) {
    let sent = client.apply_all(changes, |place, error| {
        panic!("{:?}: {error}", changes[place])
    });
    assert_eq!(sent.unwrap(), changes.len());
}

/// Does `turn` again and again, so far apart, while `test` runs; returns how often.
fn while_others_write(
    pause: Duration,
    mut turn: impl FnMut(&mut Client) + Send,
    test: impl FnOnce(),
) -> usize {
    let stop = AtomicBool::new(false);
    let turns = AtomicUsize::new(0);
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = Client::open().unwrap();
            while !stop.load(Ordering::Relaxed) {
                turn(&mut client);
                turns.fetch_add(1, Ordering::Relaxed);
                thread::sleep(pause);
            }
        });
        let _stop = Stop(&stop);
        test();
    });
    turns.into_inner()
}

fn ours(line: &str) -> Outcome {
    run(Program::Ours, words(line), "")
}

/// Fails where a rule is there twice; gives those that are not `other`s.
fn stable<'a>(rules: &'a str, other: &str) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    for rule in rules.lines() {
        assert!(seen.insert(rule), "twice: {rule}");
    }
    rules.lines().filter(|rule| !rule.contains(other)).collect()
}

/// A director whose service has many servers.
struct Large {
    place: Place,
    /// The rules that it is saved as.
    rules: String,
    /// How long a save took: an emulated machine is many times slower than another.
    save: Duration,
}

fn with_servers(id: &VirtualId) -> Large {
    let place = place();
    let mut client = Client::open().unwrap();
    let service = Change::AddService(Service::new(*id, "rr".parse().unwrap()));
    let servers = (0..SERVERS).map(|number| Change::AddServer(*id, server(id, number)));
    apply(
        &mut client,
        &[service].into_iter().chain(servers).collect::<Vec<_>>(),
    );
    let began = Instant::now();
    let rules = ours("-Sn").succeeded().stdout;
    let save = began.elapsed();
    assert_eq!(rules.lines().count(), 1 + usize::from(SERVERS));
    Large { place, rules, save }
}

/// Adds and removes one server.
fn to_and_fro(id: VirtualId) -> impl FnMut(&mut Client) + Send {
    let other = server(&id, u16::MAX);
    let mut is_there = false;
    move |client| {
        let change = match is_there {
            false => Change::AddServer(id, other),
            true => Change::DeleteServer(id, other),
        };
        client.apply(&change).unwrap();
        is_there = !is_there;
    }
}

#[test]
fn a_save_has_each_server_once_while_one_comes_and_goes() {
    for id in [
        service(Protocol::Tcp, VIP),
        service(Protocol::Udp, VIP6),
        VirtualId::Fwmark {
            mark: 7.try_into().unwrap(),
            family: Family::V4,
        },
    ] {
        let Large { place, rules, save } = with_servers(&id);
        let other = server(&id, u16::MAX).address.to_string();
        let expected: HashSet<_> = rules.lines().collect();
        let file = place.folder().join("rules");
        let mut kept = 0;
        // Now and then the table rests for as long as a save takes.
        let pause = save.max(Duration::from_millis(40));
        let turns = while_others_write(pause, to_and_fro(id), || {
            for round in 0..20 {
                if round >= 8 && kept > 0 {
                    break;
                }
                let save = ours(&format!("-Sn --output {}", file.display()));
                match save.status {
                    0 => {
                        let saved = std::fs::read_to_string(&file).unwrap();
                        let saved = stable(&saved, &other);
                        let saved: HashSet<_> = saved.into_iter().collect();
                        let differing: Vec<_> = saved.symmetric_difference(&expected).collect();
                        assert!(differing.is_empty(), "{differing:?}");
                        kept += 1;
                    }
                    // It did not rest for long enough.
                    _ => {
                        assert_eq!(save.status, 1, "{save}");
                        let told = "The table changed each time it was being listed\n";
                        assert_eq!(save.stderr, told);
                    }
                }
                // These are shown whatever happens.
                for line in ["-Sn", "-Ln", "-Ln --stats", "-Ln --thresholds"] {
                    let shown = ours(line).succeeded();
                    assert_eq!(shown.stderr, "", "{line}");
                    stable(&shown.stdout, &other);
                }
            }
        });
        assert!(turns > 20, "{turns} changes");
        assert!(kept > 0, "{id:?}");
    }
}

#[test]
fn a_replacement_sends_nothing_for_servers_that_were_told_twice_or_not_at_all() {
    let id = service(Protocol::Tcp, VIP);
    let Large {
        place: _place,
        rules,
        ..
    } = with_servers(&id);
    let other = server(&id, u16::MAX).address.to_string();
    let turns = while_others_write(Duration::from_millis(10), to_and_fro(id), || {
        for _ in 0..12 {
            let mut plan = Program::Ours.command("ipvsadm");
            plan.args(["-R", "--replace", "--dry-run"]);
            let plan = finish(plan, rules.as_bytes(), TIMEOUT);
            if plan.status == 0 {
                let changes: Vec<_> = plan.stdout.lines().collect();
                assert!(
                    changes.iter().all(|change| change.contains(&other)),
                    "{plan}"
                );
            } else {
                assert!(
                    plan.stderr.contains("The table changed each time"),
                    "{plan}"
                );
            }
        }
    });
    assert!(turns > 20, "{turns} changes");
}

/// Every service of the listing, as JSON tells them.
fn told(client: &mut Client) -> Vec<VirtualId> {
    let entries = client.services().unwrap();
    entries
        .into_iter()
        .map(|ServiceEntry { service, .. }| service.id)
        .collect()
}

#[test]
fn no_listing_fails_while_the_table_is_being_changed() {
    let place = place();
    let many = |network: u16| {
        (0..SERVICES).map(move |number| VirtualId::Endpoint {
            protocol: Protocol::Tcp,
            address: [10, 0, network.to_be_bytes()[1], 1].into(),
            port: 1000 + number,
        })
    };
    let add = |id| Change::AddService(Service::new(id, "rr".parse().unwrap()));
    let mut client = Client::open().unwrap();
    apply(&mut client, &many(0).map(add).collect::<Vec<_>>());
    assert_eq!(told(&mut client).len(), usize::from(SERVICES));
    let stays: HashSet<_> = ours("-Sn")
        .succeeded()
        .stdout
        .lines()
        .map(str::to_owned)
        .collect();

    // As if others restored their rules without end.
    let piece = usize::from(SERVICES) / 20;
    let coming: Vec<_> = many(1).collect();
    let mut turn = 0;
    let restore = |client: &mut Client| {
        let changes = coming.iter().cycle().skip(turn * piece).take(piece);
        let changes: Vec<_> = match turn / 20 % 2 {
            0 => changes.map(|id| add(*id)).collect(),
            _ => changes.map(|id| Change::DeleteService(*id)).collect(),
        };
        apply(client, &changes);
        turn += 1;
    };
    let file = place.folder().join("rules");
    std::fs::write(&file, "old\n").unwrap();
    let turns = while_others_write(Duration::from_millis(1), restore, || {
        for _ in 0..2 {
            for line in ["-Ln", "-Ln --stats", "-Sn", "-Ln --rate", "-Ln --nosort"] {
                let began = Instant::now();
                let shown = ours(line).succeeded();
                let took = began.elapsed();
                assert_eq!(shown.stderr, "", "{line}");
                assert!(took < Duration::from_secs(30), "{line} took {took:?}");
                let rows = shown.stdout.lines().filter(|row| row.contains("10.0."));
                let mut seen = HashSet::new();
                rows.for_each(|row| assert!(seen.insert(row), "{line}: twice: {row}"));
                assert!(seen.len() > 100, "{line}: {} rows", seen.len());
            }
            let json = ours("-L --json").succeeded().stdout;
            assert_eq!(json.lines().count(), 1);

            let save = ours(&format!("-Sn --output {}", file.display()));
            let saved = std::fs::read_to_string(&file).unwrap();
            match save.status {
                0 => {
                    let seen: HashSet<_> = stable(&saved, "10.0.1.1").into_iter().collect();
                    assert!(stays.iter().all(|rule| seen.contains(rule.as_str())));
                }
                1 => assert_eq!(saved, "old\n", "{save}"),
                _ => panic!("{save}"),
            }
            std::fs::write(&file, "old\n").unwrap();
        }
    });
    assert!(turns > 20, "{turns} changes");
}

#[test]
fn on_a_terminal_a_hint_tells_that_rows_may_be_missing() {
    let id = service(Protocol::Tcp, VIP);
    let _director = with_servers(&id);
    // Two servers each time: no two answers agree on who is there.
    let mut number = u16::MAX;
    let turn = |client: &mut Client| {
        let next = match number {
            40000 => u16::MAX,
            number => number - 1,
        };
        let changes = [
            Change::AddServer(id, server(&id, next)),
            Change::DeleteServer(id, server(&id, number)),
        ];
        // The first time there is none to remove.
        let _ = client.apply_all(&changes, |_, _| std::ops::ControlFlow::Continue(()));
        number = next;
    };
    // The kernel's answers come slowly: the writer has its turn within each reading.
    let line = format!(
        "strace -qqq -o /dev/null -e inject=recvfrom:delay_enter=2000 {} -Ln --stats | tail -1",
        Program::Ours.path().display()
    );
    while_others_write(Duration::from_millis(1), turn, || {
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]);
        let shown = finish(script, b"", TIMEOUT).succeeded();
        let hint = "hint: the table changed each time it was read; rows may be missing";
        assert!(shown.stdout.contains(hint), "{shown}");
        assert_eq!(ours("-Ln --stats").succeeded().stderr, "");
    });
}

#[test]
fn from_proc_each_service_is_told_once_while_one_comes_and_goes() {
    let _place = place();
    let mut client = Client::open().unwrap();
    let marked = |mark: u32| VirtualId::Fwmark {
        mark: mark.try_into().unwrap(),
        family: Family::V4,
    };
    let add = |mark| Change::AddService(Service::new(marked(mark), "rr".parse().unwrap()));
    let services: Vec<_> = (1..=4000).map(add).collect();
    apply(&mut client, &services);
    let mut is_there = true;
    let turn = |client: &mut Client| {
        let change = match is_there {
            true => Change::DeleteService(marked(1)),
            false => add(1),
        };
        client.apply(&change).unwrap();
        is_there = !is_there;
    };
    while_others_write(Duration::from_millis(5), turn, || {
        for _ in 0..20 {
            let listed = ours("-Ln --from-proc");
            assert_eq!(listed.status, 0, "{listed}");
            let listed = listed.stdout;
            let rows = stable(&listed, "FWM  1 ");
            let rows = rows.iter().filter(|row| row.starts_with("FWM"));
            assert!(rows.count() > 3900);
        }
    });
}
