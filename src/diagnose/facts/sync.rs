//! The connections that came by synchronization.

use std::io::{self, BufRead};

use ipvs::connections::{CONNECTIONS_WITH_ORIGIN, Origin, for_each_connection};
use ipvs::procfs;

/// Returns how many connections and templates are known from another director.
pub(super) fn synchronized() -> io::Result<u64> {
    count(procfs::open(CONNECTIONS_WITH_ORIGIN)?)
}

fn count(table: impl BufRead) -> io::Result<u64> {
    let mut count = 0_u64;
    for_each_connection(table, |connection| {
        count = count.saturating_add((connection.origin == Some(Origin::Sync)).into());
        Ok(())
    })?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_a_column() {
        let text = "\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires
TCP 0A000009 9C40 0A000001 0050 0A010002 0050 ESTABLISHED LOCAL      898
TCP 0A000009 9C41 0A000001 0050 0A010002 0050 ESTABLISHED SYNC       898
UDP 0A000009 9C42 0A000001 0050 0A010002 0050 UDP         SYNC       298
";
        assert_eq!(count(text.as_bytes()).ok(), Some(2));
    }
}
