//! `--explain`: the path of one client.

use std::io::Write;

use super::diagnose::read;
use super::{Failure, Out, formats};
use crate::cli::Explain;
use crate::diagnose::{self, Journey, Passage};
use ipvs::client::Client;

/// Looks, and prints the path of the client.
#[inline(never)]
pub(super) fn explain(wanted: &Explain, out: &mut Out) -> Result<(), Failure> {
    let &Explain {
        service,
        client,
        port,
        ref facts,
        format,
    } = wanted;
    let journey = match facts {
        Some(file) => Journey::replay(read(file)?, service, client, port).map_err(|error| {
            Failure::Files(anyhow::anyhow!("{} does not do: {error}", file.display()))
        })?,
        None => {
            // The module is not loaded by modprobe: `--explain` changes nothing.
            let mut ipvs = Client::open().map_err(Failure::NoIpvs)?;
            Journey::gather(&mut ipvs, service, client, port).map_err(Failure::Unexplained)?
        }
    };
    let explanation = diagnose::explain(&journey);
    formats::of(format)
        .explanation(&journey, &explanation, out)
        .and_then(|()| out.flush())
        .map_err(Failure::writing)?;
    match explanation.passage() {
        Passage::Open if diagnose::is_whole(&journey.facts) => Ok(()),
        Passage::Open => Err(Failure::Answered { status: 2 }),
        Passage::Unsure | Passage::Shut => Err(Failure::Answered { status: 1 }),
    }
}
