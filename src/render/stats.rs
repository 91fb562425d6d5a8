//! `--stats`: what has gone through since the counters were last zeroed.

use std::io::{self, Write};

use super::Numbers;
use super::number::counter;
use ipvs::model::Stats;

pub(super) const TITLES: &[u8] = b"\
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
";

/// The columns of a service, behind its label.
pub(super) fn service(out: &mut impl Write, stats: &Stats, numbers: Numbers) -> io::Result<()> {
    counter(out, stats.connections, numbers)?;
    counter(out, stats.in_packets, numbers)?;
    counter(out, stats.out_packets, numbers)?;
    counter(out, stats.in_bytes, numbers)?;
    counter(out, stats.out_bytes, numbers)
}

/// The columns of a server, behind its label.
pub(super) fn server(out: &mut impl Write, stats: &Stats, numbers: Numbers) -> io::Result<()> {
    service(out, stats, numbers)
}
