use std::fmt;

/// A command line that can't be carried out.
///
/// Its `Display` is what standard error gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    status: u8,
    message: String,
}

impl Usage {
    /// A refused option, value or combination: status 2.
    pub fn refused(message: impl Into<String>) -> Self {
        Self {
            status: 2,
            message: message.into(),
        }
    }

    /// A mistake at the level of words: status 255.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self {
            status: 255,
            message: message.into(),
        }
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        self.status
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Usage {}
