//! `--drain`.

use super::Failure;
use super::kernel::Kernel;
use super::restore::Report;
use crate::cli::Drain;

/// Takes a server out, or a service, without hurting anyone.
pub(super) fn drain(
    _kernel: &mut Kernel,
    _drain: &Drain,
    _report: &mut Report<'_>,
) -> Result<(), Failure> {
    Err(Failure::Files(anyhow::anyhow!("not built yet")))
}
