use std::collections::BTreeSet;

use ipvs::model::{Change, Counts, DestinationEntry, ServiceEntry};
use ipvs::plan::Plan;
use ipvs::plan::scope::{Removals, Scope, Weights};
use ipvs::plan::wanted::Table;
use ipvs::rules::ChangeRule;
use ipvsadm::names::Numeric;
use proptest::prelude::*;

use super::kernel::Kernel;
use super::tables::{
    Plain, check_within, describe, identities, pairs, plain, saved, subject, table,
};

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

fn scope(only: &[&str], weights: Weights, removals: Removals) -> Scope {
    Scope {
        only: only.iter().map(|word| word.parse().unwrap()).collect(),
        weights,
        removals,
    }
}

/// What rules describe within a scope; none may be wrong.
fn within(scope: Scope, rules: &str) -> Table {
    let checked = check_within(scope, rules);
    assert_eq!(checked.wrong, []);
    checked.rules.table
}

/// The plan within a scope, as rules.
fn planned_within(scope: Scope, current: &str, wanted: &str) -> Vec<String> {
    let wanted = within(scope, wanted);
    let plan = Plan::between(table(current), &wanted);
    let shown = |change: &Change| ChangeRule::new(change, &Numeric).to_string();
    changes(&plan).iter().map(shown).collect()
}

#[test]
fn services_out_of_scope_are_left() {
    let marks = scope(&["fwmark:1-9"], Weights::Wanted, Removals::Made);
    assert_eq!(planned_within(marks.clone(), A, ""), ["-D -f 1"]);
    assert_eq!(
        planned_within(marks, A, "-A -f 2 -s rr"),
        ["-A -f 2 -s rr", "-D -f 1"]
    );
    let both = scope(
        &["fwmark:7", "10.0.0.0/24"],
        Weights::Wanted,
        Removals::Made,
    );
    assert_eq!(planned_within(both, A, ""), ["-D -t 10.0.0.1:80"]);
}

#[test]
fn rules_out_of_scope_are_wrong() {
    let scope = scope(&["10.0.0.0/24"], Weights::Wanted, Removals::Made);
    let rules = "\
        -C\n\
        -A -t 10.0.0.1:80\n\
        -a -t 10.0.1.1:80 -r 10.1.0.1\n\
        -A -f 1\n\
        -Z\n\
        -Z -t 10.0.0.1:80\n\
        --set 1 2 3\n";
    let wrong = check_within(scope, rules).wrong;
    let wrong: Vec<_> = wrong.iter().map(ToString::to_string).collect();
    assert_eq!(
        wrong,
        [
            "line 3: -t 10.0.1.1:80 is not one of the services of --only",
            "line 4: -f 1 is not one of the services of --only",
            "line 5: this has an effect beyond the services of --only",
            "line 7: this has an effect beyond the services of --only",
        ]
    );
}

#[test]
fn nothing_is_removed_where_removals_are_left_out() {
    let scope = scope(&[], Weights::Wanted, Removals::LeftOut);
    let wanted = "-A -t 10.0.0.1:80 -s wrr\n-a -t 10.0.0.1:80 -r 10.1.0.1 -m\n";
    assert_eq!(
        planned_within(scope, A, wanted),
        ["-E -t 10.0.0.1:80 -s wrr"]
    );
}

#[test]
fn servers_that_stay_keep_their_weights() {
    let scope = scope(&[], Weights::Kept, Removals::Made);
    let current = "\
        -A -f 1 -s rr\n\
        -a -f 1 -r 10.1.0.1:80 -m -w 0\n\
        -a -f 1 -r 10.1.0.2:80 -m -w 7\n\
        -a -f 1 -r 10.1.0.3:80 -m -w 3\n";
    let wanted = "\
        -A -f 1 -s rr\n\
        -a -f 1 -r 10.1.0.1:80 -m -w 1 -x 9\n\
        -a -f 1 -r 10.1.0.2:80 -m -w 1\n\
        -a -f 1 -r 10.1.0.4:80 -m -w 5\n";
    assert_eq!(
        planned_within(scope, current, wanted),
        [
            "-a -f 1 -r 10.1.0.4:80 -m -w 5",
            "-e -f 1 -r 10.1.0.1:80 -m -w 0 -x 9",
            "-d -f 1 -r 10.1.0.3:80",
        ]
    );
}

/// The rows of a table that a scope covers, or the others.
fn part(table: &[ServiceEntry], scope: &Scope, covered: bool) -> Vec<ServiceEntry> {
    let rows = table.iter();
    let rows = rows.filter(|row| scope.covers(&row.service.id) == covered);
    rows.cloned().collect()
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

proptest! {
    #[test]
    fn a_plan_within_a_scope_leads_to_its_part_of_the_wanted_table((current, wanted) in pairs()) {
        let scope = scope(
            &["10.0.0.1", "::/16", "fwmark:2-9"],
            Weights::Wanted,
            Removals::Made,
        );
        let wanted = part(&wanted, &scope, true);
        let table = within(scope.clone(), &saved(&wanted));
        let plan = Plan::between(current.clone(), &table);
        let mut kernel = Kernel::with(&current);
        for change in &changes(&plan) {
            kernel.apply(change).unwrap();
        }
        prop_assert_eq!(plain(&part(&kernel.table, &scope, true)), plain(&wanted));
        prop_assert_eq!(
            exactly(&part(&kernel.table, &scope, false)),
            exactly(&part(&current, &scope, false))
        );
        prop_assert!(Plan::between(kernel.table.clone(), &table).is_empty());
    }

    #[test]
    fn a_plan_with_kept_weights_and_no_removals_adds_and_edits((current, wanted) in pairs()) {
        let scope = scope(&[], Weights::Kept, Removals::LeftOut);
        let table = within(scope, &saved(&wanted));
        let plan = Plan::between(current.clone(), &table);
        let mut kernel = Kernel::with(&current);
        for change in &changes(&plan) {
            kernel.apply(change).unwrap();
        }
        let all = &identities(&current) | &identities(&wanted);
        prop_assert_eq!(identities(&kernel.table), all);
        for before in &current {
            let after = kernel.table.iter().find(|row| row.service.id == before.service.id);
            for server in &before.destinations {
                let server = server.destination;
                let is_same = |row: &&DestinationEntry| {
                    (row.destination.address, row.destination.port)
                        == (server.address, server.port)
                };
                let now = after.and_then(|row| row.destinations.iter().find(is_same));
                let weight = now.map(|row| row.destination.weight);
                prop_assert_eq!(weight, Some(server.weight));
            }
        }
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
