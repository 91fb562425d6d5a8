//! The commands that the README shows, and after them those of the recipes, run in
//! their order, with what is said that they print.

use std::path::Path;
use std::process::Command;

use crate::director::{place, restore};
use crate::support::{Program, TIMEOUT, finish, of_usual_size};

const DOCUMENTS: [&str; 2] = [
    include_str!("../../README.md"),
    include_str!("../../docs/recipes.md"),
];

/// Needs a terminal, traffic or time. Which file tries it, and what of that
/// file is the trial.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("--drain=12", include_str!("drain.rs"), "{DRAIN_B}=11"),
    ("--ramp=12", include_str!("ramp.rs"), "--ramp=11"),
    (
        "--by client",
        include_str!("connection_lists.rs"),
        "--by client",
    ),
    ("-Ln --watch", include_str!("watch.rs"), "$I -Ln --watch=2"),
    (
        "--netns ingress_sbox",
        include_str!("netns.rs"),
        "what_the_recipes_show",
    ),
    ("-s wlcc", include_str!("hints.rs"), "-s wlcc"),
    (
        "--diagnose",
        include_str!("../diagnose/nat.rs"),
        "\"nat-forwarding\"",
    ),
    // Its output is held to what the recipes say of it.
    (
        "--explain",
        include_str!("../diagnose/explain.rs"),
        "what_the_recipes_show",
    ),
];

/// A command and what it prints.
struct Shown {
    command: String,
    output: String,
}

/// Every line that begins with a prompt, and the lines below it.
fn shown() -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut in_block = false;
    for line in DOCUMENTS.iter().flat_map(|document| document.lines()) {
        let Some(line) = line.strip_prefix("    ") else {
            // A blank line is a part of what is printed, if more of it follows.
            in_block &= line.is_empty();
            if in_block {
                found.last_mut().unwrap().output += "\n";
            }
            continue;
        };
        if let Some(command) = line.strip_prefix("$ ") {
            in_block = true;
            found.push(Shown {
                command: command.to_owned(),
                output: String::new(),
            });
        } else if in_block {
            let shown = found.last_mut().unwrap();
            shown.output += &format!("{line}\n");
        }
    }
    for shown in &mut found {
        let text = shown.output.trim_end_matches('\n');
        shown.output = format!("{text}{}", if text.is_empty() { "" } else { "\n" });
    }
    found
}

fn in_shell(line: &str, folder: &Path) -> String {
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(format!("exec 2>&1; {line}"));
    let path = std::env::var("PATH").unwrap();
    shell.env("PATH", format!("{}:{path}", folder.display()));
    shell.current_dir(folder);
    finish(shell, b"", TIMEOUT).stdout
}

#[test]
fn each_command_prints_what_it_says() {
    let place = place();
    let folder = place.folder();
    for name in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
        std::os::unix::fs::symlink(Program::Ours.path(), folder.join(name)).unwrap();
    }
    restore(
        "-A -t 192.0.2.80:80 -s wlc\n\
         -a -t 192.0.2.80:80 -r 192.168.10.11:80 -m\n\
         -a -t 192.0.2.80:80 -r 192.168.10.12:80 -m\n",
    );
    let mut tried = 0;
    for Shown { command, output } in shown() {
        if ELSEWHERE.iter().any(|(part, ..)| command.contains(part)) {
            continue;
        }
        if let Some(file) = command.strip_prefix("cat ") {
            std::fs::write(folder.join(file), &output).unwrap();
        }
        let printed = of_usual_size(&in_shell(&command, folder));
        assert_eq!(printed, output, "{command}");
        tried += 1;
    }
    assert!(tried >= 8, "{tried} commands found");
}

#[test]
fn what_is_tried_elsewhere_is() {
    for (part, file, trial) in ELSEWHERE {
        assert!(DOCUMENTS.iter().any(|text| text.contains(part)), "{part}");
        assert!(file.contains(trial), "{trial}");
    }
}
