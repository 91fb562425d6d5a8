//! Every command of ipvsadm's in the manual's examples, run as it stands.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::director::{Place, ipvsadm, place};
use crate::support::{Program, TIMEOUT, finish};

const PAGES: [(&str, &str); 3] = [
    ("ipvsadm.8", include_str!("../../man/ipvsadm.8")),
    ("ipvsadm-save.8", include_str!("../../man/ipvsadm-save.8")),
    (
        "ipvsadm-restore.8",
        include_str!("../../man/ipvsadm-restore.8"),
    ),
];

/// An example is about this table.
const BEFORE: &str = "\
-A -t 192.0.2.80:80 -s wlc
-a -t 192.0.2.80:80 -r 192.168.10.11 -m
-a -t 192.0.2.80:80 -r 192.168.10.12 -m
";

/// The examples of a page: each the lines of one block, continued lines joined.
fn examples(page: &str) -> Vec<Vec<String>> {
    let section = page.split("\n.Sh EXAMPLES\n").nth(1).unwrap();
    let section = section.split("\n.Sh ").next().unwrap();
    let mut examples = vec![Vec::new()];
    let mut continued = String::new();
    for line in section.lines() {
        let line = line.replace(r"\e", r"\").replace(r"\(dq", "\"");
        let line = line.strip_prefix(".Dl ").unwrap_or(&line);
        match line.strip_suffix('\\') {
            _ if line.starts_with('.') => examples.push(Vec::new()),
            Some(start) => continued += start,
            None => {
                let whole = std::mem::take(&mut continued) + line;
                examples.last_mut().unwrap().push(whole);
            }
        }
    }
    examples
}

/// What a block has of ours, in files of this place.
fn typed(place: &Place, example: &[String]) -> Vec<String> {
    let ours = example.iter().filter(|line| line.starts_with("ipvsadm"));
    let folder = place.folder().display();
    ours.map(|line| {
        // Without the other program behind a pipe.
        let line = line.split(" | ").next().unwrap();
        line.replace("/etc/", &format!("{folder}/"))
            .replace("--watch=10", "--watch=0.1")
            .replace("--ramp=600", "--ramp=1")
    })
    .collect()
}

#[test]
fn every_example_of_the_manual_does_what_it_says() {
    let mut lines = 0;
    for (name, page) in PAGES {
        for example in examples(page) {
            let place = place();
            let typed = typed(&place, &example);
            if typed.is_empty() {
                continue;
            }
            for program in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
                symlink(Program::Ours.path(), place.folder().join(program)).unwrap();
            }
            fs::write(place.folder().join("ipvsadm.rules"), BEFORE).unwrap();
            let makes_its_own = typed.iter().any(|line| line.starts_with("ipvsadm -A"));
            if !makes_its_own {
                ipvsadm("-A -t 192.0.2.80:80 -s wlc");
                ipvsadm("-a -t 192.0.2.80:80 -r 192.168.10.11 -m");
            }
            let mut shell = Command::new("sh");
            shell.args(["-e", "-c", &typed.join("\n")]);
            shell.current_dir(place.folder());
            shell.env(
                "PATH",
                format!("{}:/usr/bin:/bin", place.folder().display()),
            );
            let outcome = finish(shell, b"", TIMEOUT);
            assert_eq!(outcome.status, 0, "{name}: {typed:?}\n{outcome}");
            lines += typed.len();
        }
    }
    assert!(lines > 25, "only {lines} lines were found");
}
