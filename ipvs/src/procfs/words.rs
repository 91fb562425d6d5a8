//! The words of a line, and what they mean.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str;

/// The words between the blanks of a line.
pub(crate) struct LineWords<'a>(&'a [u8]);

impl<'a> LineWords<'a> {
    pub(crate) fn of(line: &'a [u8]) -> Self {
        Self(line.strip_suffix(b"\n").unwrap_or(line))
    }
}

impl<'a> Iterator for LineWords<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.0.iter().position(|byte| *byte != b' ')?;
        let (_, line) = self.0.split_at_checked(start)?;
        let end = line.iter().position(|byte| *byte == b' ');
        let (word, line) = line.split_at_checked(end.unwrap_or(line.len()))?;
        self.0 = line;
        Some(word)
    }
}

/// Reads an address: `0A000001`, or eight groups of hexadecimal digits between colons.
pub(crate) fn address(word: &[u8]) -> Option<IpAddr> {
    if word.len() == 8
        && let Some(bits) = hex(word)
    {
        return Some(Ipv4Addr::from_bits(bits).into());
    }
    let address: Ipv6Addr = str::from_utf8(word).ok()?.parse().ok()?;
    Some(address.into())
}

/// Reads a number of decimal digits.
pub(crate) fn decimal(word: &[u8]) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(digit.into())
    })
}

/// Reads at most eight hexadecimal digits of either case, and nothing else.
pub(crate) fn hex(word: &[u8]) -> Option<u32> {
    if word.is_empty() || word.len() > 8 {
        return None;
    }
    word.iter().try_fold(0, |value, &byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'F' => byte - b'A' + 10,
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u32::from(digit))
    })
}

/// Reads at most sixteen hexadecimal digits of either case, and nothing else.
pub(crate) fn hex64(word: &[u8]) -> Option<u64> {
    let (high, low) = word.split_at(word.len().saturating_sub(8));
    let high = match high {
        [] => 0,
        high => hex(high)?,
    };
    Some(u64::from(high) << 32 | u64::from(hex(low)?))
}
