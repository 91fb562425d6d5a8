//! The counters of each processor, from `/proc/net/ip_vs_stats_percpu`.

use std::io::{self, BufRead};

use super::totals::{numbers, titles};
use super::words::{LineWords, hex};

/// Where the kernel shows the counters of each processor.
pub const PROCESSORS: &str = "/proc/net/ip_vs_stats_percpu";

/// The counters of all services together on one processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub struct OfProcessor {
    /// The kernel's number of the processor.
    pub processor: u32,
    /// New connections.
    pub connections: u64,
    /// Packets from clients.
    pub in_packets: u64,
    /// Packets to clients, as far as they pass the director.
    pub out_packets: u64,
    /// Bytes from clients.
    pub in_bytes: u64,
    /// Bytes to clients, as far as they pass the director.
    pub out_bytes: u64,
}

/// Reads what each processor has counted, in the kernel's order; `None` where the text is
/// not understood.
///
/// # Errors
/// Where the text can't be read.
pub fn by_processor(mut text: impl BufRead) -> io::Result<Option<Vec<OfProcessor>>> {
    let mut bytes = Vec::new();
    text.read_to_end(&mut bytes)?;
    Ok(read(&bytes))
}

/// Reads two lines of titles, a line for each processor, and one for all of them (`~`).
fn read(text: &[u8]) -> Option<Vec<OfProcessor>> {
    let mut lines = text.split(|byte| *byte == b'\n');
    titles(lines.next()?, b"Total", 5)?;
    titles(lines.next()?, b"CPU", 6)?;
    let mut rows = Vec::new();
    for line in lines {
        let name = LineWords::of(line).next()?;
        if name == b"~" {
            return Some(rows);
        }
        let [connections, in_packets, out_packets, in_bytes, out_bytes] =
            numbers(LineWords::of(line).skip(1))?;
        rows.push(OfProcessor {
            processor: hex(name)?,
            connections,
            in_packets,
            out_packets,
            in_bytes,
            out_bytes,
        });
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TEXT: &str = "       \
        Total Incoming Outgoing         Incoming         Outgoing
CPU    Conns  Packets  Packets            Bytes            Bytes
  0       28       2A        0              488                0
 1F        1        2        3                4 FFFFFFFFFFFFFFFF
  ~       29       2C        3              48C                0

     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
           0        0        0                0                0
";

    #[test]
    fn each_processor_has_its_counters() {
        let rows = by_processor(TEXT.as_bytes()).unwrap().unwrap();
        let first = OfProcessor {
            processor: 0,
            connections: 0x28,
            in_packets: 0x2a,
            out_packets: 0,
            in_bytes: 0x488,
            out_bytes: 0,
        };
        let last = OfProcessor {
            processor: 31,
            connections: 1,
            in_packets: 2,
            out_packets: 3,
            in_bytes: 4,
            out_bytes: u64::MAX,
        };
        assert_eq!(rows, [first, last]);
    }

    #[test]
    fn a_text_that_is_not_understood_is_none() {
        for (from, to) in [
            ("Total", "Sum"),
            ("CPU", "CPU X"),
            (" 1F ", " 1G "),
            ("28 ", "28 1 "),
            ("488 ", "4 88 "),
            ("  ~ ", "    "),
        ] {
            assert!(TEXT.contains(from), "{from}");
            let spoilt = TEXT.replacen(from, to, 1);
            assert_eq!(by_processor(spoilt.as_bytes()).unwrap(), None, "{from}");
        }
        let end = TEXT.find('~').unwrap();
        let cut = TEXT.get(..end).unwrap();
        assert_eq!(by_processor(cut.as_bytes()).unwrap(), None);
    }
}
