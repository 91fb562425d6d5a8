//! What `--completions` prints.

use super::command::Shell;

/// The script for a shell.
pub fn completions(_shell: Shell) -> String {
    String::new()
}
