//! `--only` with `-L` and `-S`: some services of the table.

use crate::director::{ipvsadm, place, restore};
use crate::support::{Program, finish, run, words};

const TABLE: &str = "\
-A -t 192.0.2.80:80 -s wlc
-a -t 192.0.2.80:80 -r 192.168.10.11:80 -m -w 7
-A -u 192.0.2.53:53 -s rr
-a -u 192.0.2.53:53 -r 192.168.10.53:53 -m -w 1
-A -t 198.51.100.1:80 -s sh
-a -t 198.51.100.1:80 -r 192.168.20.1:80 -m -w 3
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [fd00::1]:80 -m -w 1
-A -f 7 -s rr
-a -f 7 -r 192.168.10.11:0 -g -w 1
-A -f 8 -6 -s rr
";

/// The lines of the table with one of these words.
fn lines(of: &[&str]) -> String {
    let is_of = |line: &&str| of.iter().any(|word| line.contains(word));
    TABLE
        .lines()
        .filter(is_of)
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn some_services_are_saved() {
    let _place = place();
    restore(TABLE);
    for (only, of) in [
        ("--only 192.0.2.80", &["192.0.2.80"][..]),
        ("--only 192.0.2.0/24", &["192.0.2."]),
        (
            "--only 198.51.100.1 --only=192.0.2.53",
            &["192.0.2.53", "198.51.100.1"],
        ),
        ("--only 0.0.0.0/0", &["192.0.2.", "198.51.100."]),
        ("--only ::/0", &["2001:db8::1"]),
        (
            "--only fwmark:8-99 --only [2001:db8::1]",
            &["2001:db8::1", "-f 8 "],
        ),
        ("--only 10.0.0.0/8", &[]),
    ] {
        let saved = ipvsadm(&format!("-Sn {only}")).stdout;
        let sorted = |rules: &str| crate::director::sorted(rules.trim_end()).join("\n");
        assert_eq!(sorted(&saved), sorted(&lines(of)), "{only}");
        let mut save = Program::Ours.command("ipvsadm-save");
        save.arg("-n").args(words(only));
        let by_tool = finish(save, b"", crate::support::TIMEOUT).succeeded();
        assert_eq!(by_tool.stdout, saved, "{only}");
        // What is saved so is restored so.
        let restored = run(
            Program::Ours,
            words(&format!("-R --replace --dry-run {only}")),
            &saved,
        );
        assert_eq!(
            restored.stderr, "0 additions, 0 edits, 0 removals\n",
            "{only}"
        );
    }
}

/// The rows of the services that are asked for are those of the whole listing.
#[test]
fn some_services_are_listed_in_every_view() {
    let _place = place();
    restore(TABLE);
    for view in [
        "-Ln",
        "-L",
        "-Ln --nosort",
        "-Ln --stats",
        "-Ln --rate --exact",
        "-Ln --thresholds",
        "-Ln --persistent-conn",
        "-Ln --tun-info",
        "-Ln --color always",
        "-Ln --from-proc",
    ] {
        // What standard error says of the source is tested beside it.
        let listing = |line: &str| run(Program::Ours, words(line), "").stdout;
        let whole = listing(view);
        let mut is_wanted = true;
        let rows = whole.lines().filter(|row| {
            match row.split_whitespace().next() {
                Some("TCP" | "UDP") => is_wanted = row.contains("192.0.2."),
                Some("FWM") => is_wanted = row.contains("FWM  7"),
                Some("IP" | "Prot") => is_wanted = true,
                _ => {}
            }
            is_wanted
        });
        let wanted: String = rows.map(|row| format!("{row}\n")).collect();
        assert_eq!(wanted.lines().count(), 9, "{whole}");
        let line = format!("{view} --only 192.0.2.0/24 --only fwmark:7");
        assert_eq!(listing(&line), wanted, "{line}");
    }
    let line = "-Ln --only 192.0.2.53 --watch=0.1 --count 2";
    let watched = ipvsadm(line).stdout;
    assert_eq!(watched.matches("192.0.2.53:53").count(), 2, "{watched}");
    assert_eq!(watched.matches("-> 192.168.").count(), 2, "{watched}");
}

/// A table that is longer than what the kernel tells of it in the short way.
#[test]
fn some_services_of_a_long_table() {
    let _place = place();
    let rules: String = (1..=60)
        .map(|n| {
            format!(
                "-A -t 10.0.{}.{n}:80 -s rr\n-a -t 10.0.{}.{n}:80 -r 10.1.0.{n} -m\n",
                n % 2,
                n % 2
            )
        })
        .collect();
    restore(&rules);
    let listing = ipvsadm("-Ln --only 10.0.1.0/24").stdout;
    assert_eq!(listing.matches("TCP  10.0.1.").count(), 30, "{listing}");
    for n in (1..=60).step_by(2) {
        let pair = format!("10.0.1.{n}:80 rr\n  -> 10.1.0.{n}:80 ");
        assert!(listing.contains(&pair), "{pair}: {listing}");
    }
    assert_eq!(listing.lines().count(), 3 + 60);
}

#[test]
fn documents_have_the_same_services() {
    let _place = place();
    restore(TABLE);
    for command in ["-L", "-L --stats", "-S"] {
        let document = ipvsadm(&format!("{command} --json --only fwmark:1-9")).stdout;
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        let marks: Vec<_> = document["services"]
            .as_array()
            .unwrap()
            .iter()
            .map(|service| service["fwmark"].clone())
            .collect();
        assert_eq!(marks, [7, 8], "{command}");
    }
}
