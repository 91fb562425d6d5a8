//! `-L -c --by`: connections, counted.

use std::io::{self, Write};

use super::label::{Label, LabelWidth, characters};
use super::layout::share;
use crate::names::NameOf;
use ipvs::connections::{By, Count, Grouping, Key};
use ipvs::model::VirtualId;

/// The titles of the numbers, which stand before the counted keys.
const BEFORE: &str = "Connections Templates ";

/// Lists counts, in the order given. The key comes last: it may have any length, unless it has to
/// fit into a `window` of that many characters. If there are two keys, the first column is as wide
/// as its longest entry.
///
/// # Errors
/// The errors of `out`.
pub fn counts(
    out: &mut impl Write,
    grouping: impl Into<Grouping>,
    counts: &[Count],
    window: Option<usize>,
    names: &dyn NameOf,
) -> io::Result<()> {
    let Grouping { by, then } = grouping.into();
    let mut label = Label::default();
    let [first, second] = widths(by, then, counts, window, names)?;
    out.write_all(BEFORE.as_bytes())?;
    match then {
        None => out.write_all(title(by).as_bytes())?,
        Some(then) => {
            first.pad(out, title(by).as_bytes())?;
            write!(out, " {}", title(then))?;
        }
    }
    out.write_all(b"\n")?;
    let mut text = Vec::new();
    for count in counts {
        write!(out, "{:>11} {:>9} ", count.connections, count.templates)?;
        text.clear();
        key(&mut text, &mut label, &count.key, names)?;
        first.cut(&mut text);
        if let Some(then) = &count.then {
            first.pad(out, &text)?;
            out.write_all(b" ")?;
            text.clear();
            key(&mut text, &mut label, then, names)?;
            second.cut(&mut text);
        }
        out.write_all(&text)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Returns the widths of the columns of one or two keys.
fn widths(
    by: By,
    then: Option<By>,
    counts: &[Count],
    window: Option<usize>,
    names: &dyn NameOf,
) -> io::Result<[LabelWidth; 2]> {
    const ANY: LabelWidth = LabelWidth::AtLeast(0);
    if then.is_none() && window.is_none() {
        return Ok([ANY, ANY]);
    }
    let mut label = Label::default();
    let mut text = Vec::new();
    let length = |text: &[u8]| match window {
        None => text.len(),
        Some(_) => characters(text),
    };
    let mut longest = [by, then.unwrap_or(by)].map(|by| title(by).len());
    for count in counts {
        let keys = [Some(&count.key), count.then.as_ref()];
        for (longest, of) in longest.iter_mut().zip(keys) {
            text.clear();
            if let Some(of) = of {
                key(&mut text, &mut label, of, names)?;
            }
            *longest = length(&text).max(*longest);
        }
    }
    let [first, second] = longest;
    let Some(window) = window else {
        return Ok([LabelWidth::AtLeast(first), ANY]);
    };
    let room = window.saturating_sub(BEFORE.len());
    let least = title(By::Service).len();
    let widths = match then {
        None => {
            let [only] = share(room, [first], least);
            [only, 0]
        }
        Some(_) => share(room.saturating_sub(1), [first, second], least),
    };
    Ok(widths.map(LabelWidth::Fitted))
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
        // The server may be counted for several protocols, so its port has no name.
        Key::Server(server) => {
            out.write_all(label.set(server.address, server.port, None, names)?)
        }
        Key::Client(client) => out.write_all(label.set_host(*client, names)?),
        Key::State(state) => out.write_all(state.as_bytes()),
        Key::Service(service) => through(out, label, service, names),
    }
}

/// Writes a service as in the listing of the table, but without the padding.
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
