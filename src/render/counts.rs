//! `-L -c --by`: connections, counted.

use std::io::{self, Write};

use super::label::{Label, pad};
use crate::names::NameOf;
use ipvs::connections::{By, Count, Grouping, Key};
use ipvs::model::VirtualId;

/// Lists counts, in the order given. What they are of comes last: it may be
/// of any length. Of two things, the first is as wide as its longest.
///
/// # Errors
/// The errors of `out`.
pub fn counts(
    out: &mut impl Write,
    grouping: impl Into<Grouping>,
    counts: &[Count],
    names: &dyn NameOf,
) -> io::Result<()> {
    let Grouping { by, then } = grouping.into();
    let mut label = Label::default();
    let mut first = Vec::new();
    let width = match then {
        None => 0,
        Some(_) => {
            let mut width = title(by).len();
            for count in counts {
                first.clear();
                key(&mut first, &mut label, &count.key, names)?;
                width = width.max(first.len());
            }
            width
        }
    };
    out.write_all(b"Connections Templates ")?;
    pad(out, title(by).as_bytes(), width)?;
    if let Some(then) = then {
        write!(out, " {}", title(then))?;
    }
    out.write_all(b"\n")?;
    for count in counts {
        write!(out, "{:>11} {:>9} ", count.connections, count.templates)?;
        first.clear();
        key(&mut first, &mut label, &count.key, names)?;
        pad(out, &first, width)?;
        if let Some(then) = &count.then {
            out.write_all(b" ")?;
            key(out, &mut label, then, names)?;
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn title(by: By) -> &'static str {
    match by {
        By::Server => "Server",
        By::Client => "Client",
        By::State => "State",
        By::Service => "Service",
    }
}

pub(super) fn key(
    out: &mut impl Write,
    label: &mut Label,
    key: &Key,
    names: &dyn NameOf,
) -> io::Result<()> {
    match key {
        // It may be of more than one protocol, and the port's name too.
        Key::Server(server) => {
            out.write_all(label.set(server.address, server.port, None, names)?)
        }
        Key::Client(client) => out.write_all(label.set_host(*client, names)?),
        Key::State(state) => out.write_all(state.as_bytes()),
        Key::Service(service) => through(out, label, service, names),
    }
}

/// As in the listing of the table, but for the blanks.
fn through(
    out: &mut impl Write,
    label: &mut Label,
    service: &VirtualId,
    names: &dyn NameOf,
) -> io::Result<()> {
    match *service {
        VirtualId::Endpoint {
            protocol,
            address,
            port,
        } => {
            write!(out, "{protocol} ")?;
            out.write_all(label.set(address, port, Some(protocol), names)?)
        }
        VirtualId::Fwmark { mark, family } => {
            out.write_all(b"FWM ")?;
            out.write_all(label.set_mark(mark, family)?)
        }
    }
}
