//! Suggests an option in place of one that does not exist.

use super::nearest::nearest;
use super::options::{by_name, options};
use super::types::Tool;

/// Returns the long option of `ipvsadm` that is most like this word, with its
/// dashes.
pub fn nearest_option(word: &str) -> Option<String> {
    like(word, options().map(|row| row.long))
}

/// Returns the long option of `ipvsadm-restore` that is most like this word.
pub fn nearest_restore_option(word: &str) -> Option<String> {
    let options = Tool::Restore.options();
    like(word, options.filter_map(|(option, _)| option.name()))
}

/// Returns whether one of the programs has a long option of this name. `ipvsadm` has all
/// of them.
pub fn is_long_option(name: &str) -> bool {
    by_name(name).is_some()
}

fn like<'a>(word: &str, options: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = word.strip_prefix("--")?.split('=').next()?;
    nearest(name, options).map(|option| format!("--{option}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_options() {
        for (word, wanted) in [
            ("--wieght", Some("--weight")),
            ("--real-sever", Some("--real-server")),
            ("--persistant=60", Some("--persistent")),
            ("--lis", Some("--list")),
            ("--drian=5", Some("--drain")),
            ("--sat", Some("--set")),
            ("--banana", None),
            ("--", None),
            ("--=", None),
            ("-x", None),
            ("--\u{1F980}", None),
        ] {
            assert_eq!(nearest_option(word).as_deref(), wanted, "{word}");
        }
        assert_eq!(
            nearest_restore_option("--chekc").as_deref(),
            Some("--check")
        );
        assert_eq!(nearest_restore_option("--weight"), None);
    }
}
