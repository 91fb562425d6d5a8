//! Rules of which some can't be carried out: what becomes of the others, what is
//! said, and with which status it ends.

use std::fs;

use crate::support::{Namespace, Outcome, Program, TIMEOUT, finish, kernel_table, run, words};

/// Lines that can't be loaded: a wrong word, a module that no kernel has, what
/// hangs on these two, a name that nothing knows.
const BAD: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1
-A -t 10.0.0.2:80 -s rr -w
-a -t 10.0.0.2:80 -r 10.1.0.1:80 -m -w 1
-A -t nosuch.invalid:80 -s rr
-A -f 1 -s rr
-a -f 1 -r 10.1.0.1:0 -g -w 1
-A -t [2001:db8::1]:80 -s rr
";

/// The same without wrong words.
const REFUSED: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1
-A -t 10.0.0.2:80 -s nosuch
-a -t 10.0.0.2:80 -r 10.1.0.1:80 -m -w 1
-A -f 1 -s rr
-a -f 1 -r 10.1.0.1:0 -g -w 1
";

const LOADED: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1
-A -f 1 -s rr
-a -f 1 -r 10.1.0.1:0 -g -w 1
";

const USED: &str = "-A -t 10.0.0.9:80 -s rr\n";

fn fresh() -> Namespace {
    let namespace = Namespace::fresh();
    namespace.name_hosts("127.0.0.1 localhost\n");
    namespace
}

/// Runs our program under this name, from this table.
fn from(table: &str, line: &str, rules: &str) -> Outcome {
    run(Program::Ours, ["-C"], "").succeeded();
    run(Program::Ours, ["-R"], table).succeeded();
    let mut words = words(line);
    let name = words.remove(0);
    let name = ["ipvsadm", "ipvsadm-restore"]
        .into_iter()
        .find(|known| **known == name)
        .unwrap();
    let mut command = Program::Ours.command(name);
    command.args(words);
    finish(command, rules.as_bytes(), TIMEOUT)
}

fn saved() -> String {
    let mut lines: Vec<String> = run(Program::Ours, ["-Sn"], "")
        .succeeded()
        .stdout
        .lines()
        .map(|line| format!("{line}\n"))
        .collect();
    lines.sort();
    lines.concat()
}

fn sorted(rules: &str) -> String {
    let mut lines: Vec<String> = rules.lines().map(|line| format!("{line}\n")).collect();
    lines.sort();
    lines.concat()
}

/// Its status, the starts of the lines on stderr, and the table it leaves.
#[track_caller]
fn expect(outcome: &Outcome, status: i32, starts: &[&str], table: &str) {
    assert_eq!(outcome.status, status, "{outcome}");
    let said: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(said.len(), starts.len(), "{outcome}");
    for (line, start) in said.iter().zip(starts) {
        assert!(line.starts_with(start), "{line} is not {start}");
    }
    assert_eq!(saved(), sorted(table), "{outcome}");
}

#[test]
fn into_an_empty_table_what_can_be_loaded_is() {
    let _namespace = fresh();
    let loaded = format!("{LOADED}-A -t [2001:db8::1]:80 -s rr\n");
    // What is replaced is described first; what is carried out is refused later.
    let described = &[
        "line 3: -w: missing argument",
        "line 4: Service not defined: -t 10.0.0.2:80",
        "line 5: illegal virtual server address[:port] specified: nosuch.invalid:80",
    ];
    let carried_out = &[
        "line 3: -w: missing argument",
        "line 5: illegal virtual server address[:port] specified: nosuch.invalid:80",
        "line 4: Service not defined",
    ];
    expect(&from("", "ipvsadm-restore", BAD), 2, described, &loaded);
    expect(
        &from("", "ipvsadm -R --replace", BAD),
        2,
        described,
        &loaded,
    );
    expect(
        &from("", "ipvsadm-restore --clear", BAD),
        2,
        carried_out,
        &loaded,
    );
    expect(&from("", "ipvsadm -R", BAD), 2, carried_out, &loaded);
}

#[test]
fn into_an_empty_table_what_the_kernel_refuses_is_passed_over() {
    let _namespace = fresh();
    let said = &[
        "line 3: Scheduler or persistence engine not found",
        "line 4: Service not defined",
    ];
    expect(&from("", "ipvsadm-restore", REFUSED), 255, said, LOADED);
    expect(
        &from("", "ipvsadm-restore --clear", REFUSED),
        255,
        said,
        LOADED,
    );
    expect(
        &from("", "ipvsadm -R --replace", REFUSED),
        255,
        said,
        LOADED,
    );
    expect(&from("", "ipvsadm -R", REFUSED), 0, said, LOADED);
    expect(&from("", "ipvsadm -R --strict", REFUSED), 255, said, LOADED);
    // Words count more than what the kernel says.
    let both = format!("{REFUSED}-A -t x\n");
    let outcome = from("", "ipvsadm-restore", &both);
    assert_eq!((outcome.status, saved()), (2, sorted(LOADED)), "{outcome}");
}

#[test]
fn strict_is_all_or_nothing_in_an_empty_table_too() {
    let _namespace = fresh();
    for line in [
        "ipvsadm-restore --strict",
        "ipvsadm-restore --strict --clear",
        "ipvsadm -R --strict --replace",
        "ipvsadm -R --strict",
    ] {
        let outcome = from("", line, BAD);
        assert_eq!(
            (outcome.status, saved().as_str()),
            (2, ""),
            "{line}\n{outcome}"
        );
    }
    for line in ["ipvsadm-restore --strict", "ipvsadm -R --strict --replace"] {
        let outcome = from("", line, REFUSED);
        assert_eq!(
            (outcome.status, saved().as_str()),
            (255, ""),
            "{line}\n{outcome}"
        );
        assert!(outcome.complaint().contains("rolled back"), "{outcome}");
    }
}

#[test]
fn into_a_table_in_use_it_is_all_or_nothing() {
    let _namespace = fresh();
    for line in ["ipvsadm-restore", "ipvsadm-restore --clear", "ipvsadm -R"] {
        let outcome = from(USED, line, BAD);
        assert_eq!(
            (outcome.status, saved().as_str()),
            (2, USED),
            "{line}\n{outcome}"
        );
    }
    let outcome = from(USED, "ipvsadm-restore", REFUSED);
    assert_eq!((outcome.status, saved().as_str()), (255, USED), "{outcome}");
}

#[test]
fn a_repeated_line_is_passed_over_everywhere() {
    let _namespace = fresh();
    let rules = format!("{LOADED}{LOADED}");
    let passed_over: Vec<String> = [1, 2, 3, 4]
        .map(|line| format!("line {}: repeats line {line}, and is passed over", line + 4))
        .into();
    let passed_over: Vec<&str> = passed_over.iter().map(String::as_str).collect();
    for table in ["", USED] {
        for line in [
            "ipvsadm-restore",
            "ipvsadm-restore --strict",
            "ipvsadm -R --replace",
        ] {
            expect(&from(table, line, &rules), 0, &passed_over, LOADED);
        }
        let refused = &[
            "line 5: Service already exists",
            "line 6: Destination already exists",
            "line 7: Service already exists",
            "line 8: Destination already exists",
        ];
        expect(
            &from(table, "ipvsadm-restore --clear", &rules),
            0,
            refused,
            LOADED,
        );
        let both = format!("{table}{LOADED}");
        expect(
            &from(table, "ipvsadm -R --strict", &rules),
            0,
            refused,
            &both,
        );
        // As 1.31: what counts is the last line.
        expect(&from(table, "ipvsadm -R", &rules), 255, refused, &both);
        let more = format!("{rules}-A -t 10.0.0.7:80 -s rr\n");
        let both = format!("{both}-A -t 10.0.0.7:80 -s rr\n");
        expect(&from(table, "ipvsadm -R", &more), 0, refused, &both);
    }
    let other = format!("{LOADED}-A -f 1 -s wrr\n-A -f 2 -s rr\n");
    let outcome = from(USED, "ipvsadm -R --strict", &other);
    assert_eq!(outcome.status, 255, "{outcome}");
    let outcome = from("", "ipvsadm-restore --check", &rules);
    assert_eq!(outcome.status, 0, "{outcome}");
    assert_eq!(outcome.stderr.lines().count(), 4, "{outcome}");
}

#[test]
fn the_status_of_restoring_in_place_is_that_of_the_last_line() {
    let _namespace = fresh();
    for (rules, status) in [
        ("-D -f 1\n-A -f 1\n", 0),
        ("-A -f 1\n-D -f 2\n", 255),
        ("-A -f 1\n-D -f 2\n\n# end\nipvsadm\n", 255),
        ("-D -f 2\n-L -n\n", 0),
        ("-L -f 2\n", 1),
        ("-L -f 2\n-A -f 1\n", 1),
        ("-D -f 2\n-v\n-D -f 2\n", 0),
        ("-A -f 1\n-Z -f 3\n", 255),
        ("-A -f 1\n--stop-daemon master\n", 255),
        ("", 0),
    ] {
        run(Program::Ours, ["-C"], "").succeeded();
        let reference = run(Program::Reference, ["-R"], rules);
        assert_eq!(reference.status, status, "{rules}\n{reference}");
        run(Program::Ours, ["-C"], "").succeeded();
        let ours = run(Program::Ours, ["-R"], rules);
        assert_eq!(ours.status, status, "{rules}\n{ours}");
        let strict = from("", "ipvsadm -R --strict", rules);
        let failed = strict.stderr.lines().count() > 0;
        assert_eq!(
            strict.status,
            if failed { 255 } else { 0 },
            "{rules}\n{strict}"
        );
    }
}

#[test]
fn what_concerns_a_service_that_goes_again_is_no_failure() {
    let _namespace = fresh();
    let rules = "\
-A -t 10.0.0.1:80 -s rr
-A -f 1 -s rr
-Z -t 10.0.0.1:80
-Z -f 1
-L -n -t 10.0.0.1:80
-D -t 10.0.0.1:80
";
    for table in ["", USED, "-A -t 10.0.0.1:80 -s rr\n"] {
        let outcome = from(table, "ipvsadm-restore", rules);
        let said = &["line 5: not listed: line 6 deletes the service"];
        expect(&outcome, 0, said, "-A -f 1 -s rr\n");
        assert_eq!(outcome.stdout, "", "{outcome}");
    }
}

#[test]
fn a_file_from_another_machine() {
    let namespace = fresh();
    let file = namespace.folder().join("rules");
    fs::write(&file, format!("\u{feff}{}", LOADED.replace('\n', "\r\n"))).unwrap();
    let outcome = from("", &format!("ipvsadm-restore {}", file.display()), "");
    expect(&outcome, 0, &[], LOADED);
    let before = kernel_table();
    let rules = "-A -t 10.0.0.3:80\u{a0}-s rr\n-A -t 10.0.0.4:80 \u{2013}s rr\n";
    let outcome = run(Program::Ours, ["-R"], rules);
    assert_eq!(
        outcome.stderr,
        "line 1: illegal virtual server address[:port] specified: \
         10.0.0.3:80<U+00A0 no-break space>-s\n\
         line 2: unexpected argument <U+2013 en dash>s\n"
    );
    assert_eq!(kernel_table(), before);
}

#[test]
fn what_comes_after_the_table_does_not_take_it_back() {
    let _namespace = fresh();
    let rules = format!("--start-daemon master --mcast-interface nosuch0\n{LOADED}");
    for start in ["", USED] {
        let said = &["line 1: No such device"];
        expect(&from(start, "ipvsadm-restore", &rules), 255, said, LOADED);
    }
}

#[test]
fn a_scheduler_that_an_edit_takes_away_is_not_asked_for() {
    let _namespace = fresh();
    let rules = "-A -t 10.0.0.1:80 -s nosuch\n-E -t 10.0.0.1:80 -s rr\n";
    let described = "-A -t 10.0.0.1:80 -s rr\n";
    for start in ["", USED] {
        expect(&from(start, "ipvsadm-restore", rules), 0, &[], described);
    }
}
