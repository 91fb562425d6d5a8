//! Real servers.

use std::io::{self, Write};

use super::counters;
use super::service::identity;
use super::text::{Exposition, LabelSets, Labels, MetricType};
use crate::json::method;
use crate::names::HostText;
use ipvs::model::{Activity, Destination, DestinationEntry, ServiceEntry, VirtualId};

/// The gauges of a server, with their meanings; [`gauged`] returns the values.
const GAUGES: [(&str, &str); 6] = [
    (
        "ipvs_server_weight",
        "The share of the work that a server gets; 0 takes no new connections.",
    ),
    (
        "ipvs_server_upper_threshold",
        "Connections from which a server takes no more; 0 is no limit.",
    ),
    (
        "ipvs_server_lower_threshold",
        "Connections below which it takes some again; 0 is three quarters of the upper threshold.",
    ),
    (
        "ipvs_server_active_connections",
        "Connections that are established.",
    ),
    (
        "ipvs_server_inactive_connections",
        "Connections in any other state.",
    ),
    (
        "ipvs_server_persistent_connections",
        "Templates by which clients stay with a server.",
    ),
];

/// Returns the values of [`GAUGES`]. The counters and the forwarding method have metrics of their
/// own.
fn gauged(entry: &DestinationEntry) -> [i64; GAUGES.len()] {
    let DestinationEntry {
        destination,
        activity,
        stats: _,
    } = *entry;
    let Destination {
        address: _,
        port: _,
        forwarding: _,
        weight,
        upper_threshold,
        lower_threshold,
        tunnel: _,
    } = destination;
    let Activity {
        active,
        inactive,
        persistent,
    } = activity;
    [
        // The kernel keeps the weight as an int.
        i64::from(weight as i32),
        upper_threshold.into(),
        lower_threshold.into(),
        active.into(),
        inactive.into(),
        persistent.into(),
    ]
}

/// Writes the metrics of the servers of services.
pub(super) fn servers<W: Write + ?Sized>(
    text: &mut Exposition<'_, W>,
    services: &[ServiceEntry],
) -> io::Result<()> {
    let servers = || {
        services.iter().flat_map(|entry| {
            let servers = entry.destinations.iter();
            servers.map(|server| (&entry.service.id, server))
        })
    };
    let labels = LabelSets::of(servers(), |(id, server), labels| {
        member(id, &server.destination, labels)
    })?;
    text.metric(
        "ipvs_server_info",
        MetricType::Gauge,
        "The forwarding method of a server.",
    )?;
    for (made, (_, server)) in labels.iter().zip(servers()) {
        text.sample(
            |labels| {
                labels.made(made)?;
                labels.plain("forwarding_method", method(server.destination.forwarding))
            },
            1,
        )?;
    }
    for (at, (name, help)) in GAUGES.into_iter().enumerate() {
        text.metric(name, MetricType::Gauge, help)?;
        for (made, (_, server)) in labels.iter().zip(servers()) {
            let value = gauged(server).get(at).copied().unwrap_or_default();
            text.sample(|labels| labels.made(made), value)?;
        }
    }
    let stats = || servers().map(|(_, server)| &server.stats);
    counters(text, "server_", "of a server in a service", || {
        labels.iter().map(Some).zip(stats())
    })
}

/// Writes the labels that identify a server of a service.
fn member<W: Write + ?Sized>(
    id: &VirtualId,
    server: &Destination,
    labels: &mut Labels<'_, W>,
) -> io::Result<()> {
    identity(id, labels)?;
    labels.plain("server_address", HostText(server.address))?;
    labels.number("server_port", server.port)
}
