use std::time::{Duration, Instant};

use ipvs::model::Change;
use ipvsadm::cli::RuleCommand;
use ipvsadm::rules::restore::{NumberedRule, Remark, read_rules};

use super::tables::{check, describe, parse};

fn lines(remarks: &[Remark]) -> String {
    let lines: Vec<String> = remarks.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Each error on a line, as the user sees them.
fn errors(rules: &str) -> String {
    lines(&check(rules).wrong)
}

/// Each line that is passed over; none may be wrong.
#[track_caller]
fn expect_idle(rules: &str, wanted: &[&str]) {
    let checked = check(rules);
    assert_eq!(
        (lines(&checked.wrong), lines(&checked.idle)),
        (String::new(), wanted.join("\n"))
    );
}

#[track_caller]
fn expect(rules: &str, wanted: &[&str]) {
    assert_eq!(errors(rules), wanted.join("\n"));
}

const SERVICE: &str = "-A -t 10.0.0.1:80 -s rr\n";
const SERVER: &str = "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m\n";

#[test]
fn every_wrong_line_is_reported_with_its_word() {
    expect(
        &format!(
            "{SERVICE}\n\
             -a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w x1 -y 5\n\
             -A -t 10.0.0.1:99999 -s rr\n\
             -A -t 10.0.0.2:80 --sheduler rr\n\
             {SERVER}\
             rubbish\n\
             -A -t 10.0.0.2:80 -s rr extra\n"
        ),
        &[
            "line 3: illegal weight specified: x1",
            "line 4: illegal virtual server address[:port] specified: 10.0.0.1:99999",
            "line 5: --sheduler: unknown option",
            "line 7: no command, -A or -a say, but `rubbish'",
            "line 8: unexpected argument extra",
        ],
    );
}

#[test]
fn a_value_that_is_part_of_its_word_is_shown_as_typed() {
    expect(
        "-A -tnowhere.example:80",
        &["line 1: illegal virtual server address[:port] specified: -tnowhere.example:80"],
    );
}

#[test]
fn a_terminal_obeys_no_word_of_a_rule() {
    expect(
        "-A -t bad\x1b[31m\n-A -t 10.0.0.1:80 \u{9b}31m\n",
        &[
            "line 1: illegal virtual server address[:port] specified: bad\\u{1b}[31m",
            "line 2: unexpected argument \\u{9b}31m",
        ],
    );
}

#[test]
fn broken_text_is_reported_by_line() {
    expect(
        "-A -t 10.0.0.1:80\0\n",
        &["line 1: a NUL byte in the word `10.0.0.1:80\\x00'"],
    );
    let long = "x".repeat(70_000);
    expect(
        &format!("-A -t 10.0.0.1:80 {long}\n"),
        &["line 1: the line is too long: its words have more than 65536 bytes"],
    );
    let long = "x".repeat(60_000);
    let message = errors(&format!("-A -t 10.0.0.1:80 {long}\n"));
    assert!(message.len() < 400, "{message}");
}

#[test]
fn a_service_twice_is_reported() {
    expect(
        &format!("{SERVICE}-A -u 10.0.0.1:80\n-A -t 10.0.0.1:80 -s sh\n"),
        &["line 3: Service already exists: -t 10.0.0.1:80 (line 1)"],
    );
}

#[test]
fn a_server_twice_is_reported() {
    expect(
        &format!("{SERVICE}{SERVER}-a -t 10.0.0.1:80 -r 10.1.0.1 -g\n"),
        &["line 3: Destination already exists: -t 10.0.0.1:80 -r 10.1.0.1:80 (line 2)"],
    );
}

#[test]
fn a_server_twice_among_many_is_reported() {
    let mut rules = SERVICE.to_owned();
    for last in 1..40 {
        rules += &format!("-a -t 10.0.0.1:80 -r 10.1.0.{last}:80 -m\n");
    }
    rules += "-d -t 10.0.0.1:80 -r 10.1.0.3:80\n";
    rules += "-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m\n";
    rules += "-a -t 10.0.0.1:80 -r 10.1.0.30:80 -m -w 2\n";
    expect(
        &rules,
        &["line 43: Destination already exists: -t 10.0.0.1:80 -r 10.1.0.30:80 (line 31)"],
    );
}

#[test]
fn a_server_of_no_service_is_reported() {
    expect(
        &format!("{SERVER}{SERVICE}-a -f 1 -r 10.1.0.1 -m\n"),
        &[
            "line 1: Service not defined: -t 10.0.0.1:80",
            "line 3: Service not defined: -f 1",
        ],
    );
}

#[test]
fn editing_and_deleting_what_is_not_there_is_reported() {
    expect(
        &format!(
            "-E -f 1 -6 -s rr\n-D -f 1\n-Z -f 1\n{SERVICE}\
             -e -t 10.0.0.1:80 -r 10.1.0.1:80 -m\n-d -t 10.0.0.1:80 -r 10.1.0.1:80\n"
        ),
        &[
            "line 1: No such service: -f 1 -6",
            "line 2: No such service: -f 1",
            "line 3: No such service: -f 1",
            "line 5: No such destination: -t 10.0.0.1:80 -r 10.1.0.1:80",
            "line 6: No such destination: -t 10.0.0.1:80 -r 10.1.0.1:80",
        ],
    );
}

#[test]
fn thresholds_that_the_kernel_refuses_are_reported() {
    expect(
        &format!("{SERVICE}-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -x 5 -y 6\n"),
        &["line 2: Numerical result out of range: -y 6 is more than -x 5"],
    );
}

#[test]
fn rules_that_take_back_others_are_honoured() {
    let rules = format!(
        "{SERVICE}{SERVER}-C\n{SERVICE}{SERVER}-D -t 10.0.0.1:80\n\
         {SERVICE}{SERVER}-d -t 10.0.0.1:80 -r 10.1.0.1:80\n{SERVER}\
         -e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 7\n-E -t 10.0.0.1:80 -s sh\n"
    );
    let description = describe(&rules).unwrap();
    let services: Vec<_> = description.table.services().collect();
    assert_eq!(services.len(), 1);
    assert_eq!(services[0].service.line, 12);
    let servers: Vec<_> = services[0].servers.iter().collect();
    assert_eq!(servers.len(), 1);
    assert_eq!((servers[0].value.weight, servers[0].line), (7, 11));
}

#[test]
fn commands_about_other_things_are_kept_in_order() {
    let rules = format!("--set 1 2 3\n{SERVICE}-Z\n-L -n\n-C\n--stop-daemon master\n");
    let description = describe(&rules).unwrap();
    let lines: Vec<u64> = description.others.iter().map(|rule| rule.line).collect();
    assert_eq!(lines, [1, 3, 4, 6]);
    assert_eq!(description.table.services().count(), 0);
}

#[test]
fn rules_are_read_in_order_and_with_their_lines() {
    let rules = format!("# a file\n\n{SERVICE}  ipvsadm {SERVER}ipvsadm\nipvsadm ipvsadm -C\n");
    let rules = read_rules(rules.as_bytes(), &parse).unwrap().rules;
    let lines: Vec<u64> = rules.iter().map(|rule| rule.line).collect();
    assert_eq!(lines, [3, 4, 6]);
    assert_eq!(rules[2].command, RuleCommand::Change(Change::Clear));
}

#[test]
fn what_shows_only_across_lines_is_no_error_of_plain_reading() {
    let rules = format!("{SERVER}{SERVICE}{SERVICE}");
    assert_eq!(read_rules(rules.as_bytes(), &parse).unwrap().rules.len(), 3);
}

#[test]
fn a_rule_is_no_restore() {
    assert_eq!(check("-R\n").wrong.len(), 1);
}

#[test]
fn a_line_that_repeats_an_earlier_one_is_passed_over() {
    expect_idle(
        &format!(
            "{SERVICE}{SERVICE}{SERVER}# again\n{SERVER}\
             -d -t 10.0.0.1:80 -r 10.1.0.1:80\n-d -t 10.0.0.1:80 -r 10.1.0.1:80\n{SERVER}\
             -D -t 10.0.0.1:80\n-D -t 10.0.0.1:80\n{SERVICE}"
        ),
        &[
            "line 2: repeats line 1, and is passed over",
            "line 5: repeats line 3, and is passed over",
            "line 7: repeats line 6, and is passed over",
            "line 10: repeats line 9, and is passed over",
        ],
    );
}

#[test]
fn what_another_line_has_changed_is_no_repeat() {
    expect(
        &format!(
            "{SERVICE}-E -t 10.0.0.1:80 -s sh\n{SERVICE}{SERVER}-e -t 10.0.0.1:80 -r 10.1.0.1 -m -w 2\n{SERVER}"
        ),
        &[
            "line 3: Service already exists: -t 10.0.0.1:80 (line 2)",
            "line 6: Destination already exists: -t 10.0.0.1:80 -r 10.1.0.1:80 (line 5)",
        ],
    );
}

#[test]
fn right_lines_beside_wrong_ones_are_kept() {
    let checked = check(&format!(
        "{SERVICE}-A -t bad\n{SERVER}-a -f 1 -r 10.1.0.1\n"
    ));
    assert_eq!(checked.wrong.len(), 2);
    let services: Vec<_> = checked.rules.table.services().collect();
    assert_eq!((services.len(), services[0].servers.len()), (1, 1));
}

#[test]
fn what_concerns_a_service_that_goes_again_is_left_out() {
    let rules = format!(
        "{SERVICE}-A -f 1\n-Z -t 10.0.0.1:80\n-Z -f 1\n-Z\n-L -n -t 10.0.0.1:80\n-D -t 10.0.0.1:80\n"
    );
    expect_idle(&rules, &["line 6: not listed: line 7 deletes the service"]);
    let left: Vec<u64> = describe(&rules)
        .unwrap()
        .others
        .iter()
        .map(|rule| rule.line)
        .collect();
    assert_eq!(left, [4, 5]);
    let left = describe(&format!("{rules}-L -f 1\n-C\n-L\n"))
        .unwrap()
        .others;
    let left: Vec<u64> = left.iter().map(|rule| rule.line).collect();
    assert_eq!(left, [5, 10]);
    expect(
        &format!("{SERVICE}-L -f 1\n-D -t 10.0.0.1:80\n-Z -t 10.0.0.1:80\n"),
        &[
            "line 2: No such service: -f 1",
            "line 4: No such service: -t 10.0.0.1:80",
        ],
    );
}

#[test]
fn characters_that_can_not_be_seen_are_named() {
    expect(
        "-A -t 10.0.0.1:80\u{a0}-s rr\n\u{2013}A -t 10.0.0.1:80\n-A -t 10.0.0.1:80 \u{2014}s\n\
         -A -t 10.0.0.1\u{200b}:80\n",
        &[
            "line 1: illegal virtual server address[:port] specified: \
             10.0.0.1:80<U+00A0 no-break space>-s",
            "line 2: no command, -A or -a say, but `<U+2013 en dash>A'",
            "line 3: unexpected argument <U+2014 em dash>s",
            "line 4: illegal virtual server address[:port] specified: \
             10.0.0.1<U+200B zero width>:80",
        ],
    );
}

#[test]
fn a_byte_order_mark_begins_a_file_only() {
    assert_eq!(
        describe(&format!("\u{feff}{SERVICE}"))
            .unwrap()
            .table
            .services()
            .count(),
        1
    );
    assert_eq!(
        describe(&format!("\u{feff}# x\n{SERVICE}"))
            .unwrap()
            .table
            .services()
            .count(),
        1
    );
    expect(
        &format!("{SERVICE}\u{feff}{SERVER}"),
        &["line 2: no command, -A or -a say, but `<U+FEFF byte order mark>-a'"],
    );
}

/// Four times as many take about four times as long, on fast machines and slow ones:
/// sixteen times would be a search through all for each.
#[test]
fn many_words_and_many_servers_that_come_and_go_take_little_time() {
    let some = time_of_many(6_000);
    let many = time_of_many(24_000);
    assert!(many < 10 * some, "{some:?} {many:?}");
}

/// Checks lines of so many words, and so many servers that come and go.
fn time_of_many(number: usize) -> Duration {
    let start = Instant::now();
    let line = "a ".repeat(number);
    expect(
        &format!("-A -t 10.0.0.1:80 -w x {line}\n{line} -w x\n"),
        &[
            "line 1: illegal weight specified: x",
            "line 2: no command, -A or -a say, but `a'",
        ],
    );
    let mut rules = SERVICE.to_owned();
    for verb in ["-a", "-d", "-a"] {
        for n in 0..number {
            rules += &format!("{verb} -t 10.0.0.1:80 -r 10.1.{}.{}:80\n", n / 250, n % 250);
        }
    }
    let checked = check(&rules);
    assert_eq!(checked.wrong, []);
    let service = checked.rules.table.services().next().unwrap();
    assert_eq!(
        (service.servers.len(), service.servers.iter().count()),
        (number, number)
    );
    start.elapsed()
}

#[test]
fn a_rule_is_hardly_larger_than_its_change() {
    // -R holds every line of its input.
    assert!(size_of::<NumberedRule>() <= size_of::<ipvs::model::Change>() + 24);
}
