//! Services.

use std::io::{self, Write};

use super::counters;
use super::text::{Exposition, LabelSets, Labels, MetricType};
use crate::json::{family, protocol};
use crate::names::HostText;
use ipvs::model::{Service, ServiceEntry, VirtualId};

/// Writes the metrics of services.
pub(super) fn services<W: Write + ?Sized>(
    text: &mut Exposition<'_, W>,
    services: &[ServiceEntry],
) -> io::Result<()> {
    text.number(
        "ipvs_services",
        MetricType::Gauge,
        "How many services there are.",
        services.len(),
    )?;
    let labels = LabelSets::of(services.iter(), |entry, labels| {
        identity(&entry.service.id, labels)
    })?;
    text.metric(
        "ipvs_service_info",
        MetricType::Gauge,
        "The scheduler of a service, and its persistence engine.",
    )?;
    for (made, ServiceEntry { service, .. }) in labels.iter().zip(services) {
        let Service {
            id: _,
            scheduler,
            engine,
            flags: _,
            timeout: _,
            netmask: _,
        } = service;
        let named = [("scheduler", scheduler), ("persistence_engine", engine)];
        text.sample(
            |labels| {
                labels.made(made)?;
                for (label, name) in named {
                    if let Some(name) = name {
                        labels.text(label, name.as_str())?;
                    }
                }
                Ok(())
            },
            1,
        )?;
    }
    text.metric(
        "ipvs_service_persistence_timeout_seconds",
        MetricType::Gauge,
        "How long a client stays with its server; of persistent services.",
    )?;
    for (made, ServiceEntry { service, .. }) in labels.iter().zip(services) {
        if service.is_persistent() {
            text.sample(|labels| labels.made(made), service.timeout)?;
        }
    }
    text.metric(
        "ipvs_service_servers",
        MetricType::Gauge,
        "How many servers a service has.",
    )?;
    for (made, entry) in labels.iter().zip(services) {
        text.sample(|labels| labels.made(made), entry.destinations.len())?;
    }
    let stats = || services.iter().map(|entry| &entry.stats);
    counters(text, "service_", "of a service", || {
        labels.iter().map(Some).zip(stats())
    })
}

/// Writes the labels that identify a service.
pub(super) fn identity<W: Write + ?Sized>(
    id: &VirtualId,
    labels: &mut Labels<'_, W>,
) -> io::Result<()> {
    match *id {
        VirtualId::Endpoint {
            protocol: number,
            address,
            port,
        } => {
            labels.plain("protocol", protocol(number))?;
            labels.plain("address", HostText(address))?;
            labels.number("port", port)
        }
        VirtualId::Fwmark { mark, family: of } => {
            labels.number("fwmark", mark.get())?;
            labels.plain("family", family(of))
        }
    }
}
