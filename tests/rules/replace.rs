use std::ops::ControlFlow;

use ipvs::model::ServiceEntry;
use ipvs::plan::plan;
use ipvs::plan::transaction::{Cause, Outcome, replace};
use proptest::prelude::*;

use super::kernel::{Kernel, Refusal};
use super::plan::exactly;
use super::tables::{describe, pairs, plain, saved, table};

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

fn drive(kernel: &mut Kernel, rules: &str, stop: bool) -> Outcome<Refusal> {
    let before = kernel.table.clone();
    let steps = plan(before.clone(), describe(rules).unwrap().table);
    replace(kernel, &steps, &mut |_| flow(stop))
}

#[test]
fn a_table_is_replaced() {
    let mut kernel = Kernel::with(&table(A));
    let outcome = drive(&mut kernel, B, false);
    assert!(matches!(outcome, Outcome::Done), "{outcome:?}");
    assert_eq!(plain(&kernel.table), plain(&table(B)));
    let asked = kernel.asked;
    drive(&mut kernel, B, false);
    assert_eq!(kernel.asked, asked);
}

#[test]
fn a_refusal_takes_everything_back() {
    let before = table(A);
    for refused in 0..4 {
        let mut kernel = Kernel::with(&before);
        kernel.refuses = vec![refused];
        let outcome = drive(&mut kernel, B, false);
        let Outcome::Undone(Cause::Refused { step, error }) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((step, error), (refused, "EINVAL"));
        assert_eq!(exactly(&kernel.table), exactly(&before));
    }
}

#[test]
fn what_cannot_be_taken_back_is_named() {
    let mut kernel = Kernel::with(&table(A));
    // The last of four changes, then the first of those that undo the others.
    kernel.refuses = vec![3, 4];
    let outcome = drive(&mut kernel, B, false);
    let Outcome::Stuck { cause, left, lost } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(matches!(cause, Cause::Refused { step: 3, .. }));
    assert_eq!(left.len(), 1);
    assert!(lost.is_none());
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
    let steps = plan(before.clone(), describe(&many(2)).unwrap().table);
    let mut seen = Vec::new();
    let outcome = replace(&mut kernel, &steps, &mut |done| {
        seen.push(done);
        flow(seen.len() > 2)
    });
    assert!(
        matches!(outcome, Outcome::Undone(Cause::Interrupted)),
        "{outcome:?}"
    );
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
    let outcome = drive(&mut kernel, B, true);
    assert!(matches!(outcome, Outcome::Undone(Cause::Interrupted)));
    assert_eq!(kernel.asked, 0);
}

/// Breaks off once, then answers again.
struct Unsteady(Kernel);

impl ipvs::plan::transaction::Apply for Unsteady {
    type Error = Refusal;

    fn apply_all(
        &mut self,
        changes: &[&ipvs::model::Change],
        refused: &mut dyn FnMut(usize, Refusal) -> ControlFlow<()>,
    ) -> Result<usize, Refusal> {
        let answer = self.0.apply_all(changes, refused);
        self.0.dies_after = None;
        answer
    }
}

fn check_lost(before: &[ServiceEntry], rules: &str, at: usize) {
    let mut kernel = Unsteady(Kernel::with(before));
    kernel.0.dies_after = Some(at);
    let steps = plan(before.to_vec(), describe(rules).unwrap().table);
    let outcome = replace(&mut kernel, &steps, &mut |_| flow(false));
    if at < steps.len() {
        assert!(
            matches!(outcome, Outcome::Undone(Cause::Lost("EPIPE"))),
            "{outcome:?}"
        );
        assert_eq!(exactly(&kernel.0.table), exactly(before));
    } else {
        assert!(matches!(outcome, Outcome::Done), "{outcome:?}");
    }
}

#[test]
fn a_kernel_that_says_no_more_is_reported() {
    let mut kernel = Kernel::with(&table(A));
    kernel.dies_after = Some(2);
    let outcome = drive(&mut kernel, B, false);
    let Outcome::Stuck { cause, left, lost } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(matches!(cause, Cause::Lost("EPIPE")));
    assert!(left.is_empty());
    assert_eq!(lost, Some("EPIPE"));
}

proptest! {
    #[test]
    fn whatever_is_refused_the_table_is_as_before(
        (before, wanted) in pairs(),
        refused in proptest::collection::vec(0..30_usize, 1..3),
    ) {
        let rules = saved(&wanted);
        let steps = plan(before.clone(), describe(&rules).unwrap().table);
        let first = *refused.iter().min().unwrap();
        let mut kernel = Kernel::with(&before);
        // Refusals among the undoing changes are another test.
        kernel.refuses = refused.into_iter().filter(|at| *at < steps.len()).collect();
        let outcome = replace(&mut kernel, &steps, &mut |_| flow(false));
        match outcome {
            Outcome::Done => prop_assert!(kernel.refuses.is_empty()),
            Outcome::Undone(Cause::Refused { step, .. }) => {
                prop_assert_eq!(step, first);
                prop_assert_eq!(exactly(&kernel.table), exactly(&before));
            }
            // The second refusal was of an undoing change.
            Outcome::Stuck { .. } => prop_assert_eq!(kernel.refuses.len(), 2),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn wherever_the_conversation_breaks_the_table_is_as_before(
        (before, wanted) in pairs(),
        at in 0..30_usize,
    ) {
        check_lost(&before, &saved(&wanted), at);
    }
}
