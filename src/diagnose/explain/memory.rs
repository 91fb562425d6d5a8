//! The director's memory of the client: a connection stays with its server, and a
//! template keeps the client with a server.

use super::{Fixed, Leg, Passage, beyond, found, time};
use crate::diagnose::facts::{Journey, Remembered, SINGLE_CONNECTIONS, ServiceFacts, WAITING};
use crate::diagnose::finding::Finding;
use ipvs::connections::states;
use ipvs::model::Endpoint;

pub(super) const CHECKS: &[&str] = &["conn-max", "defence-active"];

/// The name of the leg.
pub(super) const NAME: &str = "connection";

/// The most connections that are told of one by one.
const SHOWN: usize = 3;

/// Returns the leg, and the server that gets the client whatever the scheduler would
/// say.
pub(super) fn memory(journey: &Journey) -> (Leg, Option<Fixed>) {
    let mut leg = Leg::new(NAME);
    let client = journey.client;
    if journey.facts.is_unread(SINGLE_CONNECTIONS) {
        leg.say(format!(
            "Whether {client} has a connection is not known here; one that is there goes on to its server. What follows is about a new one."
        ));
        if journey
            .facts
            .services
            .iter()
            .any(|service| service.persistent)
        {
            leg.say("The service is persistent: if there is a template of the client, it names the server.");
        }
        leg.find(found(&journey.facts, CHECKS));
        return (leg, None);
    }
    if let Some(known) = journey
        .connections
        .first()
        .filter(|_| journey.port.is_some())
    {
        leg.say(format!(
            "{} has a connection to {}, in the state {}. It is forgotten in {} if no packet comes.",
            known.client,
            known.server,
            known.state,
            time(known.expires)
        ));
        waits(&mut leg, known);
        return match in_table(journey, known.server) {
            true => (leg, Some(Fixed::Connection(known.server))),
            false => {
                let fixed = orphan(&mut leg, journey, known);
                (leg, fixed)
            }
        };
    }
    match journey.connections.as_slice() {
        [] => leg.say(match journey.port {
            Some(port) => format!("{} has no connection yet.", Endpoint::new(client, port)),
            None => format!("{client} has no connection yet."),
        }),
        some => {
            for known in some.iter().take(SHOWN) {
                leg.say(format!(
                    "{} has a connection to {}, in the state {}, forgotten in {} if no packet comes.",
                    known.client,
                    known.server,
                    known.state,
                    time(known.expires)
                ));
            }
            if let Some(more) = beyond(SHOWN, some.len()) {
                leg.say(format!("It has {more} more."));
            }
            if let Some(known) = some.iter().find(|known| known.state == WAITING) {
                waits(&mut leg, known);
            }
            leg.sentences.extend(in_vain(journey));
            leg.say("What follows is about its next connection.");
        }
    }
    leg.find(found(&journey.facts, CHECKS));
    let fixed = journey
        .facts
        .services
        .first()
        .and_then(|service| template(&mut leg, journey, service));
    (leg, fixed)
}

fn waits(leg: &mut Leg, known: &Remembered) {
    if known.state == WAITING {
        leg.say(format!(
            "{WAITING} means that the client's first packet was sent on, and that no more has come since."
        ));
    }
}

/// Returns a sentence on the client's connections if there are several and none of them
/// came about.
pub(super) fn in_vain(journey: &Journey) -> Option<String> {
    let some = journey.connections.as_slice();
    let all_are = |state| some.len() > 1 && some.iter().all(|known| known.state == state);
    if all_are(WAITING) {
        return Some("None of them came about: while the client asks, ipvsadm --diagnose tells what is seen of the reason.".to_owned());
    }
    all_are(states::CLOSE).then(|| {
        format!(
            "{} means that one end reset the connection, as a server does where no program listens. None of them stayed open.",
            states::CLOSE
        )
    })
}

fn in_table(journey: &Journey, server: Endpoint) -> bool {
    let mut services = journey.facts.services.iter();
    services.any(|service| service.server_of(server).is_some())
}

/// Adds what becomes of a connection whose server is no longer in the table.
fn orphan(leg: &mut Leg, journey: &Journey, known: &Remembered) -> Option<Fixed> {
    const NAME: &str = "net.ipv4.vs.expire_nodest_conn";
    let client = known.client;
    match journey.facts.sysctl(NAME) {
        Some(0) => {}
        Some(_) => {
            leg.say(format!(
                "{} is no server of the service any more. {NAME} is not 0: the next packet ends the connection, and another server is chosen.",
                known.server
            ));
            return None;
        }
        None => {
            leg.at_most(Passage::Unsure);
            leg.say(format!(
                "{} is no server of the service any more. {NAME} can't be read: packets are dropped if it is 0, and another server is chosen if not.",
                known.server
            ));
            return None;
        }
    }
    leg.find([Finding::fail(format!(
        "{} is no server of the service any more: packets of {client} are dropped for {}, and for longer if more come",
        known.server,
        time(known.expires)
    ))
    .seen(format!("{NAME} = 0"))
    .set(NAME, "1")]);
    None
}

/// Adds the template that keeps the client with a server, and returns that server.
fn template(leg: &mut Leg, journey: &Journey, service: &ServiceFacts) -> Option<Fixed> {
    let client = journey.client;
    if !service.persistent {
        leg.say(match service.one_packet {
            true => {
                "The service remembers no connections (-o): a server is chosen for each packet."
            }
            false => "The service is not persistent: a server is chosen for each connection.",
        });
        return None;
    }
    // With -o, each packet is a connection of its own, which asks for the template.
    let unit = match service.one_packet {
        true => {
            leg.say("The service remembers no connections (-o), and yet keeps templates.");
            "packet"
        }
        false => "connection",
    };
    if let Some(engine) = &journey.engine {
        leg.say(format!(
            "The service is persistent by its engine {engine}, and not by the client's address: its template can't be told from those of others."
        ));
        return None;
    }
    let Some(known) = &journey.template else {
        leg.say(format!(
            "The service is persistent, and has no template of {client}: a server is chosen, which then keeps it for {} after its last {unit}.",
            time(service.persistence.into())
        ));
        return None;
    };
    let whom = match known.client.address == client {
        true => client.to_string(),
        false => format!("clients like {client} (as {})", known.client.address),
    };
    leg.say(format!(
        "A template keeps {whom} with the server {}; it is forgotten in {}, later if {unit}s come.",
        known.server,
        time(known.expires)
    ));
    let Some(server) = service.server_of(known.server) else {
        leg.say("That server is no longer in the service, so another one is chosen.");
        return None;
    };
    if server.weight > 0 {
        return Some(Fixed::Template(known.server));
    }
    const NAME: &str = "net.ipv4.vs.expire_quiescent_template";
    match journey.facts.sysctl(NAME) {
        Some(0) => leg.say(format!(
            "The server has weight 0; the template counts all the same, since {NAME} is 0."
        )),
        Some(_) => {
            leg.say(format!(
                "The server has weight 0, and {NAME} is not 0, so that another one is chosen."
            ));
            return None;
        }
        None => {
            leg.at_most(Passage::Unsure);
            leg.say(format!(
                "The server has weight 0, and {NAME} can't be read: the template counts if it is 0."
            ));
        }
    }
    Some(Fixed::Template(known.server))
}
