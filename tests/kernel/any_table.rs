//! Whatever other programs have made in the kernel's table comes back as it was
//! from what is saved of it.

use std::ops::ControlFlow;

use ipvs::client::Client;
use ipvs::model::{Change, VirtualId};

use crate::director::{ipvsadm, place};
use crate::random_tables::{Random, anything};
use crate::support::netlink::{Attribute, Netlink, ipvs_family};
use crate::support::{Program, TIMEOUT, Table, finish, kernel_table, run, words};

const TABLES: u64 = 20;

#[test]
fn whatever_the_kernel_holds_is_saved_and_comes_back() {
    let place = place();
    place.name_hosts("127.0.0.1 localhost\n10.0.0.1 vip\n10.1.0.1 real\nfd01::1 real6\n");
    let (mut is_raw, mut all, mut refused) = (0, 0, 0);
    for seed in 0..TABLES {
        let changes = anything(&mut Random::seeded(seed));
        all += changes.len();
        refused += make(&changes);
        let made = kernel_table();
        for save in ["-Sn", "-S"] {
            let saved = ipvsadm(save).stdout;
            let story = || format!("seed {seed}, {save}:\n{saved}of:\n{changes:#?}");
            assert!(!saved.contains('#'), "{}", story());
            is_raw += usize::from(saved.contains(" --raw "));

            ipvsadm("-C");
            run(Program::Ours, ["-R"], &saved).succeeded();
            assert_same(&made, &story);
            // Nothing is left to be done for those that replace.
            let mut restore = Program::Ours.command("ipvsadm-restore");
            restore.arg("--dry-run");
            let plan = finish(restore, saved.as_bytes(), TIMEOUT);
            let nothing = "0 additions, 0 edits, 0 removals\n";
            assert_eq!(
                (plan.status, plan.stderr.as_str()),
                (0, nothing),
                "{}",
                story()
            );
            // Nor is anything lost on the way from another table.
            ipvsadm("-C");
            ipvsadm("-A -t 10.0.0.1:80 -s rr");
            ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m");
            finish(
                Program::Ours.command("ipvsadm-restore"),
                saved.as_bytes(),
                TIMEOUT,
            )
            .succeeded();
            assert_same(&made, &story);
        }
    }
    assert!(refused * 3 < all, "{refused} of {all} refused");
    assert!(is_raw > TABLES as usize, "{is_raw} tables with --raw");
}

#[test]
fn every_command_reaches_a_service_of_any_protocol() {
    let _place = place();
    let service = "--protocol-service 47:10.0.0.1:80";
    ipvsadm(&format!("-A {service} -s rr"));
    ipvsadm(&format!("-a {service} -r 10.1.0.1:81 -m"));
    ipvsadm(&format!("-e {service} -r 10.1.0.1:81 -m -w 7"));
    ipvsadm(&format!("-E {service} -s wlc"));
    ipvsadm(&format!("-Z {service}"));
    let shown = ipvsadm(&format!("-Ln {service}")).stdout;
    assert!(
        shown.contains("10.0.0.1:80 wlc") && shown.contains("10.1.0.1:81"),
        "{shown}"
    );
    let saved = ipvsadm("-Sn").stdout;
    assert_eq!(
        saved,
        format!("-A {service} -s wlc\n-a {service} -r 10.1.0.1:81 -m -w 7\n")
    );
    ipvsadm(&format!("-d {service} -r 10.1.0.1:81"));
    ipvsadm(&format!("-D {service}"));
    assert_eq!(ipvsadm("-Sn").stdout, "");
}

#[test]
fn a_mark_of_0_that_another_program_sets_is_a_service_of_no_address() {
    let _place = place();
    // IPVS_CMD_NEW_SERVICE with AF, FWMARK, SCHED_NAME, FLAGS, TIMEOUT, NETMASK
    let number = |kind, value: u32| Attribute::new(kind, value.to_ne_bytes());
    let service = [
        Attribute::new(1, 2_u16.to_ne_bytes()),
        number(5, 0),
        Attribute::new(6, *b"rr\0"),
        Attribute::new(7, [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
        number(8, 0),
        number(9, u32::MAX),
    ];
    let service = [Attribute::nested(1, &service)];
    Netlink::generic().ask(ipvs_family(), 1, &service).unwrap();

    let services = Client::open().unwrap().table().unwrap();
    let [entry] = &services[..] else {
        panic!("{services:?}")
    };
    assert!(matches!(entry.service.id, VirtualId::Endpoint { .. }));
    assert_eq!(entry.service.id.port(), Some(0));
    let shown = ipvsadm("-Ln").stdout;
    assert!(shown.contains("0.0.0.0:0"), "{shown}");
    let saved = ipvsadm("-Sn").stdout;
    let made = kernel_table();
    ipvsadm("-C");
    run(Program::Ours, ["-R"], &saved).succeeded();
    assert_same(&made, &|| saved.clone());
}

#[test]
fn the_reference_refuses_what_it_would_lose() {
    let _place = place();
    for line in [
        "-A -t 10.0.0.1:80 -s rr --raw persistent=0",
        "-A --protocol-service 47:10.0.0.1:80 -s rr",
    ] {
        let outcome = run(Program::Reference, words(line), "");
        assert_ne!(outcome.status, 0, "{line}");
        assert_eq!(ipvsadm("-Sn").stdout, "", "{line}");
    }
}

/// Makes a table in place of the one that there is. Linux 7.2 refuses some of
/// what earlier kernels take; returns how much of it.
#[track_caller]
fn make(changes: &[Change]) -> usize {
    let mut client = Client::open().unwrap();
    client.apply(&Change::Clear).unwrap();
    let mut refused = 0;
    let sent = client.apply_all(changes, |place, error| {
        assert!(
            error.errno() == Some(EINVAL),
            "{:?}: {error}",
            changes[place]
        );
        refused += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(sent.unwrap(), changes.len());
    refused
}

const EINVAL: i32 = 22;

#[track_caller]
fn assert_same(made: &Table, story: &dyn Fn() -> String) {
    let changes = made.changes_to(&kernel_table());
    let differs = |line: &str| line.starts_with("    - ") || line.starts_with("    + ");
    assert!(!changes.lines().any(differs), "{}\n{changes}", story());
}
