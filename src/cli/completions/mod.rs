//! The scripts that `--completions` prints; they call the program back, see
//! [`complete`](super::complete).

use super::command::Shell;

/// Returns the script for a shell.
pub fn completions(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("ipvsadm.bash"),
        Shell::Zsh => include_str!("ipvsadm.zsh"),
        Shell::Fish => include_str!("ipvsadm.fish"),
    }
}
