use std::fmt;
use std::str::FromStr;

/// The name of a kernel module's service: a scheduler (`rr`) or a persistence
/// engine (`sip`).
///
/// Any module may add names, so this is text and not an enumeration. The
/// kernel keeps at most 15 bytes (`IP_VS_SCHEDNAME_MAXLEN` and
/// `IP_VS_PENAME_MAXLEN` are 16, with the final NUL).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

/// Why a word can't be a [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The kernel's field holds 15 bytes.
    #[error("a name has at most {} bytes", Name::MAX_LEN)]
    TooLong,
    /// The kernel reads a name up to its first NUL.
    #[error("a name holds no NUL byte")]
    Nul,
}

impl Name {
    /// The longest name in bytes, without the final NUL.
    pub const MAX_LEN: usize = 15;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name as the kernel sent it, of whatever length.
    pub(crate) fn from_kernel(text: String) -> Self {
        Self(text.into_boxed_str())
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(word: &str) -> Result<Self, NameError> {
        if word.len() > Self::MAX_LEN {
            return Err(NameError::TooLong);
        }
        if word.contains('\0') {
            return Err(NameError::Nul);
        }
        Ok(Self(word.into()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
