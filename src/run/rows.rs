//! The rows of a listing. Services are asked for at once; the servers of each
//! when their turn comes, unless `/proc` tells all of them or their names are
//! wanted. What a listing does not show of them is not held.

use std::time::Duration;

use super::Failure;
use crate::names::{NameOf, Names};
use crate::render;
use crate::view::{Detail, Order};
use ipvs::client::{Client, Patience};
use ipvs::error::Error;
use ipvs::model::{Service, ServiceEntry, Stats, VirtualId};
use ipvs::procfs;

/// How often the short way is tried before the sure one is taken.
const ATTEMPTS: usize = 2;
/// Up to so many services, asking for the servers of each is the shorter way.
const FEW: usize = 8;

/// How a listing is read that others disturb: soon, and as far as they let it.
pub(super) const LISTING: Patience = Patience::Settle(Duration::from_secs(1));
/// How rules are read that go to standard output: they may be kept.
pub(super) const SAVING: Patience = Patience::Settle(Duration::from_secs(5));

/// Services, with or still without their servers.
pub(super) struct Rows {
    services: Services,
    order: Order,
}

enum Services {
    /// With their servers.
    Whole(Vec<ServiceEntry>),
    /// Whole but for their servers, which are to be asked for.
    Full(Vec<ServiceEntry>),
    /// Counters alone. The servers are to be asked for.
    Counted(Vec<(VirtualId, Stats)>),
    /// Without counters. The servers are to be asked for if not known.
    Configured(Vec<Service>, Option<procfs::Servers>),
}

impl Rows {
    /// One service, or every service.
    pub(super) fn ask(
        client: &mut Client,
        service: Option<&VirtualId>,
        detail: Detail,
        order: Order,
    ) -> Result<Self, Failure> {
        let services = match (service, detail) {
            (Some(id), _) => client.service(id).map(|entry| Services::Whole(vec![entry])),
            (None, Detail::Brief) => brief(client, order),
            (None, Detail::Settings) => configured(client, order).map(Services::unknown),
            (None, Detail::Counters) => client
                .counters()
                .map(|services| Services::Counted(in_order(services, order, |(id, _)| id))),
            (None, Detail::Everything) => client.services().map(|services| {
                Services::Full(in_order(services, order, |entry| &entry.service.id))
            }),
        };
        let services = services.map_err(Failure::Unlisted)?;
        Ok(Self { services, order })
    }

    /// The names of all their addresses; for these, every server must be known.
    pub(super) fn names(&mut self, client: &mut Client) -> Result<Names, Failure> {
        let mut entries = Vec::new();
        let services = std::mem::replace(&mut self.services, Services::Whole(Vec::new()));
        services.for_each(client, self.order, |mut entry| {
            entry.destinations.shrink_to_fit();
            entries.push(entry);
            Ok(())
        })?;
        let names = Names::look_up(render::addresses(&entries));
        self.services = Services::Whole(entries);
        Ok(names)
    }

    /// Gives each service with its servers to `each`, in order.
    pub(super) fn for_each(
        self,
        client: &mut Client,
        each: impl FnMut(ServiceEntry) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.services.for_each(client, self.order, each)
    }
}

impl Services {
    /// Servers are to be asked for.
    fn unknown(services: Vec<Service>) -> Self {
        Self::Configured(services, None)
    }

    fn for_each(
        self,
        client: &mut Client,
        order: Order,
        mut each: impl FnMut(ServiceEntry) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut each = |mut entry: ServiceEntry| {
            if order == Order::Sorted {
                render::sort_servers(&mut entry.destinations);
            }
            each(entry)
        };
        match self {
            Self::Whole(entries) => entries.into_iter().try_for_each(each),
            Self::Full(entries) => entries
                .into_iter()
                .try_for_each(|entry| each(with_servers(client, entry)?)),
            Self::Counted(services) => services.into_iter().try_for_each(|(id, stats)| {
                let entry = ServiceEntry::new(Service::unknown(id), stats);
                each(with_servers(client, entry)?)
            }),
            Self::Configured(services, known) => {
                for (place, service) in services.into_iter().enumerate() {
                    let mut entry = ServiceEntry::new(service, Stats::default());
                    match &known {
                        Some(servers) => entry.destinations.extend(servers.of(place)),
                        None => client
                            .configured_destinations(&entry.service.id, &mut entry.destinations)
                            .map_err(Failure::Unlisted)?,
                    }
                    each(entry)?;
                }
                Ok(())
            }
        }
    }
}

/// Servers with their counters.
fn with_servers(client: &mut Client, mut entry: ServiceEntry) -> Result<ServiceEntry, Failure> {
    let servers = client.destinations(&entry.service.id);
    entry.destinations = servers.map_err(Failure::Unlisted)?;
    Ok(entry)
}

fn configured(client: &mut Client, order: Order) -> Result<Vec<Service>, Error> {
    let services = client.configured()?;
    Ok(in_order(services, order, |service| &service.id))
}

fn in_order<R>(mut rows: Vec<R>, order: Order, id: impl Fn(&R) -> &VirtualId) -> Vec<R> {
    if order == Order::Sorted {
        render::sort_services(&mut rows, id);
    }
    rows
}

/// With servers from `/proc`, where it can be read and tells the same.
fn brief(client: &mut Client, order: Order) -> Result<Services, Error> {
    for _ in 0..ATTEMPTS {
        // The text agrees or does not: it is the second answer.
        let services = client.configured_at_first_sight()?;
        let services = in_order(services, order, |service| &service.id);
        if services.len() <= FEW {
            return Ok(Services::unknown(services));
        }
        let text = procfs::open(procfs::TABLE);
        match text.and_then(|text| procfs::servers(&services, text)) {
            Ok(None) => {} // The table is changing.
            Ok(known) => return Ok(Services::Configured(services, known)),
            // Not every environment shows it.
            Err(_) => break,
        }
    }
    configured(client, order).map(Services::unknown)
}

/// Names, or numbers where no names are wanted.
pub(super) fn or_numbers(names: &Option<Names>) -> &dyn NameOf {
    match names {
        Some(names) => names,
        None => &crate::names::Numeric,
    }
}
