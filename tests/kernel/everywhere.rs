//! `--all-services`: one real server in every service that has it.

use crate::director::{ipvsadm, place, restore, saved_by_reference, sorted};
use crate::draining::ours;
use crate::support::{Program, shell};

const TABLE: &str = "\
-A -t 10.0.0.1:80 -s wlc
-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 3 -x 20 -y 10
-a -t 10.0.0.1:80 -r 10.1.0.2:8081 -m -w 4
-a -t 10.0.0.1:80 -r 10.1.0.3:8080 -m -w 5
-A -u 10.0.0.1:53 -s rr
-a -u 10.0.0.1:53 -r 10.1.0.2:53 -g -w 6
-A -u [fd00::1]:53 -s rr
-a -u [fd00::1]:53 -r [fd01::2]:53 -m -w 7
-A -f 9 -s wrr
-a -f 9 -r 10.1.0.2:0 -i -w 8 --tun-type gue --tun-port 6080 --tun-nocsum
-a -f 9 -r 10.1.0.4:0 -g -w 9
";

/// The table with other rows for some servers; none where the second is empty.
fn with(rows: &[(&str, &str)]) -> String {
    rows.iter().fold(TABLE.to_owned(), |table, (row, other)| {
        let (row, other) = (
            format!("{row}\n"),
            match *other {
                "" => String::new(),
                other => format!("{other}\n"),
            },
        );
        assert!(table.contains(&row), "{row}");
        table.replace(&row, &other)
    })
}

#[track_caller]
fn has(line: &str, table: &str) {
    let saved = ipvsadm("-Sn").stdout;
    assert_eq!(sorted(&saved), sorted(table), "{line}");
}

#[test]
fn an_edit_changes_it_wherever_it_is() {
    let _place = place();
    for (line, rows) in [
        (
            "-e -r 10.1.0.2 --all-services --keep -w 0",
            &[
                (
                    "-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 3 -x 20 -y 10",
                    "-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 0 -x 20 -y 10",
                ),
                (
                    "-a -t 10.0.0.1:80 -r 10.1.0.2:8081 -m -w 4",
                    "-a -t 10.0.0.1:80 -r 10.1.0.2:8081 -m -w 0",
                ),
                (
                    "-a -u 10.0.0.1:53 -r 10.1.0.2:53 -g -w 6",
                    "-a -u 10.0.0.1:53 -r 10.1.0.2:53 -g -w 0",
                ),
                (
                    "-a -f 9 -r 10.1.0.2:0 -i -w 8 --tun-type gue --tun-port 6080 --tun-nocsum",
                    "-a -f 9 -r 10.1.0.2:0 -i -w 0 --tun-type gue --tun-port 6080 --tun-nocsum",
                ),
            ][..],
        ),
        // What is not given is set to its default.
        (
            "-e -r 10.1.0.2:8080 --all-services -m -w 2",
            &[(
                "-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 3 -x 20 -y 10",
                "-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 2",
            )],
        ),
        (
            "-e -r fd01::2 --all-services --keep -x 9",
            &[(
                "-a -u [fd00::1]:53 -r [fd01::2]:53 -m -w 7",
                "-a -u [fd00::1]:53 -r [fd01::2]:53 -m -w 7 -x 9",
            )],
        ),
    ] {
        restore(&format!("-C\n{TABLE}"));
        ipvsadm(line);
        has(line, &with(rows));
    }
}

#[test]
fn a_removal_takes_it_out_of_all() {
    let _place = place();
    restore(TABLE);
    ipvsadm("-d -r 10.1.0.2:8081 --all-services");
    has(
        "one port",
        &with(&[("-a -t 10.0.0.1:80 -r 10.1.0.2:8081 -m -w 4", "")]),
    );
    ipvsadm("-d -r 10.1.0.2 --all-services");
    let left = "-A -t 10.0.0.1:80 -s wlc\n\
                -a -t 10.0.0.1:80 -r 10.1.0.3:8080 -m -w 5\n\
                -A -u 10.0.0.1:53 -s rr\n\
                -A -u [fd00::1]:53 -s rr\n\
                -a -u [fd00::1]:53 -r [fd01::2]:53 -m -w 7\n\
                -A -f 9 -s wrr\n\
                -a -f 9 -r 10.1.0.4:0 -g -w 9\n";
    assert_eq!(sorted(&saved_by_reference()), sorted(left));
    let outcome = ours("-d -r 10.1.0.2 --all-services");
    assert_eq!(
        (outcome.status, outcome.complaint()),
        (255, "No such destination")
    );
    let outcome = ours("-e -r 10.1.0.3:80 --all-services -m");
    assert_eq!(
        (outcome.status, outcome.complaint()),
        (255, "No such destination")
    );
    ipvsadm("-d -r 10.1.0.2 --all-services --if-exists");
    has("none", left);
}

/// One service where it can't be done is enough.
#[test]
fn what_can_not_be_done_everywhere_is_done_nowhere() {
    let _place = place();
    restore(TABLE);
    for (line, status, said) in [
        (
            "-e -r 10.1.0.2 --all-services --keep -w 1 -y 15",
            255,
            &[
                "-t 10.0.0.1:80 -r 10.1.0.2:8081: Numerical result out of range; nothing is changed",
                "-u 10.0.0.1:53 -r 10.1.0.2:53: Numerical result out of range; nothing is changed",
                "-f 9 -r 10.1.0.2:0: Numerical result out of range; nothing is changed",
            ][..],
        ),
        (
            "-e -r 10.1.0.2 --all-services --keep -w 1 --tun-type gre",
            2,
            &[
                "-t 10.0.0.1:80 -r 10.1.0.2:8080: Tunnel options conflict with forward method; \
                 nothing is changed",
                "-t 10.0.0.1:80 -r 10.1.0.2:8081: Tunnel options conflict with forward method; \
                 nothing is changed",
                "-u 10.0.0.1:53 -r 10.1.0.2:53: Tunnel options conflict with forward method; \
                 nothing is changed",
            ],
        ),
        // Without -m it would have the service's port, as with one service.
        (
            "-e -r 10.1.0.2 --all-services -w 0",
            255,
            &[
                "-t 10.0.0.1:80 -r 10.1.0.2:8080: No such destination; nothing is changed",
                "-t 10.0.0.1:80 -r 10.1.0.2:8081: No such destination; nothing is changed",
            ],
        ),
    ] {
        let outcome = ours(line);
        assert_eq!(outcome.status, status, "{line}\n{outcome}");
        assert_eq!(sorted(&outcome.stderr), sorted(&said.join("\n")), "{line}");
        has(line, TABLE);
    }
}

/// The table is read once, and nothing is sent where it is so already.
#[test]
fn one_reading_and_one_sending() {
    let _place = place();
    restore(TABLE);
    let program = Program::Ours.path().display().to_string();
    let sent = |line: &str| {
        let calls = format!("strace -f -e trace=sendto,sendmsg,sendmmsg {program} {line} 2>&1");
        shell(&format!("{calls} | grep -c send"))
            .trim()
            .parse::<usize>()
    };
    let none = sent("-e -r 10.1.0.2:8081 --all-services --keep -w 4").unwrap();
    let some = sent("-e -r 10.1.0.2 --all-services --keep -w 1").unwrap();
    assert_eq!(none + 1, some);
}
