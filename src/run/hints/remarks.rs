//! Effects of a change that the user may not intend, and gaps of a listing. They are found before
//! the command is carried out, and reported after it.

use super::{are_read, brackets, masks};
use crate::cli::{self, Command, Ensure, Label, Ramped, RuleCommand};
use crate::estimation::Frozen;
use crate::names::Numeric;
use crate::run::kernel;
use ipvs::client::Client;
use ipvs::model::{Change, Destination, DestinationEntry, VirtualId};
use ipvs::rules::ChangeRule;

/// Returns what to say after this command; none where nobody reads it. `are_read` is asked only
/// where there is something to say or to look up.
pub(in crate::run) fn remark(
    client: &mut Client,
    words: &[String],
    command: &Command,
) -> Option<String> {
    match command {
        // `--watch` shows this itself.
        Command::Rule(RuleCommand::List(list))
            if list.view.counts() && list.watch.is_none() && are_read() =>
        {
            let why = Frozen::now()?;
            Some(format!("counters and rates stand still: {why}"))
        }
        Command::Rule(RuleCommand::Change(
            Change::AddService(service) | Change::EditService(service),
        ))
        | Command::Ensure(Ensure::Service(service)) => masks::short(service)
            .or_else(|| brackets::of_service(words, &service.id))
            .filter(|_| are_read()),
        Command::Rule(RuleCommand::Change(Change::AddServer(id, server)))
        | Command::Ensure(Ensure::Server(id, server)) => {
            swallowed_port(words, id, server).filter(|_| are_read())
        }
        Command::Ramp(ramp) => match &ramp.ramped {
            Ramped::New(id, server) | Ramped::NewOrThere(id, server) => {
                swallowed_port(words, id, server).filter(|_| are_read())
            }
            Ramped::Edited(_) | Ramped::Anywhere(..) => None,
        },
        Command::Rule(RuleCommand::Change(Change::EditServer(id, server))) if are_read() => {
            not_kept(client, words, id, server).or_else(|| swallowed_port(words, id, server))
        }
        Command::Rule(RuleCommand::Change(Change::DeleteServer(id, server)))
        | Command::Ensure(Ensure::NoServer(id, server))
            if are_read() =>
        {
            remembered(client, id, server)
        }
        _ => None,
    }
}

/// Returns a hint where the port of a server became the end of its address. It is given only if
/// that end is the end of the service's port too, as 80 is of 8080.
fn swallowed_port(words: &[String], id: &VirtualId, server: &Destination) -> Option<String> {
    let of_service = id.port().filter(|port| *port != 0)?.to_string();
    brackets::of_server(words, server.address, |port| port.ends_with(&of_service))
}

/// Names the settings of a server that an edit resets because they are not given.
fn not_kept(
    client: &mut Client,
    words: &[String],
    id: &VirtualId,
    server: &Destination,
) -> Option<String> {
    let given = cli::parse("", words);
    let now = row(client, id, server)?.destination;
    let lost = [
        (Label::Forwarding, now.forwarding != server.forwarding),
        (Label::Weight, now.weight != server.weight),
        (
            Label::UpperThreshold,
            now.upper_threshold != server.upper_threshold,
        ),
        (
            Label::LowerThreshold,
            now.lower_threshold != server.lower_threshold,
        ),
    ];
    let is_lost = |&(label, differs): &(Label, bool)| differs && !given.has(label);
    if given.has(Label::Raw) || !lost.iter().any(is_lost) {
        return None;
    }
    let before = Change::EditServer(*id, now);
    Some(format!(
        "only with --keep does what is not given stay; it was {}",
        ChangeRule::new(&before, &Numeric)
    ))
}

/// Tells of the connections of a server that is removed.
fn remembered(client: &mut Client, id: &VirtualId, server: &Destination) -> Option<String> {
    let activity = row(client, id, server)?.activity;
    let connections = u64::from(activity.active) + u64::from(activity.inactive);
    let (subject, its, it, each) = match connections {
        0 => return None,
        1 => ("1 connection is".to_owned(), "its", "it", "it"),
        many => (format!("{many} connections are"), "their", "them", "each"),
    };
    Some(match kernel::ends_orphans()? {
        true => format!("{subject} remembered: {each} ends when its next packet comes"),
        false => format!(
            "{subject} remembered: {its} packets are dropped without an answer until the server \
             is there again or the kernel forgets {it}"
        ),
    })
}

/// Returns the row of the server in the table.
fn row(client: &mut Client, id: &VirtualId, server: &Destination) -> Option<DestinationEntry> {
    let rows = client.destinations(id).ok()?;
    rows.into_iter()
        .find(|row| row.destination.endpoint() == server.endpoint())
}
