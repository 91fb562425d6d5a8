//! `--only`, `--keep-weights` and `--no-remove`: a restore beside others.

use crate::director::{ipvsadm, place, restore, saved_by_reference, sorted};
use crate::support::{Outcome, Program, TIMEOUT, finish, run, words};

/// Two programs' services: those of 192.0.2.0/24 and the marks up to 9 are ours.
const SHARED: &str = "\
-A -t 192.0.2.80:80 -s wlc
-a -t 192.0.2.80:80 -r 192.168.10.11:80 -m -w 7
-a -t 192.0.2.80:80 -r 192.168.10.12:80 -m -w 0
-A -u 192.0.2.53:53 -s rr
-a -u 192.0.2.53:53 -r 192.168.10.53:53 -m -w 1
-A -f 7 -s rr
-a -f 7 -r 192.168.10.11:0 -g -w 1
-A -t 198.51.100.1:80 -s sh
-a -t 198.51.100.1:80 -r 192.168.20.1:80 -m -w 3
-A -f 77 -s rr
-A -t [2001:db8::1]:80 -s rr
";

/// What is ours as it is to be: a server comes and one goes, a threshold is set,
/// the name service and the mark go.
const OURS: &str = "\
-A -t 192.0.2.80:80 -s wlc
-a -t 192.0.2.80:80 -r 192.168.10.12 -m -w 5 -x 100
-a -t 192.0.2.80:80 -r 192.168.10.13 -m -w 5
";

/// Replaces the shared table in both ways, from `wanted` with these options;
/// gives the rules by the reference afterwards.
#[track_caller]
fn replaced(options: &str, wanted: &str) -> String {
    let _place = place();
    let tables = ["ipvsadm -R --replace", "ipvsadm-restore"].map(|typed| {
        run(Program::Ours, ["-C"], "").succeeded();
        restore(SHARED);
        typed_as(typed, options, wanted).succeeded();
        ordered(&ipvsadm("-Sn").stdout)
    });
    assert_eq!(tables[0], tables[1]);
    let [table, _] = tables;
    // The reference saves no thresholds.
    let without_thresholds = table.replace(" -x 100", "");
    assert_eq!(ordered(&saved_by_reference()), without_thresholds);
    table
}

fn typed_as(typed: &str, options: &str, wanted: &str) -> Outcome {
    let mut line = words(typed);
    let mut command = Program::Ours.command(&line.remove(0));
    command.args(line).args(words(options));
    finish(command, wanted.as_bytes(), TIMEOUT)
}

/// Rules in an order that tables can be compared by.
fn ordered(rules: &str) -> String {
    sorted(rules.trim_end()).join("\n")
}

/// The shared table less the lines with these words, and with these.
fn shared(without: &[&str], with: &str) -> String {
    let is_kept = |line: &&str| !without.iter().any(|words| line.contains(words));
    let kept: Vec<_> = SHARED.lines().filter(is_kept).collect();
    ordered(&format!("{}\n{with}", kept.join("\n")))
}

const OURS_ONLY: &str = "--only 192.0.2.0/24 --only fwmark:1-9";

#[test]
fn the_services_of_others_are_left() {
    let made = "-a -t 192.0.2.80:80 -r 192.168.10.12:80 -m -w 5 -x 100\n\
                -a -t 192.0.2.80:80 -r 192.168.10.13:80 -m -w 5\n";
    assert_eq!(
        replaced(OURS_ONLY, OURS),
        shared(&["-a -t 192.0.2.80", "-u 192", "-f 7 "], made)
    );
    // The marks are others' this time.
    assert_eq!(
        replaced("--only=192.0.2.80", OURS),
        shared(&["-a -t 192.0.2.80"], made)
    );
}

#[test]
fn weights_that_a_health_checker_set_are_kept() {
    let made = "-a -t 192.0.2.80:80 -r 192.168.10.12:80 -m -w 0 -x 100\n\
                -a -t 192.0.2.80:80 -r 192.168.10.13:80 -m -w 5\n";
    assert_eq!(
        replaced(&format!("{OURS_ONLY} --keep-weights"), OURS),
        shared(&["-a -t 192.0.2.80", "-u 192", "-f 7 "], made)
    );
}

#[test]
fn nothing_is_removed() {
    let made = "-a -t 192.0.2.80:80 -r 192.168.10.12:80 -m -w 5 -x 100\n\
                -a -t 192.0.2.80:80 -r 192.168.10.13:80 -m -w 5\n";
    assert_eq!(
        replaced("--no-remove", OURS),
        shared(&["192.168.10.12"], made)
    );
}

#[test]
fn rules_for_the_services_of_others_change_nothing() {
    let _place = place();
    restore(SHARED);
    let before = ipvsadm("-Sn").stdout;
    let rules = format!("{OURS}-A -t 198.51.100.1:80 -s rr\n--set 1 2 3\n");
    for (typed, more) in [
        ("ipvsadm -R --replace", ""),
        ("ipvsadm-restore", ""),
        ("ipvsadm-restore", "--check"),
    ] {
        let outcome = typed_as(typed, &format!("{OURS_ONLY} {more}"), &rules);
        assert_eq!(outcome.status, 2, "{outcome}");
        for wrong in [
            "line 4: -t 198.51.100.1:80 is not one of the services of --only\n",
            "line 5: this has an effect beyond the services of --only\n",
        ] {
            assert!(outcome.stderr.contains(wrong), "{outcome}");
        }
        assert_eq!(ipvsadm("-Sn").stdout, before);
    }
}

#[test]
fn a_dry_run_shows_what_would_be_done() {
    let _place = place();
    restore(SHARED);
    let before = ipvsadm("-Sn").stdout;
    let options = format!("{OURS_ONLY} --keep-weights --no-remove --dry-run");
    let outcome = typed_as("ipvsadm -R --replace", &options, OURS);
    assert_eq!(
        outcome.stdout,
        "-a -t 192.0.2.80:80 -r 192.168.10.13:80 -m -w 5\n\
         -e -t 192.0.2.80:80 -r 192.168.10.12:80 -m -w 0 -x 100\n"
    );
    assert_eq!(outcome.stderr, "1 addition, 1 edit, 0 removals\n");
    assert_eq!(ipvsadm("-Sn").stdout, before);
}
