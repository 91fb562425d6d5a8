//! `--timeout` and `--daemon`

use std::io::{self, Write};

use super::number::left_columns;
use ipvs::model::{Daemon, Timeouts};

/// Writes the line of the timeouts.
pub fn timeouts(out: &mut impl Write, timeouts: &Timeouts) -> io::Result<()> {
    let Timeouts { tcp, tcp_fin, udp } = *timeouts;
    out.write_all(b"Timeout (tcp tcpfin udp):")?;
    left_columns(out, [tcp, tcp_fin, udp].map(|seconds| (seconds, 0)))?;
    out.write_all(b"\n")
}

/// Writes a line for each sync daemon. Values that the kernel left out are left out here: before
/// 4.3 it sent only interface and id.
pub fn daemons(out: &mut impl Write, daemons: &[Daemon]) -> io::Result<()> {
    for daemon in daemons {
        let Daemon {
            state,
            interface,
            sync_id,
            max_len,
            group,
            port,
            ttl,
        } = daemon;
        match state.name() {
            Some(name) => out.write_all(name.as_bytes())?,
            None => write!(out, "state {}", state.number())?,
        }
        // The name of a device may have almost any character.
        let interface = interface.replace(char::is_control, "?");
        write!(out, " sync daemon (mcast={interface}, syncid={sync_id}")?;
        if let Some(length) = max_len.filter(|length| *length != 0) {
            write!(out, ", maxlen={length}")?;
        }
        if let Some(group) = group {
            write!(out, ", group={group}")?;
        }
        if let Some(port) = port.filter(|port| *port != 0) {
            write!(out, ", port={port}")?;
        }
        if let Some(ttl) = ttl.filter(|ttl| *ttl != 0) {
            write!(out, ", ttl={ttl}")?;
        }
        out.write_all(b")\n")?;
    }
    Ok(())
}
