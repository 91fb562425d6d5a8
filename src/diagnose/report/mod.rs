//! Findings for people and for programs.

mod json;
mod text;

pub use json::json;
pub use text::text;

/// So many services or servers of a finding are named for people.
const NAMED: usize = 3;

/// The extent of the look, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LookedAt {
    services: usize,
    servers: usize,
    connections: u64,
    clients: usize,
}

impl LookedAt {
    fn of(facts: &super::Facts) -> Self {
        let clients: std::collections::BTreeSet<_> = facts
            .pairs()
            .into_iter()
            .map(|(client, _, _)| client)
            .collect();
        Self {
            services: facts.services.len(),
            servers: facts
                .services
                .iter()
                .map(|service| service.servers.len())
                .sum(),
            connections: facts.connections.as_ref().map_or(0, |all| all.total),
            clients: clients.len(),
        }
    }
}
