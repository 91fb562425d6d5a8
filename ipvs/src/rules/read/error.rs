//! The mistakes that a rule line may hold.

/// The reason why a line is not a rule, with the word that is wrong. The word is shown as
/// it stands on the line, with its control characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// No word of the line is a command.
    #[error(
        "no command: a rule has one of -A, -E, -D, -a, -e, -d, -C, -Z, --set, --start-daemon and --stop-daemon"
    )]
    NoCommand,
    /// A second command stands on the line.
    #[error("`{0}' is a second command: a rule has one")]
    SecondCommand(String),
    /// The word looks like an option, and rules have none of that name.
    #[error("`{0}' is no option of a rule")]
    UnknownOption(String),
    /// The option needs a value, and the line ends before it.
    #[error("`{0}' needs a value")]
    MissingValue(String),
    /// The option takes no value, and one is attached to it.
    #[error("`{0}' takes no value")]
    NeedlessValue(String),
    /// The word is neither an option nor the value of one.
    #[error("`{0}' is one word too many")]
    Unexpected(String),
    /// The option sets something that the line has set already.
    #[error("`{0}' sets what the rule has set already")]
    Repeated(String),
    /// The option does not go with the command.
    #[error("`{option}' does not go with `{command}'")]
    Illegal {
        /// The option, as it is usually typed.
        option: String,
        /// The command, as it is usually typed.
        command: String,
    },
    /// The command or option needs something that the line lacks.
    #[error("`{word}' needs {needed}")]
    Missing {
        /// The command or option, as it is usually typed.
        word: String,
        /// The thing that it needs.
        needed: &'static str,
    },
    /// A value can't be read, or is out of its range.
    #[error("`{word}' is not right: {expected} is expected")]
    Value {
        /// The value.
        word: String,
        /// The values that would be right.
        expected: &'static str,
    },
    /// A setting does not fit the rest of the line.
    #[error("`{word}' does not fit: {reason}")]
    Misfit {
        /// The option or value.
        word: String,
        /// The condition under which it would fit.
        reason: &'static str,
    },
}
