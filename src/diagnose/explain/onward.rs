//! The way from the director to the servers.

use super::{Leg, Passage, for_each_server, found_of};
use crate::diagnose::facts::{Facts, Journey, Method, Server, errno_text};
use crate::routing::{Leads, Reach};

pub(super) const CHECKS: &[&str] = &[
    "server-unreachable",
    "server-silent",
    "dr-behind-router",
    "tun-mtu",
];

pub(super) fn onward(journey: &Journey, servers: &[Server]) -> Leg {
    let mut leg = Leg::new("way-to-server");
    let mut alone = journey.facts.clone();
    for_each_server(&mut leg, servers, |server| {
        let mut leg = one(&journey.facts, server);
        leg.find(found_of(&mut alone, server, CHECKS));
        leg
    });
    leg
}

fn one(facts: &Facts, server: &Server) -> Leg {
    let mut leg = Leg::new("");
    let (endpoint, method) = (server.endpoint, server.method.words());
    let address = server.address();
    if server.method == Method::Other {
        leg.at_most(Passage::Unsure);
        leg.say(format!(
            "Packets to {endpoint} are forwarded by {method}; what becomes of them is not known here."
        ));
        return leg;
    }
    match facts.way_to(address) {
        None => {
            leg.at_most(Passage::Unsure);
            leg.say(format!("The way to {endpoint} could not be asked for."));
        }
        Some(Err(errno)) => {
            leg.at_most(Passage::Shut);
            leg.say(format!(
                "There is no way to {endpoint}: {}.",
                errno_text(errno)
            ));
        }
        Some(Ok(route)) => match route.leads {
            Leads::Here => leg.say(format!("{endpoint} is on this machine.")),
            Leads::Nowhere => {
                leg.at_most(Passage::Shut);
                leg.say(format!("The route to {endpoint} leads nowhere."));
            }
            Leads::Onward | Leads::Elsewhere => {
                let by = route.output.map_or("?", |output| facts.interface(output));
                let link = match route.gateway {
                    Some(gateway) => format!("by {by} and the router {gateway}"),
                    None => format!("by {by}"),
                };
                let next = route.gateway.unwrap_or(address);
                let neighbour = route
                    .output
                    .and_then(|output| facts.neighbour(next, output));
                let known = match neighbour.map(|neighbour| neighbour.state) {
                    Some(Reach::Failed | Reach::Incomplete) => {
                        leg.at_most(Passage::Unsure);
                        format!("; {next} did not answer on the link when it was last asked")
                    }
                    Some(
                        Reach::Reachable
                        | Reach::Permanent
                        | Reach::Stale
                        | Reach::Delay
                        | Reach::Probe,
                    ) => {
                        format!("; {next} is known on the link")
                    }
                    Some(Reach::NoArp | Reach::Other) | None => String::new(),
                };
                leg.say(format!("{endpoint} is reached by {method}, {link}{known}."));
            }
        },
    }
    leg
}
