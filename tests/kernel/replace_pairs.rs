//! From any table to any other: what `--replace` makes is what the rules make
//! on an empty table, by the fewest changes; and what is saved can be restored.

use std::collections::BTreeMap;
use std::process::Command;

use crate::director::{place, saved_by_reference};
use crate::random_tables::{Random, rules};
use crate::support::netlink::Attribute;
use crate::support::{Program, TIMEOUT, Table, finish, kernel_table, run};

const PAIRS: u64 = 12;

#[test]
fn replace_makes_any_table_of_any_other_with_the_fewest_changes() {
    let _place = place();
    for seed in 0..PAIRS {
        let mut random = Random::seeded(seed);
        let (from, to) = (rules(&mut random), rules(&mut random));
        let after = made_by_reference(&to);
        let before = made_by_reference(&from);
        let story = || format!("seed {seed}\nfrom:\n{from}to:\n{to}");

        let shown = run(Program::Ours, ["-R", "--replace", "--dry-run"], &to);
        assert_eq!(shown.status, 0, "{}{shown}", story());
        assert_same(&before, &kernel_table(), &|| {
            format!("--dry-run, {}", story())
        });
        let fewest = changes_needed(&before, &after);
        assert_eq!(shown.stdout.lines().count(), fewest, "{}{shown}", story());

        run(Program::Ours, ["-R", "--replace"], &to).succeeded();
        assert_same(&after, &kernel_table(), &story);
        assert_eq!(changes_sent(&to), [0; 0], "a second time, {}", story());
        assert_same(&after, &kernel_table(), &story);

        // What was shown leads there too.
        run(Program::Reference, ["-C"], "").succeeded();
        run(Program::Ours, ["-R"], &from).succeeded();
        assert_same(&before, &kernel_table(), &story);
        run(Program::Ours, ["-R"], &shown.stdout).succeeded();
        assert_same(&after, &kernel_table(), &|| format!("{shown}{}", story()));
    }
}

#[test]
fn what_is_saved_can_be_restored() {
    let place = place();
    place.name_hosts("127.0.0.1 localhost\n10.0.0.1 vip\n10.1.0.1 real\nfd01::1 real6\n10.1.0.2 twice\n10.1.0.3 twice\n");
    for seed in 100..100 + PAIRS {
        let mut random = Random::seeded(seed);
        let table = rules(&mut random);
        let made = made_by_reference(&table);
        for save in ["-Sn", "-S"] {
            let saved = run(Program::Ours, [save], "").succeeded().stdout;
            run(Program::Ours, ["-C"], "").succeeded();
            assert_eq!(saved_by_reference(), "");
            run(Program::Ours, ["-R"], &saved).succeeded();
            let story = || format!("seed {seed}, {save}:\n{saved}of:\n{table}");
            assert_same(&made, &kernel_table(), &story);
        }
    }
}

/// The table that the reference makes of these rules.
#[track_caller]
fn made_by_reference(rules: &str) -> Table {
    run(Program::Reference, ["-C"], "").succeeded();
    let outcome = run(Program::Reference, ["-R"], rules);
    assert!(
        outcome.status == 0 && outcome.stderr.is_empty(),
        "{rules}{outcome}"
    );
    kernel_table()
}

/// Both tables have the same services and servers, in whatever order.
#[track_caller]
fn assert_same(expected: &Table, found: &Table, story: &dyn Fn() -> String) {
    let changes = expected.changes_to(found);
    let differs = changes
        .lines()
        .any(|line| line.starts_with("    - ") || line.starts_with("    + "));
    assert!(
        !differs,
        "{}\nwhat was wanted, and what there is:\n{changes}",
        story()
    );
}

/// Attributes: their kinds and bytes.
type Parts = Vec<(u16, Vec<u8>)>;

/// How many changes lead from one table to the other: one for each service and
/// each server that is new, different, or no more; the servers of a service
/// that goes go with it.
fn changes_needed(from: &Table, to: &Table) -> usize {
    let services = |table: &Table| -> BTreeMap<_, _> {
        let one = |service: &crate::support::probe::Service| {
            let servers: BTreeMap<Parts, Parts> = service
                .servers
                .iter()
                .map(|server| split(server, &[1, 2, 11]))
                .collect();
            let (key, rest) = split(&service.attributes, &[1, 2, 3, 4, 5]);
            (key, (rest, servers))
        };
        table.services.iter().map(one).collect()
    };
    let (from, to) = (services(from), services(to));
    let mut changes = from.keys().filter(|key| !to.contains_key(*key)).count();
    for (key, (rest, servers)) in &to {
        let Some((old_rest, old_servers)) = from.get(key) else {
            changes += 1 + servers.len();
            continue;
        };
        changes += usize::from(rest != old_rest);
        changes += servers
            .iter()
            .filter(|(key, rest)| old_servers.get(*key) != Some(rest))
            .count();
        changes += old_servers
            .keys()
            .filter(|key| !servers.contains_key(*key))
            .count();
    }
    changes
}

/// The attributes that name a thing, and the others.
fn split(attributes: &[Attribute], naming: &[u16]) -> (Parts, Parts) {
    let all = attributes
        .iter()
        .map(|part| (part.kind, part.value.clone()));
    all.partition(|(kind, _)| naming.contains(kind))
}

/// The commands that change something, among those a `--replace` of these rules
/// sends to the kernel's IPVS.
fn changes_sent(rules: &str) -> Vec<u8> {
    let mut strace = Command::new("strace");
    strace.args([
        "-qqq",
        "-xx",
        "-s",
        "64",
        "-e",
        "trace=sendto,sendmsg,sendmmsg",
    ]);
    strace.arg(Program::Ours.path()).args(["-R", "--replace"]);
    let outcome = finish(strace, rules.as_bytes(), TIMEOUT);
    assert_eq!(outcome.status, 0, "{outcome}");
    let messages = outcome.stderr.split("nlmsg_type=").skip(1);
    let to_ipvs = messages.filter(|message| !message.starts_with("nlctrl"));
    let commands: Vec<u8> = to_ipvs
        .map(|message| {
            let (_, payload) = message
                .split_once("\"\\x")
                .expect("strace shows the payload");
            u8::from_str_radix(&payload[..2], 16).unwrap()
        })
        .collect();
    assert!(!commands.is_empty(), "{outcome}");
    // IPVS_CMD_GET_SERVICE, GET_DEST, GET_DAEMON, GET_CONFIG, GET_INFO
    let asks = [4, 8, 11, 13, 15];
    commands
        .into_iter()
        .filter(|command| !asks.contains(command))
        .collect()
}
