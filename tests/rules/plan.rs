use std::collections::BTreeSet;

use ipvs::model::{Change, Counts, ServiceEntry};
use ipvs::plan::Plan;
use ipvs::rules::ChangeRule;
use ipvsadm::names::Numeric;
use proptest::prelude::*;

use super::kernel::Kernel;
use super::tables::{Plain, describe, identities, pairs, plain, saved, subject, table};

/// The plan from a table to what rules describe, as rules.
fn planned(current: &str, wanted: &str) -> Vec<String> {
    let wanted = describe(wanted).unwrap().table;
    let plan = Plan::between(table(current), &wanted);
    let shown = |change: &Change| ChangeRule::new(change, &Numeric).to_string();
    changes(&plan).iter().map(shown).collect()
}

pub(crate) fn changes(plan: &Plan<'_>) -> Vec<Change> {
    plan.steps().map(|step| step.change).collect()
}

const A: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m
-A -f 1 -s rr
-a -f 1 -r 10.1.0.1 -m
";

#[test]
fn equal_tables_need_no_change() {
    assert!(planned(A, A).is_empty());
    assert!(planned("", "").is_empty());
}

#[test]
fn additions_come_before_edits_and_edits_before_removals() {
    let wanted = "\
        -A -u 10.0.0.1:53 -s rr\n\
        -a -u 10.0.0.1:53 -r 10.1.0.1:53 -m\n\
        -A -t 10.0.0.1:80 -s wrr\n\
        -a -t 10.0.0.1:80 -r 10.1.0.3:80 -m\n\
        -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 5\n";
    assert_eq!(
        planned(A, wanted),
        [
            "-A -u 10.0.0.1:53 -s rr",
            "-a -u 10.0.0.1:53 -r 10.1.0.1:53 -m -w 1",
            "-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 1",
            "-E -t 10.0.0.1:80 -s wrr",
            "-e -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 5",
            "-D -f 1",
            "-d -t 10.0.0.1:80 -r 10.1.0.1:80",
        ]
    );
}

#[test]
fn a_server_rests_only_when_others_work() {
    let current = "\
        -A -t 10.0.0.1:80 -s rr\n\
        -a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1\n\
        -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 0\n";
    let wanted = "\
        -A -t 10.0.0.1:80 -s rr\n\
        -a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 0\n\
        -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1\n";
    assert_eq!(
        planned(current, wanted),
        [
            "-e -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1",
            "-e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 0",
        ]
    );
}

#[test]
fn the_family_of_a_mark_is_part_of_what_it_is() {
    assert_eq!(
        planned("-A -f 1 -s rr", "-A -f 1 -6 -s rr"),
        ["-A -f 1 -6 -s rr", "-D -f 1"]
    );
}

#[test]
fn every_setting_is_edited_in_place() {
    let service = |options: &str| format!("-A -u 10.0.0.1:80 {options}\n");
    let variants = [
        "-s rr",
        "-s sh",
        "-s sh -b sh-port",
        "-s rr -p 9",
        "-s rr -p 10",
        "-s rr -o",
        "-s rr -p 9 -M 255.255.0.0",
        "-s rr -p 9 --pe sip",
        "-s rr -b flag-2",
    ];
    for (at, from) in variants.iter().enumerate() {
        for to in &variants[..at] {
            let steps = planned(&service(from), &service(to));
            assert_eq!(steps.len(), 1, "{from} to {to}: {steps:?}");
            assert!(steps[0].starts_with("-E"), "{from} to {to}: {steps:?}");
        }
    }
    let server =
        |options: &str| format!("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 {options}\n");
    let variants = [
        "-m",
        "-g",
        "-i",
        "-m -w 0",
        "-m -x 5",
        "-m -x 5 -y 3",
        "-i --tun-type gue --tun-port 9",
        "-i --tun-type gue --tun-port 8",
        "-i --tun-type gre",
        "-i --tun-type gre --tun-csum",
    ];
    for (at, from) in variants.iter().enumerate() {
        for to in &variants[..at] {
            let steps = planned(&server(from), &server(to));
            assert_eq!(steps.len(), 1, "{from} to {to}: {steps:?}");
            assert!(steps[0].starts_with("-e"), "{from} to {to}: {steps:?}");
        }
    }
}

#[test]
fn what_has_no_effect_is_not_changed() {
    assert!(planned("-A -f 1 -s rr -M 255.0.0.0", "-A -f 1 -s rr").is_empty());
    assert!(planned("-A -f 1 -s rr", "-A -f 1 -s rr -M 255.0.0.0").is_empty());
    assert!(
        planned(
            "-A -f 1 -s sh -b sh-port,flag-3",
            "-A -f 1 -s sh -b sh-port"
        )
        .is_empty()
    );
}

#[test]
fn steps_know_their_lines() {
    let current = table(A);
    let wanted = "\n-A -f 1 -s wrr\n# x\n-a -f 1 -r 10.1.0.1 -m\n-e -f 1 -r 10.1.0.1 -g\n";
    let wanted = describe(wanted).unwrap().table;
    let plan = Plan::between(current, &wanted);
    let lines: Vec<_> = plan.steps().map(|step| step.line).collect();
    assert_eq!(lines, [Some(2), Some(5), None]);
}

#[test]
fn changes_are_counted_by_kind() {
    let current = table(A);
    let wanted = "-A -f 1 -s wrr\n-a -f 1 -r 10.1.0.2 -m\n";
    let wanted = describe(wanted).unwrap().table;
    let counts = Counts::of(&changes(&Plan::between(current, &wanted)));
    assert_eq!(counts.to_string(), "1 addition, 1 edit, 2 removals");
    assert_eq!(
        Counts::of(&[Change::Clear, Change::Zero(None)]).to_string(),
        "0 additions, 0 edits, 1 removal"
    );
}

/// The rules that both tables have, with at least the servers that both have.
fn common(one: &Plain, other: &Plain) -> Plain {
    let both = one.iter().filter_map(|(service, servers)| {
        let others = other.get(service)?;
        let servers = servers.intersection(others).cloned().collect();
        Some((service.clone(), servers))
    });
    both.collect()
}

fn holds(table: &Plain, least: &Plain) -> bool {
    least.iter().all(|(service, servers)| {
        let there = table.get(service);
        there.is_some_and(|there| servers.is_subset(there))
    })
}

/// How many rows differ: no plan can be shorter.
fn differences(current: &[ServiceEntry], wanted: &[ServiceEntry]) -> usize {
    let (from, to) = (identities(current), identities(wanted));
    let services: BTreeSet<_> = to.iter().map(|(id, _)| id).collect();
    let added = to.difference(&from).count();
    // The servers of a deleted service go with it.
    let removed = from.difference(&to);
    let removed = removed.filter(|(id, server)| server.is_none() || services.contains(id));
    let rules = |table: &[ServiceEntry]| -> BTreeSet<String> {
        saved(table).lines().map(str::to_owned).collect()
    };
    let kept = from.intersection(&to).count();
    let same = rules(current).intersection(&rules(wanted)).count();
    added + removed.count() + kept - same
}

proptest! {
    #[test]
    fn a_plan_leads_to_the_wanted_table((current, wanted) in pairs()) {
        let rules = saved(&wanted);
        let table = describe(&rules).unwrap().table;
        let plan = Plan::between(current.clone(), &table);
        let steps = changes(&plan);
        prop_assert_eq!(plan.len(), steps.len());
        prop_assert_eq!(steps.len(), differences(&current, &wanted));
        let subjects: BTreeSet<_> = steps.iter().map(subject).collect();
        prop_assert_eq!(subjects.len(), steps.len(), "something is changed twice");

        let least = common(&plain(&current), &plain(&wanted));
        let rows = &identities(&current) & &identities(&wanted);
        let mut kernel = Kernel::with(&current);
        for change in &steps {
            kernel.apply(change).unwrap();
            prop_assert!(holds(&plain(&kernel.table), &least));
            prop_assert!(identities(&kernel.table).is_superset(&rows));
        }
        prop_assert_eq!(plain(&kernel.table), plain(&wanted));
        // And then there is nothing left to do.
        prop_assert!(Plan::between(kernel.table.clone(), &table).is_empty());
    }
}

/// Everything that the kernel lists, even what has no effect.
pub(crate) fn exactly(table: &[ServiceEntry]) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for row in table {
        rows.insert(format!("{:?}", row.service));
        for server in &row.destinations {
            rows.insert(format!("{:?} {:?}", row.service.id, server.destination));
        }
    }
    rows
}
