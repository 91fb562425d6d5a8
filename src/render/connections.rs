//! `-L -c`: the connection table.

use std::borrow::Cow;
use std::io::{self, BufRead, Write};

use super::counts;
use super::label::{Label, pad};
use super::number::two_digits;
use crate::names::{NameOf, Numeric};
use ipvs::connections::{Connection, Count, Endpoint, Filter, Interrupted, for_each_connection};

/// Lists the connections of a table as the kernel shows it, row by row as it
/// is read. `engines` adds what persistence engines noted.
pub fn connections(
    out: &mut impl Write,
    table: impl BufRead,
    filter: &Filter,
    engines: bool,
    names: &dyn NameOf,
) -> Result<(), Interrupted> {
    out.write_all(b"IPVS connection entries\n")?;
    out.write_all(b"pro expire state       source             virtual            destination")?;
    if engines {
        out.write_all(b"        pe name          pe_data")?;
    }
    out.write_all(b"\n")?;
    let mut label = Label::default();
    for_each_connection(table, |connection| {
        if filter.passes(connection) {
            row(out, &mut label, connection, engines, names)?;
        }
        Ok(())
    })
}

fn row(
    out: &mut impl Write,
    label: &mut Label,
    connection: &Connection<'_>,
    engines: bool,
    names: &dyn NameOf,
) -> io::Result<()> {
    pad(out, &plain(connection.protocol), 3)?;
    let (minutes, seconds) = (connection.expires / 60, connection.expires % 60);
    // The whole is six characters wide at least.
    out.write_all(b" ")?;
    two_digits(out, minutes)?;
    out.write_all(b":")?;
    two_digits(out, seconds)?;
    out.write_all(if minutes < 100 { b"  " } else { b" " })?;
    pad(out, &plain(connection.state), 11)?;
    let protocol = connection.transport();
    let mut column = |out: &mut _, endpoint: Endpoint, width| {
        let text = label.set(endpoint.address, endpoint.port, protocol, names)?;
        pad(out, text, width)
    };
    out.write_all(b" ")?;
    column(out, connection.client, 18)?;
    out.write_all(b" ")?;
    column(out, connection.service, 18)?;
    out.write_all(b" ")?;
    match connection.engine.filter(|_| engines) {
        None => column(out, connection.server, 0)?,
        Some((name, data)) => {
            column(out, connection.server, 16)?;
            out.write_all(b" ")?;
            pad(out, &plain(name), 18)?;
            out.write_all(b" ")?;
            out.write_all(&plain(data))?;
        }
    }
    out.write_all(b"\n")
}

/// The part of a row that tells it from others, in numbers and without what changes
/// every second, in a buffer that is used for row after row.
#[derive(Default)]
pub struct RowText {
    text: Vec<u8>,
    label: Label,
}

impl RowText {
    /// The protocol, the state, the client, the service and the server of a connection.
    ///
    /// # Errors
    /// None: memory takes all there is.
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

    /// The thing, or the two things, that connections were counted by.
    ///
    /// # Errors
    /// None: memory takes all there is.
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

/// Text that no terminal takes for a command: what an engine noted has come
/// over the network.
fn plain(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().all(u8::is_ascii_graphic) {
        return text.into();
    }
    let plain = |c: char| if c.is_control() { '?' } else { c };
    let text: String = String::from_utf8_lossy(text).chars().map(plain).collect();
    text.into_bytes().into()
}
