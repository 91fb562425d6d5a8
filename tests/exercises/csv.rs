//! `--csv`: words with commas between them.

use std::io::Write;

use super::{Audience, OutputFormat};
use crate::cli::List;
use crate::names::Numeric;
use crate::run::{Failure, Out, Report};
use crate::watch::Meter;
use ipvs::client::Client;
use ipvs::model::{Change, Setting};
use ipvs::rules::ChangeRule;

pub(super) struct Csv;

impl OutputFormat for Csv {
    fn audience(&self) -> Audience {
        Audience::Programs
    }

    fn table(
        &self,
        client: &mut Client,
        _: &List,
        _: Option<&mut Meter>,
        out: &mut Out,
    ) -> Result<(), Failure> {
        for service in client.configured().map_err(Failure::Unlisted)? {
            writeln!(out, "{}", service.id).map_err(Failure::writing)?;
        }
        Ok(())
    }

    fn changes(
        &self,
        _: &[Setting],
        changes: &[Change],
        out: &mut Out,
        _: &mut Report<'_>,
    ) -> Result<(), Failure> {
        for change in changes {
            let rule = ChangeRule::new(change, &Numeric).to_string();
            writeln!(out, "{}", rule.replace(' ', ",")).map_err(Failure::writing)?;
        }
        Ok(())
    }
}
