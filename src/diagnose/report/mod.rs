//! Findings for people and for programs.

mod explanation;
mod json;
mod text;

pub use explanation::{explanation_json, explanation_text};
pub use json::json;
pub use text::text;

/// The most services or servers of a finding that are named for people.
const NAMED: usize = 3;

/// How much was looked at, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LookedAt {
    services: usize,
    servers: usize,
    connections: u64,
    clients: usize,
}

impl LookedAt {
    fn of(facts: &super::Facts) -> Self {
        let mut clients = facts.clients_of_server();
        clients.extend(facts.pairs().into_iter().map(|(client, _, _)| client));
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
