//! Looks again and again at services that another program may remove meanwhile.

use std::collections::HashMap;

use ipvs::client::Client;
use ipvs::error::{Error, ErrorKind};
use ipvs::model::{ServiceEntry, VirtualId};

/// Looking takes at most one part in this many of the time.
pub(super) const SHARE: u32 = 10;

/// Services, each with the servers that are looked at.
pub(super) type Entries = HashMap<VirtualId, ServiceEntry>;

/// Returns the services of these names, each read once, without those that are gone.
pub(super) fn still_there(
    client: &mut Client,
    ids: impl IntoIterator<Item = VirtualId>,
) -> Result<Entries, Error> {
    let mut entries = Entries::new();
    for id in ids {
        if entries.contains_key(&id) {
            continue;
        }
        match client.service(&id) {
            Err(error) if is_gone(&error) => {}
            answer => {
                entries.insert(id, answer?);
            }
        }
    }
    Ok(entries)
}

/// Returns whether the server, its service or the whole of IPVS is gone.
pub(super) fn is_gone(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NoSuchService | ErrorKind::NoSuchServer | ErrorKind::NoIpvs
    )
}
