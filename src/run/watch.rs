//! `--watch`.

use super::kernel::Kernel;
use super::{Failure, Out};
use crate::cli::{Connections, List, Watch};

/// The table, again and again.
pub(super) fn table(
    _kernel: &mut Kernel,
    _list: &List,
    _watch: Watch,
    _out: &mut Out,
) -> Result<(), Failure> {
    Err(Failure::Files(anyhow::anyhow!("not built yet")))
}

/// The connections, again and again.
pub(super) fn connections(
    _connections: &Connections,
    _watch: Watch,
    _out: &mut Out,
) -> Result<(), Failure> {
    Err(Failure::Files(anyhow::anyhow!("not built yet")))
}
