//! Numbers in columns.

use std::io::{self, Write};

use super::label::{BLANKS, pad};
use crate::view::Numbers;

/// The units of counters, each with the value from which it is used. A unit keeps the width at
/// eight characters; the rest of the number is cut, not rounded.
const UNITS: [(u64, u64, &[u8]); 4] = [
    (100_000_000_000_000, 1_000_000_000_000, b"T"),
    (100_000_000_000, 1_000_000_000, b"G"),
    (1_000_000_000, 1_000_000, b"M"),
    (100_000_000, 1_000, b"K"),
];

/// Writes a counter, with blanks before it.
pub(super) fn counter(out: &mut impl Write, value: u64, numbers: Numbers) -> io::Result<()> {
    let unit = match numbers {
        Numbers::Exact => return exact(out, value),
        Numbers::Scaled => UNITS.iter().find(|(from, _, _)| value >= *from),
    };
    match unit {
        Some((_, divisor, letter)) => {
            right(out, value / divisor, 8)?;
            out.write_all(letter)
        }
        None => right(out, value, 9),
    }
}

/// The units of short numbers, the largest first.
const SHORT_UNITS: [(i128, char); 6] = [
    (1_000_000_000_000_000_000, 'E'),
    (1_000_000_000_000_000, 'P'),
    (1_000_000_000_000, 'T'),
    (1_000_000_000, 'G'),
    (1_000_000, 'M'),
    (1_000, 'K'),
];

/// Writes a number, with blanks before it. From 100,000 on it has three digits and a unit; the rest
/// is cut, not rounded.
pub(super) fn short(
    out: &mut impl Write,
    value: i128,
    width: usize,
    numbers: Numbers,
) -> io::Result<()> {
    let unit = match numbers {
        Numbers::Scaled if value >= 100_000 => SHORT_UNITS.iter().find(|(unit, _)| value >= *unit),
        Numbers::Scaled | Numbers::Exact => None,
    };
    let Some((unit, letter)) = unit else {
        return write!(out, " {value:>width$}");
    };
    let (whole, hundredths) = (value / unit, value % unit * 100 / unit);
    let text = match whole {
        0..10 => format!("{whole}.{hundredths:02}{letter}"),
        10..100 => format!("{whole}.{}{letter}", hundredths / 10),
        _ => format!("{whole}{letter}"),
    };
    write!(out, " {text:>width$}")
}

/// Writes a number in full, with at least one blank before it.
pub(super) fn exact(out: &mut impl Write, value: u64) -> io::Result<()> {
    out.write_all(b" ")?;
    right(out, value, 8)
}

/// Writes a number at the right of its column.
fn right(out: &mut impl Write, value: u64, width: usize) -> io::Result<()> {
    let mut digits = itoa::Buffer::new();
    let text = digits.format(value).as_bytes();
    let missing = width.saturating_sub(text.len());
    out.write_all(BLANKS.get(..missing).unwrap_or(&BLANKS))?;
    out.write_all(text)
}

/// Writes a number with at least two digits.
pub(super) fn two_digits(out: &mut impl Write, value: u64) -> io::Result<()> {
    if value < 10 {
        out.write_all(b"0")?;
    }
    out.write_all(itoa::Buffer::new().format(value).as_bytes())
}

/// Writes a number at the left of its column.
pub(super) fn left(out: &mut impl Write, value: i64, width: usize) -> io::Result<()> {
    pad(out, itoa::Buffer::new().format(value).as_bytes(), width)
}

/// Writes numbers at the left of their columns, a blank before each.
pub(super) fn left_columns<const N: usize>(
    out: &mut impl Write,
    columns: [(u32, usize); N],
) -> io::Result<()> {
    columns.into_iter().try_for_each(|(value, width)| {
        out.write_all(b" ")?;
        left(out, value.into(), width)
    })
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
    fn short_numbers_have_three_digits_and_a_unit() {
        for (value, scaled) in [
            (-1, "    -1"),
            (0, "     0"),
            (99_999, " 99999"),
            (100_000, "  100K"),
            (999_999, "  999K"),
            (1_000_000, " 1.00M"),
            (9_999_999, " 9.99M"),
            (12_345_678, " 12.3M"),
            (1_000_000_000, " 1.00G"),
            (u64::MAX.into(), " 18.4E"),
        ] {
            let mut out = Vec::new();
            short(&mut out, value, 5, Numbers::Scaled).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), scaled, "{value}");
        }
        let mut out = Vec::new();
        short(&mut out, 1_000_000, 5, Numbers::Exact).unwrap();
        assert_eq!(out, b" 1000000");
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
