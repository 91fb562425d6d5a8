//! The service that takes the client's packets, and the services that it shadows or
//! that shadow it. The kernel looks at marks first, then at the port, then at FTP, then
//! at services for every port.

use super::{Leg, Passage, beyond, list};
use crate::diagnose::facts::{Journey, Lookup, selector};
use crate::diagnose::finding::Finding;
use ipvs::model::{Protocol, VirtualId};

/// The most services that are named.
const NAMED: usize = 4;

pub(super) fn lookup(journey: &Journey) -> Leg {
    let mut leg = Leg::new("service");
    let wanted = journey.wanted;
    if let VirtualId::Endpoint {
        protocol: Protocol::Other(_),
        ..
    } = wanted
    {
        leg.find([Finding::fail(
            "IPVS balances TCP, UDP and SCTP alone: it leaves these packets as they are",
        )]);
        return leg;
    }
    let is_mark = |named: &&VirtualId| matches!(named, VirtualId::Fwmark { .. });
    let (marks, others): (Vec<_>, Vec<_>) = journey.others.iter().partition(is_mark);
    let (Some(service), Some(lookup)) = (journey.facts.services.first(), journey.lookup) else {
        leg.at_most(Passage::Shut);
        leg.say(format!("No service takes packets to {wanted}."));
        let finding = Finding::fail(
            "IPVS leaves these packets alone: another program that listens here gets them, or the client is refused",
        );
        let seen = match (wanted, others.as_slice()) {
            (_, [_, ..]) => names(&others),
            (VirtualId::Fwmark { .. }, []) => "no service of that mark".to_owned(),
            (VirtualId::Endpoint { .. }, []) => {
                "no service of that address and protocol".to_owned()
            }
        };
        leg.find([finding
            .seen(format!("ipvsadm -Ln lists {seen}"))
            .run(format!("ipvsadm -A {}", selector(wanted)))
            .say("and its servers, with -a")]);
        by_mark(&mut leg, journey, &marks);
        return leg;
    };
    let name = service.id;
    leg.say(match lookup {
        Lookup::Mark => format!(
            "{name} takes packets with its mark, before any service that has their address and port."
        ),
        Lookup::Port => format!("{name} takes them: it has this address and port."),
        Lookup::FtpData => format!(
            "No service has this port. {name} takes them, as the FTP service of this address: to the kernel they may be its data connections."
        ),
        Lookup::EveryPort => format!("No service has this port. {name}, which is for every port of the address, takes them."),
    });
    // The kernel schedules connections to other ports than the service's by templates
    // alone.
    if matches!(lookup, Lookup::FtpData | Lookup::EveryPort) && !service.persistent {
        leg.find([Finding::fail(format!(
            "{name} is not persistent, and then takes connections to its own port alone: others are refused"
        ))
        .seen(format!("ipvsadm -Ln {} does not say `persistent'", selector(name)))
        .say(format!("make it persistent (ipvsadm -E {} -p --keep), or add a service for the port:", selector(name)))
        .run(format!("ipvsadm -A {}", selector(wanted)))]);
    }
    let passed_over = |other: &&&VirtualId| {
        other.port() == Some(0) && matches!(lookup, Lookup::Port | Lookup::FtpData)
    };
    let passed_over: Vec<_> = others.iter().filter(passed_over).copied().collect();
    if !passed_over.is_empty() {
        leg.say(format!("It comes before {}.", names(&passed_over)));
    }
    by_mark(&mut leg, journey, &marks);
    leg
}

fn names(services: &[&VirtualId]) -> String {
    let mut words: Vec<_> = services
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect();
    if let Some(more) = beyond(NAMED, services.len()) {
        words.push(format!("{more} more"));
    }
    list(&words)
}

fn by_mark(leg: &mut Leg, journey: &Journey, marks: &[&VirtualId]) {
    if marks.is_empty() {
        return;
    }
    leg.say(format!(
        "Packets that get a mark go to {} instead, if it is theirs: marks come first. Whether these get one is up to rules that are not looked at here (nft list ruleset; iptables-save -t mangle; tc filter show).",
        names(marks)
    ));
    let had: Vec<_> = journey.marks.iter().collect();
    if !had.is_empty() {
        leg.say(format!(
            "{} has a template of {}: some of its packets had that mark.",
            journey.client,
            names(&had)
        ));
    }
}
