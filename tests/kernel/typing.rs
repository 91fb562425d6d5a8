//! Lessons typed as they stand in books: lines that begin with `ipvsadm`.

use std::process::Command;
use std::thread;

use nix::mount::{MsFlags, mount};

use crate::director::{ipvsadm, place};
use crate::net::network;
use crate::support::{Namespace, Outcome, Program, TIMEOUT, Table, finish, kernel_table, words};

/// One word of a shell.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Runs the lines of a lesson, which begin with `ipvsadm`, with our program.
pub fn type_ours(lesson: &str) {
    for line in lesson.lines() {
        ipvsadm(line.strip_prefix("ipvsadm ").unwrap());
    }
}

/// The same for the lines of a lesson.
pub fn both_print_and_do(lesson: &str) {
    both_print_and_do_lines(&lesson.lines().collect::<Vec<_>>());
}

/// Types the lines in a namespace where nothing has a name, first with the
/// reference, then with ours installed in its place. Each line must print the
/// same and leave the same table.
pub fn both_print_and_do_lines(lines: &[&str]) {
    let compare = || {
        let place = place();
        place.name_hosts("127.0.0.1 localhost\n");
        let [] = network("192.168.164.11/24", "", []);
        // Since Linux 7.2 there is no table of connections before the first
        // service, and its size is 0 in a title.
        ipvsadm("-A -f 1");
        Table::empty().put();
        let reference = typed(&place, lines);
        Table::empty().put();
        install_ours();
        let ours = typed(&place, lines);
        for (line, (reference, ours)) in lines.iter().zip(reference.iter().zip(&ours)) {
            let printed = format!("the reference:\n{}ours:\n{}", reference.0, ours.0);
            assert!(reference.0 == ours.0, "{line}\n{printed}");
            let changes = reference.1.changes_to(&ours.1);
            assert!(
                changes.is_empty(),
                "{line}\nthe table, from the reference's to ours:\n{changes}"
            );
        }
    };
    // Our program is installed for this thread and its children only.
    let compared = thread::scope(|scope| scope.spawn(compare).join());
    compared.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

fn typed(namespace: &Namespace, lines: &[&str]) -> Vec<(Outcome, Table)> {
    let type_one = |line: &&str| {
        let mut typed = if line.contains(['<', '>', '"', '$']) {
            let mut shell = Command::new("/bin/bash");
            shell.args(["-c", line]);
            shell
        } else {
            // A shell would do the same, and cost more than the command.
            let mut words = words(line).into_iter();
            let mut command = Command::new(words.next().unwrap());
            command.args(words);
            command
        };
        typed.current_dir(namespace.folder());
        typed.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        (finish(typed, b"", TIMEOUT), kernel_table())
    };
    lines.iter().map(type_one).collect()
}

/// Puts our program in the place of the reference, for this test.
fn install_ours() {
    for name in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
        let path = format!("/sbin/{name}");
        mount(
            Some(Program::Ours.path()),
            path.as_str(),
            None::<&str>,
            MsFlags::MS_BIND,
            None::<&str>,
        )
        .unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}
