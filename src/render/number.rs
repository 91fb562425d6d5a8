//! Counters, in columns of eight digits.

use std::io::{self, Write};

use super::Numbers;

/// From which value on a counter is written in which unit. Each unit keeps
/// the width at eight characters; what is left over is cut, not rounded.
const UNITS: [(u64, u64, char); 4] = [
    (100_000_000_000_000, 1_000_000_000_000, 'T'),
    (100_000_000_000, 1_000_000_000, 'G'),
    (1_000_000_000, 1_000_000, 'M'),
    (100_000_000, 1_000, 'K'),
];

/// Writes a counter and the blanks before it.
pub(super) fn counter(out: &mut impl Write, value: u64, numbers: Numbers) -> io::Result<()> {
    let unit = match numbers {
        Numbers::Exact => return exact(out, value),
        Numbers::Scaled => UNITS.iter().find(|(from, _, _)| value >= *from),
    };
    match unit {
        Some((_, divisor, letter)) => write!(out, "{:>8}{letter}", value / divisor),
        None => write!(out, "{value:>9}"),
    }
}

/// Writes a number in full, at least one blank before it.
pub(super) fn exact(out: &mut impl Write, value: u64) -> io::Result<()> {
    write!(out, " {value:>8}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(value: u64, numbers: Numbers) -> String {
        let mut out = Vec::new();
        counter(&mut out, value, numbers).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn counters_are_scaled_past_eight_digits() {
        for (value, scaled) in [
            (0, "        0"),
            (99_999_999, " 99999999"),
            (100_000_000, "  100000K"),
            (100_000_999, "  100000K"),
            (999_999_999, "  999999K"),
            (1_000_000_000, "    1000M"),
            (4_294_967_296, "    4294M"),
            (99_999_999_999, "   99999M"),
            (100_000_000_000, "     100G"),
            (99_999_999_999_999, "   99999G"),
            (100_000_000_000_000, "     100T"),
            (9_223_372_036_854_775_808, " 9223372T"),
            (u64::MAX, "18446744T"),
        ] {
            assert_eq!(text(value, Numbers::Scaled), scaled, "{value}");
        }
    }

    #[test]
    fn exact_counters_keep_a_blank_between_them() {
        for (value, exact) in [
            (0, "        0"),
            (99_999_999, " 99999999"),
            (100_000_000, " 100000000"),
            (u64::MAX, " 18446744073709551615"),
        ] {
            assert_eq!(text(value, Numbers::Exact), exact, "{value}");
        }
    }
}
