//! Ramps of which a scheduler makes something else than a growing share.

use super::are_read;
use ipvs::client::Client;
use ipvs::ramp::Ramping;

/// The words before servers are led to another weight; none where nobody reads it.
/// Nothing is said of a server that has its weight.
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

/// The effect that a scheduler gives each step; none where a larger weight is a larger
/// share, or is not known to be anything else.
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
