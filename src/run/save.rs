//! `-S`: the table as rules, to standard output or into a file.

use anyhow::Context;

use super::{Failure, Out};
use crate::cli::Save;
use crate::names::{NameOf, Names, Numeric};
use crate::render;
use crate::rules::{output, save};

use super::kernel::Kernel;

/// The whole table is read before the first byte is written.
pub(super) fn save(kernel: &mut Kernel, wanted: &Save, out: &mut Out) -> Result<(), Failure> {
    let mut entries = kernel.client.table().map_err(Failure::Unlisted)?;
    render::sort(&mut entries);
    let found;
    let restorable;
    let names: &dyn NameOf = if wanted.numeric {
        &Numeric
    } else {
        found = Names::look_up(render::addresses(&entries));
        restorable = found.restorable();
        &restorable
    };
    match &wanted.output {
        None => save::write_rules(out, &entries, names).map_err(Failure::writing),
        Some(file) => output::write_file(file, |mut file| {
            save::write_rules(&mut file, &entries, names)
        })
        .with_context(|| format!("cannot write {}", file.display()))
        .map_err(Failure::Files),
    }
}
