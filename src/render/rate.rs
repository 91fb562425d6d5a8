//! `--rate`: what goes through in a second.

use std::io::{self, Write};

use super::Numbers;
use super::number::{counter, exact};
use ipvs::model::Stats;

pub(super) const TITLES: &[u8] = b"\
Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS
  -> RemoteAddress:Port
";

/// The columns of a service, behind its label.
pub(super) fn service(out: &mut impl Write, stats: &Stats, numbers: Numbers) -> io::Result<()> {
    counter(out, stats.connections_per_second, numbers)?;
    counter(out, stats.in_packets_per_second, numbers)?;
    counter(out, stats.out_packets_per_second, numbers)?;
    counter(out, stats.in_bytes_per_second, numbers)?;
    counter(out, stats.out_bytes_per_second, numbers)
}

/// The columns of a server, behind its label: only bytes are ever scaled.
pub(super) fn server(out: &mut impl Write, stats: &Stats, numbers: Numbers) -> io::Result<()> {
    exact(out, stats.connections_per_second)?;
    exact(out, stats.in_packets_per_second)?;
    exact(out, stats.out_packets_per_second)?;
    counter(out, stats.in_bytes_per_second, numbers)?;
    counter(out, stats.out_bytes_per_second, numbers)
}

/// The columns of either where nothing is known yet.
pub(super) fn unknown(out: &mut impl Write) -> io::Result<()> {
    (0..5).try_for_each(|_| write!(out, " {:>8}", '-'))
}
