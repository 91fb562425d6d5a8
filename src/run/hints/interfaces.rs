//! Interfaces that are not there.

use crate::cli::{self, Label};
use crate::routing::Routing;
use crate::rules::unseen;
use ipvs::model::Daemon;

/// No more interfaces are named: a machine may have one for each of its containers.
const MOST: usize = 8;

/// Returns which interfaces there are, if the one of a sync daemon does not exist.
pub(super) fn missing(daemon: &Daemon, words: &[String]) -> Option<String> {
    let links = Routing::open().ok()?.links().ok()?;
    if links.is_empty() || links.iter().any(|link| link.name == daemon.interface) {
        return None;
    }
    let names = links
        .iter()
        .take(MOST)
        .map(|link| unseen::shown(&link.name));
    let mut there = names.collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = links.len().checked_sub(MOST) {
        there += &format!(" and {more} more");
    }
    let default = match cli::parse("", words).has(Label::McastInterface) {
        true => "",
        false => ", the default of --mcast-interface",
    };
    let wanted = unseen::shown(&daemon.interface);
    Some(format!(
        "there is no interface {wanted}{default}; there is {there}"
    ))
}
