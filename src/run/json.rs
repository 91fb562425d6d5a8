//! `--json`.

use std::io::{self, Write};

use super::kernel::Kernel;
use super::{Failure, Out};
use crate::model::{Daemon, Timeouts, VirtualId};
use crate::render::Order;

/// The table, or one service of it.
pub(super) fn table(
    _kernel: &mut Kernel,
    _service: Option<&VirtualId>,
    _order: Order,
    _out: &mut Out,
) -> Result<(), Failure> {
    Err(Failure::Files(anyhow::anyhow!("not built yet")))
}

/// The timeouts of connections.
pub(super) fn timeouts(_out: &mut impl Write, _timeouts: &Timeouts) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The synchronization daemons.
pub(super) fn daemons(_out: &mut impl Write, _daemons: &[Daemon]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
