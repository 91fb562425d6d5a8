use std::fmt;
use std::str::FromStr;

/// The name of something that a kernel module provides: a scheduler (`rr`) or a persistence
/// engine (`sip`).
///
/// Any module may add names, so this is text and not an enumeration. The kernel keeps at
/// most 15 bytes (`IP_VS_SCHEDNAME_MAXLEN` and `IP_VS_PENAME_MAXLEN` are 16, with the final
/// NUL), and so does this type, without an allocation: a big table has two names for each
/// service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// UTF-8, then NULs.
    bytes: [u8; Name::MAX_LEN],
}

/// Why a word can't be a [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
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

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        let end = self.bytes.iter().position(|&byte| byte == 0);
        let text = self.bytes.get(..end.unwrap_or(Self::MAX_LEN));
        text.and_then(|text| str::from_utf8(text).ok())
            .unwrap_or_default()
    }

    /// Returns a name that the kernel sent. A name that is longer than any kernel has
    /// allowed is cut at a character. Names are shown on terminals and saved in lines of
    /// words, so control characters and blanks become `?`.
    pub(crate) fn from_kernel(text: &str) -> Self {
        let is_plain = |c: char| !c.is_control() && !c.is_whitespace();
        if !text.chars().all(is_plain) {
            let plain: String = text
                .chars()
                .map(|c| if is_plain(c) { c } else { '?' })
                .collect();
            return Self::from_kernel(&plain);
        }
        let mut end = text.len().min(Self::MAX_LEN);
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        Self::holding(text.get(..end).unwrap_or_default())
    }

    fn holding(text: &str) -> Self {
        let mut bytes = [0; Self::MAX_LEN];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Self { bytes }
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
        Ok(Self::holding(word))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_name_holds_up_to_fifteen_bytes() {
        for word in ["", "rr", "fifteen-letters", "später"] {
            assert_eq!(
                word.parse::<Name>().map(|name| name.to_string()),
                Ok(word.to_owned())
            );
        }
        assert_eq!("sixteen--letters".parse::<Name>(), Err(NameError::TooLong));
        assert_eq!("r\0r".parse::<Name>(), Err(NameError::Nul));
    }

    #[test]
    fn a_longer_name_from_the_kernel_is_cut_at_a_character() {
        assert_eq!(
            Name::from_kernel("sixteen--letters").as_str(),
            "sixteen--letter"
        );
        assert_eq!(
            Name::from_kernel("aaaaaaaaaaaaaaé").as_str(),
            "aaaaaaaaaaaaaa"
        );
    }

    #[test]
    fn a_name_from_the_kernel_is_one_plain_word() {
        for (sent, kept) in [
            ("r r", "r?r"),
            ("rr\n-C", "rr?-C"),
            ("\x1b[31m", "?[31m"),
            (
                "\u{9b}\u{9b}\u{9b}\u{9b}\u{9b}\u{9b}\u{9b}\u{9b}",
                "????????",
            ),
        ] {
            assert_eq!(Name::from_kernel(sent).as_str(), kept);
        }
    }
}
