//! The `ipvsadm` command, under whatever name it is called.

use std::io::{Write, stderr};
use std::process::ExitCode;

use ipvsadm::run::{self, FailedRun, Program};

fn main() -> ExitCode {
    let mut words = std::env::args_os().map(|word| {
        word.into_string()
            .unwrap_or_else(|word| word.to_string_lossy().into_owned())
    });
    let name = words.next().unwrap_or_else(|| "ipvsadm".to_owned());
    let words: Vec<String> = words.collect();
    let program = Program::named(name);
    ExitCode::from(match run::run(&program, &words, &mut report) {
        Ok(()) => 0,
        Err(FailedRun { failure, hint }) => {
            let message = failure.to_string();
            if !message.is_empty() {
                report(&message);
            }
            if let Some(hint) = hint {
                report(&format_args!("hint: {hint}"));
            }
            failure.status()
        }
    })
}

/// Says something on standard error, in one piece beside what others say there;
/// if nobody can hear it, nothing is lost that could be told otherwise.
fn report(message: &dyn std::fmt::Display) {
    let _ = stderr().write_all(format!("{message}\n").as_bytes());
}
