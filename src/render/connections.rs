//! `-L -c`: the connection table.

use std::borrow::Cow;
use std::io::{self, BufRead, Write};

use super::counts;
use super::label::{Label, LabelWidth, characters, pad};
use super::layout::share;
use super::number::two_digits;
use crate::names::{NameOf, Numeric};
use ipvs::connections::{Connection, Count, Filter, Interrupted, for_each_connection};

/// The widths of the columns of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLayout {
    client: LabelWidth,
    service: LabelWidth,
    server: LabelWidth,
}

/// The columns before those of addresses.
const BEFORE: &str = "pro expire state       ";
/// The width of a column of addresses, and of an engine's name.
const COLUMN: usize = 18;

impl ConnectionLayout {
    /// The widths of ipvsadm 1.31, whatever the addresses are.
    pub const LISTING: Self = Self {
        client: LabelWidth::AtLeast(COLUMN),
        service: LabelWidth::AtLeast(COLUMN),
        server: LabelWidth::AtLeast(16),
    };

    /// Makes each column of addresses as wide as its longest entry, as far as a window of this many
    /// characters has room, and never narrower than in a listing.
    ///
    /// # Errors
    /// None: writing to memory does not fail.
    pub fn fit<'a>(
        connections: impl Iterator<Item = Connection<'a>>,
        engines: bool,
        names: &dyn NameOf,
        window: usize,
    ) -> io::Result<Self> {
        let mut label = Label::default();
        let mut longest = [0; 3];
        let mut data = "pe_data".len();
        for connection in connections {
            let protocol = connection.transport();
            let ends = [connection.client, connection.service, connection.server];
            for (longest, end) in longest.iter_mut().zip(ends) {
                let text = label.set(end.address, end.port, protocol, names)?;
                *longest = characters(text).max(*longest);
            }
            if let Some((_, noted)) = connection.engine {
                data = data.max(characters(&plain(noted)));
            }
        }
        let blanks = longest.len() - 1;
        let others = match engines {
            true => BEFORE.len() + blanks + " ".len() + COLUMN + " ".len() + data,
            false => BEFORE.len() + blanks,
        };
        let room = window.saturating_sub(others);
        let [client, service, server] = share(room, longest, COLUMN).map(LabelWidth::Fitted);
        Ok(Self {
            client,
            service,
            server,
        })
    }

    fn titles(self, out: &mut impl Write, engines: bool) -> io::Result<()> {
        let Self {
            client,
            service,
            server,
        } = self;
        out.write_all(BEFORE.as_bytes())?;
        client.pad(out, b"source")?;
        out.write_all(b" ")?;
        service.pad(out, b"virtual")?;
        out.write_all(b" destination")?;
        if engines {
            let blanks = server.characters().max(COLUMN) - "destination".len();
            pad(out, b"", blanks)?;
            out.write_all(b" pe name          ")?;
            // ipvsadm 1.31 places the last title where its rows have that column, so its title of
            // the names is two characters too far to the right.
            if let LabelWidth::Fitted(_) = server {
                out.write_all(b"  ")?;
            }
            out.write_all(b"pe_data")?;
        }
        out.write_all(b"\n")
    }
}

/// Lists the connections of a table in the kernel's text, row by row as it is read. `engines` adds
/// the data that persistence engines noted.
pub fn connections(
    out: &mut impl Write,
    table: impl BufRead,
    filter: &Filter,
    engines: bool,
    layout: ConnectionLayout,
    names: &dyn NameOf,
) -> Result<(), Interrupted> {
    out.write_all(b"IPVS connection entries\n")?;
    layout.titles(out, engines)?;
    let mut label = Label::default();
    for_each_connection(table, |connection| {
        if filter.passes(connection) {
            row(out, &mut label, connection, engines, layout, names)?;
        }
        Ok(())
    })
}

fn row(
    out: &mut impl Write,
    label: &mut Label,
    connection: &Connection<'_>,
    engines: bool,
    layout: ConnectionLayout,
    names: &dyn NameOf,
) -> io::Result<()> {
    let ConnectionLayout {
        client,
        service,
        server,
    } = layout;
    pad(out, &plain(connection.protocol), 3)?;
    let (minutes, seconds) = (connection.expires / 60, connection.expires % 60);
    // The column is at least six characters wide.
    out.write_all(b" ")?;
    two_digits(out, minutes)?;
    out.write_all(b":")?;
    two_digits(out, seconds)?;
    out.write_all(if minutes < 100 { b"  " } else { b" " })?;
    pad(out, &plain(connection.state), 11)?;
    let protocol = connection.transport();
    for (end, width) in [(connection.client, client), (connection.service, service)] {
        out.write_all(b" ")?;
        let text = label.set_column(end.address, end.port, protocol, names, width)?;
        width.pad(out, text)?;
    }
    out.write_all(b" ")?;
    let end = connection.server;
    let text = label.set_column(end.address, end.port, protocol, names, server)?;
    match connection.engine.filter(|_| engines) {
        None => out.write_all(text)?,
        Some((name, data)) => {
            server.pad(out, text)?;
            out.write_all(b" ")?;
            pad(out, &plain(name), COLUMN)?;
            out.write_all(b" ")?;
            out.write_all(&plain(data))?;
        }
    }
    out.write_all(b"\n")
}

/// The part of a row that identifies it, in numbers and without what changes every second. The
/// buffer is used for row after row.
#[derive(Default)]
pub struct RowText {
    text: Vec<u8>,
    label: Label,
}

impl RowText {
    /// Returns the protocol, the state, the client, the service and the server of a connection.
    ///
    /// # Errors
    /// None: writing to memory does not fail.
    pub fn of_connection(&mut self, connection: &Connection<'_>) -> io::Result<&[u8]> {
        let Self { text, label } = self;
        text.clear();
        text.extend_from_slice(connection.protocol);
        text.push(b' ');
        text.extend_from_slice(connection.state);
        for end in [connection.client, connection.service, connection.server] {
            text.push(b' ');
            text.extend_from_slice(label.set(end.address, end.port, None, &Numeric)?);
        }
        Ok(text)
    }

    /// Returns the one or two keys that connections were counted by.
    ///
    /// # Errors
    /// None: writing to memory does not fail.
    pub fn of_count(&mut self, count: &Count) -> io::Result<&[u8]> {
        let Self { text, label } = self;
        text.clear();
        counts::key(text, label, &count.key, &Numeric)?;
        if let Some(then) = &count.then {
            text.push(b' ');
            counts::key(text, label, then, &Numeric)?;
        }
        Ok(text)
    }
}

/// Returns text that no terminal takes for a command: an engine's data has come over the network.
fn plain(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().all(u8::is_ascii_graphic) {
        return text.into();
    }
    let plain = |c: char| if c.is_control() { '?' } else { c };
    let text: String = String::from_utf8_lossy(text).chars().map(plain).collect();
    text.into_bytes().into()
}
