//! Services.

use std::io::{self, Write};

use super::counters;
use super::text::{Exposition, Labels, MetricType};
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
    text.metric(
        "ipvs_service_info",
        MetricType::Gauge,
        "The scheduler of a service, and its persistence engine.",
    )?;
    for ServiceEntry { service, .. } in services {
        let Service {
            id,
            scheduler,
            engine,
            flags: _,
            timeout: _,
            netmask: _,
        } = service;
        let named = [("scheduler", scheduler), ("persistence_engine", engine)];
        text.sample(
            |labels| {
                identity(id, labels)?;
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
    let persistent = services.iter().map(|entry| &entry.service);
    for service in persistent.filter(|service| service.is_persistent()) {
        text.sample(|labels| identity(&service.id, labels), service.timeout)?;
    }
    text.metric(
        "ipvs_service_servers",
        MetricType::Gauge,
        "How many servers a service has.",
    )?;
    for entry in services {
        text.sample(
            |labels| identity(&entry.service.id, labels),
            entry.destinations.len(),
        )?;
    }
    counters(
        text,
        "service_",
        "of a service",
        || {
            services
                .iter()
                .map(|entry| (&entry.service.id, &entry.stats))
        },
        |id, labels| identity(id, labels),
    )
}

/// Writes the labels by which a service is known.
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
