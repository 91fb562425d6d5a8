//! The counters of all services together, from `/proc/net/ip_vs_stats`.

use std::io::{self, BufRead, Read};

use super::words::{LineWords, hex64};
use crate::model::Stats;

/// Where the kernel shows the totals of the network namespace.
pub const TOTALS: &str = "/proc/net/ip_vs_stats";

/// The most bytes that are read: the kernel's text is far shorter.
const LONGEST: u64 = 4096;

/// Reads the counters and rates of all services together, deleted ones included; `None`
/// where the text is not understood.
///
/// The kernel keeps them apart from those of each service: `-Z` of all services sets them
/// to 0, `-Z` of one service does not change them.
///
/// # Errors
/// Where the text can't be read.
pub fn totals(text: impl BufRead) -> io::Result<Option<Stats>> {
    let mut bytes = Vec::new();
    text.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(read(&bytes))
}

/// Reads two lines of titles, the counters, an empty line, a line of titles, and the rates.
fn read(text: &[u8]) -> Option<Stats> {
    let mut lines = text.split(|byte| *byte == b'\n');
    titles(lines.next()?, b"Total", 5)?;
    titles(lines.next()?, b"Conns", 5)?;
    let [connections, in_packets, out_packets, in_bytes, out_bytes] =
        numbers(LineWords::of(lines.next()?))?;
    lines.next().filter(|line| line.is_empty())?;
    titles(lines.next()?, b"Conns/s", 5)?;
    let [cps, in_pps, out_pps, in_bps, out_bps] = numbers(LineWords::of(lines.next()?))?;
    Some(Stats {
        connections,
        in_packets,
        out_packets,
        in_bytes,
        out_bytes,
        connections_per_second: cps,
        in_packets_per_second: in_pps,
        out_packets_per_second: out_pps,
        in_bytes_per_second: in_bps,
        out_bytes_per_second: out_bps,
    })
}

/// Checks that a line has so many titles, and that this one is the first.
pub(super) fn titles(line: &[u8], first: &[u8], number: usize) -> Option<()> {
    let is_known = LineWords::of(line).next()? == first && LineWords::of(line).count() == number;
    is_known.then_some(())
}

/// Reads five hexadecimal numbers, and nothing else.
pub(super) fn numbers<'a>(words: impl Iterator<Item = &'a [u8]>) -> Option<[u64; 5]> {
    let numbers: Option<Vec<_>> = words.map(hex64).collect();
    numbers?.try_into().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TEXT: &str = "   \
        Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
      28       2A 100000000              488 FFFFFFFFFFFFFFFF

 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
       1        2        3                4                A
";

    #[test]
    fn counters_and_rates_are_read() {
        let read = totals(TEXT.as_bytes()).unwrap().unwrap();
        let expected = Stats {
            connections: 0x28,
            in_packets: 0x2a,
            out_packets: 1 << 32,
            in_bytes: 0x488,
            out_bytes: u64::MAX,
            connections_per_second: 1,
            in_packets_per_second: 2,
            out_packets_per_second: 3,
            in_bytes_per_second: 4,
            out_bytes_per_second: 10,
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn a_text_that_is_not_understood_is_none() {
        for end in 0..TEXT.len() - 1 {
            let read = totals(TEXT.as_bytes().get(..end).unwrap()).unwrap();
            assert_eq!(read, None, "{end}");
        }
        for (from, to) in [
            ("Total", "Total X"),
            ("Conns ", "CPU "),
            ("28 ", "-8 "),
            ("28 ", "+8 "),
            ("28 ", "28 1 "),
            ("28 ", "0x28 "),
            ("28 ", "00000000000000028 "),
            ("28 ", "   "),
            ("\n\n", "\n"),
            ("Conns/s", "Conns"),
            ("A\n", "G\n"),
        ] {
            assert!(TEXT.contains(from), "{from}");
            let spoilt = TEXT.replacen(from, to, 1);
            assert_eq!(totals(spoilt.as_bytes()).unwrap(), None, "{from} {to}");
        }
    }
}
