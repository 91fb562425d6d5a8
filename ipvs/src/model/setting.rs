//! The settings of IPVS besides its table.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// The start of a setting's name as `sysctl` writes it.
const PREFIX: &str = "net.ipv4.vs.";

/// A setting of a network namespace, `net.ipv4.vs.NAME`, and its value.
///
/// As text it is `NAME=VALUE`; where it is read, `net.ipv4.vs.` may stand before it. No
/// netlink message sets it: it is the content of the file `/proc/sys/net/ipv4/vs/NAME` of
/// that namespace.
///
/// ```
/// use ipvs::model::Setting;
///
/// let setting: Setting = "net.ipv4.vs.sync_threshold=3 50".parse()?;
/// assert_eq!((&*setting.name, &*setting.value), ("sync_threshold", "3 50"));
/// assert_eq!(setting.to_string(), "sync_threshold=3 50");
/// # Ok::<(), ipvs::model::SettingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct Setting {
    /// Its name below `net.ipv4.vs`.
    pub name: String,
    /// Its value; several numbers have single blanks between them.
    pub value: String,
}

/// Why a text is no [`Setting`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum SettingError {
    /// No `=` separates a name from a value.
    #[error("NAME=VALUE is expected")]
    Form,
    /// The name is empty, or has other characters than small letters, digits and `_`.
    #[error("a name has letters, digits and _")]
    Name,
    /// The value has something other than numbers and, for processors, ranges of them.
    #[error("a value is a number, or several with blanks between them")]
    Value,
}

impl FromStr for Setting {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let (name, value) = text.split_once('=').ok_or(SettingError::Form)?;
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        let of_name = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if name.is_empty() || !name.bytes().all(of_name) {
            return Err(SettingError::Name);
        }
        let words: Vec<_> = value.split_ascii_whitespace().collect();
        if !words
            .iter()
            .all(|word| word.split(',').all(is_number_or_range))
        {
            return Err(SettingError::Value);
        }
        Ok(Self {
            name: name.to_owned(),
            value: words.join(" "),
        })
    }
}

/// Returns whether this is a number, which may have a `-` before it, or a range `N-N`.
fn is_number_or_range(text: &str) -> bool {
    let numbers = text.strip_prefix('-').unwrap_or(text).split('-');
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers.clone().all(is_number) && numbers.count() <= 2
}

impl Display for Setting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, value } = self;
        write!(f, "{name}={value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_settings() {
        for (text, name, value) in [
            ("conntrack=1", "conntrack", "1"),
            ("net.ipv4.vs.est_nice=-5", "est_nice", "-5"),
            ("sync_threshold= 3 \t 50 ", "sync_threshold", "3 50"),
            ("est_cpulist=0-3,8", "est_cpulist", "0-3,8"),
            ("est_cpulist=", "est_cpulist", ""),
        ] {
            let setting: Result<Setting, _> = text.parse();
            let read = setting
                .as_ref()
                .map(|setting| (&*setting.name, &*setting.value));
            assert_eq!(read, Ok((name, value)), "{text}");
            let again = setting.and_then(|setting| setting.to_string().parse());
            assert_eq!(
                again.map(|Setting { value, .. }| value),
                Ok(value.to_owned())
            );
        }
    }

    #[test]
    fn texts_that_are_none() {
        for (text, error) in [
            ("conntrack", SettingError::Form),
            ("", SettingError::Form),
            ("=1", SettingError::Name),
            ("net.ipv4.vs.=1", SettingError::Name),
            ("../../ip_forward=1", SettingError::Name),
            ("net.ipv4.ip_forward=1", SettingError::Name),
            ("Conntrack=1", SettingError::Name),
            ("conntrack=yes", SettingError::Value),
            ("conntrack=+1", SettingError::Value),
            ("conntrack=1\0", SettingError::Value),
            ("conntrack=-", SettingError::Value),
            ("est_cpulist=1,", SettingError::Value),
            ("est_cpulist=1-2-3", SettingError::Value),
        ] {
            assert_eq!(text.parse::<Setting>(), Err(error), "{text}");
        }
    }
}
