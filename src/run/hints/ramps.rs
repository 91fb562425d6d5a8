//! Ramps under schedulers that don't turn a growing weight into a growing share.

use super::are_read;
use ipvs::client::Client;
use ipvs::ramp::Ramping;

/// Returns the warning before servers are led to another weight; none where nobody reads it. A
/// server that already has its weight causes no warning.
pub(in crate::run) fn before(client: &mut Client, ramps: &[Ramping]) -> Option<String> {
    if !are_read() {
        return None;
    }
    let mut changing = ramps
        .iter()
        .filter(|ramp| ramp.weight() != ramp.wanted().weight);
    changing.find_map(|ramp| {
        let entry = client.service(ramp.service()).ok()?;
        effect(entry.service.scheduler?.as_str())
    })
}

/// Returns the effect that each step has with this scheduler; none where a larger weight means a
/// larger share, or where the scheduler is not known.
fn effect(scheduler: &str) -> Option<String> {
    let what = match scheduler {
        "rr" | "lc" | "dh" => {
            "only looks at whether a weight is 0: other steps of the ramp change nothing"
        }
        "fo" => {
            "gives all new connections to the server with the highest weight: they move in one \
             step of the ramp"
        }
        "sh" => {
            "gives many clients another server at each step of the ramp, not only to or from this \
             one"
        }
        _ => return None,
    };
    Some(format!("{scheduler} {what}"))
}
