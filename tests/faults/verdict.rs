//! What may come of a fault.

use crate::calls::Fault;
use crate::operations::{After, Operation, Stage};

/// A line on what came of it.
///
/// # Errors
/// What is not as it must be.
pub fn judge(
    operation: &Operation,
    stage: &Stage<'_>,
    call: &str,
    fault: Fault,
    after: &After,
) -> Result<String, String> {
    let status = after.outcome.status;
    let table = what_is(
        after.table == stage.before.in_any_order(),
        after.table == stage.asked.table,
    );
    let file = what_is(
        after.file == stage.before_file(),
        whole(&after.file, &stage.asked.file, fault),
    );
    if !after.litter.is_empty() && call != "unlink" {
        return Err(format!("left behind: {:?}", after.litter));
    }
    if status == 0 {
        if !after.outcome.stderr.is_empty() {
            return Err("success, with a message".to_owned());
        }
        if !whole(&after.outcome.stdout, &stage.asked.outcome.stdout, fault) {
            return Err("success, with another output".to_owned());
        }
        if table == State::Before || table == State::Neither {
            return Err("success, with another table".to_owned());
        }
        if file == State::Before || file == State::Neither {
            return Err("success, with another file".to_owned());
        }
        return Ok("done as asked".to_owned());
    }
    if fault.is_to_be_repeated() {
        return Err(format!("status {status} where the call was to be repeated"));
    }
    let message = after.outcome.stderr.lines().next().unwrap_or_default();
    let is_stderr_itself = after.outcome.stderr.is_empty() && call == "write";
    if message.is_empty() && !is_stderr_itself {
        return Err(format!("status {status} without a message"));
    }
    if call == "read" && message.contains("write") {
        return Err(format!("a failed read is called a write: {message}"));
    }
    if !operation.statuses.contains(&status) {
        return Err(format!("status {status}: {message}"));
    }
    if table == State::Neither && !after.outcome.stderr.contains("neither") {
        return Err(format!("half a table, status {status}: {message}"));
    }
    if file == State::Neither {
        return Err(format!("half a file, status {status}: {message}"));
    }
    let table = table.said("table");
    let file = file.said("file");
    Ok(format!("status {status}, {message}{table}{file}"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before and what was asked for are the same.
    Either,
    Before,
    AsAsked,
    Neither,
}

impl State {
    fn said(self, what: &str) -> String {
        match self {
            Self::Either => String::new(),
            Self::Before => format!("; {what} as before"),
            Self::AsAsked => format!("; {what} as asked"),
            Self::Neither => format!("; {what} neither"),
        }
    }
}

fn what_is(before: bool, asked: bool) -> State {
    match (before, asked) {
        (true, true) => State::Either,
        (true, false) => State::Before,
        (false, true) => State::AsAsked,
        (false, false) => State::Neither,
    }
}

/// Whether all of a text is there. What strace makes a short write swallow is
/// lost, and the program has gone on behind it.
fn whole(text: &str, asked: &str, fault: Fault) -> bool {
    match fault {
        Fault::Gives(bytes) if text != asked => {
            text.len() + bytes == asked.len()
                && (0..=text.len()).any(|at| {
                    text.is_char_boundary(at)
                        && asked.starts_with(&text[..at])
                        && asked.ends_with(&text[at..])
                })
        }
        _ => text == asked,
    }
}
