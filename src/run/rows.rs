//! The rows of a listing. Services are asked for at once; the servers of each when its turn comes,
//! unless `/proc` tells all of them or their names are wanted. A row holds what was asked for, and
//! nothing else.

use std::net::IpAddr;
use std::time::Duration;

use super::Failure;
use crate::cli::Selection;
use crate::names::{NameOf, Names};
use crate::render;
use crate::view::Order;
use ipvs::client::{Client, Patience};
use ipvs::error::Error;
use ipvs::model::{DestinationEntry, Service, ServiceEntry, Stats, VirtualId};
use ipvs::procfs;

/// How often the quick reading is tried before the reliable one is used.
const ATTEMPTS: usize = 2;
/// Up to this many services, asking for the servers of each is quicker.
const FEW: usize = 8;

/// A listing that other programs disturb is read soon, as well as they allow.
pub(super) const LISTING: Patience = Patience::Settle(Duration::from_secs(1));
/// Rules that go to standard output may be kept, so they are read with more patience.
pub(super) const SAVING: Patience = Patience::Settle(Duration::from_secs(5));

/// The detail that is asked for of a service and of its servers.
pub(super) trait RowDetail: Sized {
    /// Asks for every service.
    fn ask(client: &mut Client) -> Result<Vec<Self>, Error>;

    /// Returns the wanted part of a service.
    fn of(service: Service, stats: Stats) -> Self;

    /// Returns the service's identity.
    fn id(&self) -> &VirtualId;

    /// Asks for the service's servers.
    fn servers(&self, client: &mut Client) -> Result<Vec<DestinationEntry>, Error>;
}

/// The configuration of a service, without its counters and those of its servers.
impl RowDetail for Service {
    fn ask(client: &mut Client) -> Result<Vec<Self>, Error> {
        client.configured()
    }

    fn of(service: Service, _: Stats) -> Self {
        service
    }

    fn id(&self) -> &VirtualId {
        &self.id
    }

    fn servers(&self, client: &mut Client) -> Result<Vec<DestinationEntry>, Error> {
        let mut servers = Vec::new();
        client.configured_destinations(&self.id, &mut servers)?;
        Ok(servers)
    }
}

/// The counters of a service, without its settings.
impl RowDetail for (VirtualId, Stats) {
    fn ask(client: &mut Client) -> Result<Vec<Self>, Error> {
        client.counters()
    }

    fn of(service: Service, stats: Stats) -> Self {
        (service.id, stats)
    }

    fn id(&self) -> &VirtualId {
        &self.0
    }

    fn servers(&self, client: &mut Client) -> Result<Vec<DestinationEntry>, Error> {
        client.destinations(&self.0)
    }
}

/// Everything about a service; its servers are handed on separately.
impl RowDetail for ServiceEntry {
    fn ask(client: &mut Client) -> Result<Vec<Self>, Error> {
        client.services()
    }

    fn of(service: Service, stats: Stats) -> Self {
        Self::new(service, stats)
    }

    fn id(&self) -> &VirtualId {
        &self.service.id
    }

    fn servers(&self, client: &mut Client) -> Result<Vec<DestinationEntry>, Error> {
        client.destinations(&self.service.id)
    }
}

/// Services, in order. Their servers may not have been asked for yet.
pub(super) struct Rows<'a, R> {
    /// All services; the ones that are not selected are passed over.
    services: Vec<R>,
    selection: &'a Selection,
    servers: Servers,
    order: Order,
}

/// The servers of each service, by the service's place.
enum Servers {
    /// They are asked for in their turn.
    Unasked,
    /// The kernel's text in `/proc` has told them.
    Told(procfs::BriefServers),
    /// They have been asked for.
    Known(Vec<Vec<DestinationEntry>>),
}

impl<'a, R: RowDetail> Rows<'a, R> {
    /// Asks for the selected services.
    pub(super) fn ask(
        client: &mut Client,
        selection: &'a Selection,
        order: Order,
    ) -> Result<Self, Failure> {
        let (services, servers) = match selection {
            Selection::One(id) => {
                let ServiceEntry {
                    service,
                    stats,
                    destinations,
                } = client.service(id).map_err(Failure::Unlisted)?;
                let servers = Servers::Known(vec![destinations]);
                (vec![R::of(service, stats)], servers)
            }
            Selection::All | Selection::Only(_) => {
                let services = R::ask(client).map_err(Failure::Unlisted)?;
                (in_order(services, order), Servers::Unasked)
            }
        };
        Ok(Self {
            services,
            selection,
            servers,
            order,
        })
    }

    /// Returns the names of all addresses in the rows. All servers are read for this.
    pub(super) fn names(&mut self, client: &mut Client) -> Result<Names, Failure> {
        let rows = Self {
            services: std::mem::take(&mut self.services),
            selection: self.selection,
            servers: std::mem::replace(&mut self.servers, Servers::Unasked),
            order: self.order,
        };
        let mut known = Vec::new();
        let mut addresses: Vec<IpAddr> = Vec::new();
        rows.for_each(client, |service, mut servers| {
            servers.shrink_to_fit();
            addresses.extend(render::addresses(service.id(), &servers));
            self.services.push(service);
            known.push(servers);
            Ok(())
        })?;
        self.servers = Servers::Known(known);
        Ok(Names::look_up(addresses))
    }

    /// Gives each service with its servers to `each`, in order.
    pub(super) fn for_each(
        self,
        client: &mut Client,
        mut each: impl FnMut(R, Vec<DestinationEntry>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut servers = self.servers;
        let selection = self.selection;
        let all = self.services.into_iter().enumerate();
        for (place, service) in all.filter(|(_, row)| selection.covers(row.id())) {
            let mut servers = match &mut servers {
                Servers::Unasked => service.servers(client).map_err(Failure::Unlisted)?,
                Servers::Told(told) => told.of(place).collect(),
                Servers::Known(known) => {
                    known.get_mut(place).map(std::mem::take).unwrap_or_default()
                }
            };
            if self.order == Order::Sorted {
                render::sort_servers(&mut servers);
            }
            each(service, servers)?;
        }
        Ok(())
    }
}

impl<'a> Rows<'a, Service> {
    /// Does the same as [`ask`](Rows::ask), for a listing that shows no more than `/proc` tells.
    pub(super) fn brief(
        client: &mut Client,
        selection: &'a Selection,
        order: Order,
    ) -> Result<Self, Failure> {
        if selection.one().is_some() {
            return Self::ask(client, selection, order);
        }
        for _ in 0..ATTEMPTS {
            // One look is enough: the text in `/proc` is compared with it.
            let services = client.configured_at_first_sight();
            let services = in_order(services.map_err(Failure::Unlisted)?, order);
            let wanted = services.iter().filter(|row| selection.covers(&row.id));
            let servers = if wanted.count() <= FEW {
                Servers::Unasked
            } else {
                match client.servers_at_once(&services) {
                    Ok(Some(told)) => Servers::Told(told),
                    // The table is changing: try again.
                    Ok(None) => continue,
                    // Some environments hide `/proc/net/ip_vs`.
                    Err(_) => break,
                }
            };
            return Ok(Self {
                services,
                selection,
                servers,
                order,
            });
        }
        Self::ask(client, selection, order)
    }
}

fn in_order<R: RowDetail>(mut rows: Vec<R>, order: Order) -> Vec<R> {
    if order == Order::Sorted {
        render::sort_services(&mut rows, R::id);
    }
    rows
}

/// Returns the names, or plain numbers where no names are wanted.
pub(super) fn or_numbers(names: &Option<Names>) -> &dyn NameOf {
    match names {
        Some(names) => names,
        None => &crate::names::Numeric,
    }
}
