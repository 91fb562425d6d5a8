//! The table: services with their servers and counters.

use std::io::{self, Write};

use serde::Serialize;

use super::identity::ServiceId;
use super::server::{ServerId, ServerSettings};
use super::service::ServiceSettings;
use super::{Items, Sequence};
use ipvs::model::{DestinationEntry, Info, ServiceEntry, Stats};

/// A document of the table that is being written, service by service.
pub struct TableDocument<W>(Items<W>);

impl<W: Write> TableDocument<W> {
    /// Begins the document with the kernel's description of its IPVS.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn begin(out: W, info: &Info) -> io::Result<Self> {
        let ipvs = serde_json::to_string(&IpvsFields::from(info))?;
        Items::begin(out, &format!("{{\"ipvs\":{ipvs},\"services\":[")).map(Self)
    }

    /// Writes the next service and its servers.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn push(&mut self, entry: &ServiceEntry) -> io::Result<()> {
        self.0.push(&ServiceRow {
            id: (&entry.service.id).into(),
            settings: (&entry.service).into(),
            traffic: (&entry.stats).into(),
            servers: Sequence(entry.destinations.iter().map(ServerRow::from)),
        })
    }

    /// Ends the document and its line.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn end(self) -> io::Result<()> {
        self.0.end()
    }
}

/// The kernel's description of its IPVS.
#[derive(Serialize)]
pub(super) struct IpvsFields {
    version: String,
    connection_table_size: u32,
}

impl From<&Info> for IpvsFields {
    fn from(info: &Info) -> Self {
        Self {
            version: info.version_text(),
            connection_table_size: info.connection_table_size,
        }
    }
}

#[derive(Serialize)]
struct ServiceRow<'a, S> {
    #[serde(flatten)]
    id: ServiceId,
    #[serde(flatten)]
    settings: ServiceSettings<'a>,
    #[serde(flatten)]
    traffic: TrafficFields,
    servers: S,
}

#[derive(Serialize)]
struct ServerRow {
    #[serde(flatten)]
    id: ServerId,
    #[serde(flatten)]
    settings: ServerSettings,
    active_connections: u32,
    inactive_connections: u32,
    persistent_connections: u32,
    #[serde(flatten)]
    traffic: TrafficFields,
}

impl From<&DestinationEntry> for ServerRow {
    fn from(entry: &DestinationEntry) -> Self {
        Self {
            id: (&entry.destination).into(),
            settings: (&entry.destination).into(),
            active_connections: entry.activity.active,
            inactive_connections: entry.activity.inactive,
            persistent_connections: entry.activity.persistent,
            traffic: (&entry.stats).into(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct TrafficFields {
    counters: CounterFields,
    rates: RateFields,
}

#[derive(Serialize)]
pub(super) struct CounterFields {
    pub(super) connections: u64,
    pub(super) incoming_packets: u64,
    pub(super) outgoing_packets: u64,
    pub(super) incoming_bytes: u64,
    pub(super) outgoing_bytes: u64,
}

#[derive(Serialize)]
struct RateFields {
    connections_per_second: u64,
    incoming_packets_per_second: u64,
    outgoing_packets_per_second: u64,
    incoming_bytes_per_second: u64,
    outgoing_bytes_per_second: u64,
}

impl From<&Stats> for TrafficFields {
    fn from(stats: &Stats) -> Self {
        let Stats {
            connections,
            in_packets,
            out_packets,
            in_bytes,
            out_bytes,
            connections_per_second,
            in_packets_per_second,
            out_packets_per_second,
            in_bytes_per_second,
            out_bytes_per_second,
        } = *stats;
        Self {
            counters: CounterFields {
                connections,
                incoming_packets: in_packets,
                outgoing_packets: out_packets,
                incoming_bytes: in_bytes,
                outgoing_bytes: out_bytes,
            },
            rates: RateFields {
                connections_per_second,
                incoming_packets_per_second: in_packets_per_second,
                outgoing_packets_per_second: out_packets_per_second,
                incoming_bytes_per_second: in_bytes_per_second,
                outgoing_bytes_per_second: out_bytes_per_second,
            },
        }
    }
}
