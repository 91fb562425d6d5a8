//! Connections, one by one or counted.

use std::borrow::Cow;
use std::io::{self, BufRead, Write};
use std::num::NonZeroU32;

use serde::Serialize;

use super::identity::{AddressText, EndpointFields, ServiceId, Word, family, protocol};
use super::{Items, Sequence, document};
use ipvs::connections::{
    By, Connection, Count, Filter, Grouping, Interrupted, Key, for_each_connection,
};
use ipvs::model::{Family, VirtualId};

/// Writes the document of a table's connections while it is read.
///
/// # Errors
/// The errors of `table` and of `out`.
pub fn connections(
    out: impl Write,
    table: impl BufRead,
    filter: &Filter,
) -> Result<(), Interrupted> {
    let mut items = Items::begin(out, "{\"connections\":[")?;
    for_each_connection(table, |connection| match filter.passes(connection) {
        true => items.push(&ConnectionRow::from(connection)),
        false => Ok(()),
    })?;
    Ok(items.end()?)
}

#[derive(Serialize)]
struct ConnectionRow<'a> {
    protocol: Option<Word>,
    family: Word,
    client: EndpointFields,
    service: Through,
    server: EndpointFields,
    state: Cow<'a, str>,
    expires_seconds: u64,
    template: bool,
    engine: Option<Engine<'a>>,
}

/// The virtual service of a connection, which has the connection's protocol and family.
#[derive(Serialize)]
struct Through {
    address: Option<AddressText>,
    port: Option<u16>,
    fwmark: Option<NonZeroU32>,
}

/// The data that a persistence engine noted.
#[derive(Serialize)]
struct Engine<'a> {
    name: Cow<'a, str>,
    data: Cow<'a, str>,
}

impl<'a> From<&Connection<'a>> for ConnectionRow<'a> {
    fn from(connection: &Connection<'a>) -> Self {
        let (protocol, service) = match connection.through() {
            VirtualId::Endpoint {
                protocol,
                address,
                port,
            } => (
                Some(self::protocol(protocol)),
                Through {
                    address: Some(AddressText(address)),
                    port: Some(port),
                    fwmark: None,
                },
            ),
            VirtualId::Fwmark { mark, .. } => (
                None,
                Through {
                    address: None,
                    port: None,
                    fwmark: Some(mark),
                },
            ),
        };
        Self {
            protocol,
            family: family(Family::of(connection.client.address)),
            client: connection.client.into(),
            service,
            server: connection.server.into(),
            state: text(connection.state),
            expires_seconds: connection.expires,
            template: connection.is_template(),
            engine: connection.engine.map(|(name, data)| Engine {
                name: text(name),
                data: text(data),
            }),
        }
    }
}

/// Returns the bytes as text; bytes that are not UTF-8 become U+FFFD.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Writes the document of counted connections, in the order given.
///
/// # Errors
/// The errors of `out`.
pub fn counts(
    out: &mut impl Write,
    grouping: impl Into<Grouping>,
    counts: &[Count],
) -> io::Result<()> {
    #[derive(Serialize)]
    struct CountsDocument<S> {
        by: &'static str,
        then_by: Option<&'static str>,
        counts: S,
        total: Total,
    }
    let Grouping { by, then } = grouping.into();
    let (by, then_by) = (name(by), then.map(name));
    let total = Total {
        connections: counts.iter().map(|count| count.connections).sum(),
        templates: counts.iter().map(|count| count.templates).sum(),
    };
    let counts = Sequence(counts.iter().map(CountRow::from));
    let document = CountsDocument {
        by,
        then_by,
        counts,
        total,
    };
    self::document(out, &document)
}

/// Returns the name of a kind of key, which is its member's name in a count.
fn name(by: By) -> &'static str {
    match by {
        By::Server => "server",
        By::Client => "client",
        By::State => "state",
        By::Service => "service",
    }
}

#[derive(Serialize)]
struct Total {
    connections: u64,
    templates: u64,
}

#[derive(Serialize)]
struct CountRow<'a> {
    #[serde(flatten)]
    key: CountedKey<'a>,
    #[serde(flatten)]
    then: Option<CountedKey<'a>>,
    connections: u64,
    templates: u64,
}

/// A key of a count, under the name of its kind.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum CountedKey<'a> {
    Server(EndpointFields),
    Client { address: AddressText },
    State(&'a str),
    Service(ServiceId),
}

impl<'a> From<&'a Key> for CountedKey<'a> {
    fn from(key: &'a Key) -> Self {
        match key {
            Key::Server(server) => Self::Server((*server).into()),
            Key::Client(client) => Self::Client {
                address: AddressText(*client),
            },
            Key::State(state) => Self::State(state),
            Key::Service(service) => Self::Service(service.into()),
        }
    }
}

impl<'a> From<&'a Count> for CountRow<'a> {
    fn from(count: &'a Count) -> Self {
        Self {
            key: (&count.key).into(),
            then: count.then.as_ref().map(CountedKey::from),
            connections: count.connections,
            templates: count.templates,
        }
    }
}
