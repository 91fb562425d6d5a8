use std::ops::ControlFlow;

use ipvs::model::{Change, ServiceEntry, VirtualId};
use ipvs::plan::Plan;
use ipvs::plan::transaction::{Cause, Lost, Outcome, Thing, Undone, replace};
use ipvsadm::cli::RuleCommand;
use proptest::prelude::*;

use super::kernel::Kernel;
use super::plan::{changes, exactly};
use super::tables::{describe, pairs, parse, plain, saved, table};

const A: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m
-A -f 1 -s rr
-a -f 1 -r 10.1.0.1 -m
";
const B: &str = "\
-A -t 10.0.0.1:80 -s wrr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 5
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m
";

fn flow(stop: bool) -> ControlFlow<()> {
    if stop {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

fn drive(director: &mut Kernel, rules: &str, stop: bool) -> Result<(), Box<Undone>> {
    let wanted = describe(rules).unwrap().table;
    match replace(director, &wanted, &mut |_| flow(stop)).unwrap() {
        Outcome::Done => Ok(()),
        Outcome::Undone(undone) => Err(undone),
    }
}

/// How many changes lead from a table to another.
fn steps(before: &[ServiceEntry], rules: &str) -> usize {
    Plan::between(before.to_vec(), &describe(rules).unwrap().table).len()
}

/// The change of this line.
fn change(line: &str) -> Change {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    match parse(&words).unwrap() {
        RuleCommand::Change(change) => change,
        other => panic!("{other:?}"),
    }
}

/// A director from `from` to which others do this when so many changes have been
/// sent.
fn beside(from: &str, others: &[(usize, &str)]) -> Kernel {
    let mut kernel = Kernel::with(&table(from));
    kernel.others = others
        .iter()
        .map(|(when, line)| (*when, change(line)))
        .collect();
    kernel
}

#[test]
fn a_table_is_replaced() {
    let mut kernel = Kernel::with(&table(A));
    drive(&mut kernel, B, false).unwrap();
    assert_eq!(plain(&kernel.table), plain(&table(B)));
    let asked = kernel.asked;
    drive(&mut kernel, B, false).unwrap();
    assert_eq!(kernel.asked, asked);
}

#[test]
fn additions_edits_and_removals_are_never_sent_together() {
    let mut kernel = Kernel::with(&table(A));
    drive(&mut kernel, B, false).unwrap();
    // A server comes, service and server are edited, the mark goes.
    assert_eq!(kernel.datagrams, [1, 2, 1]);
}

#[test]
fn a_refusal_takes_everything_back() {
    let before = table(A);
    for refused in 0..4 {
        let mut kernel = Kernel::with(&before);
        kernel.refuses = vec![refused];
        let undone = drive(&mut kernel, B, false).unwrap_err();
        let Cause::Refused { planned, error } = &undone.cause else {
            panic!("{undone:?}");
        };
        let wanted = describe(B).unwrap().table;
        let plan = Plan::between(before.clone(), &wanted);
        assert_eq!(planned.change, changes(&plan)[refused]);
        assert_eq!(error.errno(), Some(22));
        assert!(undone.remains.is_nothing() && !undone.is_contended);
        assert_eq!(undone.remains.lost, Lost::default());
        assert_eq!(exactly(&kernel.table), exactly(&before));
    }
}

#[test]
fn what_was_removed_and_put_back_is_counted() {
    let before = table("-A -f 1\n-a -f 1 -r 10.1.0.1\n-A -f 2\n-a -f 2 -r 10.1.0.1\n-A -f 3\n");
    let mut kernel = Kernel::with(&before);
    for row in &mut kernel.table {
        for server in &mut row.destinations {
            (server.activity.active, server.activity.inactive) = (3, 4);
        }
    }
    kernel.refuses = vec![2];
    let undone = drive(&mut kernel, "", false).unwrap_err();
    assert!(undone.remains.is_nothing());
    let lost = undone.remains.lost;
    assert_eq!(lost.services, 2);
    assert_eq!(lost.connections, 7 * u64::try_from(lost.servers).unwrap());
    assert_eq!(exactly(&kernel.table), exactly(&before));
}

#[test]
fn what_cannot_be_taken_back_is_named() {
    let mut kernel = Kernel::with(&table(A));
    // The last of four changes, then the first of those that undo the others,
    // each time.
    kernel.refuses = vec![3, 4, 7, 8];
    let undone = drive(&mut kernel, B, false).unwrap_err();
    assert!(matches!(undone.cause, Cause::Refused { .. }), "{undone:?}");
    assert_eq!(undone.remains.left.len(), 1, "{undone:?}");
    assert!(undone.remains.broken.is_none());
}

#[test]
fn what_is_there_already_and_what_is_gone_already_is_done() {
    let others = [
        (0, "-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m"),
        (1, "-D -f 1"),
        (1, "-d -t 10.0.0.1:80 -r 10.1.0.3:80"),
    ];
    let from = format!("{A}-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m\n");
    let mut kernel = beside(&from, &others);
    drive(&mut kernel, B, false).unwrap();
    assert_eq!(plain(&kernel.table), plain(&table(B)));
}

#[test]
fn whatever_others_do_in_between_is_planned_for() {
    for other in [
        "-A -f 9 -6 -s sh",
        "-D -t 10.0.0.1:80",
        "-d -t 10.0.0.1:80 -r 10.1.0.1:80",
        "-a -t 10.0.0.1:80 -r 10.1.0.2:80 -i",
        "-a -f 1 -r 10.1.0.7 -m",
        "-D -f 1",
        "-C",
    ] {
        for when in 0..4 {
            let mut kernel = beside(A, &[(when, other)]);
            drive(&mut kernel, B, false).unwrap();
            // What comes after the reading, beside all that is changed, is later.
            let later = matches!(change(other), Change::AddService(_));
            let is_plain = |row: &ServiceEntry| !later || row.service.id != mark(9);
            kernel.table.retain(is_plain);
            let is_before = when < 1 || matches!(other, "-D -f 1");
            if is_before || later {
                assert_eq!(plain(&kernel.table), plain(&table(B)), "{other} at {when}");
            }
        }
    }
}

fn mark(mark: u32) -> VirtualId {
    VirtualId::Fwmark {
        mark: mark.try_into().unwrap(),
        family: ipvs::model::Family::V6,
    }
}

#[test]
fn it_gives_up_after_some_attempts() {
    // Whenever the server is added, another program was faster and has it
    // otherwise.
    let mut always = Kernel::with(&table(A));
    always.before_reading = Some(change("-d -t 10.0.0.1:80 -r 10.1.0.2:80"));
    always.before_changes = Some(change("-a -t 10.0.0.1:80 -r 10.1.0.2:80 -i"));
    let undone = drive(&mut always, B, false).unwrap_err();
    let Cause::Overtaken { attempts, .. } = undone.cause else {
        panic!("{undone:?}");
    };
    assert_eq!(attempts, 10);
    assert!(undone.is_contended);
}

/// Services 1 to 9 are new; the last is refused.
fn nine() -> String {
    let line = |n| format!("-A -f {n} -s rr\n-a -f {n} -r 10.1.0.1 -m\n");
    (1..=9).map(line).collect()
}

#[test]
fn a_roll_back_leaves_what_others_have_made_of_it() {
    for (other, named) in [
        ("-E -f 2 -s wrr", Thing::Service(v4(2))),
        ("-e -f 2 -r 10.1.0.1 -m -w 7", server(2, "10.1.0.1", 7)),
        ("-a -f 2 -r 10.1.0.9 -m", Thing::Service(v4(2))),
    ] {
        let mut kernel = beside("", &[(7, other)]);
        kernel.refuses = vec![16];
        let undone = drive(&mut kernel, &nine(), false).unwrap_err();
        assert!(undone.remains.left.is_empty(), "{undone:?}");
        assert!(undone.remains.theirs.contains(&named), "{undone:?}");
        let left: Vec<_> = kernel.table.iter().map(|row| row.service.id).collect();
        assert_eq!(left, [v4(2)], "{other}");
        // What another program has put in it stays, what was put in here goes.
        let servers = kernel.table[0].destinations.len();
        assert_eq!(servers, usize::from(!other.starts_with("-E")), "{other}");
    }
}

fn v4(mark: u32) -> VirtualId {
    VirtualId::Fwmark {
        mark: mark.try_into().unwrap(),
        family: ipvs::model::Family::V4,
    }
}

fn server(mark: u32, address: &str, weight: u32) -> Thing {
    let line = format!("-a -f {mark} -r {address} -m -w {weight}");
    match change(&line) {
        Change::AddServer(id, server) => Thing::Server(id, server),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_roll_back_does_not_bring_back_what_others_have_made_anew_or_deleted() {
    // The services of the old table go; the ninth can't.
    let before = nine();
    for (other, left) in [("-A -f 2 -s sh", 1), ("-D -f 2", 0)] {
        let mut kernel = beside(&before, &[]);
        let gone = kernel.table.iter().position(|row| row.service.id == v4(2));
        // It is removed in the order of the listing.
        let when = match left {
            1 => gone.unwrap() + 1,
            _ => gone.unwrap(),
        };
        kernel.others = vec![(when, change(other))];
        kernel.refuses = vec![8];
        let undone = drive(&mut kernel, "", false).unwrap_err();
        assert!(undone.remains.left.is_empty());
        assert_eq!(undone.remains.theirs.len(), left, "{undone:?}");
        let two = kernel.table.iter().find(|row| row.service.id == v4(2));
        assert_eq!(usize::from(two.is_some()), left, "{other}");
        assert!(two.is_none_or(|row| row.destinations.is_empty()));
        assert_eq!(kernel.table.len(), 8 + left);
    }
}

/// A service with more servers than are sent before somebody looks up.
fn many(weight: u32) -> String {
    let mut rules = "-A -f 1 -s rr\n".to_owned();
    for number in 0..2000 {
        let (high, low) = (number / 200, number % 200);
        rules += &format!("-a -f 1 -r 10.1.{high}.{low}:80 -m -w {weight}\n");
    }
    rules
}

#[test]
fn an_interruption_takes_everything_back() {
    let before = table(&many(1));
    let mut kernel = Kernel::with(&before);
    let wanted = describe(&many(2)).unwrap().table;
    let mut seen = Vec::new();
    let outcome = replace(&mut kernel, &wanted, &mut |at| {
        assert_eq!(at.total, 2000);
        seen.push(at.done);
        flow(seen.len() > 2)
    });
    let Ok(Outcome::Undone(undone)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(matches!(undone.cause, Cause::Interrupted), "{undone:?}");
    assert!(undone.remains.is_nothing());
    assert_eq!(exactly(&kernel.table), exactly(&before));
    assert!(
        kernel.asked > 1000 && kernel.asked < 4000,
        "{}",
        kernel.asked
    );
}

#[test]
fn an_interruption_before_the_first_change_changes_nothing() {
    let mut kernel = Kernel::with(&table(A));
    let undone = drive(&mut kernel, B, true).unwrap_err();
    assert!(matches!(undone.cause, Cause::Interrupted) && undone.remains.is_nothing());
    assert_eq!(kernel.asked, 0);
}

fn check_lost(before: &[ServiceEntry], rules: &str, at: usize) {
    let mut kernel = Kernel::with(before);
    kernel.recovers = true;
    kernel.dies_after = (at < steps(before, rules)).then_some(at);
    match drive(&mut kernel, rules, false) {
        Ok(()) => assert!(at >= steps(before, rules)),
        Err(undone) => {
            assert!(matches!(undone.cause, Cause::Lost(_)), "{undone:?}");
            assert!(undone.remains.is_nothing(), "{undone:?}");
            assert_eq!(exactly(&kernel.table), exactly(before));
        }
    }
}

#[test]
fn a_kernel_that_says_no_more_is_reported() {
    let mut kernel = Kernel::with(&table(A));
    kernel.dies_after = Some(2);
    let undone = drive(&mut kernel, B, false).unwrap_err();
    assert!(matches!(undone.cause, Cause::Lost(_)), "{undone:?}");
    assert!(undone.remains.left.is_empty());
    let broken = undone.remains.broken.unwrap();
    assert_eq!(broken.errno(), Some(32));
}

proptest! {
    #[test]
    fn whatever_is_refused_the_table_is_as_before(
        (before, wanted) in pairs(),
        refused in proptest::collection::vec(0..30_usize, 1..3),
    ) {
        let rules = saved(&wanted);
        let steps = steps(&before, &rules);
        let mut kernel = Kernel::with(&before);
        // A change that takes another back may be refused once: it is looked for
        // again.
        kernel.refuses = refused;
        kernel.refuses.sort_unstable();
        let first = kernel.refuses[0];
        match drive(&mut kernel, &rules, false) {
            Ok(()) => prop_assert!(first >= steps),
            Err(undone) if matches!(undone.cause, Cause::Refused { .. }) => {
                prop_assert!(first < steps && undone.remains.is_nothing(), "{:?}", undone);
                prop_assert_eq!(exactly(&kernel.table), exactly(&before));
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn wherever_the_conversation_breaks_the_table_is_as_before(
        (before, wanted) in pairs(),
        at in 0..30_usize,
    ) {
        check_lost(&before, &saved(&wanted), at);
    }

    /// Another program clears all of it in the midst: what is wanted is made, or
    /// nothing is left that was made here.
    #[test]
    fn a_clear_in_the_midst_is_planned_for((before, wanted) in pairs(), at in 0..30_usize) {
        let rules = saved(&wanted);
        let mut kernel = Kernel::with(&before);
        kernel.others = vec![(at, Change::Clear)];
        kernel.refuses = vec![at + 3];
        match drive(&mut kernel, &rules, false) {
            Ok(()) => {}
            Err(undone) => {
                prop_assert!(undone.remains.left.is_empty(), "{:?}", undone);
                let before = exactly(&before);
                prop_assert!(exactly(&kernel.table).is_subset(&before), "{:?}", undone);
            }
        }
    }
}
